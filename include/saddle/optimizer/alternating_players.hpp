#pragma once
#include <cstdint>
#include <string>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/core/objection.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/step/operation.hpp"

SADDLE_NAMESPACE_BEGIN

enum class first_mover { min, max };

namespace detail {

template <class Who>
struct alternating_min : Who {
  static constexpr int player = 0;
  template <class O>
  static auto const& of(O const& o) {
    return Who::of(o).min;
  }
};
template <class Who>
struct alternating_max : Who {
  static constexpr int player = 1;
  template <class O>
  static auto const& of(O const& o) {
    return Who::of(o).max;
  }
};

/// Whether h lasts from one step to the next: the first gradient of a step is taken there, before h is written.
template <class L>
inline constexpr bool begins_at_look_ahead = false;
template <class Op, class... R>
inline constexpr bool begins_at_look_ahead<step_list<Op, R...>> = is_at_h<Op> ||
                                                                  (!is_estimate<Op> &&
                                                                   begins_at_look_ahead<step_list<R...>>);

/// A list without the operations that make the other player's part of h its w.
template <class L>
struct leaves_others;
template <class... Op>
struct leaves_others<step_list<Op...>> {
  template <class X>
  struct kept {
    using type = step_list<X>;
  };
  template <class Who>
  struct kept<others_stay<Who>> {
    using type = step_list<>;
  };
  using type = cat<step_list<>, typename kept<Op>::type...>;
};

/// The list of a player, beside an optimizer of the other one. What that one looks ahead with must stay until it uses
/// it; and where it alone looks ahead this player's part of h is its w, as soon as that has moved.
template <class O, class Other, class Who>
struct steps_beside {
  static constexpr bool other_lasts = begins_at_look_ahead<typename Other::template steps<whole>>;
  using own = typename O::template steps<Who>;
  using type = cat<typename std::conditional_t<other_lasts, leaves_others<own>, std::type_identity<own>>::type,
                   std::conditional_t<other_lasts && !facts_of_steps<O>::writes_h, step_list<stays<Who>>, step_list<>>>;
};

}  // namespace detail

/// The members of a policy that has an optimizer for each player, `min` and `max`, and no fields beside them.
#define SADDLE_OF_MIN_AND_MAX(Policy)                                                        \
  template <class T>                                                                         \
  auto direction(std::int64_t step) const {                                                  \
    return of_each_player(min.template direction<T>(step), max.template direction<T>(step)); \
  }                                                                                          \
  Policy paced(int n) const                                                                  \
    requires(can_be_paced<Min> && can_be_paced<Max>)                                         \
  {                                                                                          \
    return {min.paced(n), max.paced(n)};                                                     \
  }                                                                                          \
  double step_size_at(std::int64_t step, int player) const                                   \
    requires(says_its_step_size<Min> && says_its_step_size<Max>)                             \
  {                                                                                          \
    return player == 0 ? min.step_size_at(step, 0) : max.step_size_at(step, 1);              \
  }                                                                                          \
  std::string objection() const { return first_objection({objection_to(min), objection_to(max)}); }

/// One player after the other, each with an optimizer of its own; the second answers to where the first went. Both on
/// one sample. With one optimizer for both and the minimizing player first it is `alternating`.
///
/// look-aheads  a player's gradients are taken at its own look-ahead; the other's part is its look-ahead too, or its w
///              if it has none
template <optimizer Min, optimizer Max, first_mover First = first_mover::min>
struct alternating_players {
  static_assert(!facts_of_steps<Min>::chooses_players && !facts_of_steps<Max>::chooses_players,
                "alternating_players: a player's optimizer already chooses its player");
  static_assert(!facts_of_steps<Min>::averages_vectors && !facts_of_steps<Max>::averages_vectors,
                "alternating_players: a method that averages vectors of its own does so for both players at once");
  static_assert(std::is_same_v<typename Min::estimator, typename Max::estimator>,
                "alternating_players: both players' optimizers must have the same estimator");
  Min min{};
  Max max{};

  template <class Who>
  using of_min = typename detail::steps_beside<Min, Max, detail::alternating_min<Who>>::type;
  template <class Who>
  using of_max = typename detail::steps_beside<Max, Min, detail::alternating_max<Who>>::type;
  template <class Who>
  using steps =
      std::conditional_t<First == first_mover::min, cat<of_min<Who>, of_max<Who>>, cat<of_max<Who>, of_min<Who>>>;
  using estimator = typename Min::estimator;
  SADDLE_OF_MIN_AND_MAX(alternating_players)
  static std::string name() {
    return std::string(First == first_mover::min ? "alternating-" : "alternating-max-first-") + Min::name() + "-" +
           Max::name();
  }
};
template <class Min, class Max>
alternating_players(Min, Max) -> alternating_players<Min, Max>;

SADDLE_NAMESPACE_END
