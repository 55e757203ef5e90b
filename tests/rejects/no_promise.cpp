// expects: contracts_or_is_unbiased
#include "two_workers.hpp"

using namespace saddle;

/// Identity, with or without saying what it promises.
template <bool Promises>
struct promising : identity {
  static constexpr double delta = Promises ? 1 : 0, omega = Promises ? 0 : std::numeric_limits<double>::infinity();
};

int main() {
  train(omd{}, promising<true>{}, parameter_server{});
#ifndef SADDLE_ACCEPT
  train(omd{}, promising<false>{}, parameter_server{});
#endif
}
