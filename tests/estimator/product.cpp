// Corrections x estimators: every pair, whether it has a name or not.
#include "saddle/correction/concept.hpp"

#include <string_view>
#include <tuple>

#include "../heterogeneous.hpp"
#include "saddle/saddle.hpp"

namespace product_tests {

using namespace saddle;

namespace {

/// What is left of the distance to the solution, without noise of samples and with it. An exact correction takes away
/// what the workers disagree by; an estimator that reduces the variance, the noise.
enum class left { nothing, something };

template <class O, class Tp>
double distance_left(O const& o, Tp const& topology, double noise, int steps) {
  test::heterogeneous_game const game(noise);
  auto t = test::trainer_of(game, o, identity{}, topology);
  t.run(steps);
  return test::distance(t, game.solution());
}
void check_left(double distance, left expected) {
  if (expected == left::nothing) CHECK(distance < 1e-9);
  else CHECK(distance > 1e-3);
  CHECK(distance < 0.5);
}

template <class O, class Tp>
void meet(O const& o, bool reduces_variance, Tp const& topology, bool is_exact_correction) {
  CAPTURE(O::name());
  CAPTURE(topology.name());
  if constexpr (is_sound<O, identity, Tp>) {
    left const without_noise = is_exact_correction ? left::nothing : left::something;
    left const with_noise = is_exact_correction && reduces_variance ? left::nothing : left::something;
    double const a = distance_left(o, topology, 0, 6000), b = distance_left(o, topology, 0.2, 6000);
    MESSAGE(O::name(), ", ", topology.name(), ": ", a, ", with noise ", b);
    check_left(a, without_noise);
    check_left(b, with_noise);
    test::heterogeneous_game const noisy(0.2);
    test::is_repeatable(
        [&](int threads) { return test::trainer_of(noisy, o, identity{}, topology, threads); }, 13);
  } else {
    CHECK(std::string_view(why_unsound<O, identity, Tp>()).find("use hybrid_momentum or recursive") != std::string_view::npos);
  }
}

template <class Tp>
void each_estimator_meets(Tp const& topology, bool is_exact_correction) {
  sgda const plain{0.02};
  meet(plain, false, topology, is_exact_correction);
  meet(variance_reduced{plain, 0.2}, true, topology, is_exact_correction);
  meet(recursive{plain, 0.2}, true, topology, is_exact_correction);
  meet(hybrid_momentum{plain, 0.3}, false, topology, is_exact_correction);
  meet(same_sample_optimism{plain}, false, topology, is_exact_correction);
  meet(svrg_extragradient{0.02, 0.2}, true, topology, is_exact_correction);
}

}  // namespace

TEST_CASE("corrections x estimators") {
  gossip const ring8{.graph = ring(8)};
  each_estimator_meets(ring8, false);
  each_estimator_meets(tracked{ring8}, true);
  each_estimator_meets(tracked{local_steps{parameter_server{}, 4}}, true);
  each_estimator_meets(controlled{local_steps{parameter_server{}, 4}}, true);
  each_estimator_meets(controlled{local_steps{ring8, 4}}, true);
  each_estimator_meets(exact_diffusion{gossip{.graph = lazy(ring(8))}}, true);
  each_estimator_meets(averaged_estimates{local_steps{parameter_server{}, 4}}, false);
}

}  // namespace product_tests
