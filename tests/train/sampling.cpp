// Problems of one's own that are stochastic: which gradient of a step sees which sample.
#include "game.hpp"

#include <cmath>
#include <memory>

namespace sampling_tests {

using namespace saddle;
using test::vector;

namespace {

/// F(w; coin) = coin (y, -x), the coin heads (1) or tails (-1): the second player gains what the first loses.
struct coin_game {
  using scalar = double;
  static players sizes() { return {1, 1}; }
  static void initial(std::uint64_t, point<double> w) {
    w.min[0] = 1;
    w.max[0] = 0;
  }
  static double coin(sample s) {
    random_sequence random({.seed = s.seed,
                            .use = purpose::data_order,
                            .exchange = static_cast<std::uint64_t>(s.step),
                            .worker = static_cast<std::uint32_t>(s.worker),
                            .bucket = static_cast<std::uint64_t>(s.draw)});
    return random.uniform() < 0.5 ? -1 : 1;
  }
  static void gradient(point<double const> at, sample s, point<double> out) {
    out.min[0] = coin(s) * at.max[0];
    out.max[0] = -coin(s) * at.min[0];
  }
};

template <class O>
trainer<double> of_one_worker(O o, std::uint64_t seed = 1) {
  return {coin_game{}, o, identity{}, parameter_server<>{}, loopback{1}, cpu{}, settings{.seed = seed}};
}
double radius(trainer<double> const& t) { return std::hypot(t.weights(0).min[0], t.weights(0).max[0]); }

}  // namespace

TEST_CASE("extragradient on one sample cancels a coin that two samples do not") {
  double const a = 0.5;
  auto same = of_one_worker(extragradient{a});
  auto fresh = of_one_worker(extragradient{.step_size = a, .second = sampling::independent});
  double x = 1, y = 0, u = 1, v = 0;
  for (int step = 1; step <= 200; ++step) {
    sample const s{.seed = 1, .step = step};
    sample const second{.seed = 1, .step = step, .draw = 1};
    double const c = coin_game::coin(s), d = coin_game::coin(second);
    double const hx = x - a * (c * y), hy = y - a * (-c * x);
    x -= a * (c * hy);
    y -= a * (-c * hx);
    double const hu = u - a * (c * v), hv = v - a * (-c * u);
    u -= a * (d * hv);
    v -= a * (-d * hu);
    same.step();
    fresh.step();
    REQUIRE(same.weights(0).min[0] == x);
    REQUIRE(same.weights(0).max[0] == y);
    REQUIRE(fresh.weights(0).min[0] == u);
    REQUIRE(fresh.weights(0).max[0] == v);
  }
  // |w| shrinks by sqrt(1 - a^2 + a^4) whatever the coins say; with two coins E |w|^2 grows by 1 + a^2 + a^4.
  CHECK(std::pow(radius(same), 1.0 / 200) == doctest::Approx(0.901387819).epsilon(1e-8));
  CHECK(radius(fresh) > 1);
  CHECK(radius(same) == doctest::Approx(std::pow(0.901387819, 200)).epsilon(1e-6));
}

TEST_CASE("another seed is another run, the same seed the same") {
  auto const end = [](std::uint64_t seed) {
    auto t = of_one_worker(omd{0.3}, seed);
    t.run(50);
    return t.digest();
  };
  CHECK(end(1) == end(1));
  CHECK(end(1) != end(2));
}

TEST_CASE("every gradient asks for the sample of its step, worker and draw") {
  auto const drawn = [](auto o) {
    auto game = test::bil(2);
    auto const draws = std::make_shared<std::vector<std::vector<int>>>(2);
    game.also = [draws](sample s, vector const&, vector const&) {
      auto& mine = (*draws)[static_cast<std::size_t>(s.worker)];
      CHECK(s.seed == 3);
      CHECK(s.step == 1);
      mine.push_back(s.draw);
    };
    trainer t{game, o, identity{}, parameter_server<>{}, loopback{2}, cpu{}, settings{.seed = 3}};
    t.step();
    CHECK((*draws)[0] == (*draws)[1]);
    CHECK(t.report().gradients == static_cast<std::int64_t>((*draws)[0].size()));
    return (*draws)[0];
  };
  using draws = std::vector<int>;
  CHECK(drawn(omd{0.1}) == draws{0});
  CHECK(drawn(extragradient{0.1}) == draws{0, 0});
  CHECK(drawn(extragradient{.step_size = 0.1, .second = sampling::independent}) == draws{0, 1});
  CHECK(drawn(extra_adam{.step_size = 0.1}) == draws{0, 1});
  CHECK(drawn(alternating_sgda{{0.1}}) == draws{0, 0});
  CHECK(drawn(per_player<sgda, sgda>{.min = {0.1}, .max = {0.1}, .max_steps = 3}) == draws{0, 1, 2});
}

}  // namespace sampling_tests
