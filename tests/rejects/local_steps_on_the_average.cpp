// expects: between its rounds a worker of local_steps adapts alone: its server must adapt on the workers
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(adam{}, identity{}, local_steps{parameter_server{}, 2});
#ifndef SADDLE_ACCEPT
  train(adam{}, identity{}, local_steps{parameter_server<exact_downlink, adapts::on_average>{}, 2});
#endif
}
