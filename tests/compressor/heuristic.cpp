#include "saddle/compressor/heuristic.hpp"

#include <doctest/doctest.h>

#include "../heterogeneous.hpp"
#include "saddle/compressor/qsgd.hpp"
#include "saddle/compressor/scaled_sign.hpp"
#include "saddle/compressor/top_k.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/run/soundness.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/topology/parameter_server.hpp"

namespace heuristic_tests {

using namespace saddle;

namespace {

/// Neither a contraction nor unbiased, and does not say that it knows.
struct promises_none : scaled_sign<128> {
  static constexpr double delta = no_delta, omega = no_omega;
};
static_assert(!compressor<promises_none> && compressor<heuristic<promises_none>>);
static_assert(compressor<heuristic<top_k<128, 3>>> && promises_nothing<heuristic<top_k<128, 3>>>);

// Where theory has no word for it: bare on a server, up and down, and unbiased over public copies.
using sign = scaled_sign<128>;
using coarse = qsgd<512, 2>;
static_assert(!is_sound<sgda, sign, parameter_server<>> && is_sound<sgda, heuristic<sign>, parameter_server<>>);
static_assert(!is_sound<sgda, sign, parameter_server<sign>> &&
              is_sound<sgda, heuristic<sign>, parameter_server<heuristic<sign>>>);
static_assert(!contracts<coarse> && !is_sound<sgda, coarse, gossip> && is_sound<sgda, heuristic<coarse>, gossip>);

}  // namespace

TEST_CASE("heuristic: the messages and the name of what is inside") {
  CHECK(heuristic<sign>::name() == sign::name());
  test::heterogeneous_game const noisy(0.3);
  gossip const choco{.graph = ring(8), .consensus_step = 0.1};
  auto a = test::trainer_of(noisy, sgda{0.02}, sign{}, choco);
  auto b = test::trainer_of(noisy, sgda{0.02}, heuristic{sign{}}, choco);
  a.run(50);
  b.run(50);
  CHECK(a.digest() == b.digest());
}

TEST_CASE("heuristic: a bare sign on a server runs") {
  test::heterogeneous_game const noisy(0.3);
  test::is_repeatable([&](int threads) {
    return test::trainer_of(noisy, sgda{0.01}, heuristic{sign{}}, parameter_server{}, threads);
  });
}

}  // namespace heuristic_tests
