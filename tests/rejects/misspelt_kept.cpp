// expects: selects_globally_or_not_at_all
#include "two_workers.hpp"

using namespace saddle;

/// Selects across buckets, or hides how many it keeps.
template <bool Misspells>
struct some_of_all : global_top_k<128> {};
template <>
struct some_of_all<true> : global_top_k<128> {
  struct kept;
  std::int64_t kpet(std::int64_t n) const { return n; }
};

int main() {
  train(omd{}, error_feedback<some_of_all<false>>{}, parameter_server{});
#ifndef SADDLE_ACCEPT
  train(omd{}, error_feedback<some_of_all<true>>{}, parameter_server{});
#endif
}
