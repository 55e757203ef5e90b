#pragma once
#include <concepts>
#include <cstdint>
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

/// The topology whose fields tune an exchange: itself, or the one inside a wrapper (local_steps).
template <class Tp>
auto const& unwrapped_topology(Tp const& t) {
  if constexpr (requires { t.topology; }) return t.topology;
  else return t;
}
/// Whether there are steps that exchange nothing (local_steps): `every` says how rarely.
template <class Tp>
inline constexpr bool steps_alone = requires(Tp const t) { t.every; };

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
/// scheme<Exact, Kept>, scheme of combine_then_adapt as late_scheme where there is one
/// sources(step, round, worker, workers)   whose messages a worker combines, with the weights, in ascending order
/// varies()                                whether they depend on the step: true where it is missing
/// check(workers, lossy, memory)           throws std::invalid_argument where the combination makes no sense
template <class Tp>
concept topology =
    chooses_a_scheme<Tp> && mixes_for_a_number_of_rounds<Tp> && checks_itself<Tp> && topology_has_a_name<Tp>;

SADDLE_NAMESPACE_END
