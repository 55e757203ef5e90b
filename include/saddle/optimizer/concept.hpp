#pragma once
#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include "saddle/config.hpp"
#include "saddle/core/players.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/step/operation.hpp"

SADDLE_NAMESPACE_BEGIN

/// Which past gradient a look-ahead uses: the worker's own, or the average that was just exchanged.
enum class extrapolation { local, averaged };
/// Whether the second gradient of a step sees the first one's sample or a fresh one.
enum class sampling { same, independent };

// ---- What an optimizer writes its step with ----
//
// Who says whose step it is: an optimizer writes its list once, and wrappers put their players into it.
//
//   Who::player             both_players, 0 or 1
//   Who::of(optimizer)      the optimizer inside of the run's that takes the step
//   Who::step(optimizer, i) how many steps that one has taken, with this one
//   Who::draw(optimizer, i, n)   the number of the sample that it calls n

/// The run's optimizer itself.
struct whole {
  static constexpr int player = both_players;
  template <class O>
  static O const& of(O const& o) {
    return o;
  }
  template <class O>
  static std::int64_t step(O const&, iteration const& i) {
    return i.step;
  }
  template <class O>
  static int draw(O const&, iteration const&, int n) {
    return n;
  }
};
/// Two that step at once, one a player. Samples are those of the second.
template <class Min, class Max>
struct both_of {
  static constexpr int player = both_players;
  template <class O>
  static int draw(O const& o, iteration const& i, int n) {
    return Max::draw(o, i, n);
  }
};

/// The number of a sample: fixed, or the optimizer's choice, Number::of(optimizer).
template <int N>
struct number {
  template <class O>
  static int of(O const&) {
    return N;
  }
};

/// An estimate of the mean operator at an array. The estimator and the correction say how it comes about.
template <class At, class Who, class Number = number<0>>
struct estimate {};
/// Subject := together(Subject - the direction). The topology says how.
template <class Who, class Subject = name::w>
struct descend {};
/// The same of w by a server, and the mean by which all moved is kept.
template <class Who>
struct descend_and_keep {};
/// h from w along an array, the latest estimate if it is not named. What is owed is the run's business.
template <class Who, class Along = void>
struct look_ahead {};
/// Where one player looks ahead, the other one stays where it is: its part of h is w.
template <class Who>
struct others_stay {};
template <class Who>
struct stays {};
/// Any vector := together(it - Make).
template <class Subject, class Make, class Binds = binds<>>
struct together {};
/// A vector that a server averages as it is: Give leaves v, Take sees came. C void: by the run's compressor.
template <class Subject, class C, class Give, class Take, class Binds = binds<>>
struct average_of {};
/// The squared norm of a player's estimate is added to a scalar of the worker.
template <int Scalar, int Player>
struct add_squared_norm {};

/// The operation that an optimizer's direction, or look-ahead, is in this step.
template <class Who>
struct direction_of {
  template <class T, class Run>
  static auto at(Run const& r, iteration const& i) {
    return Who::of(r.optimizer).template direction<T>(Who::step(r.optimizer, i));
  }
};
template <class A, class B>
struct direction_of<both_of<A, B>> {
  template <class T, class Run>
  static auto at(Run const& r, iteration const& i) {
    auto const min = direction_of<A>::template at<T>(r, i);
    auto const max = direction_of<B>::template at<T>(r, i);
    return of_player<std::remove_const_t<decltype(min)>, std::remove_const_t<decltype(max)>>{min, max};
  }
};
template <class Who>
struct ahead_of {
  template <class T, class Run>
  static auto at(Run const& r, iteration const& i) {
    return Who::of(r.optimizer).template ahead<T>(Who::step(r.optimizer, i));
  }
};
template <class A, class B>
struct ahead_of<both_of<A, B>> {
  template <class T, class Run>
  static auto at(Run const& r, iteration const& i) {
    auto const min = ahead_of<A>::template at<T>(r, i);
    auto const max = ahead_of<B>::template at<T>(r, i);
    return of_player<std::remove_const_t<decltype(min)>, std::remove_const_t<decltype(max)>>{min, max};
  }
};
namespace detail {
/// Of the optimizer that chose the number, inside of all that wrap it.
template <class Number, class O>
int number_of(O const& o) {
  if constexpr (requires { Number::of(o); }) return Number::of(o);
  else return number_of<Number>(o.policy);
}
}  // namespace detail
template <class Who, class Number>
struct drawn_by {
  template <class Run>
  static int at(Run const& r, iteration const& i) {
    return Who::draw(r.optimizer, i, detail::number_of<Number>(Who::of(r.optimizer)));
  }
};
template <class A, class B, class Number>
struct drawn_by<both_of<A, B>, Number> {
  template <class Run>
  static int at(Run const& r, iteration const& i) {
    return B::draw(r.optimizer, i, detail::number_of<Number>(A::of(r.optimizer)));
  }
};

// ---- The concept ----

namespace detail {
template <class N, class U>
inline constexpr bool stores = false;
template <class N, class... A>
inline constexpr bool stores<N, uses<A...>> = ((std::is_same_v<N, typename A::name> && A::store) || ...);
}  // namespace detail

template <class O>
concept has_a_name = requires {
  { O::name() } -> std::convertible_to<std::string>;
};
template <class O>
concept lists_its_step = requires { typename O::template steps<whole>; };
template <class O>
concept names_its_estimator = requires { typename O::estimator; };
/// direction<T>(step): an operation that leaves v.
template <class O>
concept gives_a_direction = requires(O const o) {
  { o.template direction<float>(std::int64_t{1}) };
  typename decltype(o.template direction<float>(std::int64_t{1}))::values;
};
template <class O>
concept leaves_a_direction =
    detail::stores<name::v, typename decltype(std::declval<O const&>().template direction<float>(
                                std::int64_t{1}))::values>;
template <class O>
concept directions_fit_in_kernel_arguments =
    std::is_trivially_copyable_v<decltype(std::declval<O const&>().template direction<float>(std::int64_t{1}))>;

namespace detail {

template <class L>
struct facts_of_list;
template <class Op>
inline constexpr bool is_estimate = false;
template <class At, class Who, class N>
inline constexpr bool is_estimate<estimate<At, Who, N>> = true;
template <class Op>
inline constexpr bool is_at_h = false;
template <class Who, class N>
inline constexpr bool is_at_h<estimate<name::h, Who, N>> = true;
template <class Op>
inline constexpr bool is_look_ahead = false;
template <class Who, class Along>
inline constexpr bool is_look_ahead<look_ahead<Who, Along>> = true;
/// By the optimizer's own `ahead`, not by that of one inside.
template <class Op>
inline constexpr bool is_own_look_ahead = std::is_same_v<Op, look_ahead<whole>>;
template <class Op>
inline constexpr bool is_for_one_player = false;
template <class At, class Who, class N>
inline constexpr bool is_for_one_player<estimate<At, Who, N>> = Who::player != both_players;
template <class Op>
inline constexpr bool writes_h_otherwise = false;
template <class Who>
inline constexpr bool writes_h_otherwise<descend<Who, name::h>> = true;
template <class Make, class B>
inline constexpr bool writes_h_otherwise<together<name::h, Make, B>> = true;
template <class Op>
inline constexpr bool keeps_a_mean = false;
template <class Who>
inline constexpr bool keeps_a_mean<descend_and_keep<Who>> = true;
template <class Op>
inline constexpr bool moves_w = false;
template <class Who>
inline constexpr bool moves_w<descend<Who, name::w>> = true;
template <class Who>
inline constexpr bool moves_w<descend_and_keep<Who>> = true;
template <class Make, class... M, int Player, class Local>
inline constexpr bool moves_w<local_operation<Make, binds<M...>, Player, Local>> =
    (std::is_same_v<M, means<name::x, name::w>> || ...);
template <class C, class Give, class Take, class B>
inline constexpr bool moves_w<average_of<name::w, C, Give, Take, B>> = true;
template <class Op>
inline constexpr bool is_averaged_on_a_server = false;
template <class S, class C, class Give, class Take, class B>
inline constexpr bool is_averaged_on_a_server<average_of<S, C, Give, Take, B>> = true;

template <class... Op>
struct facts_of_list<step_list<Op...>> {
  static constexpr int estimates = (static_cast<int>(is_estimate<Op>) + ... + 0);
  static constexpr bool at_h = (is_at_h<Op> || ...);
  static constexpr bool looks_ahead = (is_look_ahead<Op> || ...);
  static constexpr bool calls_ahead = (is_own_look_ahead<Op> || ...);
  static constexpr bool chooses_players = (is_for_one_player<Op> || ...);
  static constexpr bool writes_h = ((is_look_ahead<Op> || writes_h_otherwise<Op>) || ...);
  static constexpr bool keeps_mean = (keeps_a_mean<Op> || ...);
  static constexpr bool averages_look_ahead = ((keeps_a_mean<Op> || writes_h_otherwise<Op>) || ...);
  static constexpr bool exchanges_look_ahead = (writes_h_otherwise<Op> || ...);
  static constexpr bool moves = (moves_w<Op> || ...);
  static constexpr bool averages_vectors = (is_averaged_on_a_server<Op> || ...);
};
template <class Op>
struct inside {
  using type = step_list<Op>;
};
template <class C, class... Op>
struct inside<when<C, Op...>> {
  using type = typename concatenated<step_list<>, typename inside<Op>::type...>::type;
};
template <class N, class... Op>
struct inside<repeat<N, Op...>> {
  using type = typename concatenated<step_list<>, typename inside<Op>::type...>::type;
};
template <class L>
struct unfolded;
template <class... Op>
struct unfolded<step_list<Op...>> {
  using type = typename concatenated<step_list<>, typename inside<Op>::type...>::type;
};

}  // namespace detail

/// What follows from the list of an optimizer: how many estimates, whether some are at h, who writes it, ...
template <class O>
using facts_of_steps = detail::facts_of_list<typename detail::unfolded<typename O::template steps<whole>>::type>;

template <class O>
concept moves_its_weights = facts_of_steps<O>::moves;
template <class O>
concept takes_gradients_where_something_is_written = !facts_of_steps<O>::at_h || facts_of_steps<O>::writes_h;
template <class O>
concept uses_the_look_ahead_that_it_writes = !facts_of_steps<O>::writes_h || facts_of_steps<O>::at_h;

namespace detail {
template <class U>
inline constexpr bool keeps_a_state = false;
template <class... A>
inline constexpr bool keeps_a_state<uses<A...>> =
    ((A::store && A::name::where == storage::array && A::name::until == lifetime::run &&
      !std::is_same_v<typename A::name, name::h>) ||
     ...);
template <class O>
concept has_an_ahead = requires(O const o) { o.template ahead<float>(std::int64_t{1}); };
template <class O>
using ahead_values = typename decltype(std::declval<O const&>().template ahead<float>(std::int64_t{1}))::values;
}  // namespace detail
/// ahead<T>(step): an operation that leaves h, if the list has a look_ahead.
template <class O>
concept says_how_it_looks_ahead =
    !facts_of_steps<O>::calls_ahead || (detail::has_an_ahead<O> && detail::stores<name::h, detail::ahead_values<O>>);
/// A look-ahead that others do not hear of, and that moves a state.
template <class O>
inline constexpr bool looks_ahead_with_a_state = [] {
  if constexpr (detail::has_an_ahead<O>)
    return detail::keeps_a_state<detail::ahead_values<O>>;
  else if constexpr (requires(O const o) { o.min, o.max; })
    return looks_ahead_with_a_state<decltype(O::min)> || looks_ahead_with_a_state<decltype(O::max)>;
  else if constexpr (requires(O const o) { o.policy; }) return looks_ahead_with_a_state<decltype(O::policy)>;
  else return false;
}();

/// Turns estimates of the operator into what is subtracted from the weights. Nothing has a default: a wrapper that
/// forgets a member does not compile.
///
/// name()                 the policy's name, in reports and checkpoints
/// steps<Who>             a list of the above, of operations and of conditions
/// estimator              what an estimate becomes: one_gradient, or one of estimator/
/// direction<T>(step)     an operation that leaves v from g, x and arrays of its own; steps count from 1. Called once a
///                        step, on the host, in double
/// ahead<T>(step)         an operation that leaves h from base, g and others, if the list has a look_ahead
///
/// Three more are for those that need them:
///   objection()                  what is wrong with its fields, or empty
///   paced(n)                     itself with schedules that advance once in n of its steps: per_player and md_gan ask
///                                it of a player that moves n times a step
///   step_size_at(step, player)   what the directions are in units of, for ef21
template <class O>
concept optimizer = has_a_name<O> && lists_its_step<O> && names_its_estimator<O> && gives_a_direction<O> &&
                    leaves_a_direction<O> && directions_fit_in_kernel_arguments<O> && moves_its_weights<O> &&
                    says_how_it_looks_ahead<O> && takes_gradients_where_something_is_written<O> &&
                    uses_the_look_ahead_that_it_writes<O>;

template <class O>
concept can_be_paced = requires(O const o, int n) {
  { o.paced(n) } -> std::same_as<O>;
};
/// step_size_at(step, player): what that player's directions of a step are in units of.
template <class O>
concept says_its_step_size = requires(O const o, std::int64_t step, int player) {
  { o.step_size_at(step, player) } -> std::same_as<double>;
};

// ---- Directions along a gradient, which several optimizers share ----

template <class T>
struct along_gradient {
  using values = uses<in<name::g>, out<name::v>>;
  T step;
  SADDLE_HD void operator()(T g, T& v) const { v = step * g; }
};
template <class T>
struct ahead_along_gradient {
  using values = uses<in<name::base>, in<name::g>, out<name::h>>;
  T step;
  SADDLE_HD void operator()(T base, T g, T& h) const { h = base - step * g; }
};

/// One gradient, as it is.
struct one_gradient {
  template <class At, class Draw, int Player, int>
  using steps = step_list<take_gradient<At, name::g, Draw, Player>>;
  template <int>
  using result = name::g;
};

SADDLE_NAMESPACE_END
