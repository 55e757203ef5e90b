// expects 1: qsgd: a bucket has 128, 256, ... or 65,536 coordinates
// expects 2: top_k: a bucket has 128, 256, ... or 65,536 coordinates
// expects 3: global_top_k: a bucket has 128, 256, ... or 65,536 coordinates
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(omd{}, error_feedback{qsgd<128, 8>{}}, parameter_server{});
#ifdef SADDLE_MISTAKE
#if SADDLE_MISTAKE == 1
  train(omd{}, error_feedback{qsgd<64, 8>{}}, parameter_server{});
#elif SADDLE_MISTAKE == 2
  train(omd{}, error_feedback<top_k<1000, 8>>{}, parameter_server{});
#elif SADDLE_MISTAKE == 3
  train(omd{}, error_feedback<global_top_k<131072>>{}, parameter_server{});
#endif
#endif
}
