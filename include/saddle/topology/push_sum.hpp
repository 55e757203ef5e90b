#pragma once
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/exchange/lists.hpp"
#include "saddle/exchange/mixing.hpp"
#include "saddle/exchange/rule.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/step/norm.hpp"
#include "saddle/topology/concept.hpp"
#include "saddle/topology/graph.hpp"

SADDLE_NAMESPACE_BEGIN

namespace detail {
template <class T>
struct weighted_x_less_v {
  using values = uses<in<name::v>, in<name::x>, out<name::p>>;
  T weight;
  SADDLE_HD void operator()(T v, T x, T& p) const { p = weight * x - v; }
};
template <class T>
struct x_over_weight {
  using values = uses<inout<name::x>>;
  T weight;
  SADDLE_HD void operator()(T& x) const { x = x / weight; }
};
/// With the weight of the worker and player.
template <template <class> class Op>
struct with_weight {
  using values = typename Op<float>::values;
  template <class T>
  SADDLE_HD Op<T> on(bucket_facts<T> const& facts) const {
    return {facts.scalars[first_weight + facts.player]};
  }
};
}  // namespace detail

/// Gossip of weight * x - v, exact: what comes is the numerator of the new x.
struct pushing : in_a_graph {
  static constexpr bool mixes_copies = false, repeats = false;
  using gives = make_fixed<detail::with_weight<detail::weighted_x_less_v>>;
  using otherwise = chain<>;
  using keeps = chain<>;
  using arrives = make_fixed<takes_sum>;
};
static_assert(exchange_rule<pushing>);

/// Push-sum over directed graphs that may change: a worker sends shares of itself that sum to 1, and of a weight that
/// begins at 1; w is what came over the weight that came. Workers agree on their uniform mean, which a matrix whose
/// rows alone sum to 1 does not give.
///
/// graph    columns sum to 1: equal_shares(any graph), or one that is doubly stochastic. A round a step
/// step     directions move the numerator, as published: w moves by v over the weight
/// weights  are scalars of a worker, mixed in the same round; reports count the bytes of vectors
/// source   Assran, Loizou, Ballas, Rabbat: Stochastic Gradient Push for Distributed Deep Learning. ICML 2019; Nedic,
///          Olshevsky: Distributed Optimization over Time-Varying Directed Graphs. IEEE TAC 2015
struct push_sum {
  mixing_graph graph;

  using exchanges = always;
  using begins = always;
  static constexpr bool has_server = false, on_average = false, amplifies = true, needs_everyone = true;

  template <class Run, class Subject>
  using slot_of = slot<Subject, pushing, typename Run::compression, exact_downlink>;
  template <class Run, class Subject, class Make, class Binds>
  using together = exchange_in_graph<slot_of<Run, Subject>, Make, Binds, both_players>;
  template <int Player>
  using mix_weights = std::conditional_t<Player == both_players, mix_scalars<2, first_weight>,
                                         mix_scalars<1, first_weight + (Player == 1 ? 1 : 0)>>;
  template <class Run, class Subject, class Make, class G, int Player, bool>
  using move = step_list<
      send_vector<slot_of<Run, Subject>, Make, binds<means<name::g, G>>, Player>,
      receive_vector<slot_of<Run, Subject>, make_fixed<moves_to>, binds<>, Player>, mix_weights<Player>,
      local_operation<made_in_turn<make_fixed<detail::with_weight<detail::x_over_weight>>, bounded<name::x>>,
                      binds<means<name::x, Subject>>, Player>>;
  template <class Run, int Player>
  using before_gradient = step_list<>;

  static constexpr int rounds_per_exchange() { return 1; }
  bool varies() const { return graph.varies(); }
  std::vector<edge> sources(std::int64_t step, int, int worker, int) const { return graph.row(step - 1, worker); }
  void check(int workers, bool, bool) const {
    expects(graph.workers == workers, [&] {
      return "push_sum: the graph has " + std::to_string(graph.workers) + " workers, the transport " +
             std::to_string(workers);
    });
    check_graph(graph, "push_sum");
    expects(graph.sums != stochastic::rows,
            "push_sum: the columns of this graph do not sum to 1, and the mean would move: use equal_shares(graph)");
    for (std::size_t round = 0; round < graph.rounds.size(); ++round)
      for (int m = 0; m < workers; ++m)
        expects(graph.weight(static_cast<std::int64_t>(round), m, m) > 0, "push_sum: every worker must hear itself");
  }
  std::string name() const { return "push-sum-" + graph.name; }
};

static_assert(topology<push_sum>);

SADDLE_NAMESPACE_END
