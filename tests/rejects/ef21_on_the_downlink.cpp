// expects: ef21 is for the way up: on the downlink use error_feedback
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(sgda{}, ef21<top_k<>>{}, parameter_server<error_feedback<top_k<>>>{});
#ifndef SADDLE_ACCEPT
  train(sgda{}, ef21<top_k<>>{}, parameter_server<ef21<top_k<>>>{});
#endif
}
