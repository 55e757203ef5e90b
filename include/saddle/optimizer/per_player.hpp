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

/// The minimizing player of a per_player.
template <class Who>
struct min_of_pair : Who {
  static constexpr int player = 0;
  template <class O>
  static auto const& of(O const& o) {
    return Who::of(o).min;
  }
};
/// The maximizing one, which moves max_steps times: the turn before the last are repeated.
template <class Who, bool Last>
struct max_of_pair {
  static constexpr int player = 1;
  template <class O>
  static auto of(O const& o) {
    return Who::of(o).max.paced(Who::of(o).max_steps);
  }
  template <class O>
  static std::int64_t step(O const& o, iteration const& i) {
    return (Who::step(o, i) - 1) * Who::of(o).max_steps + turn(o, i) + 1;
  }
  template <class O>
  static int draw(O const& o, iteration const& i, int n) {
    return Who::draw(o, i, turn(o, i) * Who::of(o).estimates + n);
  }

 private:
  template <class O>
  static int turn(O const& o, iteration const& i) {
    return Last ? Who::of(o).max_steps - 1 : i.repetition;
  }
};
template <class Who>
struct turns_alone {
  template <class Run>
  static int at(Run const& r) {
    return Who::of(r.optimizer).max_steps - 1;
  }
};

/// Both players' lists as one, where they take the same number of gradients.
template <class Min, class Max>
struct zipped {
  static_assert(std::is_void_v<Min>,
                "per_player: both players' optimizers must look ahead and exchange at the same places of their steps");
  using type = step_list<>;
};
template <>
struct zipped<step_list<>, step_list<>> {
  using type = step_list<>;
};
template <class AtA, class A, class N, class... Ra, class AtB, class B, class M, class... Rb>
struct zipped<step_list<estimate<AtA, A, N>, Ra...>, step_list<estimate<AtB, B, M>, Rb...>> {
  using at = std::conditional_t<std::is_same_v<AtA, name::h>, AtA, AtB>;
  using type = cat<step_list<estimate<at, both_of<A, B>, N>>,
                   typename zipped<step_list<Ra...>, step_list<Rb...>>::type>;
};
template <class A, class S, class... Ra, class B, class... Rb>
struct zipped<step_list<descend<A, S>, Ra...>, step_list<descend<B, S>, Rb...>> {
  using type = cat<step_list<descend<both_of<A, B>, S>>, typename zipped<step_list<Ra...>, step_list<Rb...>>::type>;
};
template <class A, class First, class... Ra, class B, class Second, class... Rb>
struct zipped<step_list<descend_after<A, First>, Ra...>, step_list<descend_after<B, Second>, Rb...>> {
  using type = cat<step_list<descend_after<both_of<A, B>, cat<First, Second>>>,
                   typename zipped<step_list<Ra...>, step_list<Rb...>>::type>;
};
template <class A, class First, class... Ra, class B, class... Rb>
struct zipped<step_list<descend_after<A, First>, Ra...>, step_list<descend<B, name::w>, Rb...>> {
  using type = cat<step_list<descend_after<both_of<A, B>, First>>,
                   typename zipped<step_list<Ra...>, step_list<Rb...>>::type>;
};
template <class A, class... Ra, class B, class Second, class... Rb>
struct zipped<step_list<descend<A, name::w>, Ra...>, step_list<descend_after<B, Second>, Rb...>> {
  using type = cat<step_list<descend_after<both_of<A, B>, Second>>,
                   typename zipped<step_list<Ra...>, step_list<Rb...>>::type>;
};
template <class A, class... Ra, class B, class... Rb>
struct zipped<step_list<descend_and_keep<A>, Ra...>, step_list<descend_and_keep<B>, Rb...>> {
  using type = cat<step_list<descend_and_keep<both_of<A, B>>>,
                   typename zipped<step_list<Ra...>, step_list<Rb...>>::type>;
};
template <class A, class... Ra, class B, class... Rb>
struct zipped<step_list<descend_and_keep<A>, Ra...>, step_list<descend<B, name::w>, Rb...>> {
  using type = cat<step_list<descend_and_keep<both_of<A, B>>>,
                   typename zipped<step_list<Ra...>, step_list<Rb...>>::type>;
};
template <class A, class... Ra, class B, class... Rb>
struct zipped<step_list<descend<A, name::w>, Ra...>, step_list<descend_and_keep<B>, Rb...>> {
  using type = cat<step_list<descend_and_keep<both_of<A, B>>>,
                   typename zipped<step_list<Ra...>, step_list<Rb...>>::type>;
};
template <class A, class Along, class... Ra, class B, class... Rb>
struct zipped<step_list<look_ahead<A, Along>, Ra...>, step_list<look_ahead<B, Along>, Rb...>> {
  using type = cat<step_list<look_ahead<both_of<A, B>, Along>>,
                   typename zipped<step_list<Ra...>, step_list<Rb...>>::type>;
};
template <class A, class S, class... Ra, class B, class... Rb>
struct zipped<step_list<agree_on<A, S>, Ra...>, step_list<agree_on<B, S>, Rb...>> {
  using type = cat<step_list<agree_on<both_of<A, B>, S>>, typename zipped<step_list<Ra...>, step_list<Rb...>>::type>;
};
/// A norm is measured for the player whose optimizer asks.
template <class A, class... Ra, class B, class... Rb>
struct zipped<step_list<measure_norm<A>, Ra...>, step_list<measure_norm<B>, Rb...>> {
  using type = cat<step_list<measure_norm<both_of<A, B>>>, typename zipped<step_list<Ra...>, step_list<Rb...>>::type>;
};
template <class A, class... Ra, class... Rb>
struct zipped<step_list<measure_norm<A>, Ra...>, step_list<Rb...>> {
  using type = cat<step_list<measure_norm<A>>, typename zipped<step_list<Ra...>, step_list<Rb...>>::type>;
};
template <class... Ra, class B, class... Rb>
struct zipped<step_list<Ra...>, step_list<measure_norm<B>, Rb...>> {
  using type = cat<step_list<measure_norm<B>>, typename zipped<step_list<Ra...>, step_list<Rb...>>::type>;
};
/// Where only one looks ahead, the other stays.
template <class A, class Along, class... Ra>
struct zipped<step_list<look_ahead<A, Along>, Ra...>, step_list<>> {
  using type = cat<step_list<look_ahead<A, Along>, others_stay<A>>,
                   typename zipped<step_list<Ra...>, step_list<>>::type>;
};
template <class B, class Along, class... Rb>
struct zipped<step_list<>, step_list<look_ahead<B, Along>, Rb...>> {
  using type = cat<step_list<look_ahead<B, Along>, others_stay<B>>,
                   typename zipped<step_list<>, step_list<Rb...>>::type>;
};
template <class A, class... Ra, class B, class... Rb>
struct zipped<step_list<others_stay<A>, Ra...>, step_list<others_stay<B>, Rb...>>
    : zipped<step_list<Ra...>, step_list<Rb...>> {};
template <class A, class... Ra, class B, class... Rb>
struct zipped<step_list<stays<A>, Ra...>, step_list<stays<B>, Rb...>> {
  using type = cat<step_list<stays<both_of<A, B>>>, typename zipped<step_list<Ra...>, step_list<Rb...>>::type>;
};

/// The list of a player that does not look ahead, beside one that does: gradients at h, where its own part is w.
template <class Who, bool AtH, class L>
struct beside_look_ahead {
  using type = L;
};
template <class Op>
struct at_look_ahead {
  using type = Op;
};
template <class Who, class N>
struct at_look_ahead<estimate<name::w, Who, N>> {
  using type = estimate<name::h, Who, N>;
};
template <class Who, class... Op>
struct beside_look_ahead<Who, true, step_list<Op...>> {
  using type = step_list<typename at_look_ahead<Op>::type..., stays<Who>>;
};

}  // namespace detail

/// One optimizer for each player. Both must take the same number of gradients.
///
/// max_steps  the maximizing player moves this many times a step: max_steps - 1 times alone, each on a sample of its
///            own, then once together with the other
/// schedules  of both players count steps: all moves of one step have one step size. Moments count moves
template <optimizer Min, optimizer Max>
struct per_player {
  static_assert(!facts_of_steps<Min>::chooses_players && !facts_of_steps<Max>::chooses_players,
                "per_player: a player's optimizer already chooses its player");
  static_assert(facts_of_steps<Min>::estimates == facts_of_steps<Max>::estimates,
                "per_player: both players' optimizers must take the same number of gradients");
  static_assert(can_be_paced<Max>,
                "per_player: the maximizing player's optimizer needs paced(n): itself, with schedules that advance "
                "once in n of its steps");
  Min min{};
  Max max{};
  int max_steps = 1;

  static constexpr int estimates = facts_of_steps<Min>::estimates;  // of a turn
  template <class Who>
  using steps =
      cat<typename detail::repeated<
              detail::turns_alone<Who>,
              typename detail::beside_look_ahead<
                  detail::max_of_pair<Who, false>, facts_of_steps<Min>::at_h && !facts_of_steps<Max>::at_h,
                  typename Max::template steps<detail::max_of_pair<Who, false>>>::type>::type,
          typename detail::zipped<typename Min::template steps<detail::min_of_pair<Who>>,
                                  typename Max::template steps<detail::max_of_pair<Who, true>>>::type>;
  using estimator = typename Min::estimator;
  static_assert(std::is_same_v<estimator, typename Max::estimator>,
                "per_player: both players' optimizers must have the same estimator");
  template <class T>
  auto direction(std::int64_t step) const {
    return of_each_player(min.template direction<T>(step),
                          max.paced(max_steps).template direction<T>(step * max_steps));
  }
  double step_size_at(std::int64_t step, int player) const
    requires(says_its_step_size<Min> && says_its_step_size<Max>)
  {
    return player == 0 ? min.step_size_at(step, 0) : max.step_size_at(step, 1);
  }
  /// Empty, or why this pair cannot step together.
  std::string objection() const {
    if (std::string const why = first_objection(
            {objection_unless(max_steps >= 1, "per_player: max_steps", "must be at least 1", max_steps),
             in_its_place("min", objection_to(min)), in_its_place("max", objection_to(max))});
        !why.empty())
      return why;
    if (samples_of(min) != samples_of(max)) return "per_player: both players must take the same samples";
    return {};
  }
  static std::string name() { return "per-player-" + Min::name() + "-" + Max::name(); }

 private:
  static std::string in_its_place(char const* field, std::string const& why) {
    return why.empty() ? why : std::string("per_player: ") + field + ": " + why;
  }
  template <class At, class Who, class N, class O>
  static void add_sample(std::string& all, estimate<At, Who, N>, O const& o) {
    all += std::to_string(detail::number_of<N>(o)) + " ";
  }
  template <class Op, class O>
  static void add_sample(std::string&, Op, O const&) {}
  template <class O>
  static std::string samples_of(O const& o) {
    std::string all;
    [&]<class... Op>(step_list<Op...>) { (add_sample(all, Op(), o), ...); }(typename O::template steps<whole>());
    return all;
  }
};
template <class Min, class Max>
per_player(Min, Max) -> per_player<Min, Max>;
template <class Min, class Max>
per_player(Min, Max, int) -> per_player<Min, Max>;

SADDLE_NAMESPACE_END
