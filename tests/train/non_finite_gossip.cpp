#include "non_finite.hpp"

namespace non_finite_gossip_tests {

using namespace saddle;
using test::effect, test::eta, test::survives;

TEST_CASE("gossip of exact weights, where all hear all") {
  SUBCASE("adapt_then_combine") { survives(omd{eta}, identity{}, gossip{complete(4)}, effect::none); }
  SUBCASE("adapt_then_combine, three rounds") {
    survives(omd{eta}, identity{}, gossip{.graph = complete(4), .rounds = 3}, effect::none);
  }
  SUBCASE("combine_then_adapt mixes before it knows") {
    survives(omd{eta}, identity{}, gossip{.graph = complete(4), .order = gossip_order::combine_then_adapt},
             effect::partial);
  }
}

TEST_CASE("accelerated gossip moves w before it mixes, or mixes before it knows") {
  accelerated_gossip talk{.graph = complete(4), .rounds = 3, .spectral_gap = 1};
  SUBCASE("adapt_then_combine") { survives(omd{eta}, identity{}, talk, effect::partial); }
  SUBCASE("combine_then_adapt") {
    talk.order = gossip_order::combine_then_adapt;
    survives(omd{eta}, identity{}, talk, effect::partial);
  }
}

TEST_CASE("compressed gossip, where all hear all") {
  gossip const early{.graph = complete(4), .consensus_step = 0.3};
  gossip const late{.graph = complete(4), .order = gossip_order::combine_then_adapt, .consensus_step = 0.3};
  SUBCASE("CHOCO") { survives(omd{eta}, qsgd<128, 8>{}, early, effect::partial); }
  SUBCASE("CHOCO, combine_then_adapt") { survives(omd{eta}, qsgd<128, 8>{}, late, effect::partial); }
  SUBCASE("DeepSqueeze") { survives(sgda{eta}, error_feedback<qsgd<128, 8>>{}, early, effect::partial); }
  SUBCASE("DeepSqueeze, combine_then_adapt") {
    survives(sgda{eta}, error_feedback<qsgd<128, 8>>{}, late, effect::partial);
  }
}

TEST_CASE("on a ring those who hear of it skip, and the others go on") {
  auto game = test::smg(5);
  game.also = [](sample s, test::vector const&, test::vector& g) {
    if (s.step == 3 && s.worker == 2) g[5] = std::numeric_limits<double>::infinity();
  };
  trainer t{game, omd{eta}, identity{}, gossip{ring(5)}, loopback{5}, cpu{}};
  t.run(2);
  std::vector<test::vector> before;
  for (int m = 0; m < 5; ++m) before.push_back(test::weights(t, m));
  t.step();
  for (int m = 0; m < 5; ++m) {
    CAPTURE(m);
    bool const hears = m >= 1 && m <= 3;
    CHECK((test::weights(t, m) == before[static_cast<std::size_t>(m)]) == hears);
    CHECK(test::all_finite(test::weights(t, m)));
  }
  CHECK(t.report().skipped_steps == 1);
  CHECK(t.report().non_finite->worker == 2);
}

}  // namespace non_finite_gossip_tests
