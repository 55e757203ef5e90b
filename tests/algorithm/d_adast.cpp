// D-AdaST and D-TiAda against a plain loop.
#include "saddle/algorithm/d_adast.hpp"

#include "naive_estimates.hpp"

namespace d_adast_tests {

using namespace saddle;
using test::rows;

namespace {

template <class S>
void equals_loop(S const& how, bool mixes) {
  test::heterogeneous_game const noisy(0.3);
  mixing_rows const w_ij = ring(8).rounds[0];
  trainer<double> t{noisy, how, loopback{8}, cpu{}};
  rows w(8, test::vector(20)), sums(8, test::vector(2));
  for (std::int64_t step = 1; step <= 60; ++step) {
    rows const g = test::fields(noisy, w, step);
    for (std::size_t m = 0; m < 8; ++m)
      for (std::size_t i = 0; i < 20; ++i) sums[m][i / 10] += g[m][i] * g[m][i];
    if (mixes) sums = test::mixed(w_ij, sums);
    for (std::size_t m = 0; m < 8; ++m)
      for (std::size_t i = 0; i < 20; ++i) {
        double const a = std::max(sums[m][0], sums[m][1]), b = sums[m][1];
        w[m][i] -= 0.1 * g[m][i] / (i < 10 ? std::pow(a, 0.6) : std::pow(b, 0.4));
      }
    w = test::mixed(w_ij, w);
    t.step();
    CHECK(test::distance(t, w) < 1e-12);
  }
  test::is_repeatable([&](int threads) { return trainer<double>{noisy, how, loopback{8}, cpu{threads}}; });
}

}  // namespace

TEST_CASE("D-AdaST is its plain loop, and D-TiAda the same without messages of scalars") {
  equals_loop(d_adast<>{.topology = {ring(8)}}, true);
  equals_loop(d_tiada<>{.topology = {ring(8)}}, false);
}

}  // namespace d_adast_tests
