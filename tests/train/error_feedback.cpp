// Error memory on a parameter server: what is conserved, and what it is for.
#include "saddle/kernel/send.hpp"

#include "game.hpp"

#include <cmath>
#include <cstdint>
#include <memory>

namespace error_feedback_tests {

using namespace saddle;
using test::vector;

namespace {

template <class C, class O>
trainer<double> served(test::linear_game game, O o, C c = {}) {
  int const workers = game.workers();
  return {std::move(game), o, c, parameter_server<>{}, loopback{workers}, cpu{}};
}
template <class C>
constexpr bool exact = is_exact<wire_compressor<C>>;

/// w - mean e is where the mean of all directions leads, whatever the compressor lost on the way.
template <class C, class O, class Direction>
void keeps_the_balance(O o, Direction direction) {
  auto game = test::smg();
  auto const sum = std::make_shared<vector>(20);
  game.also = [sum, &direction](sample s, vector const&, vector const& g) {
    vector const v = direction(s, g);
    for (std::size_t i = 0; i < 20; ++i) (*sum)[i] += v[i] / 4;
  };
  auto t = served<C>(game, o);
  double worst = 0, owed = 0;
  for (int step = 0; step < 300; ++step) {
    t.step();
    vector expected = game.start;
    for (std::size_t i = 0; i < 20; ++i) expected[i] -= (*sum)[i];
    worst = std::max(worst, test::distance(test::settled(t), expected) / (1 + test::norm(*sum)));
    owed = std::max(owed, test::norm(test::mean(t, test::memory)));
  }
  CHECK(worst < 1e-13);
  CHECK((owed == 0) == exact<C>);
}

}  // namespace

TEST_CASE("the balance holds for any compressor, to rounding, and with the identity nothing is owed") {
  double const eta = 0.02;
  auto const holds = [&](auto c) {
    keeps_the_balance<error_feedback<decltype(c)>>(omd{eta}, [&](sample, vector g) {
      for (double& x : g) x *= eta;
      return g;
    });
  };
  SUBCASE("identity") { holds(identity{}); }
  SUBCASE("top_k") { holds(top_k<128, 1>{}); }
  SUBCASE("random_k") { holds(random_k<128, 3, scaling::plain>{}); }
  SUBCASE("adacomp_residual") { holds(adacomp_residual<128, 2>{}); }
  SUBCASE("scaled_sign") { holds(scaled_sign<128>{}); }
  SUBCASE("qsgd, 8 bits, dithered") { holds(qsgd<128, 8>{}); }
  SUBCASE("qsgd, 4 bits, nearest") { holds(qsgd<128, 4, rounding::nearest>{}); }
  SUBCASE("qsgd, 2 bits, nearest") { holds(qsgd<128, 2, rounding::nearest>{}); }
}

TEST_CASE("the balance holds for directions that are not the gradient") {
  using sparse = error_feedback<top_k<128, 1>>;
  auto const times = [](schedule eta) {
    return [eta](sample s, vector g) {
      for (double& x : g) x *= eta(s.step);
      return g;
    };
  };
  SUBCASE("sgda") { keeps_the_balance<sparse>(sgda{0.02}, times(0.02)); }
  SUBCASE("sgda, on the signs") { keeps_the_balance<error_feedback<scaled_sign<128>>>(sgda{0.02}, times(0.02)); }
  SUBCASE("the step size changes: the memory is in units of the direction and needs no rescaling") {
    schedule const eta = schedule::cosine(0.1, 200, 0.001);
    keeps_the_balance<sparse>(omd{eta}, times(eta));
  }
  SUBCASE("adam, each worker with moments of its own") {
    std::vector<vector> m(4, vector(20)), v = m;
    keeps_the_balance<sparse>(adam{.step_size = 0.01}, [&](sample s, vector const& g) {
      auto const j = static_cast<std::size_t>(s.worker);
      auto const n = static_cast<double>(s.step);
      vector direction(20);
      for (std::size_t i = 0; i < 20; ++i) {
        m[j][i] = 0.9 * m[j][i] + 0.1 * g[i];
        v[j][i] = 0.999 * v[j][i] + 0.001 * g[i] * g[i];
        direction[i] = 0.01 * m[j][i] / (1 - std::pow(0.9, n)) / (std::sqrt(v[j][i] / (1 - std::pow(0.999, n))) + 1e-8);
      }
      return direction;
    });
  }
}

TEST_CASE("error feedback around the identity changes nothing and owes nothing") {
  auto const game = test::smg();
  auto with = served<error_feedback<identity>>(game, omd{0.05}), without = served<identity>(game, omd{0.05});
  for (int step = 0; step < 300; ++step) {
    with.step();
    without.step();
    REQUIRE(with.digest() == without.digest());
    for (int m = 0; m < 4; ++m) REQUIRE(test::all_zero(test::memory(with, m)));
  }
  CHECK(with.report().feedback == feedback::error);
  CHECK(with.report().uplink == without.report().uplink);
}

}  // namespace error_feedback_tests
