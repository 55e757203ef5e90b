#pragma once
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/correction/concept.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/topology/concept.hpp"
#include "saddle/topology/graph.hpp"
#include "saddle/topology/smallest_eigenvalue.hpp"

SADDLE_NAMESPACE_BEGIN

namespace name {
struct psi : weights_array { static constexpr char const* text = "psi"; };  // w - v of the step before
}  // namespace name

/// What exact_diffusion asks, who corrects moves and no estimates.
struct diffusion : uncorrected {
  struct needs : needs_nothing {
    static constexpr bool exact_gossip = true;
  };
};

/// Exact diffusion (D^2) around gossip: what is mixed is w - v + (w - psi), psi = w - v of the step before. Workers
/// that differ come to the solution of their mean, at the bytes of plain gossip.
///
/// graph    one symmetric matrix, whose eigenvalues are above -1/3: lazy(graph) of any symmetric one
/// exact    for optimizers that take their gradients at w. A look-ahead goes along a worker's own gradient, and leaves
///          a bias that is proportional to the step size: tracking corrects that, too
/// drift    a sum of duals that is 0 is carried in w - psi, and rounding moves it: in double by about 1e-11 in 20,000
///          steps, in float too much. Tracking has no such sum
/// source   Yuan, Ying, Zhao, Sayed: Exact Diffusion for Distributed Optimization and Learning. 2019; Tang et al.: D^2.
///          ICML 2018
template <topology Tp>
struct exact_diffusion {
  Tp topology{};

  using wraps = Tp;
  using correction = diffusion;
  struct correct {
    using values = uses<inout<name::v>, in<name::x>, inout<name::psi>>;
    template <class T>
    SADDLE_HD void operator()(T& v, T x, T& psi) const {
      T const next = x - v;
      v = v + (psi - x);
      psi = next;
    }
  };
  template <class Run, class Subject, class Make, class G, int Player, bool KeepsMoved>
  using move = move_in<Tp, Run, Subject, made_in_turn<Make, make_fixed<correct>>, G, Player, KeepsMoved>;

  void check(int workers, bool, bool) const {
    expects(!combines_before_it_adapts(topology),
            "exact_diffusion: what is mixed has the direction in it: use gossip_order::adapt_then_combine");
    expects(keeps_the_mean(topology), "exact_diffusion needs a doubly stochastic matrix, and this one moves the mean");
    expects(!is_varying(topology), "exact_diffusion needs one matrix, and this graph varies");
    expects(is_symmetric(unwrapped_topology(topology).graph), "exact_diffusion needs a symmetric matrix");
    auto const mixed = [&](std::vector<double> x) {
      std::vector<double> next(x.size());
      for (int round = 0; round < rounds_of(topology); ++round) {
        for (int m = 0; m < workers; ++m) {
          double sum = 0;
          for (edge const& e : sources_of(topology, 1, round, m, workers))
            sum += e.weight * x[static_cast<std::size_t>(e.worker)];
          next[static_cast<std::size_t>(m)] = sum;
        }
        x.swap(next);
      }
      return x;
    };
    expects(!has_eigenvalue_below(-0.333, static_cast<std::size_t>(workers), mixed),
            "exact_diffusion diverges over a matrix with eigenvalues of -1/3 or less, as this one has: use lazy(graph)");
  }
  std::string name() const { return "exact-diffusion-" + topology.name(); }
};
template <class Tp>
exact_diffusion(Tp) -> exact_diffusion<Tp>;

SADDLE_NAMESPACE_END
