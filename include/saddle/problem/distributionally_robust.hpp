#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/checksum.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/number_text.hpp"
#include "saddle/core/players.hpp"
#include "saddle/problem/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// A minimization whose workers' losses are weighted by an opponent, for on_simplex (agnostic federated learning):
///
///   min over x, max over lambda of  sum over m of lambda_m f_m(x) - regularization |lambda - shares|^2 / 2
///
/// gradients  worker m knows f_m alone: M lambda_m grad f_m, and M (f_m - regularization (lambda_m - shares_m)) in its
///            own coordinate of lambda, 0 in the others. Their mean over the M workers is the gradient
/// sample     losses are those of the sample on which the gradient is taken
/// start      that of the losses, and lambda = shares
/// errors     std::invalid_argument where shares are not one a worker, or not a point of the simplex. Losses with a
///            maximizing player, or with gradient buffers of their own, are refused
/// source     Mohri, Sivek, Suresh: Agnostic Federated Learning. ICML 2019
template <class P>
struct distributionally_robust {
  static_assert(gives_losses<P>, "distributionally_robust: the problem needs loss(at, sample), a number");
  static_assert(counts_its_workers<P>, "distributionally_robust: the problem needs workers(): each has a weight");
  static_assert(!has_gradient_buffers<P>,
                "distributionally_robust: gradients are weighted, and a problem's own gradient buffers would not be");
  using scalar = typename P::scalar;
  using T = scalar;
  static constexpr bool has_full_batches = gives_full_batches<P>;

  P losses;
  double regularization = 0;
  std::vector<double> shares = {};  // of each worker's data; equal ones where there are none

  players sizes() const { return {losses.sizes().min, losses.workers()}; }
  int workers() const { return losses.workers(); }
  std::vector<tensor> tensors(player who) const
    requires names_its_tensors<P>
  {
    return who == player::min ? losses.tensors(player::min) : std::vector<tensor>{{losses.workers(), 1}};
  }
  std::span<T> buffers(int worker) const
    requires has_buffers<P>
  {
    return losses.buffers(worker);
  }
  void bind_weights(int worker, point<T> w)
    requires binds_weights<P>
  {
    losses.bind_weights(worker, {w.min, {}});
  }
  /// The regularization, a checksum of the shares, and what the losses say.
  std::string identity() const {
    check();
    checksum sum;
    for (int m = 0; m < workers(); ++m) {
      double const p = share(m);
      sum.add(std::span(&p, 1));
    }
    return "distributionally-robust regularization=" + number_text(regularization) + " shares=" +
           hex_text(sum.value()) + " " + identity_of(losses);
  }

  void initial(std::uint64_t seed, point<T> w) const {
    check();
    expects(has_sizes(w, sizes()), "distributionally_robust: one span a player, of the player's size");
    losses.initial(seed, {w.min, {}});
    for (int m = 0; m < workers(); ++m) w.max[static_cast<std::size_t>(m)] = static_cast<T>(share(m));
  }

  void gradient(point<T const> at, sample s, point<T> out) const {
    gradient(at, s, out, player::min);
    gradient(at, s, out, player::max);
  }
  void gradient(point<T const> at, sample s, point<T> out, player who) const {
    auto const m = static_cast<std::size_t>(s.worker);
    auto const all = static_cast<double>(workers());
    expects(s.worker >= 0 && s.worker < workers(), "distributionally_robust: the worker has a loss");
    expects(has_sizes(at, sizes()), "distributionally_robust: one span a player, of the player's size");
    if (who == player::min) {
      losses.gradient({at.min, {}}, s, {out.min, {}});
      T const weight = static_cast<T>(all) * at.max[m];
      for (T& g : out.min) g *= weight;
      return;
    }
    std::ranges::fill(out.max, T(0));
    double const above = static_cast<double>(at.max[m]) - share(s.worker);
    out.max[m] = static_cast<T>(all * (regularization * above - static_cast<double>(losses.loss({at.min, {}}, s))));
  }

 private:
  double share(int m) const { return shares.empty() ? 1.0 / workers() : shares[static_cast<std::size_t>(m)]; }
  void check() const {
    expects(losses.sizes().max == 0, "distributionally_robust: the losses have a maximizing player of their own");
    expects(regularization >= 0 && is_finite(regularization),
            "distributionally_robust: regularization is finite and not negative");
    if (shares.empty()) return;
    expects(shares.size() == static_cast<std::size_t>(workers()), [&] {
      return "distributionally_robust: " + number_text(shares.size()) + " shares for " + number_text(workers()) +
             " workers";
    });
    double sum = 0;
    for (double const p : shares) {
      expects(p >= 0 && is_finite(p), "distributionally_robust: shares are finite and not negative");
      sum += p;
    }
    expects(std::abs(sum - 1) < 1e-9, "distributionally_robust: shares sum to 1");
  }
};
template <class P>
distributionally_robust(P) -> distributionally_robust<P>;
template <class P>
distributionally_robust(P, double) -> distributionally_robust<P>;
template <class P>
distributionally_robust(P, double, std::vector<double>) -> distributionally_robust<P>;

SADDLE_NAMESPACE_END
