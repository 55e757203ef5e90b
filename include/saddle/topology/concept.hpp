#pragma once
#include <concepts>
#include <cstdint>
#include <string>
#include <vector>

#include "saddle/config.hpp"
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

/// Chooses the scheme from what it must know of the compressor: is it exact, has it error memory.
template <class Tp>
concept chooses_a_scheme = requires {
  typename Tp::template scheme<true, false>;
  typename Tp::template scheme<false, true>;
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
/// scheme<Exact, Memory>, scheme of combine_then_adapt as late_scheme where there is one
/// sources(step, round, worker, workers)   whose messages a worker combines, with the weights, in ascending order
/// check(workers, lossy, memory)           throws std::invalid_argument where the combination makes no sense
template <class Tp>
concept topology =
    chooses_a_scheme<Tp> && mixes_for_a_number_of_rounds<Tp> && checks_itself<Tp> && topology_has_a_name<Tp>;

SADDLE_NAMESPACE_END
