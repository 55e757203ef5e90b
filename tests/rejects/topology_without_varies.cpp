// expects: says_whether_it_varies
#include "two_workers.hpp"

using namespace saddle;

/// A server, with or without its sources' being the same in every step.
struct server : parameter_server<> {};
struct forgetful : parameter_server<> {
  struct varies;  // hides what is inherited
};

int main() {
  train(omd{}, identity{}, server{});
#ifndef SADDLE_ACCEPT
  train(omd{}, identity{}, forgetful{});
#endif
}
