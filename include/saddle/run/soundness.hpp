#pragma once
#include <type_traits>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/feedback.hpp"
#include "saddle/correction/concept.hpp"
#include "saddle/estimator/concept.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/run/policies.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/topology/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// Local steps inside of local steps.
template <class Topology>
inline constexpr bool is_nested = [] {
  if constexpr (wraps_a_topology<Topology>) {
    using inner = typename Topology::wraps;
    return is_nested<inner> || (says_when_it_exchanges<Topology> && steps_alone<inner>);
  } else {
    return false;
  }
}();

namespace detail {

template <class Op>
inline constexpr bool mixes_some_scalars = false;
template <int Scalars, int First>
inline constexpr bool mixes_some_scalars<mix_scalars<Scalars, First>> = true;
template <class Op>
inline constexpr bool is_repetition = false;
template <class N, class... Op>
inline constexpr bool is_repetition<repeat<N, Op...>> = true;
/// What an estimator, a correction and scalars ask of the list of an optimizer.
template <class L>
struct demands_of_list;
template <class... Op>
struct demands_of_list<step_list<Op...>> {
  static constexpr bool mixes_scalars = (mixes_some_scalars<Op> || ...);
};
/// What a step does that repeats nothing.
template <class Op>
struct unless_repeated {
  using type = step_list<Op>;
};
template <class N, class... Op>
struct unless_repeated<repeat<N, Op...>> {
  using type = step_list<>;
};
template <class L>
struct without_repetitions;
template <class... Op>
struct without_repetitions<step_list<Op...>> {
  static constexpr bool leaves_some_out = (is_repetition<Op> || ...);
  using type = cat<step_list<>, typename unless_repeated<Op>::type...>;
};

}  // namespace detail

/// An estimator that the optimizer has of itself, and that is not one_gradient, belongs to a policy around it.
template <class O>
concept names_what_it_estimates_for = requires { typename O::estimates_for; };
template <class O>
inline constexpr bool estimates_plainly = std::is_same_v<typename O::estimator, one_gradient>;
template <class O>
inline constexpr bool has_two_estimators = [] {
  if constexpr (names_what_it_estimates_for<O>) return !estimates_plainly<typename O::estimates_for>;
  else return false;
}();

/// The rules for a combination of types. The first that is broken is returned as its sentence, null if none is; if
/// `Asserts`, a broken one does not compile.
template <bool Asserts, class O, class C, class Topology, class T>
constexpr char const* first_broken_rule() {
  using steps = facts_of_steps<O>;
  using demands = detail::demands_of_list<typename detail::unfolded<typename O::template steps<whole>>::type>;
  using in_turn = detail::facts_of_list<
      typename detail::unfolded<typename detail::without_repetitions<typename O::template steps<whole>>::type>::type>;
  constexpr bool repeats = detail::without_repetitions<typename O::template steps<whole>>::leaves_some_out;
  using estimator = typename O::estimator;
  using correction = topology_correction<Topology>;
  using needs = typename correction::needs;
  using up = wire_compressor<C>;
  using down_type = downlink_compressor<Topology>;
  using down = wire_compressor<down_type>;
  using run = policies<T, O, C, Topology>;
  using rule = typename slot_in<Topology, run, name::w>::rule;
  constexpr bool averages = topology_has_server<Topology>, on_average = topology_on_average<Topology>;
  constexpr bool shares_weights = averages && !steps_alone<Topology>;
  constexpr bool corrects = corrections_of<Topology> > 0, pushes = needs_everyone<Topology>;

// One text for both: a static_assert takes nothing but a literal.
#define SADDLE_RULE(holds, sentence)             \
  static_assert(!Asserts || (holds), sentence);  \
  if (!(holds)) return sentence

  // What is lost on the way up, and what is kept of it.
  SADDLE_RULE(!pushes || is_exact<up>,
              "push_sum divides what it mixes, and would divide what a compressor loses: send exactly");
  SADDLE_RULE(!topology_amplifies<Topology> || is_exact<up>,
              "accelerated gossip amplifies what a compressor loses: send exactly, or use gossip");
  SADDLE_RULE(!encodes_beside_the_direction<up> || (feedback_of<C> == feedback::error && shares_weights),
              "a compressor that looks at the fresh direction needs error_feedback on a parameter server: nowhere "
              "else is what it sends the sum of that and a debt");
  SADDLE_RULE(!averages || is_unbiased<up> || has_memory<C> || encodes_beside_the_direction<up> || promises_nothing<up>,
              "a biased compressor on a parameter server needs error_feedback or ef21: "
              "its errors would not average out");
  SADDLE_RULE(!rule::mixes_copies || contracts<up> || promises_nothing<up>,
              "public copies need a contraction: round to nearest (qsgd<..., rounding::nearest>), send values as "
              "they are (random_k<..., scaling::plain>), or use a smaller bucket");
  SADDLE_RULE(feedback_of<C> != feedback::difference || averages,
              "ef21 adds up what a server averages, and gossip has none: use error_feedback, or send bare");
  SADDLE_RULE(feedback_of<C> != feedback::difference || on_average || says_its_step_size<O>,
              "ef21 sends how directions change in units of the step size: the optimizer needs "
              "step_size_at(step, player)");

  // The same on the way down.
  SADDLE_RULE(feedback_of<down_type> != feedback::difference,
              "ef21 is for the way up: on the downlink use error_feedback");
  SADDLE_RULE(is_unbiased<down> || has_memory<down_type> || promises_nothing<down>,
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
  SADDLE_RULE(!steps::keeps_mean || averages,
              "gossip has no average to look ahead along: use the local extrapolation");
  SADDLE_RULE(!steps::averages_look_ahead || !steps_alone<Topology>,
              "between its rounds local_steps has no average to look ahead along: use the local extrapolation");
  SADDLE_RULE(!steps::exchanges_look_ahead || !has_memory<C>,
              "one error memory cannot serve both exchanges of an averaged extragradient: send bare, or look ahead "
              "locally");
  SADDLE_RULE(!steps::exchanges_look_ahead || !has_memory<down_type>,
              "the server's error memory cannot serve both exchanges of an averaged extragradient, for what it pays in "
              "the look-ahead never reaches w: send the average bare, or look ahead locally");

  // Optimizer states that all share.
  SADDLE_RULE(!on_average || !steps_alone<Topology>,
              "between its rounds a worker of local_steps adapts alone: its server must adapt on the workers");
  SADDLE_RULE(!on_average || !looks_ahead_with_a_state<O>,
              "on the average all workers share the optimizer's state, which a look-ahead without a message would "
              "move: adapt on the workers");

  // Estimators.
  SADDLE_RULE(!has_two_estimators<O>, "two estimators: an optimizer has one, the outermost policy's");
  SADDLE_RULE(estimates_plainly<O> || names_what_it_estimates_for<O>,
              "an estimator goes around all of the optimizer: variance_reduced{proximal{...}}, not inside of it");
  SADDLE_RULE(!compares_steps<estimator> || in_turn::estimates == 1,
              "this estimator compares an estimate with that of the step before, and the optimizer takes several a "
              "step: use variance_reduced, or an optimizer of one gradient");
  SADDLE_RULE(!repeats_samples<estimator> || !repeats || compares_steps<estimator>,
              "a large batch repeats a gradient, and this optimizer repeats a player's moves: take full batches, "
              "all_data");

  // Corrections.
  SADDLE_RULE(corrections_of<Topology> <= 1,
              "two corrections: one makes workers that differ agree, a second would undo it");
  SADDLE_RULE(!corrects || !in_turn::chooses_players,
              "a correction follows both players at once: use an optimizer that moves them together");
  SADDLE_RULE(!needs::conserved_sums || !averages || feedback_of<C> != feedback::difference,
              "a correction adds up what is sent, and ef21 does not send all of it in the end: use error_feedback");
  SADDLE_RULE(!needs::conserved_sums || !averages || is_exact<up> || has_memory<C>,
              "a correction adds up what is sent, and what a bare compressor loses on a server stays in the sum for "
              "good: use error_feedback");
  SADDLE_RULE(!needs::conserved_sums || is_exact<down> || has_memory<down_type>,
              "a correction adds up what comes down, and what a bare downlink loses stays in the sum for good: use "
              "error_feedback on the downlink");
  SADDLE_RULE(!needs::rounds || steps_alone<Topology>,
              "control variates correct the drift between rounds: put them around local_steps, or use tracked");
  SADDLE_RULE(!needs::step_size || says_its_step_size<O>,
              "control variates and duals are in units of gradients: the optimizer needs step_size_at(step, player)");
  SADDLE_RULE(!needs::edges || (!averages && !steps_alone<Topology> && !topology_amplifies<Topology>),
              "primal_dual goes around gossip: in every step each edge of a graph moves its dual");
  SADDLE_RULE(!needs::edges || !has_memory<C>,
              "primal_dual sends differences to public copies, which need no memory: send bare");
  SADDLE_RULE(!needs::edges || !steps::exchanges_look_ahead,
              "primal_dual exchanges neither w nor its look-ahead: look ahead locally");
  SADDLE_RULE(!needs::exact_gossip || !averages,
              "exact_diffusion corrects what a graph mixes, and a server mixes nothing");
  SADDLE_RULE(!needs::exact_gossip || (!steps_alone<Topology> && !topology_amplifies<Topology>),
              "exact_diffusion goes around gossip that mixes in every step, by one matrix that is positive");
  SADDLE_RULE(!needs::exact_gossip || is_exact<up>,
              "exact_diffusion needs exact messages: what is lost would add up in its duals; use tracked");
  SADDLE_RULE(!needs::exact_gossip || !steps::exchanges_look_ahead,
              "exact_diffusion corrects what is mixed of w, and this optimizer mixes its look-ahead, too");
  SADDLE_RULE(!needs::carried_estimates || carries_an_estimate<estimator>,
              "averaged_estimates averages what an estimator carries on: use hybrid_momentum or recursive");
  SADDLE_RULE(!needs::server || averages,
              "recentred takes the mean of those who are there, and over gossip nobody knows it: use tracked");
  SADDLE_RULE(!needs::exact_messages || (is_exact<up> && is_exact<down>),
              "this correction sends estimates as they are, and not their changes, which go to zero: it needs exact "
              "messages");

  // Vectors of an optimizer's own, and scalars.
  SADDLE_RULE(!steps::averages_vectors || shares_weights,
              "this optimizer averages vectors of its own: it needs a parameter server in every step");
  SADDLE_RULE(!steps::averages_vectors || !on_average,
              "this optimizer sends differences of operators: its server must adapt on the workers");
  SADDLE_RULE(!steps::averages_vectors || !draws_its_workers<Topology>,
              "this optimizer averages what every worker knows of a reference point: all of them must take part");
  SADDLE_RULE(!steps::averages_vectors || (!corrects && estimates_plainly<O>),
              "this optimizer is exact by itself: no estimator, and no correction");
  SADDLE_RULE(!steps::agrees_on_states || !shares_weights,
              "a server in every step averages directions, and with them what they remember: states that go along with "
              "w are for local_steps and gossip");
  SADDLE_RULE(!steps::averages_rounds || averages,
              "this optimizer averages a point of each round: it needs a server, in every step or in local_steps");
  SADDLE_RULE(!demands::mixes_scalars || !topology_amplifies<Topology>,
              "scalars must stay positive where they are mixed, and the rounds of accelerated gossip go beyond the "
              "mean: use gossip");
  SADDLE_RULE(!demands::mixes_scalars || averages || feedback_of<C> != feedback::error,
              "scalars are mixed with the weights of an exchange, and those of error_feedback over gossip sum to 0: "
              "send bare");
  SADDLE_RULE(!steps::keeps_scalars || demands::mixes_scalars || !on_average,
              "on the average all workers share the step size, and each has scalars of its own: mix them, or adapt on "
              "the workers");

  SADDLE_RULE(!steps::keeps_scalars || !steps::chooses_players,
              "this optimizer adapts the step sizes of both players by scalars that it keeps of both: one player's own "
              "optimizer would count them twice");
  SADDLE_RULE(!run::weighted || steps::weighs_workers,
              "the workers of this server count by weights, and the optimizer says none: use workers_count::alike, "
              "or adaptive_extragradient");
  SADDLE_RULE(!run::weighted || !on_average,
              "weights are of workers, and an average of gradients has one step size: adapt on the workers");

  // Push-sum.
  SADDLE_RULE(!pushes || !draws_its_workers<Topology>,
              "push_sum: what was sent to a worker that is not there would be lost: all of them must take part");
  SADDLE_RULE(!pushes || (!corrects && !demands::mixes_scalars && !steps::exchanges_look_ahead),
              "push_sum mixes w and its weight, and no other vector or scalar: no correction, and look ahead locally");

  // Players apart.
  SADDLE_RULE(!separates_players<Topology> || averages,
              "separate_players meet at a server: in a graph nobody brings one player's part to the other's workers");
  SADDLE_RULE(!separates_players<Topology> || (!corrects && !steps::averages_vectors && !demands::mixes_scalars &&
                                               feedback_of<C> != feedback::difference),
              "separate_players: what is kept of the sum over all workers counts those that are another player's; use "
              "error_feedback, without a correction, scalars or vectors of the optimizer's own");
  SADDLE_RULE(!separates_players<Topology> || !selects_globally<up>,
              "separate_players: a compressor that selects from both players' coordinates has but one of them here");

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
