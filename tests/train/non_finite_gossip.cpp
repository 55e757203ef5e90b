#include "non_finite.hpp"

using namespace saddle;
using test::effect, test::eta, test::survives;

TEST_CASE("gossip of exact weights") {
  SUBCASE("adapt_then_combine") { survives(omd{eta}, identity{}, gossip{ring(4)}, effect::none); }
  SUBCASE("adapt_then_combine, three rounds") {
    survives(omd{eta}, identity{}, gossip{.graph = ring(4), .rounds = 3}, effect::none);
  }
  SUBCASE("combine_then_adapt mixes before it knows") {
    survives(omd{eta}, identity{}, gossip{.graph = ring(4), .order = gossip_order::combine_then_adapt},
             effect::partial);
  }
}

TEST_CASE("accelerated gossip moves w before it mixes, or mixes before it knows") {
  accelerated_gossip talk{.graph = ring(4), .rounds = 3, .spectral_gap = 2.0 / 3};
  SUBCASE("adapt_then_combine") { survives(omd{eta}, identity{}, talk, effect::partial); }
  SUBCASE("combine_then_adapt") {
    talk.order = gossip_order::combine_then_adapt;
    survives(omd{eta}, identity{}, talk, effect::partial);
  }
}

TEST_CASE("compressed gossip") {
  gossip const early{.graph = ring(4), .consensus_step = 0.3};
  gossip const late{.graph = ring(4), .order = gossip_order::combine_then_adapt, .consensus_step = 0.3};
  SUBCASE("CHOCO") { survives(omd{eta}, qsgd<128, 8>{}, early, effect::partial); }
  SUBCASE("CHOCO, combine_then_adapt") { survives(omd{eta}, qsgd<128, 8>{}, late, effect::partial); }
  SUBCASE("DeepSqueeze") { survives(sgda{eta}, error_feedback<qsgd<128, 8>>{}, early, effect::partial); }
  SUBCASE("DeepSqueeze, combine_then_adapt") {
    survives(sgda{eta}, error_feedback<qsgd<128, 8>>{}, late, effect::partial);
  }
}
