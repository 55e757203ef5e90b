#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/topology/concept.hpp"
#include "saddle/topology/scheme.hpp"

SADDLE_NAMESPACE_BEGIN

/// Every worker sends its direction to a server, which sends the average back: all hold the same w.
///
/// Downlink  compresses the average: `exact_downlink`, a compressor that is unbiased, or one with error feedback
///           (the memory is the server's)
template <class Downlink = exact_downlink>
struct parameter_server {
  Downlink downlink{};

  using downlink_type = Downlink;
  template <bool Exact, bool Memory>
  using scheme = updates<Memory>;

  static constexpr int rounds_per_exchange() { return 1; }
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
