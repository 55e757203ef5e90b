#pragma once
#include <string>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/number_text.hpp"
#include "saddle/core/objection.hpp"
#include "saddle/correction/duals.hpp"
#include "saddle/exchange/edge_differences.hpp"
#include "saddle/exchange/lists.hpp"
#include "saddle/step/list.hpp"
#include "saddle/topology/concept.hpp"
#include "saddle/topology/graph.hpp"

SADDLE_NAMESPACE_BEGIN

/// How duals move.
struct along_edges {
  template <class T, class Run>
  static sum_over_edges_of_players<T> at(Run const& r, iteration const& i) {
    auto const& how = duals_of(r.topology);
    double const gamma = r.exchange().consensus_step.value_or(1.0);
    auto const step = [&](int p) {
      double const eta = r.optimizer.step_size_at(i.step, p);
      return eta > 0 ? static_cast<T>(gamma * how.dual_step / eta) : T(0);
    };
    return {{step(0), step(1)}, static_cast<T>(how.range)};
  }
};
static_assert(exchange_rule<edge_differences<along_edges>>);

/// Workers agree by duals in place of mixing, around gossip: each moves along g + dual, and its dual moves by what it
/// differs by from its neighbours, dual += dual_step / eta sum of W_mj (u_m - u_j), u = w - look eta (g + dual).
/// Workers that differ come to the solution of their mean with a constant step size, from exact messages and from
/// compressed ones.
///
/// zero        duals sum to 0 over the workers, exactly, for ever: an edge adds to one end what it takes from the
///             other, and sums are exact on a grid. A sum that drifts, as in exact_diffusion, moves the solution
/// range       the grid is the last bit of this number: sums of duals up to it are exact. 16 suits gradients of the
///             order of 1; in float the grid is then 1e-6
/// look        in step sizes, dual_step in their inverse: 1 and 1/2 are exact_diffusion over lazy(graph), and
///             dual_step = 1 the same over the graph
/// compressed  public copies of u as in CHOCO, one more array; consensus_step then is a factor of dual_step
/// graph       one symmetric matrix
/// source      Liu, Li, Wang, Tang, Yan: Linear Convergent Decentralized Optimization with Compression (LEAD). ICLR
///             2021; of games: Kovalev, Beznosikov, Sadiev, Persiianov, Richtarik, Gasnikov: Optimal Algorithms for
///             Decentralized Stochastic Variational Inequalities (VI-PAPC). NeurIPS 2022
template <topology Tp>
struct primal_dual {
  Tp topology{};
  double look = 1, dual_step = 0.5;
  double range = 16;

  using wraps = Tp;
  using correction = duals;

  template <class Run, class Subject>
  using slot_of = slot<Subject, edge_differences<along_edges>, typename Run::compression, exact_downlink>;
  template <class, class, class Make, class G, int Player, bool>
  using move = step_alone<Make, G, Player>;
  template <class, int>
  using before_gradient = step_list<>;

  void check(int, bool, bool) const {
    expects(!combines_before_it_adapts(topology), "primal_dual mixes no weights: leave the order as it is");
    expects(rounds_of(topology) == 1, "primal_dual exchanges once a step: rounds has no meaning");
    expects(!is_varying(topology), "primal_dual has a dual for each edge, and this graph varies");
    expects(is_symmetric(unwrapped_topology(topology).graph), "primal_dual needs a symmetric matrix");
    expects_no_objection(look >= 0, "primal_dual: look", "is at least 0", look);
    expects_no_objection(dual_step > 0, "primal_dual: dual_step", "is above 0", dual_step);
    expects_no_objection(range > 0, "primal_dual: range", "is above 0", range);
  }
  std::string name() const { return "primal-dual-" + topology.name(); }
  std::string details() const {
    return "look=" + number_text(look) + " dual-step=" + number_text(dual_step) + " range=" + number_text(range) +
           details_of(topology);
  }

 private:
  static void expects_no_objection(bool holds, char const* what, char const* words, double value) {
    expects(holds && is_finite(value), [&] { return objection_unless(false, what, words, value); });
  }
};
template <class Tp>
primal_dual(Tp) -> primal_dual<Tp>;
template <class Tp>
primal_dual(Tp, double, double) -> primal_dual<Tp>;

SADDLE_NAMESPACE_END
