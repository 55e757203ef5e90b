// expects: says_whether_it_varies
#include "two_workers.hpp"

using namespace saddle;

/// A server, with or without its sources' being the same in every step.
struct server : parameter_server<> {};
struct forgetful {
  template <bool Exact, feedback Kept>
  using scheme = updates<Kept>;
  static int rounds_per_exchange() { return 1; }
  static std::vector<edge> sources(std::int64_t, int, int, int workers) {
    return parameter_server<>::sources(0, 0, 0, workers);
  }
  static void check(int, bool, bool) {}
  static std::string name() { return "forgetful"; }
};

int main() {
  train(omd{}, identity{}, server{});
#ifndef SADDLE_ACCEPT
  train(omd{}, identity{}, forgetful{});
#endif
}
