#pragma once
#include <cstdint>
#include <string>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/core/objection.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"

SADDLE_NAMESPACE_BEGIN

namespace detail {

template <class T>
SADDLE_HD T shrunk(T x, T by) {
  T const size = (x < 0 ? -x : x) - by, left = size > 0 ? size : T(0);
  return x < 0 ? -left : left;
}
/// Behind a direction: x - v is shrunk towards 0.
template <class T>
struct shrinks_move {
  using values = uses<in<name::x>, inout<name::v>>;
  T by;
  SADDLE_HD void operator()(T x, T& v) const { v = x - shrunk(x - v, by); }
};
template <class T>
struct shrinks_look_ahead {
  using values = uses<inout<name::h>>;
  T by;
  SADDLE_HD void operator()(T& h) const { h = shrunk(h, by); }
};
template <class T, template <class> class Op>
struct shrinks_players {
  using values = typename Op<T>::values;
  T by[2];
  SADDLE_HD Op<T> on(bucket_facts<T> const& facts) const { return {facts.player == 0 ? by[0] : by[1]}; }
};

}  // namespace detail

/// An optimizer of f(x, y) + min_weight |x|_1 - max_weight |y|_1: where its directions lead is shrunk by the step size
/// times the weight (soft threshold), and so is where it looks ahead.
///
/// a server  of several workers must adapt on the average: the mean of sparse weights is not sparse, and not the prox
/// errors    an optimizer without step_size_at(step, player) does not compile: the prox is in its units
template <optimizer O>
struct proximal {
  static_assert(says_its_step_size<O>, "proximal: the threshold is in units of the step size: the optimizer needs "
                                       "step_size_at(step, player)");
  static_assert(
      !facts_of_steps<O>::chooses_players,
      "proximal goes around the optimizer of a player: per_player{proximal{...}, ...}, not the other way round");
  O policy{};
  double min_weight = 0, max_weight = 0;

  template <class Who>
  using steps = typename O::template steps<Who>;
  using estimator = typename O::estimator;
  template <class T>
  auto direction(std::int64_t step) const {
    return in_turn(policy.template direction<T>(step), threshold<T, detail::shrinks_move>(step));
  }
  template <class T>
  auto ahead(std::int64_t step) const
    requires detail::has_an_ahead<O>
  {
    return in_turn(policy.template ahead<T>(step), threshold<T, detail::shrinks_look_ahead>(step));
  }
  proximal paced(int n) const
    requires can_be_paced<O>
  {
    return {policy.paced(n), min_weight, max_weight};
  }
  double step_size_at(std::int64_t step, int player) const { return policy.step_size_at(step, player); }
  std::string objection() const {
    return first_objection({objection_unless_finite("proximal: min_weight", min_weight),
                            objection_unless_finite("proximal: max_weight", max_weight), objection_to(policy)});
  }
  static std::string name() { return "proximal-" + O::name(); }

 private:
  template <class T, template <class> class Op>
  detail::shrinks_players<T, Op> threshold(std::int64_t step) const {
    return {{static_cast<T>(min_weight * policy.step_size_at(step, 0)),
             static_cast<T>(max_weight * policy.step_size_at(step, 1))}};
  }
};
template <class O>
proximal(O) -> proximal<O>;
template <class O>
proximal(O, double) -> proximal<O>;
template <class O>
proximal(O, double, double) -> proximal<O>;

SADDLE_NAMESPACE_END
