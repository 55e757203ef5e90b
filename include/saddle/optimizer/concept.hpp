#pragma once
#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/core/worker_arrays.hpp"

SADDLE_NAMESPACE_BEGIN

/// One gradient of a step, and what is done with it.
struct phase {
  static constexpr int both = -1;
  int player = both;      // whose coordinates move: both, 0 (min) or 1 (max)
  bool commits = true;    // moves w; otherwise only the look-ahead point h
  bool exchanges = true;  // with the other workers; a look-ahead usually does not
  bool at_h = false;      // the gradient is taken at h, not at w
  int draw = 0;           // phases with equal draws of a step see the same sample
};

/// Which past gradient a look-ahead uses: the worker's own, or the average that was just exchanged.
enum class extrapolation { local, averaged };
/// Whether the second gradient of a step sees the first one's sample or a fresh one.
enum class sampling { same, independent };

// An optimizer is what the user writes down; its rule<T> is what one phase of one step of it comes to: plain numbers
// of the coordinate type, computed on the host in double, copied to the kernels.

template <class R>
concept has_coordinate_state = std::is_trivially_copyable_v<typename R::state>;
template <class R>
concept fits_in_kernel_arguments = std::is_trivially_copyable_v<R>;
template <class R, class T>
concept gives_a_direction = requires(R const rule, T gradient, typename R::state& s) {
  { rule.direction(gradient, s) } -> std::same_as<T>;
};
/// recall gives the bits that direction gave, from the advanced state.
template <class R, class T>
concept recalls_the_direction = requires(R const rule, T x, typename R::state const& s) {
  { rule.recall(x, s) } -> std::same_as<T>;
};
/// look_ahead(w, past) is the next point for a gradient. It knows neither of memory nor of averaging.
template <class R, class T>
concept looks_ahead = requires(R const rule, T x) {
  { rule.look_ahead(x, x) } -> std::same_as<T>;
};

template <class R, class T>
concept coordinate_rule = has_coordinate_state<R> && fits_in_kernel_arguments<R> && gives_a_direction<R, T>;

template <class O>
concept has_a_rule_for_each_step = requires(O const o, std::int64_t step, int phase) {
  { o.template at<float>(step, phase) };
};
template <class O>
concept has_a_name = requires {
  { O::name() } -> std::convertible_to<std::string>;
};

/// How many gradients a step of this optimizer takes, and what each is for. One that commits, unless it says otherwise.
template <class O>
int phases_of(O const& o) {
  if constexpr (requires { o.phases(); }) return o.phases();
  else return 1;
}
template <class O>
phase phase_of(O const& o, int k) {
  if constexpr (requires { o.at_phase(k); }) return o.at_phase(k);
  else return {};
}

template <class O, class T>
using rule_of = decltype(std::declval<O const&>().template at<T>(std::int64_t{1}, 0));

/// Two rules, one a player. Chosen once a bucket, a branch that all lanes take alike.
template <class Min, class Max>
struct rule_pair {
  Min min;
  Max max;
};

template <class R>
inline constexpr bool is_rule_pair = false;
template <class A, class B>
inline constexpr bool is_rule_pair<rule_pair<A, B>> = true;
/// The same rule with other numbers for each player needs no branch.
template <class R>
inline constexpr bool is_uniform_pair = false;
template <class A>
inline constexpr bool is_uniform_pair<rule_pair<A, A>> = true;

template <class R, class F>
SADDLE_HD void with_rule(R const& rule, int player, F f) {
  if constexpr (is_uniform_pair<R>) {
    f(player == 0 ? rule.min : rule.max);
  } else if constexpr (is_rule_pair<R>) {
    if (player == 0) f(rule.min);
    else f(rule.max);
  } else {
    f(rule);
  }
}

/// Whether the gradient of the next step is taken at an h that this step's last kernel writes.
template <class R>
inline constexpr bool writes_ahead = [] {
  if constexpr (requires { R::writes_ahead; }) return R::writes_ahead;
  else return false;
}();
template <class A, class B>
inline constexpr bool writes_ahead<rule_pair<A, B>> = writes_ahead<A> || writes_ahead<B>;

template <class R>
inline constexpr extrapolation extrapolates = [] {
  if constexpr (requires { R::from; }) return R::from;
  else return extrapolation::local;
}();
template <class A, class B>
inline constexpr extrapolation extrapolates<rule_pair<A, B>> =
    extrapolates<A> == extrapolation::averaged || extrapolates<B> == extrapolation::averaged ? extrapolation::averaged
                                                                                            : extrapolation::local;

template <class R, class T>
inline constexpr int state_planes = planes_of<typename R::state, T>;
template <class A, class B, class T>
inline constexpr int state_planes<rule_pair<A, B>, T> =
    state_planes<A, T> > state_planes<B, T> ? state_planes<A, T> : state_planes<B, T>;

template <class R>
struct rules_in {
  using min = R;
  using max = R;
};
template <class A, class B>
struct rules_in<rule_pair<A, B>> {
  using min = A;
  using max = B;
};
template <class R, class T>
concept rules_both_players =
    coordinate_rule<typename rules_in<R>::min, T> && coordinate_rule<typename rules_in<R>::max, T>;

/// Stands for every rule that a kernel does not ask, so that all of them share the kernel.
struct absent_rule {
  using state = stateless;
};
/// A rule that adds a look-ahead to another one, its base, names that `steps_by`: a kernel that asks for nothing but
/// the direction is then the same for both. Not for a rule whose own direction hides its base's.
template <class R>
concept steps_by_another = requires { typename R::steps_by; } &&
                           std::same_as<typename R::state, typename R::steps_by::state> &&
                           std::same_as<decltype(&R::direction), decltype(&R::steps_by::direction)>;
template <class R>
struct stepping {
  using type = R;
};
template <steps_by_another R>
struct stepping<R> {
  using type = typename R::steps_by;
};
template <class A, class B>
struct stepping<rule_pair<A, B>> {
  using type = rule_pair<typename stepping<A>::type, typename stepping<B>::type>;
};
template <class R>
using stepping_rule = typename stepping<R>::type;
template <class R>
stepping_rule<R> stepping_of(R const& rule) {
  if constexpr (is_rule_pair<R>) return {rule.min, rule.max};
  else return rule;
}

/// Turns gradients into what is subtracted from the parameters.
///
/// name()            the policy's name, in reports and checkpoints
/// at<T>(step, k)    the rule of phase k of a step (which counts from 1): `state` (an aggregate of T, or stateless) and
///                   direction(gradient, state), called once per coordinate and phase, in any order, CPU or GPU
/// phases(), at_phase(k)   optional, see above
template <class O>
concept optimizer = has_a_name<O> && has_a_rule_for_each_step<O> && rules_both_players<rule_of<O, float>, float>;

SADDLE_NAMESPACE_END
