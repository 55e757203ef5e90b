// expects: the server's error memory cannot serve both exchanges of an averaged extragradient
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(averaged_extragradient{}, identity{}, parameter_server{qsgd<512, 8>{}});
#ifndef SADDLE_ACCEPT
  train(averaged_extragradient{}, identity{}, parameter_server{error_feedback<qsgd<512, 8>>{}});
#endif
}
