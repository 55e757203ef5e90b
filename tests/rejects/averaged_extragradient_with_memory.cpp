// expects: one error memory cannot serve both exchanges of an averaged extragradient
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(averaged_extragradient{}, qsgd<512, 8>{}, parameter_server{});
#ifndef SADDLE_ACCEPT
  train(averaged_extragradient{}, error_feedback<qsgd<512, 8>>{}, parameter_server{});
#endif
}
