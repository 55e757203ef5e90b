#pragma once
#include <cstdint>
#include <string>

#include "saddle/config.hpp"
#include "saddle/core/objection.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/schedule.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/step/list.hpp"

SADDLE_NAMESPACE_BEGIN

/// The list of an optimizer for one player of two that share it.
template <class Who, int P>
struct shared_by_player : Who {
  static constexpr int player = P;
  template <class O>
  static auto const& of(O const& o) {
    return Who::of(o).policy;
  }
};

/// The minimizing player moves first, the maximizing one answers to where it went: two exchanges, each over one player's
/// buckets, so that they cost the bytes of one, and both on one sample. For an optimizer of each player and for the
/// other order see alternating_players.
///
/// promise  alternating SGDA stays on a bounded orbit of the bilinear game for eta sigma < 2
template <optimizer O>
struct alternating {
  static_assert(facts_of_steps<O>::estimates == 1, "alternating takes an optimizer of one gradient a step");
  O policy{};

  template <class Who>
  using steps = cat<typename O::template steps<shared_by_player<Who, 0>>,
                    typename O::template steps<shared_by_player<Who, 1>>>;
  using estimator = typename O::estimator;
  template <class T>
  auto direction(std::int64_t step) const {
    return policy.template direction<T>(step);
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
  std::string objection() const { return objection_to(policy); }
  static std::string name() { return "alternating-" + O::name(); }
};
template <class O>
alternating(O) -> alternating<O>;

/// The same as alternating<sgda>, with its step size as a field of its own.
struct alternating_sgda {
  schedule step_size = 1e-3;

  template <class Who, int P>
  struct for_player : Who {
    static constexpr int player = P;
  };
  template <class Who>
  using steps = cat<typename sgda::template steps<for_player<Who, 0>>,
                    typename sgda::template steps<for_player<Who, 1>>>;
  using estimator = one_gradient;
  template <class T>
  along_gradient<T> direction(std::int64_t step) const {
    return {static_cast<T>(step_size(step))};
  }
  alternating_sgda paced(int n) const { return {step_size.paced(n)}; }
  double step_size_at(std::int64_t step, int) const { return step_size(step); }
  std::string objection() const { return step_size.objection(name() + ": step_size"); }
  static std::string name() { return alternating<sgda>::name(); }
};

static_assert(optimizer<alternating<sgda>> && optimizer<alternating_sgda>);

SADDLE_NAMESPACE_END
