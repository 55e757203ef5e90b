#include "saddle/algorithm/masha.hpp"

#include "../heterogeneous.hpp"

namespace masha_presets_tests {

using namespace saddle;

TEST_CASE("MASHA1 and MASHA2, compressed both ways: exact, with noise of samples in their variance-reduced form") {
  test::heterogeneous_game const game, noisy(0.3);
  auto const check = [&](auto how, test::heterogeneous_game const& of) {
    how.optimizer = {.step_size = 0.05, .tau = 0.9};
    trainer<double> t{of, how, loopback{8}, cpu{}};
    t.run(12000);
    double const left = test::distance(t, game.solution());
    MESSAGE(t.report().compressor, ": ", left);
    CHECK(left < 1e-12);
    CHECK(t.report().downlink == t.report().uplink);
    test::is_repeatable([&](int threads) { return trainer<double>{noisy, how, loopback{8}, cpu{threads}}; });
  };
  check(masha1<random_k<128, 2>>{}, game);
  check(masha2<top_k<128, 2>>{}, game);
  check(masha2<top_k<128, 2>, variance_reduced_masha>{}, noisy);
}

}  // namespace masha_presets_tests
