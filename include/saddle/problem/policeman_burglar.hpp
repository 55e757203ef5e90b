#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/checksum.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/number_text.hpp"
#include "saddle/core/players.hpp"
#include "saddle/problem/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// The policeman and the burglar: a matrix game on two simplices, for on_simplex. On a street of n houses a burglar
/// chooses house i by y, and a policeman waits at house j by x. The burglar gets
/// A_ij = wealth_i (1 - exp(-theta |i - j|)): the nearer the policeman, the less likely he escapes.
///
///   min over x, max over y of f_m(x, y) = sum of y_i A_ij x_j
///
/// workers  differ in what they think the houses hold; their mean game is that of the mean wealth
/// start    both are anywhere alike
/// errors   std::invalid_argument for wealth of several sizes, or that is negative or not finite
/// source   the problem: Nemirovski: Mini-Course on Convex Programming Algorithms. 2013
template <class T = double>
struct policeman_burglar {
  using scalar = T;
  static constexpr bool has_full_batches = true;

  std::vector<std::vector<T>> wealth = {};  // of each worker's houses
  double theta = 0.8;

  /// The magnitudes of normal numbers.
  static policeman_burglar random(int houses, int workers, std::uint64_t seed, double theta = 0.8) {
    expects(houses > 0 && workers > 0, "policeman_burglar: there are houses and workers");
    policeman_burglar game{.theta = theta};
    for (int m = 0; m < workers; ++m) {
      random_sequence random({.seed = seed, .use = purpose::data_order, .worker = static_cast<std::uint32_t>(m)});
      auto& own = game.wealth.emplace_back();
      for (int i = 0; i < houses; ++i) own.push_back(static_cast<T>(std::abs(random.normal())));
    }
    return game;
  }

  players sizes() const {
    auto const n = wealth.empty() ? 0 : static_cast<std::int64_t>(wealth[0].size());
    return {n, n};
  }
  int workers() const { return static_cast<int>(wealth.size()); }

  /// theta, sizes, and a checksum of the wealth.
  std::string identity() const {
    check();
    checksum sum;
    for (auto const& own : wealth) sum.add(std::span(own));
    return "policeman-burglar theta=" + number_text(theta) + " houses=" + number_text(sizes().min) +
           " data=" + number_text(wealth.size()) + ":" + hex_text(sum.value());
  }

  void initial(std::uint64_t, point<T> w) const {
    check();
    expects(has_sizes(w, sizes()), "policeman_burglar: one span a player, of the player's size");
    for (int p = 0; p < 2; ++p)
      for (T& v : w.of(p)) v = T(1) / static_cast<T>(sizes().min);
  }

  void gradient(point<T const> at, sample s, point<T> out) const {
    gradient(at, s, out, player::min);
    gradient(at, s, out, player::max);
  }
  void gradient(point<T const> at, sample s, point<T> out, player who) const {
    expects(s.worker >= 0 && s.worker < workers(), "policeman_burglar: the worker has houses");
    expects(has_sizes(at, sizes()) && out.of(static_cast<int>(who)).size() == wealth[0].size(),
            "policeman_burglar: one span a player, of the player's size");
    auto const& own = wealth[static_cast<std::size_t>(s.worker)];
    if (who == player::min) payoff([&](std::size_t i) { return at.max[i] * own[i]; }, out.min);
    else payoff([&](std::size_t j) { return at.min[j]; }, out.max);
    if (who == player::max)
      for (std::size_t i = 0; i < own.size(); ++i) out.max[i] *= -own[i];
  }

  /// The duality gap of the mean game: the most that y could get against x, less the least that x could lose against y.
  /// 0 at a solution, and positive elsewhere on the simplices.
  double gap(point<T const> w) const {
    check();
    std::size_t const n = wealth[0].size();
    std::vector<T> mean(n), against_x(n), against_y(n);
    for (auto const& own : wealth)
      for (std::size_t i = 0; i < n; ++i) mean[i] += own[i] / static_cast<T>(wealth.size());
    payoff([&](std::size_t j) { return w.min[j]; }, std::span<T>(against_x));
    payoff([&](std::size_t i) { return w.max[i] * mean[i]; }, std::span<T>(against_y));
    for (std::size_t i = 0; i < n; ++i) against_x[i] *= mean[i];
    return static_cast<double>(std::ranges::max(against_x) - std::ranges::min(against_y));
  }

 private:
  /// out_i = sum over j of (1 - exp(-theta |i - j|)) q_j, in two sweeps: on either side of a house the sum of
  /// exp(-theta |i - j|) q_j decays by exp(-theta) from one to the next.
  template <class Q>
  void payoff(Q const& q, std::span<T> out) const {
    T const decay = static_cast<T>(std::exp(-theta));
    T all = 0, caught = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
      all += q(i);
      caught = decay * caught + q(i);
      out[i] = -caught;
    }
    caught = 0;
    for (std::size_t i = out.size(); i-- > 0;) {
      out[i] = all + (out[i] - caught);
      caught = decay * (caught + q(i));
    }
  }
  void check() const {
    expects(!wealth.empty() && !wealth[0].empty(), "policeman_burglar: there are houses and workers");
    expects(theta > 0 && is_finite(theta), "policeman_burglar: theta is finite and positive");
    for (auto const& own : wealth) {
      expects(own.size() == wealth[0].size(), "policeman_burglar: workers have one number of houses");
      for (T const v : own)
        expects(v >= 0 && is_finite(v), "policeman_burglar: wealth is finite and not negative");
    }
  }
};

static_assert(problem<policeman_burglar<>> && splits_by_player<policeman_burglar<>>);

SADDLE_NAMESPACE_END
