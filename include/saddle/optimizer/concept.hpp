#pragma once
#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include "saddle/config.hpp"
#include "saddle/optimizer/along_gradient.hpp"
#include "saddle/optimizer/facts_of_steps.hpp"
#include "saddle/optimizer/operations.hpp"
#include "saddle/step/name.hpp"
#include "saddle/step/operation.hpp"

SADDLE_NAMESPACE_BEGIN

/// Which past gradient a look-ahead uses: the worker's own, or the average that was just exchanged.
enum class extrapolation { local, averaged };
/// Whether the second gradient of a step sees the first one's sample or a fresh one.
enum class sampling { same, independent };

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
/// steps<Who>             a list of what operations.hpp has, of operations and of conditions
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

SADDLE_NAMESPACE_END
