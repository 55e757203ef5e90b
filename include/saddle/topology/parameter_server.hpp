#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/topology/concept.hpp"
#include "saddle/topology/scheme.hpp"

SADDLE_NAMESPACE_BEGIN

/// Whose gradients an optimizer sees: each worker's its own, or all of them the average.
enum class adapts { on_worker, on_average };

/// Every worker sends its direction to a server, which sends the average back: all hold the same w.
///
/// Downlink  compresses the average: `exact_downlink`, a compressor that is unbiased, or one with error feedback
///           (the memory is the server's)
/// Adapts    on_average: gradients are sent, and everyone takes the direction of their average. As many bytes, one
///           optimizer state a process, and of one worker the same bits. Workers that differ end far from the solution
///           with the average of directions like Adam's, and near it with the direction of their average. A type,
///           because it decides about kernels and memory.
template <class Downlink = exact_downlink, adapts Adapts = adapts::on_worker>
struct parameter_server {
  Downlink downlink{};

  using downlink_type = Downlink;
  template <bool Exact, feedback Kept>
  using scheme = updates<Kept, false, Adapts == adapts::on_average>;

  static constexpr int rounds_per_exchange() { return 1; }
  static constexpr bool varies() { return false; }
  static std::vector<edge> sources(std::int64_t, int, int, int workers) {
    std::vector<edge> all;
    for (int j = 0; j < workers; ++j) all.push_back({j, 1.0 / workers});
    return all;
  }
  static void check(int workers, bool, bool) { expects(workers >= 1, "parameter_server: there must be a worker"); }
  static std::string name() { return "parameter-server"; }
};
parameter_server() -> parameter_server<>;
template <class Downlink>
parameter_server(Downlink) -> parameter_server<Downlink>;

static_assert(topology<parameter_server<>>);

SADDLE_NAMESPACE_END
