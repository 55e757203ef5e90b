// expects: wraps_wholly_or_not_at_all
#include "two_workers.hpp"

using namespace saddle;

/// A wrapper with a memory, or one that hides what it keeps.
template <bool Misspells>
struct remembers : error_feedback<qsgd<512, 8>> {};
template <>
struct remembers<true> : error_feedback<qsgd<512, 8>> {
  struct keeps;
  static constexpr feedback kepes = feedback::error;
};

int main() {
  train(omd{}, remembers<false>{}, parameter_server{});
#ifndef SADDLE_ACCEPT
  train(omd{}, remembers<true>{}, parameter_server{});
#endif
}
