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

/// No state, or an aggregate of T. What it holds is finite: a step that would make it otherwise is skipped.
template <class R, class T>
concept has_coordinate_state =
    std::is_trivially_copyable_v<typename R::state> &&
    (std::is_empty_v<typename R::state> ||
     (sizeof(typename R::state) % sizeof(T) == 0 && alignof(typename R::state) == alignof(T)));
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

/// `static constexpr bool writes_ahead`: whether the gradient of the next step is taken at an h that this step's last
/// kernel writes.
template <class R>
concept says_whether_it_writes_ahead = requires {
  { R::writes_ahead } -> std::same_as<bool const&>;
};
/// `static constexpr extrapolation from`, of a rule that looks ahead and of no other.
template <class R, class T>
concept says_what_it_looks_ahead_along = !looks_ahead<R, T> || requires {
  { R::from } -> std::same_as<extrapolation const&>;
};
/// The h that a step writes for the next one is look_ahead(w, recall(gradient, state)).
template <class R, class T>
concept looks_ahead_and_recalls_if_it_writes_ahead =
    !R::writes_ahead || (looks_ahead<R, T> && recalls_the_direction<R, T>);

template <class R, class T>
concept coordinate_rule =
    has_coordinate_state<R, T> && fits_in_kernel_arguments<R> && gives_a_direction<R, T> &&
    says_whether_it_writes_ahead<R> && says_what_it_looks_ahead_along<R, T> &&
    looks_ahead_and_recalls_if_it_writes_ahead<R, T>;

template <class O>
concept has_a_rule_for_each_step = requires(O const o, std::int64_t step, int phase) {
  { o.template at<float>(step, phase) };
};
/// phases(): how many gradients a step takes.
template <class O>
concept says_how_many_phases = requires(O const o) {
  { o.phases() } -> std::same_as<int>;
};
/// at_phase(k): what gradient k of a step is for.
template <class O>
concept says_what_each_phase_is_for = requires(O const o, int k) {
  { o.at_phase(k) } -> std::same_as<phase>;
};
template <class O>
concept has_a_name = requires {
  { O::name() } -> std::convertible_to<std::string>;
};

/// Known from the type; where phases() is not static, only its value tells.
template <class O>
concept takes_several_gradients = requires { requires(O::phases() > 1); };

template <class O>
int phases_of(O const& o) {
  return o.phases();
}
template <class O>
phase phase_of(O const& o, int k) {
  return o.at_phase(k);
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
inline constexpr bool writes_ahead = R::writes_ahead;
template <class A, class B>
inline constexpr bool writes_ahead<rule_pair<A, B>> = writes_ahead<A> || writes_ahead<B>;

/// A rule that does not look ahead has no `from`, and is asked for none: local stands for it.
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
  static constexpr bool writes_ahead = false;
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

/// Turns gradients into what is subtracted from the parameters. Every member is stated: none has a default, so that a
/// wrapper that forgets one does not compile.
///
/// name()              the policy's name, in reports and checkpoints
/// phases()            how many gradients a step takes
/// at_phase(k)         what gradient k of a step is for, see `phase`
/// at<T>(step, k)      the rule of phase k of a step (which counts from 1), with these members:
///   state                        an aggregate of T, or stateless
///   direction(gradient, state)   called once per coordinate and phase, in any order, CPU or GPU
///   writes_ahead                 static constexpr bool: whether its steps write h, where the next gradient is taken
///   look_ahead(w, past), from    if it looks ahead; `from` is a static constexpr extrapolation
///   recall(gradient, state)      if it writes ahead
///
/// Three more are for those that need them:
///   objection()              what is wrong with its fields, or empty
///   paced(n)                 itself with schedules that advance once in n of its steps: per_player and md_gan ask it
///                            of a player that moves n times a step
///   step_size_at(step, player)   what the directions are in units of, for ef21
template <class O>
concept optimizer = has_a_name<O> && says_how_many_phases<O> && says_what_each_phase_is_for<O> &&
                    has_a_rule_for_each_step<O> && rules_both_players<rule_of<O, float>, float>;

template <class O>
concept can_be_paced = requires(O const o, int n) {
  { o.paced(n) } -> std::same_as<O>;
};

/// step_size_at(step, player): what that player's directions of a step are in units of.
template <class O>
concept says_its_step_size = requires(O const o, std::int64_t step, int player) {
  { o.step_size_at(step, player) } -> std::same_as<double>;
};

/// What is wrong with the phases of an optimizer, or empty: what no concept can see.
template <class T, optimizer O>
std::string objection_to_phases(O const& o) {
  using rule = rule_of<O, T>;
  static_assert(rules_both_players<rule, T>, "the optimizer has no rule for this type of coordinates");
  constexpr bool looks = looks_ahead<typename rules_in<rule>::min, T> || looks_ahead<typename rules_in<rule>::max, T>;
  int const phases = phases_of(o);
  if (phases < 1) return O::name() + ": phases() is at least 1, and is " + std::to_string(phases);
  bool commits = false, is_written = writes_ahead<rule>, is_used = false;
  for (int k = 0; k < phases; ++k) {
    phase const one = phase_of(o, k);
    std::string const which = O::name() + ": phase " + std::to_string(k) + " ";
    if (one.player < phase::both || one.player > 1)
      return which + "is of player " + std::to_string(one.player) + ": it is 0, 1 or both (-1)";
    if (one.draw < 0) return which + "asks for sample " + std::to_string(one.draw) + ": they count from 0";
    if (one.at_h && !is_written) return which + "takes its gradient at h, which nothing has written";
    if (!one.commits && !one.exchanges && !looks)
      return which + "does not commit, and its rule has no look_ahead: it would do nothing";
    commits |= one.commits;
    is_written |= !one.commits;
    is_used |= one.at_h;
  }
  if (!commits) return O::name() + ": no phase commits, so that w would never move";
  if (is_written && !is_used) return O::name() + ": h is written, and no phase takes its gradient there";
  return {};
}

SADDLE_NAMESPACE_END
