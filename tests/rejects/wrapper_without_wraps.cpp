// expects: wraps_a_topology
#include "two_workers.hpp"

using namespace saddle;

/// Any topology under another name.
template <class Tp>
struct renamed {
  Tp topology{};
#ifdef SADDLE_ACCEPT
  using wraps = Tp;
#endif
  static std::string name() { return "renamed"; }
};

int main() { train(omd{}, identity{}, renamed<local_steps<parameter_server<>>>{}); }
