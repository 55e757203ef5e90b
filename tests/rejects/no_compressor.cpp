// expects: adds_what_it_decodes
#include "two_workers.hpp"

using namespace saddle;

/// It encodes as identity does, and has no add.
struct lossy {
  static constexpr int bucket = any_bucket;
  static constexpr double delta = 1, omega = 0;
  static std::string name() { return "lossy"; }
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
};

int main() {
  train(omd{}, identity{}, parameter_server{});
#ifndef SADDLE_ACCEPT
  train(omd{}, lossy{}, parameter_server{});
#endif
}
