// expects: states_delta
#include "two_workers.hpp"

using namespace saddle;

/// Signs, with delta or with a letter out of place: a type of the name hides what is inherited.
template <bool Misspells>
struct one_bit : scaled_sign<128> {};
template <>
struct one_bit<true> : scaled_sign<128> {
  struct delta;
  static constexpr double dleta = 1.0 / 128;
};

int main() {
  train(omd{}, error_feedback<one_bit<false>>{}, parameter_server{});
#ifndef SADDLE_ACCEPT
  train(omd{}, error_feedback<one_bit<true>>{}, parameter_server{});
#endif
}
