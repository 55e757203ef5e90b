#include "saddle/estimator/svrg.hpp"

#include "../heterogeneous.hpp"
#include "saddle/optimizer/extragradient.hpp"
#include "saddle/optimizer/proximal.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/topology/parameter_server.hpp"
#include "saddle/topology/tracked.hpp"

namespace svrg_tests {

using namespace saddle;

namespace {

template <class O, class Tp>
double left_with_noise(int steps, O o, Tp topology) {
  test::heterogeneous_game const noisy(0.3);
  auto t = test::trainer_of(noisy, o, identity{}, topology);
  t.run(steps);
  double const left = test::distance(t, noisy.solution());
  MESSAGE(O::name(), ", ", topology.name(), ": ", left);
  return left;
}

}  // namespace

TEST_CASE("svrg: with noise of samples exact, on a server and over tracked gossip, where sgda is not") {
  gossip const ring8{.graph = ring(8)};
  CHECK(left_with_noise(6000, sgda{0.02}, parameter_server{}) > 1e-2);
  CHECK(left_with_noise(6000, variance_reduced{sgda{0.02}}, parameter_server{}) < 1e-12);
  CHECK(left_with_noise(6000, variance_reduced{extragradient{0.03}}, tracked{ring8}) < 1e-12);
}

TEST_CASE("svrg: the estimate is what two points of one sample and the snapshot's operator say") {
  test::heterogeneous_game const noisy(0.3);
  auto t = test::trainer_of(noisy, variance_reduced{sgda{0.02}, 0.2}, identity{}, parameter_server{});
  int snapshots = 0;
  test::vector last;
  for (std::int64_t step = 1; step <= 200; ++step) {
    test::vector const w = test::joined(t.weights(0));
    t.step();
    test::vector const at = test::joined(t.array("snapshot", 3));
    if (at != last) {
      CHECK(at == w);
      ++snapshots;
    }
    last = at;
    auto const gradient = [&](test::vector const& p, int draw) { return noisy.field(p, {1, 3, step, draw}); };
    test::vector const here = gradient(w, 0), there = gradient(at, 0), full = gradient(at, full_batch);
    test::vector const g = test::joined(t.array("g", 3));
    for (std::size_t i = 0; i < 20; ++i) CHECK(g[i] == here[i] - there[i] + full[i]);
  }
  CHECK(snapshots > 20);
  CHECK(snapshots < 62);
}

TEST_CASE("svrg: a snapshot every so many steps, known by the mean of samples") {
  test::heterogeneous_game const noisy(0.3);
  auto t = test::trainer_of(noisy, variance_reduced{sgda{0.02}, 0, 5, large_batch{4}}, identity{}, parameter_server{});
  test::vector snapshot, full;
  for (std::int64_t step = 1; step <= 40; ++step) {
    test::vector const w = test::joined(t.weights(0));
    t.step();
    if (step % 5 == 1) {
      snapshot = w;
      full = test::vector(20);
      for (int n = 0; n < 4; ++n) {
        test::vector const one = noisy.field(w, {1, 3, step, large_batch::first_draw + n});
        for (std::size_t i = 0; i < 20; ++i) full[i] += one[i] / 4;
      }
    }
    CHECK(test::joined(t.array("snapshot", 3)) == snapshot);
    CHECK(test::joined(t.array("full", 3)) == full);  // a fourth is exact
  }
  CHECK(t.report().gradients == 8 * 4 + 40 * 2);
}

TEST_CASE("svrg: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  test::is_repeatable([&](int threads) {
    return test::trainer_of(noisy, variance_reduced{proximal{sgda{0.02}, 0.1}}, identity{}, parameter_server{},
                            threads);
  });
}

TEST_CASE("svrg: a probability, and what its optimizer says") {
  static_assert(can_be_paced<variance_reduced<sgda>> && says_its_step_size<variance_reduced<sgda>>);
  static_assert(!detail::has_an_ahead<variance_reduced<sgda>> && detail::has_an_ahead<variance_reduced<extragradient>>);
  CHECK(variance_reduced{sgda{0.1}}.objection() == "");
  CHECK(variance_reduced{sgda{0.1}, 0}.objection() == "variance_reduced: refresh lies in (0, 1], and is 0");
  CHECK(variance_reduced{sgda{0.1}, 0.1, 5}.objection() ==
        "variance_reduced: batches begin anew at a coin or every so many steps: with `every`, refresh is 0");
  CHECK(variance_reduced{sgda{-1}}.objection() == sgda{-1}.objection());
  CHECK(variance_reduced<sgda>::name() == "svrg-sgda");
  CHECK(variance_reduced{sgda{schedule::linear(1, 10, 0)}}.paced(2).step_size_at(4, 0) ==
        sgda{schedule::linear(1, 10, 0)}.paced(2).step_size(4));
}

}  // namespace svrg_tests
