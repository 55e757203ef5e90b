#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "saddle/core/counter_rng.hpp"
#include "saddle/problem/concept.hpp"

namespace test {

/// f_m(w) = |w - c_m u|^2 / 2, u of length 1, with noise in each sample's centre: losses of workers that differ. Of the
/// centres -1, 0.2, 3 the worst loss is least where those of the outer two meet: w = u, weights (1/2, 0, 1/2).
struct parabolas {
  using scalar = double;
  static constexpr bool has_full_batches = true;
  std::vector<double> centres{-1, 0.2, 3};
  int dimension = 1;
  double noise = 0;

  saddle::players sizes() const { return {dimension, 0}; }
  int workers() const { return static_cast<int>(centres.size()); }
  void initial(std::uint64_t, saddle::point<double> w) const {
    for (double& x : w.min) x = 0;
  }
  double centre(saddle::sample s) const {
    double const c = centres[static_cast<std::size_t>(s.worker)];
    if (noise == 0 || s.draw == saddle::full_batch) return c;
    saddle::random_sequence random({.seed = s.seed,
                                    .use = saddle::purpose::data_order,
                                    .exchange = static_cast<std::uint64_t>(s.step),
                                    .worker = static_cast<std::uint32_t>(s.worker),
                                    .bucket = static_cast<std::uint64_t>(s.draw)});
    return c + noise * random.normal();
  }
  double loss(saddle::point<double const> at, saddle::sample s) const {
    double const c = centre(s) / std::sqrt(dimension);
    double sum = 0;
    for (double const x : at.min) sum += (x - c) * (x - c);
    return sum / 2;
  }
  void gradient(saddle::point<double const> at, saddle::sample s, saddle::point<double> out) const {
    double const c = centre(s) / std::sqrt(dimension);
    for (std::size_t i = 0; i < out.min.size(); ++i) out.min[i] = at.min[i] - c;
  }
};

}  // namespace test
