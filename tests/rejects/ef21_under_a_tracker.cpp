// expects: a correction adds up what is sent, and ef21 does not send all of it in the end: use error_feedback
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(sgda{}, error_feedback<top_k<>>{}, tracked{parameter_server{}});
#ifndef SADDLE_ACCEPT
  train(sgda{}, ef21<top_k<>>{}, tracked{parameter_server{}});
#endif
}
