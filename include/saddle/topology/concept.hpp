#pragma once
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/feedback.hpp"
#include "saddle/topology/graph.hpp"

SADDLE_NAMESPACE_BEGIN

/// The downlink that sends the average as it is.
struct exact_downlink {};

/// What a topology sends down; one without a server sends nothing.
template <class Tp>
struct downlink_of {
  using type = exact_downlink;
};
template <class Tp>
  requires requires { typename Tp::downlink_type; }
struct downlink_of<Tp> {
  using type = typename Tp::downlink_type;
};

/// Whether there are steps that exchange nothing (local_steps): of `every` steps, one exchanges, and how is what the
/// `topology` inside says.
template <class Tp>
concept steps_alone = requires(Tp const t) {
  { t.every } -> std::convertible_to<int>;
  t.topology;
};
/// The topology whose fields tune an exchange: itself, or the one inside a wrapper (local_steps).
template <class Tp>
auto const& unwrapped_topology(Tp const& t) {
  if constexpr (steps_alone<Tp>) return t.topology;
  else return t;
}

/// The scheme of combine_then_adapt, where there is one.
template <class Tp, bool Exact, feedback Kept>
struct late_scheme_of {};
template <class Tp, bool Exact, feedback Kept>
  requires requires { typename Tp::template late_scheme<Exact, Kept>; }
struct late_scheme_of<Tp, Exact, Kept> {
  using type = typename Tp::template late_scheme<Exact, Kept>;
};

/// Chooses the scheme from what it must know of the compressor: is it exact, what is kept beside it.
template <class Tp>
concept chooses_a_scheme = requires {
  typename Tp::template scheme<true, feedback::none>;
  typename Tp::template scheme<false, feedback::error>;
};
template <class Tp>
concept has_a_late_scheme = requires { typename Tp::template late_scheme<true, feedback::none>; };
template <class Tp>
concept combines_first_by_choice = requires(Tp const t) {
  { t.combines_first() } -> std::same_as<bool>;
};
/// late_scheme and combines_first, or neither.
template <class Tp>
concept says_when_it_combines = has_a_late_scheme<Tp> == combines_first_by_choice<Tp>;
template <class Tp>
concept says_whether_it_varies = requires(Tp const t) {
  { t.varies() } -> std::same_as<bool>;
};
/// Of whoever has a field `downlink`: without the type it would be left out.
template <class Tp>
concept names_the_type_of_its_downlink =
    !requires(Tp const t) { t.downlink; } || requires(Tp const t) {
      { t.downlink } -> std::same_as<typename Tp::downlink_type const&>;
    };
/// Of whoever mixes what a compressor has lost: gamma.
template <class Scheme>
inline constexpr bool mixes_with_losses = !Scheme::averages && (Scheme::memory || Scheme::copies);
template <class Tp>
concept has_a_consensus_step_for_losses =
    !(mixes_with_losses<typename Tp::template scheme<false, feedback::none>> ||
      mixes_with_losses<typename Tp::template scheme<false, feedback::error>>) ||
    requires(Tp const t) {
      { unwrapped_topology(t).consensus_step } -> std::same_as<std::optional<double> const&>;
    };
template <class Tp>
concept mixes_for_a_number_of_rounds = requires(Tp const t, std::int64_t step, int round, int worker) {
  { t.rounds_per_exchange() } -> std::same_as<int>;
  { t.sources(step, round, worker, worker) } -> std::same_as<std::vector<edge>>;
};
template <class Tp>
concept checks_itself = requires(Tp const t, int workers, bool lossy, bool memory) { t.check(workers, lossy, memory); };
template <class Tp>
concept topology_has_a_name = requires(Tp const t) {
  { t.name() } -> std::convertible_to<std::string>;
};

/// Who sends to whom with which weight.
///
/// scheme<Exact, Kept>                     from topology/scheme.hpp; what it says of itself decides what is kept
/// late_scheme<Exact, Kept>, combines_first()   that of combine_then_adapt, and whether it is chosen; or neither
/// rounds_per_exchange()                   how often it mixes in an exchange
/// sources(step, round, worker, workers)   whose messages a worker combines, with the weights, in ascending order
/// varies()                                whether they depend on the step
/// downlink, downlink_type                 what its server compresses the average by, and that type; or neither
/// consensus_step                          std::optional<double>, of a scheme that mixes what a compressor has lost
/// check(workers, lossy, memory)           throws std::invalid_argument where the combination makes no sense
template <class Tp>
concept topology =
    chooses_a_scheme<Tp> && says_when_it_combines<Tp> && mixes_for_a_number_of_rounds<Tp> &&
    says_whether_it_varies<Tp> && has_a_consensus_step_for_losses<Tp> && names_the_type_of_its_downlink<Tp> &&
    checks_itself<Tp> && topology_has_a_name<Tp>;

SADDLE_NAMESPACE_END
