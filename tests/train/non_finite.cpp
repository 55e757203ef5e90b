#include "saddle/kernel/non_finite.hpp"

#include "non_finite.hpp"

namespace non_finite_tests {

namespace {

/// signSGD: the sign of what is not a number is one.
struct along_sign {
  saddle::schedule step_size = 1e-3;
  template <class T>
  struct sign {
    using values = saddle::uses<saddle::in<saddle::name::g>, saddle::out<saddle::name::v>>;
    T step;
    SADDLE_HD void operator()(T g, T& v) const { v = g > 0 ? step : -step; }
  };
  template <class Who>
  using steps = saddle::step_list<saddle::estimate<saddle::name::w, Who>, saddle::descend<Who>>;
  using estimator = saddle::one_gradient;
  template <class T>
  sign<T> direction(std::int64_t step) const {
    return {static_cast<T>(step_size(step))};
  }
  static std::string name() { return "sign"; }
};

}  // namespace

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

TEST_CASE("a direction that is finite whatever the gradient is: the gradient is reported") {
  for (double const bad : {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    auto game = test::smg();
    game.also = [=](sample s, test::vector const&, test::vector& g) {
      if (s.step == 2 && s.worker == 1) g[13] = bad;
    };
    trainer t{game, along_sign{.step_size = 0.25}, identity{}, parameter_server<>{}, loopback{4}, cpu{}};
    t.run(1);
    test::vector const before = test::weights(t, 0);
    t.run(1);
    CHECK(test::weights(t, 0) == before);
    CHECK(t.report().skipped_steps == 1);
    REQUIRE(t.report().non_finite.has_value());
    t.run(1);
    CHECK(test::weights(t, 0) != before);
    CHECK(t.report().skipped_steps == 1);
  }
}

TEST_CASE("a direction of a user's: where gradients are finite, their bits, those of zeros too") {
  auto game = test::smg();
  game.also = [](sample, test::vector const&, test::vector& g) { g[0] = 0, g[1] = -0.0; };
  trainer t{game, along_sign{.step_size = 0.25}, identity{}, parameter_server<>{}, loopback{4}, cpu{}};
  test::vector const before = test::weights(t, 0);
  t.run(1);
  test::vector const after = test::weights(t, 0);
  for (std::size_t i = 0; i < after.size(); ++i) CHECK(std::abs(after[i] - before[i]) <= 0.25 + 1e-15);
  CHECK(after[0] == before[0] + 0.25);
  CHECK(after[1] == before[1] + 0.25);
}

}  // namespace non_finite_tests
