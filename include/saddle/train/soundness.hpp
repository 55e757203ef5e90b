#pragma once
#include <type_traits>

#include "saddle/compressor/concept.hpp"
#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/core/feedback.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/topology/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// What a topology sends down, as a compressor. Identity is the neutral element of the family, and the one policy that
/// this folder knows by name.
template <class Topology>
using downlink_compressor = std::conditional_t<std::is_same_v<typename downlink_of<Topology>::type, exact_downlink>,
                                               identity, typename downlink_of<Topology>::type>;

/// A look-ahead that others do not hear of, by a rule with a state.
template <class R, class T>
inline constexpr bool adapts_in_secret = looks_ahead<R, T> && !writes_ahead<R> &&
                                         extrapolates<R> == extrapolation::local && state_planes<R, T> > 0;
/// A look-ahead along an average that is exchanged for it alone.
template <class R>
inline constexpr bool exchanges_to_look_ahead = extrapolates<R> == extrapolation::averaged && !writes_ahead<R>;
/// Local steps inside of local steps.
template <class Topology>
inline constexpr bool is_nested = [] {
  if constexpr (steps_alone<Topology>) return steps_alone<decltype(Topology::topology)>;
  else return false;
}();

/// The rules for a combination of types. The first that is broken is returned as its sentence, null if none is; if
/// `Asserts`, a broken one does not compile.
template <bool Asserts, class O, class C, class Topology, class T>
constexpr char const* first_broken_rule() {
  using Rule = rule_of<O, T>;
  using min = typename rules_in<Rule>::min;
  using max = typename rules_in<Rule>::max;
  using up = wire_compressor<C>;
  using down_type = downlink_compressor<Topology>;
  using down = wire_compressor<down_type>;
  using scheme = typename Topology::template scheme<is_exact<up>, feedback_of<C>>;
  constexpr bool averaged = extrapolates<Rule> == extrapolation::averaged;
  constexpr bool exchanges_twice = exchanges_to_look_ahead<min> || exchanges_to_look_ahead<max>;

// One text for both: a static_assert takes nothing but a literal.
#define SADDLE_RULE(holds, sentence)             \
  static_assert(!Asserts || (holds), sentence);  \
  if (!(holds)) return sentence

  // What is lost on the way up, and what is kept of it.
  SADDLE_RULE(!scheme::amplifies || is_exact<up>,
              "accelerated gossip amplifies what a compressor loses: send exactly, or use gossip");
  SADDLE_RULE(!encodes_beside_the_direction<up> || (feedback_of<C> == feedback::error && scheme::shares_weights),
              "a compressor that looks at the fresh direction needs error_feedback on a parameter server: nowhere "
              "else is what it sends the sum of that and a debt");
  SADDLE_RULE(!scheme::averages || is_unbiased<up> || has_memory<C> || encodes_beside_the_direction<up>,
              "a biased compressor on a parameter server needs error_feedback or ef21: "
              "its errors would not average out");
  SADDLE_RULE(!scheme::copies || scheme::averages || contracts<up>,
              "public copies need a contraction: round to nearest (qsgd<..., rounding::nearest>), send values as "
              "they are (random_k<..., scaling::plain>), or use a smaller bucket");
  SADDLE_RULE(feedback_of<C> != feedback::difference || scheme::averages,
              "ef21 adds up what a server averages, and gossip has none: use error_feedback, or send bare");
  SADDLE_RULE(!scheme::sums || scheme::on_average || says_its_step_size<O>,
              "ef21 sends how directions change in units of the step size: the optimizer needs "
              "step_size_at(step, player)");

  // The same on the way down.
  SADDLE_RULE(feedback_of<down_type> != feedback::difference,
              "ef21 is for the way up: on the downlink use error_feedback");
  SADDLE_RULE(is_unbiased<down> || has_memory<down_type>,
              "a biased compressor on the downlink needs error_feedback: its errors would not average out");
  SADDLE_RULE(feedback_of<C> != feedback::difference || is_exact<down> || has_memory<down_type>,
              "ef21 adds up what comes down, and what a bare downlink loses stays in the sum for good: use "
              "error_feedback on the downlink, or send the average as it is");
  SADDLE_RULE(!encodes_beside_the_direction<down> || has_memory<down_type>,
              "a compressor on the downlink that looks at the fresh average needs error_feedback: bare there is no "
              "debt beside it");
  SADDLE_RULE(up::bucket == any_bucket || down::bucket == any_bucket || up::bucket == down::bucket,
              "the downlink's bucket must be the uplink's: the server encodes bucket by bucket what it decodes");

  // Look-aheads.
  SADDLE_RULE(!averaged || scheme::averages, "gossip has no average to look ahead along: use the local extrapolation");
  SADDLE_RULE(!averaged || !steps_alone<Topology>,
              "between its rounds local_steps has no average to look ahead along: use the local extrapolation");
  SADDLE_RULE(!exchanges_twice || !has_memory<C>,
              "one error memory cannot serve both exchanges of an averaged extragradient: send bare, or look ahead "
              "locally");
  SADDLE_RULE(!exchanges_twice || !has_memory<down_type>,
              "the server's error memory cannot serve both exchanges of an averaged extragradient, for what it pays in "
              "the look-ahead never reaches w: send the average bare, or look ahead locally");

  // Optimizer states that all share.
  SADDLE_RULE(!scheme::on_average || !steps_alone<Topology>,
              "between its rounds a worker of local_steps adapts alone: its server must adapt on the workers");
  SADDLE_RULE(!scheme::on_average || !(adapts_in_secret<min, T> || adapts_in_secret<max, T>),
              "on the average all workers share the optimizer's state, which a look-ahead without a message would "
              "move: adapt on the workers");

  SADDLE_RULE(!is_nested<Topology>,
              "local_steps inside of local_steps: the outer `every` would not be seen; multiply both into one");
#undef SADDLE_RULE
  return nullptr;
}

/// Why these policies cannot be combined, as a sentence; null if they can. Whoever compiles many combinations asks here
/// which of them there are; a trainer of another one does not compile, and says the same.
template <class O, class C, class Topology, class T = float>
constexpr char const* why_unsound() {
  return first_broken_rule<false, O, C, Topology, T>();
}
template <class O, class C, class Topology, class T = float>
constexpr bool is_sound = why_unsound<O, C, Topology, T>() == nullptr;

/// True, or it does not compile.
template <class O, class C, class Topology, class T>
constexpr bool sound_combination() {
  return first_broken_rule<true, O, C, Topology, T>() == nullptr;
}

SADDLE_NAMESPACE_END
