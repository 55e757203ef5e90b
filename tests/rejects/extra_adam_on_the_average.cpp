// expects: on the average all workers share the optimizer's state, which a look-ahead without a message would move
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(extra_adam{}, identity{}, parameter_server{});
#ifndef SADDLE_ACCEPT
  train(extra_adam{}, identity{}, parameter_server<exact_downlink, adapts::on_average>{});
#endif
}
