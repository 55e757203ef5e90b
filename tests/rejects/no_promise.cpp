// expects: contracts_or_is_unbiased
#include "two_workers.hpp"

using namespace saddle;

/// Identity, with or without saying what it promises.
template <bool Promises>
struct promising {
  static constexpr int bucket = any_bucket;
  static constexpr double delta = Promises ? 1 : 0, omega = Promises ? 0 : std::numeric_limits<double>::infinity();
  static std::string name() { return "promising"; }
  template <class T>
  using message = identity::message<T>;
  template <class T>
  static constexpr auto planes = identity::planes<T>;
  template <class T>
  static constexpr std::int64_t payload(int count) {
    return identity::payload<T>(count);
  }
  template <cooperative_group G, class T, int Items>
  void encode(G const& g, T const (&p)[Items], T (&sent)[Items], int count, stream const& s, message<T> out) const {
    identity{}.encode(g, p, sent, count, s, out);
  }
  template <cooperative_group G, class T, int Items>
  void add(G const& g, message<T> in, int count, T weight, T (&acc)[Items]) const {
    identity{}.add(g, in, count, weight, acc);
  }
};

int main() {
  train(omd{}, promising<true>{}, parameter_server{});
#ifndef SADDLE_ACCEPT
  train(omd{}, promising<false>{}, parameter_server{});
#endif
}
