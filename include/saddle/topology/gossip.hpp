#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/objection.hpp"
#include "saddle/topology/concept.hpp"
#include "saddle/exchange/lists.hpp"
#include "saddle/exchange/mixing.hpp"
#include "saddle/step/list.hpp"
#include "saddle/topology/graph.hpp"

SADDLE_NAMESPACE_BEGIN

/// adapt_then_combine mixes w - v; with `omd` it is DPOSG, whose Z is our h. combine_then_adapt mixes w and then takes
/// the direction, so that the exchange can overlap the gradient.
enum class gossip_order { adapt_then_combine, combine_then_adapt };

/// Every worker talks to its neighbours in a graph, with no server.
///
/// lossy           as in CHOCO-SGD (Koloskova, Stich, Jaggi, ICML 2019) a round sends first and mixes then: the
///                 difference between w and the public copy goes out, all copies take it, and w moves towards the
///                 neighbours' new copies. Other code mixes first, by the copies as they were, and sends afterwards:
///                 for the same gamma that is another iteration, one message behind
/// rounds          mixing rounds an exchange (DPOSG's t)
/// consensus_step  gamma of the lossy schemes, which cannot do without: the theory's value is about 500 times too
///                 small, 0.5 diverges; 0.05 to 0.2 did well on rings. Must be absent with an exact compressor.
struct gossip {
  mixing_graph graph;
  int rounds = 1;
  gossip_order order = gossip_order::adapt_then_combine;
  std::optional<double> consensus_step{};

  using exchanges = always;
  using begins = always;
  static constexpr bool has_server = false, on_average = false, amplifies = false;

  template <bool Exact, feedback Kept>
  using rule = std::conditional_t<Exact, mixing, std::conditional_t<Kept == feedback::none, choco, deep_squeeze>>;
  template <class Run, class Subject>
  using slot_of = slot<Subject, rule<Run::is_exact, Run::kept>, typename Run::compression, exact_downlink>;
  template <class Run, class Subject, class Make, class Binds>
  using together = exchange_in_graph<slot_of<Run, Subject>, Make, Binds, both_players>;
  template <class Run, class Subject, class Make, class G, int Player, bool>
  using move = move_in_graph<slot_of<Run, Subject>, Make, G, Player>;
  template <class Run, int Player>
  using before_gradient = before_gradient_in_graph<slot_of<Run, name::w>, Player>;

  int rounds_per_exchange() const { return rounds; }
  bool varies() const { return graph.varies(); }
  bool combines_first() const { return order == gossip_order::combine_then_adapt; }
  /// Counted over steps and rounds, not over exchanges: both players of an alternating method meet every matrix.
  std::vector<edge> sources(std::int64_t step, int round, int worker, int) const {
    return graph.row((step - 1) * rounds + round, worker);
  }
  void check(int workers, bool lossy, bool memory) const {
    expects(graph.workers == workers, [&] {
      return "gossip: the graph has " + std::to_string(graph.workers) + " workers, the transport " +
             std::to_string(workers);
    });
    check_graph(graph, "gossip");
    expects(graph.sums != stochastic::columns,
            "gossip: only the columns of this graph sum to 1: workers that agree would be driven apart; use push_sum");
    expects(rounds >= 1,
            [&] { return "gossip: there must be at least one round an exchange, not " + std::to_string(rounds); });
    expects(!lossy || consensus_step.has_value(), "gossip: a lossy compressor needs a consensus_step (try 0.1)");
    expects(lossy || !consensus_step.has_value(), "gossip: consensus_step has no meaning for an exact compressor");
    double const gamma = consensus_step.value_or(1);
    expects(gamma >= 0 && gamma <= 1,
            [&] { return objection_unless(false, "gossip: consensus_step", "lies in [0, 1]", gamma); });
    expects(!lossy || memory || !graph.varies(),
            "gossip: public copies need the same neighbours in every round, and this graph varies; use error_feedback");
  }
  std::string name() const { return "gossip-" + graph.name; }
};

static_assert(topology<gossip>);

SADDLE_NAMESPACE_END
