#pragma once
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/number_text.hpp"
#include "saddle/core/objection.hpp"
#include "saddle/topology/concept.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/exchange/lists.hpp"
#include "saddle/exchange/mixing.hpp"
#include "saddle/step/list.hpp"
#include "saddle/topology/graph.hpp"

SADDLE_NAMESPACE_BEGIN

/// How far a round goes beyond W v; rho is the graph's, r = (1 - sqrt(1 - rho^2)) / rho.
///
/// chebyshev  beta_0 = 0, beta_k = (r^2 + r^(2 k)) / (1 + r^(2 k + 2)): of any distance to the mean t rounds leave at
///            most 2 r^t / (1 + r^(2 t)), never more than rho^t. No polynomial of degree t does better for every W
/// fast_mix   beta_k = r^2 from the first round on, as in DREAM and others: they leave at worst (1 + t (1 + r)) r^t,
///            which for small t is more than there was
/// source     Scaman, Bach, Bubeck, Lee, Massoulie: Optimal Algorithms for Smooth and Strongly Convex Distributed
///            Optimization in Networks. ICML 2017
///            Liu, Morse: Accelerated linear iterations for distributed averaging. Annual Reviews in Control 2011
enum class acceleration { chebyshev, fast_mix };

/// Gossip whose rounds of an exchange build on each other: v_{k+1} = (1 + beta_k) W v_k - beta_k v_{k-1}, v_{-1} = v_0.
/// Workers agree after the order of 1 / sqrt(spectral_gap) rounds instead of 1 / spectral_gap, by messages of the same
/// size, with one more array.
///
/// spectral_gap  1 - rho of the graph, in (0, 1]: spectral_gap(graph) of topology/mixing_matrix.hpp. A wrong one costs
///               chebyshev speed, and can make fast_mix diverge.
/// promise       leaves the average over the workers where it was (up to rounding)
/// errors        a graph that varies or is not symmetric: the eigenvalues of W must be real. A lossy compressor does
///               not compile: the rounds amplify what it loses.
struct accelerated_gossip {
  mixing_graph graph;
  int rounds = 1;
  double spectral_gap = 0;
  acceleration rule = acceleration::chebyshev;
  gossip_order order = gossip_order::adapt_then_combine;

  using exchanges = always;
  using begins = always;
  static constexpr bool has_server = false, on_average = false, amplifies = true;

  template <class Run, class Subject>
  using slot_of = slot<Subject, accelerated_mixing, typename Run::compression, exact_downlink>;
  template <class Run, class Subject, class Make, class Binds>
  using together = exchange_in_graph<slot_of<Run, Subject>, Make, Binds, both_players>;
  template <class Run, class Subject, class Make, class G, int Player, bool>
  using move = move_in_graph<slot_of<Run, Subject>, Make, G, Player>;
  template <class Run, int Player>
  using before_gradient = before_gradient_in_graph<slot_of<Run, name::w>, Player>;

  int rounds_per_exchange() const { return rounds; }
  static constexpr bool varies() { return false; }
  bool combines_first() const { return order == gossip_order::combine_then_adapt; }
  /// beta_k; rounds of an exchange count from 0.
  double momentum(int k) const {
    double const q = r() * r();
    if (rule == acceleration::fast_mix) return q;
    return k == 0 ? 0 : (q + std::pow(q, k)) / (1 + std::pow(q, k + 1));
  }
  /// How much of v_{k-1} is taken off a round's sum. In the first it is the own message, which weighs less instead.
  double of_previous(int k) const { return k == 0 ? 0 : momentum(k); }
  std::vector<edge> sources(std::int64_t, int round, int worker, int) const {
    std::vector<edge> heard = graph.row(0, worker);
    double const beta = momentum(round);
    for (edge& e : heard) e.weight = (1 + beta) * e.weight - (round == 0 && e.worker == worker ? beta : 0);
    return heard;
  }
  void check(int workers, bool, bool) const {
    expects(graph.workers == workers, [&] {
      return "accelerated_gossip: the graph has " + std::to_string(graph.workers) + " workers, the transport " +
             std::to_string(workers);
    });
    check_graph(graph, "accelerated_gossip");
    expects(rounds >= 1, [&] {
      return "accelerated_gossip: there must be at least one round an exchange, not " + std::to_string(rounds);
    });
    expects(spectral_gap > 0 && spectral_gap <= 1, [&] {
      return objection_unless(false, "accelerated_gossip: spectral_gap", "lies in (0, 1]", spectral_gap) +
             "; topology/mixing_matrix.hpp computes that of a graph";
    });
    expects(!graph.varies(), "accelerated_gossip: every round needs the same matrix, and this graph varies");
    expects(is_symmetric(graph), "accelerated_gossip: the matrix must be symmetric; use gossip for a directed graph");
    for (int m = 0; m < workers; ++m)
      expects(graph.weight(0, m, m) > 0, "accelerated_gossip: every worker must hear itself");
    expects(rule != acceleration::fast_mix || (1 + rounds * (1 + r())) * std::pow(r(), rounds) <= 1,
            "accelerated_gossip: in so few rounds fast_mix can drive the workers apart; use more, or chebyshev");
  }
  std::string name() const { return "accelerated-gossip-" + graph.name; }
  std::string details() const {
    // An eigenvalue's last digits depend on the machine that computed it: a checkpoint may go to another one.
    return "spectral-gap=" + rounded_text(spectral_gap, 12) +
           " rule=" + (rule == acceleration::fast_mix ? "fast-mix" : "chebyshev");
  }

 private:
  /// What a round leaves, in the long run. 1 - rho^2 = spectral_gap (1 + rho).
  double r() const {
    double const s = std::sqrt(spectral_gap * (2 - spectral_gap));
    return std::sqrt((1 - s) / (1 + s));
  }
};

static_assert(topology<accelerated_gossip>);

SADDLE_NAMESPACE_END
