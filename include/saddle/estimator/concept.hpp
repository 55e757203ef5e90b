#pragma once
#include <cstdint>
#include <string>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/core/objection.hpp"
#include "saddle/core/players.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"

SADDLE_NAMESPACE_BEGIN

namespace name {
struct other : scratch_array { static constexpr char const* text = "other"; };      // the gradient at a second point
struct earlier : weights_array { static constexpr char const* text = "earlier"; };  // the point of the step before
struct est : state_array { static constexpr char const* text = "est"; };            // an estimate that is carried on
}  // namespace name

/// What stands for the gradient where an optimizer asks for an estimate.
///
/// steps<At, Draw, Player, K>   operations; K counts the estimates of a step
/// result<K>                    the array where the estimate lies
/// compares_steps               optional: true where it compares an estimate with that of the step before, so that
///                              there can be but one in a step
///
/// An estimator is named by a policy that wraps an optimizer, and is the run's outermost: it has the estimator's fields.
template <class E>
concept estimator = requires {
  typename E::template steps<name::w, sample_draw<0>, both_players, 0>;
  typename E::template result<0>;
};
static_assert(estimator<one_gradient>);

template <class E>
concept compares_steps = requires { requires E::compares_steps; };

/// Conditions: a full batch is taken in this step; what is compared counts in this step.
struct refreshes {
  static constexpr bool constant = false;
  template <class Run>
  static bool at(Run const& r, std::int64_t step) {
    return r.optimizer.refreshes(r.seed, step);
  }
};
struct corrects {
  static constexpr bool constant = false;
  template <class Run>
  static bool at(Run const& r, std::int64_t step) {
    return r.optimizer.corrects(r.seed, step);
  }
};

namespace detail {
/// est = F(at), of all data.
template <class At, int Player>
using full_estimate = step_list<take_gradient<At, name::g, sample_draw<full_batch>, Player>,
                           local_operation<make_fixed<copies<name::g, name::est>>, binds<>, Player>>;
/// Keeps the point for the next step.
template <class At, int Player>
using keeps_point = local_operation<make_fixed<copies<At, name::earlier>>, binds<>, Player>;
}  // namespace detail

/// The members of a policy with an estimator of its own around the optimizer `policy`.
#define SADDLE_ESTIMATES_FOR(O)                                                \
  using estimates_for = O;                                                     \
  template <class Who>                                                         \
  using steps = typename O::template steps<inside_of_policy<Who>>;             \
  template <class T>                                                           \
  auto direction(std::int64_t step) const {                                    \
    return policy.template direction<T>(step);                                 \
  }                                                                            \
  template <class T>                                                           \
  auto ahead(std::int64_t step) const                                          \
    requires saddle::detail::has_an_ahead<O>                                   \
  {                                                                            \
    return policy.template ahead<T>(step);                                     \
  }                                                                            \
  double step_size_at(std::int64_t step, int player) const                     \
    requires says_its_step_size<O>                                             \
  {                                                                            \
    return policy.step_size_at(step, player);                                  \
  }                                                                            \
  auto paced(int n) const                                                      \
    requires can_be_paced<O>                                                   \
  {                                                                            \
    auto slower = *this;                                                       \
    slower.policy = policy.paced(n);                                           \
    return slower;                                                             \
  }

SADDLE_NAMESPACE_END
