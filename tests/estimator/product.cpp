// Corrections x estimators: every pair, whether it has a name or not.
#include "saddle/correction/concept.hpp"

#include <string_view>
#include <tuple>

#include "../heterogeneous.hpp"
#include "saddle/saddle.hpp"

namespace product_tests {

using namespace saddle;

namespace {

/// A correction of estimates takes away what the workers disagree by; one of moves does so where no optimizer looks
/// ahead along its own estimate.
enum class corrects { nothing, moves, estimates };

template <class O, class Tp>
double distance_left(O const& o, Tp const& topology, double noise) {
  test::heterogeneous_game const game(noise);
  auto t = test::trainer_of(game, o, identity{}, topology);
  t.run(3500);
  double const left = test::distance(t, game.solution());
  CHECK(left < 0.5);
  return left;
}

/// reduces_variance: of an estimator whose noise goes to zero with the distance to the solution.
template <class O, class Tp>
void meet(O const& o, bool reduces_variance, Tp const& topology, corrects what) {
  CAPTURE(O::name());
  CAPTURE(topology.name());
  if constexpr (is_sound<O, identity, Tp>) {
    bool const corrected =
        what == corrects::estimates || (what == corrects::moves && !facts_of_steps<O>::looks_ahead);
    double const exact = distance_left(o, topology, 0), noisy = distance_left(o, topology, 0.2);
    MESSAGE(O::name(), ", ", topology.name(), ": ", exact, ", with noise ", noisy);
    CHECK((exact < 1e-10) == corrected);
    CHECK((noisy < 1e-10) == (corrected && reduces_variance));
    if (!corrected) CHECK(exact > 2e-3);
    if (!reduces_variance) CHECK(noisy > 2e-2);
    test::heterogeneous_game const game(0.2);
    test::is_repeatable([&](int threads) { return test::trainer_of(game, o, identity{}, topology, threads); }, 13);
  } else {
    constexpr std::string_view why = why_unsound<O, identity, Tp>();
    static_assert(why == "averaged_estimates averages what an estimator carries on: use hybrid_momentum or recursive");
  }
}

template <class Tp>
void each_estimator_meets(Tp const& topology, corrects what) {
  sgda const plain{0.02};
  meet(plain, false, topology, what);
  meet(variance_reduced{plain, 0.2}, true, topology, what);
  meet(recursive{plain, 0.2}, true, topology, what);
  meet(hybrid_momentum{plain, 0.3}, false, topology, what);
  meet(same_sample_optimism{plain}, false, topology, what);
  meet(svrg_extragradient{0.05, 0.2}, true, topology, what);
}

}  // namespace

TEST_CASE("corrections x estimators") {
  gossip const ring8{.graph = ring(8)};
  each_estimator_meets(ring8, corrects::nothing);
  each_estimator_meets(tracked{ring8}, corrects::estimates);
  each_estimator_meets(tracked{local_steps{parameter_server{}, 4}}, corrects::estimates);
  each_estimator_meets(controlled{local_steps{parameter_server{}, 4}}, corrects::estimates);
  each_estimator_meets(controlled{local_steps{ring8, 4}}, corrects::estimates);
  each_estimator_meets(exact_diffusion{gossip{.graph = lazy(ring(8))}}, corrects::moves);
  each_estimator_meets(averaged_estimates{local_steps{parameter_server{}, 4}}, corrects::nothing);
}

}  // namespace product_tests
