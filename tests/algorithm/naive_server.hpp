#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <type_traits>
#include <utility>
#include <vector>

#include "../vectors.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/core/players.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/transport/virtual_workers.hpp"

/// What the tests of the asynchronous server share: a problem without a library, and the server as plain loops over
/// full copies of everything.
namespace test {

/// F = B w + noise with a diagonal B, different on every worker and sample; some coordinates are never moved.
struct stirred {
  using scalar = double;
  std::vector<std::int64_t> of_min{600, 1, 130}, of_max{150};  // tensors
  std::int64_t breaks_at = 0;                                  // a worker's gradient whose coordinate 3 is no number
  int broken_worker = 1;
  std::vector<vector> fixed{};  // one a worker: its gradient, whatever w is, and all begins at 0

  saddle::players sizes() const {
    auto const sum = [](auto const& all) { return std::accumulate(all.begin(), all.end(), std::int64_t{0}); };
    return {sum(of_min), sum(of_max)};
  }
  std::vector<saddle::tensor> tensors(saddle::player who) const {
    std::vector<saddle::tensor> all;
    for (std::int64_t const n : who == saddle::player::min ? of_min : of_max) all.push_back({n, 1});
    return all;
  }
  void initial(std::uint64_t seed, saddle::point<double> w) const {
    saddle::random_sequence random({.seed = seed, .use = saddle::purpose::initial_weights});
    for (int p = 0; p < 2; ++p)
      for (double& v : w.of(p)) v = fixed.empty() ? random.normal() : 0;
  }
  void gradient(saddle::point<double const> at, saddle::sample s, saddle::point<double> out) const {
    if (!fixed.empty()) {
      std::ranges::copy(fixed[static_cast<std::size_t>(s.worker)], out.min.begin());
      return;
    }
    saddle::random_sequence random({.seed = s.seed,
                                    .use = saddle::purpose::data_order,
                                    .exchange = static_cast<std::uint64_t>(s.step),
                                    .worker = static_cast<std::uint32_t>(s.worker)});
    for (int p = 0; p < 2; ++p)
      for (std::size_t i = 0; i < out.of(p).size(); ++i)
        out.of(p)[i] = i % 5 == 4 ? 0 : (1 + static_cast<double>(i % 3)) * at.of(p)[i] + random.normal() + s.worker;
    if (s.step == breaks_at && s.worker == broken_worker) out.min[3] = std::numeric_limits<double>::infinity();
  }
};
static_assert(saddle::names_its_tensors<stirred>);

enum class rule { none, per_push, per_parameter };

/// The server of the paper, for one gradient after the other.
struct naive_server {
  struct options {
    int workers = 1;
    double step_size = 0.1, fraction = 1;  // of each tensor, or of all
    bool per_tensor = false, accumulates = false;
    rule staleness = rule::none;
    double lo = -1e300, hi = 1e300;
    std::int64_t max_staleness = std::numeric_limits<std::int64_t>::max();
    std::uint64_t seed = 1;
  };
  struct worker {
    vector weights, residual;
    std::vector<std::int64_t> counters;  // the server's, at its pull
    std::int64_t step = 0, gradient = 0;
  };
  struct pushed {
    std::vector<std::size_t> index;
    vector value;
  };

  stirred problem;
  options how;
  vector w;
  std::vector<std::int64_t> counters;
  std::vector<worker> all;
  std::int64_t steps = 0, refused = 0, staleness = 0;

  template <class V>
  auto whole(V& v) const {
    auto const n = static_cast<std::size_t>(problem.sizes().min);
    using number = std::conditional_t<std::is_const_v<V>, double const, double>;
    return saddle::point<number>{{v.data(), n}, {v.data() + n, v.size() - n}};
  }
  naive_server(stirred of, options o) : problem(of), how(o) {
    auto const d = static_cast<std::size_t>(problem.sizes().size());
    w.resize(d);
    problem.initial(how.seed, whole(w));
    for (double& v : w) v = std::min(std::max(v, how.lo), how.hi);
    counters.resize(d);
    all.resize(static_cast<std::size_t>(how.workers));
    for (worker& one : all) one.residual.resize(d);
  }
  worker& at(int m) { return all[static_cast<std::size_t>(m)]; }

  void pull(int m) {
    at(m).weights = w;
    at(m).counters = counters;
    at(m).step = steps;
    ++at(m).gradient;
  }
  void crash(int m) { std::ranges::fill(at(m).residual, 0); }
  /// What the worker sends.
  pushed push(int m) {
    worker& one = at(m);
    vector p(w.size());
    problem.gradient(whole(std::as_const(one.weights)), {how.seed, m, one.gradient}, whole(p));
    for (std::size_t i = 0; i < p.size(); ++i) p[i] = how.accumulates ? p[i] + one.residual[i] : p[i];
    std::vector<std::int64_t> tensors{problem.sizes().size()};
    if (how.per_tensor) {
      tensors = problem.of_min;
      tensors.insert(tensors.end(), problem.of_max.begin(), problem.of_max.end());
    }
    pushed out;
    std::size_t begin = 0;
    for (std::int64_t const n : tensors) {
      std::vector<std::size_t> order(static_cast<std::size_t>(n));
      std::iota(order.begin(), order.end(), begin);
      std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return std::abs(p[a]) > std::abs(p[b]); });
      auto const floor = static_cast<std::size_t>(how.fraction * static_cast<double>(n) + 1e-9);
      order.resize(std::max(floor, std::size_t{1}));
      for (std::size_t const i : order) {
        out.index.push_back(i);
        out.value.push_back(p[i]);
        p[i] = 0;
      }
      begin += static_cast<std::size_t>(n);
    }
    one.residual = p;
    return out;
  }
  /// True if the push was applied.
  bool receive(int m) {
    pushed const got = push(m);
    worker& one = at(m);
    std::int64_t const age = steps - one.step;
    if (age > how.max_staleness) {
      ++refused;
      for (std::size_t j = 0; j < got.index.size(); ++j) one.residual[got.index[j]] += got.value[j];
      return false;
    }
    ++steps;
    staleness += age;
    for (std::size_t j = 0; j < got.index.size(); ++j) {
      std::size_t const k = got.index[j];
      std::int64_t const sigma = how.staleness == rule::none       ? 0
                                 : how.staleness == rule::per_push ? age
                                                                   : counters[k] - one.counters[k];
      double const alpha = sigma > 0 ? how.step_size / static_cast<double>(sigma) : how.step_size;
      w[k] = std::min(std::max(w[k] - alpha * got.value[j], how.lo), how.hi);
      ++counters[k];
    }
    return true;
  }
};

}  // namespace test
