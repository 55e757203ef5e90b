#include "non_finite.hpp"

using namespace saddle;
using test::effect, test::eta, test::survives;

TEST_CASE("a server's workers all skip the apply") {
  using sparse = error_feedback<top_k<128, 4>>;
  SUBCASE("bare") { survives(omd{eta}, identity{}, parameter_server<>{}, effect::none); }
  SUBCASE("error feedback owes again what was sent") {
    survives(omd{eta}, error_feedback<qsgd<128, 8>>{}, parameter_server<>{}, effect::owed);
  }
  SUBCASE("error feedback, sparse") { survives(sgda{eta}, sparse{}, parameter_server<>{}, effect::owed); }
  SUBCASE("error feedback of gradients") {
    using on_average = parameter_server<exact_downlink, adapts::on_average>;
    survives(omd{eta}, error_feedback<qsgd<128, 8>>{}, on_average{}, effect::owed, 0, 0, eta);
  }
  SUBCASE("differences are taken back") {
    survives(averaged_omd{eta}, ef21<qsgd<128, 8>>{}, parameter_server<>{}, effect::none, 0, 0.1);
  }
  SUBCASE("compressed both ways") {
    using coarse = error_feedback<qsgd<128, 8>>;
    survives(omd{eta}, coarse{}, parameter_server<coarse>{}, effect::owed, 0, 5e-3);
  }
}

TEST_CASE("a look-ahead without a message reports too") {
  extragradient const o{.step_size = eta, .second = sampling::independent};
  SUBCASE("the first gradient") { survives(o, error_feedback<qsgd<128, 8>>{}, parameter_server<>{}, effect::owed, 0); }
  SUBCASE("the second") { survives(o, error_feedback<qsgd<128, 8>>{}, parameter_server<>{}, effect::owed, 1); }
}
