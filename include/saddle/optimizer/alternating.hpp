#pragma once
#include <cstdint>
#include <string>

#include "saddle/config.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/sgda.hpp"

SADDLE_NAMESPACE_BEGIN

/// The minimizing player moves first, the maximizing one answers to where it went: two phases, each over one player's
/// buckets, so that they cost the bytes of one, and both on one sample.
///
/// promise  alternating SGDA stays on a bounded orbit of the bilinear game for eta sigma < 2
template <optimizer O>
struct alternating {
  O policy{};

  template <class T>
  rule_of<O, T> at(std::int64_t step, int) const {
    return policy.template at<T>(step, 0);
  }
  static constexpr int phases() { return 2; }
  phase at_phase(int k) const {
    static_assert(!requires { policy.phases(); }, "alternating takes an optimizer of one phase");
    phase one = phase_of(policy, 0);
    one.player = k;
    return one;
  }
  static std::string name() { return "alternating-" + O::name(); }
};
template <class O>
alternating(O) -> alternating<O>;

using alternating_sgda = alternating<sgda>;

static_assert(optimizer<alternating_sgda>);

SADDLE_NAMESPACE_END
