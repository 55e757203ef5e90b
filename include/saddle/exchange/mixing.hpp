#pragma once
#include <cstdint>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/exchange/rule.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/topology/concept.hpp"
#include "saddle/topology/graph.hpp"

SADDLE_NAMESPACE_BEGIN

/// What the rules of a graph have in common.
struct in_a_graph {
  using becomes = moves_to;
  using undoes = chain<>;
  static constexpr bool averages = false, repeats = true, conserves = true, integrates = false, anchored = false;
  template <class Tp>
  static std::vector<edge> hears(Tp const& topology, std::int64_t step, int round, int worker, int workers) {
    return sources_of(topology, step, round, worker, workers);
  }
};

/// Gossip of exact parameters: x = sum of W_mj (x_j - v_j).
struct mixing : in_a_graph {
  static constexpr bool mixes_copies = false;
  struct gives_next {
    using values = uses<in<name::v>, in<name::x>, out<name::p>>;
    template <class T>
    SADDLE_HD void operator()(T v, T x, T& p) const {
      p = x - v;
    }
  };
  using gives = make_fixed<gives_next>;
  using otherwise = chain<stay, gives_next>;
  using keeps = chain<>;
  using arrives = make_fixed<takes_sum>;
};

/// Gossip of exact parameters whose rounds build on each other: x = sum of (1 + beta) W_mj x_j - beta (x of the round
/// before). That x must outlive the new one: to overwrite it with the new one first is another iteration, and does not
/// contract as this one does.
struct accelerated_mixing : in_a_graph {
  static constexpr bool mixes_copies = false;
  struct steps_and_gives {
    using values = uses<in<name::v>, inout<name::x>, out<name::p>>;
    template <class T>
    SADDLE_HD void operator()(T v, T& x, T& p) const {
      x -= v;
      p = x;
    }
  };
  using gives = make_fixed<steps_and_gives>;
  using otherwise = chain<stay, steps_and_gives>;
  using keeps = chain<>;
  template <class T>
  struct leaves_previous {
    using values = uses<in<name::acc>, in<name::x>, inout<name::previous>, out<name::came>>;
    T beta;
    SADDLE_HD void operator()(T acc, T x, T& previous, T& came) const {
      came = acc - beta * previous;  // the weights hold (1 + beta) W
      previous = x;
    }
  };
  struct arrives {
    template <class T, class Run>
    static leaves_previous<T> at(Run const& r, iteration const& i) {
      return {static_cast<T>(r.exchange().of_previous(i.round))};
    }
  };
};

/// Gossip of compressed differences to public copies: q = C(x - copy), copy += q,
/// x += gamma sum of W_mj (copy_j - copy_m). One copy a worker, whoever holds it adds the same bits to it; a running
/// sum over the neighbours would drift.
/// source  Koloskova, Stich, Jaggi: Decentralized SGD with Compressed Communication (CHOCO). ICML 2019
struct choco : in_a_graph {
  static constexpr bool mixes_copies = true;
  struct steps_and_gives {
    using values = uses<in<name::v>, inout<name::x>, in<name::copy>, out<name::p>>;
    template <class T>
    SADDLE_HD void operator()(T v, T& x, T copy, T& p) const {
      x -= v;
      p = x - copy;
    }
  };
  using gives = make_fixed<steps_and_gives>;
  using otherwise = chain<stay, steps_and_gives>;
  struct keeps {
    using values = uses<in<name::sent>, inout<name::copy>>;
    template <class T>
    SADDLE_HD void operator()(T sent, T& copy) const {
      copy += sent;
    }
  };
  template <class T>
  struct moves_towards_copies {
    using values = uses<in<name::acc>, in<name::x>, in<name::copy>, out<name::came>>;
    T gamma;
    SADDLE_HD void operator()(T acc, T x, T copy, T& came) const { came = x + gamma * (acc - copy); }
  };
  struct arrives {
    template <class T, class Run>
    static moves_towards_copies<T> at(Run const& r, iteration const&) {
      return {static_cast<T>(r.exchange().consensus_step.value_or(1.0))};
    }
  };
};

/// Gossip of compressed parameters with error memory: send C(x - v + e), x += sum of gamma (W_mj - I_mj) decoded_j.
/// source  Tang et al.: DeepSqueeze. 2019
struct deep_squeeze : in_a_graph {
  static constexpr bool mixes_copies = false;
  struct steps_and_gives {
    using values = uses<in<name::v>, inout<name::x>, in<name::e>, out<name::p>>;
    template <class T>
    SADDLE_HD void operator()(T v, T& x, T e, T& p) const {
      x -= v;
      p = x + e;
    }
  };
  using gives = make_fixed<steps_and_gives>;
  using otherwise = chain<stay, steps_and_gives>;
  using keeps = keeps_what_was_not_sent;
  struct adds_sum {
    using values = uses<in<name::acc>, in<name::x>, out<name::came>>;
    template <class T>
    SADDLE_HD void operator()(T acc, T x, T& came) const {
      came = x + acc;
    }
  };
  using arrives = make_fixed<adds_sum>;
  template <class Tp>
  static std::vector<edge> hears(Tp const& topology, std::int64_t step, int round, int worker, int workers) {
    std::vector<edge> all = sources_of(topology, step, round, worker, workers);
    double const gamma = unwrapped_topology(topology).consensus_step.value_or(1.0);
    for (edge& e : all) e.weight = gamma * (e.weight - (e.worker == worker ? 1 : 0));
    return all;
  }
};

static_assert(exchange_rule<mixing> && exchange_rule<accelerated_mixing> && exchange_rule<choco> &&
              exchange_rule<deep_squeeze>);

SADDLE_NAMESPACE_END
