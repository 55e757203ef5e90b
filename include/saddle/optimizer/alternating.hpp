#pragma once
#include <cstdint>
#include <string>

#include "saddle/config.hpp"
#include "saddle/core/objection.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/schedule.hpp"
#include "saddle/optimizer/sgda.hpp"

SADDLE_NAMESPACE_BEGIN

/// The minimizing player moves first, the maximizing one answers to where it went: two phases, each over one player's
/// buckets, so that they cost the bytes of one, and both on one sample.
///
/// promise  alternating SGDA stays on a bounded orbit of the bilinear game for eta sigma < 2
template <optimizer O>
struct alternating {
  static_assert(!takes_several_gradients<O>, "alternating takes an optimizer of one phase");
  O policy{};

  template <class T>
  rule_of<O, T> at(std::int64_t step, int) const {
    return policy.template at<T>(step, 0);
  }
  static constexpr int phases() { return 2; }
  phase at_phase(int k) const {
    phase one = phase_of(policy, 0);
    one.player = k;
    return one;
  }
  double step_size_at(std::int64_t step, int player) const
    requires says_its_step_size<O>
  {
    return policy.step_size_at(step, player);
  }
  alternating paced(int n) const
    requires can_be_paced<O>
  {
    return {policy.paced(n)};
  }
  std::string objection() const {
    if (phases_of(policy) != 1) return "alternating takes an optimizer of one phase";
    if (phase_of(policy, 0).player != phase::both) return "alternating takes an optimizer that moves both players";
    return objection_to(policy);
  }
  static std::string name() { return "alternating-" + O::name(); }
};
template <class O>
alternating(O) -> alternating<O>;

/// The same as alternating<sgda>, with its step size as a field of its own.
struct alternating_sgda {
  schedule step_size = 1e-3;

  template <class T>
  sgda::rule<T> at(std::int64_t step, int k) const {
    return as_sgda().at<T>(step, k);
  }
  static constexpr int phases() { return alternating<sgda>::phases(); }
  phase at_phase(int k) const { return as_sgda().at_phase(k); }
  alternating_sgda paced(int n) const { return {step_size.paced(n)}; }
  double step_size_at(std::int64_t step, int) const { return step_size(step); }
  std::string objection() const { return step_size.objection(name() + ": step_size"); }
  static std::string name() { return alternating<sgda>::name(); }

 private:
  alternating<sgda> as_sgda() const { return {{step_size}}; }
};

static_assert(optimizer<alternating<sgda>> && optimizer<alternating_sgda>);

SADDLE_NAMESPACE_END
