// DQGAN against plain loops over what the paper says, and what it is for.
#include "saddle/algorithm/dqgan.hpp"

#include "../train/game.hpp"

#include <algorithm>
#include <memory>
#include <vector>

namespace dqgan_tests {

using namespace saddle;
using test::vector;

namespace {

template <composition S>
trainer<double> served(test::linear_game const& game, S const& how) {
  return {game, how, loopback{game.workers()}, cpu{}};
}

/// What holds of the half-iterates, whatever the compressor loses.
template <class C>
void obeys_the_laws_of_dqgan() {
  double const eta = 0.02;

  // One worker: the half-iterates are those of the uncompressed method.
  auto const game = test::bil(1);
  for (bool subtract : {true, false}) {
    dqgan<omd, C> how{.optimizer = {0.1}};
    how.compressor.subtract_in_look_ahead = subtract;
    auto t = served(game, how);
    vector w = game.start, h = w;
    double gap = 0;
    for (int step = 0; step < 200; ++step) {
      gap = std::max(gap, test::distance(test::look_ahead(t), h));
      vector const g = game.field(0, h);
      for (std::size_t i = 0; i < 10; ++i) {
        w[i] -= 0.1 * g[i];
        h[i] = w[i] - 0.1 * g[i];
      }
      t.step();
    }
    if (subtract || is_exact<C>) CHECK(gap < 1e-13);
    else CHECK(gap > 1e-3);
  }

  // Several workers: the mean half-iterate is v - eta mean g, v = w - mean e.
  auto noted = test::smg();
  auto const gradients = std::make_shared<std::vector<vector>>(4, vector(20));
  noted.also = [gradients](sample s, vector const&, vector const& g) {
    (*gradients)[static_cast<std::size_t>(s.worker)] = g;
  };
  auto t = served(noted, dqgan<omd, C>{.optimizer = {eta}});
  for (int step = 0; step < 200; ++step) {
    t.step();
    vector expected = test::settled(t);
    for (auto const& g : *gradients)
      for (std::size_t i = 0; i < 20; ++i) expected[i] -= eta / 4 * g[i];
    REQUIRE(test::distance(test::mean(t, test::look_ahead), expected) < 1e-12 * (1 + test::norm(expected)));
  }
}

}  // namespace

TEST_CASE("DQGAN's laws hold for any compressor") {
  SUBCASE("identity") { obeys_the_laws_of_dqgan<identity>(); }
  SUBCASE("top_k") { obeys_the_laws_of_dqgan<top_k<128, 1>>(); }
  SUBCASE("random_k") { obeys_the_laws_of_dqgan<random_k<128, 3, scaling::plain>>(); }
  SUBCASE("adacomp_residual") { obeys_the_laws_of_dqgan<adacomp_residual<128, 2>>(); }
  SUBCASE("scaled_sign") { obeys_the_laws_of_dqgan<scaled_sign<128>>(); }
  SUBCASE("qsgd, 8 bits, dithered") { obeys_the_laws_of_dqgan<qsgd<128, 8>>(); }
  SUBCASE("qsgd, 4 bits, nearest") { obeys_the_laws_of_dqgan<qsgd<128, 4, rounding::nearest>>(); }
  SUBCASE("qsgd, 2 bits, nearest") { obeys_the_laws_of_dqgan<qsgd<128, 2, rounding::nearest>>(); }
}

TEST_CASE("with top_k, up alone and both ways, it is a plain loop over vectors, to the bit") {
  auto const game = test::smg(3);
  double const eta = 0.05;
  using sparse = top_k<128, 2>;
  using answers = error_feedback<sparse>;
  auto const follow = [&](trainer<double> t, bool both_ways, bool average_ahead) {
    auto const largest_two = [](vector v) {
      test::keep_largest(v, 0, 10, 2);
      test::keep_largest(v, 10, 20, 2);
      return v;
    };
    vector w = game.start, server(20);
    std::vector<vector> h(3, w), e(3, vector(20)), g(3);
    for (int step = 0; step < 200; ++step) {
      vector sum(20);
      for (std::size_t m = 0; m < 3; ++m) {
        g[m] = game.field(static_cast<int>(m), h[m]);
        vector p(20);
        for (std::size_t i = 0; i < 20; ++i) p[i] = eta * g[m][i] + e[m][i];
        vector const sent = largest_two(p);
        e[m] = test::difference(p, sent);
        for (std::size_t i = 0; i < 20; ++i) sum[i] += 1.0 / 3 * sent[i];
      }
      if (both_ways) {
        for (std::size_t i = 0; i < 20; ++i) server[i] += sum[i];
        sum = largest_two(server);
        server = test::difference(server, sum);
      }
      for (std::size_t i = 0; i < 20; ++i) w[i] -= sum[i];
      for (std::size_t m = 0; m < 3; ++m)
        for (std::size_t i = 0; i < 20; ++i) h[m][i] = (w[i] - e[m][i]) - (average_ahead ? sum[i] : eta * g[m][i]);
      t.step();
      for (int m = 0; m < 3; ++m) {
        REQUIRE(test::weights(t, m) == w);
        REQUIRE(test::memory(t, m) == e[static_cast<std::size_t>(m)]);
        REQUIRE(test::look_ahead(t, m) == h[static_cast<std::size_t>(m)]);
      }
    }
    CHECK_FALSE(test::all_zero(w));
    CHECK(test::all_zero(server) != both_ways);
  };
  SUBCASE("up") { follow(served(game, dqgan<omd, sparse>{{eta}}), false, false); }
  SUBCASE("both ways") { follow(served(game, dqgan<omd, sparse, answers>{{eta}}), true, false); }
  SUBCASE("both ways, looking ahead along the average") {
    follow(served(game, dqgan<averaged_omd, sparse, answers>{{eta}}), true, true);
  }
}

TEST_CASE("strong compression on the bilinear game needs the memory in the look-ahead, in the median of draws") {
  auto const end = []<class C>(C, double eta, bool subtract) {
    dqgan<omd, C> how{.optimizer = {eta}};
    how.compressor.subtract_in_look_ahead = subtract;
    return test::median_of_draws([&](std::uint64_t seed) {
      auto t = served(test::bil(4, seed, seed), how);
      t.run(6000);
      return test::norm(test::weights(t));
    });
  };
  SUBCASE("identity") {
    CHECK(end(identity{}, 0.1, true) < 1e-11);
    CHECK(end(identity{}, 0.1, true) == end(identity{}, 0.1, false));
  }
  SUBCASE("one coordinate of each player's five") {
    top_k<128, 1> const c;
    CHECK(end(c, 0.05, true) < 1e-3);
    CHECK(end(c, 0.05, false) > 1e3);
    CHECK(end(c, 0.1, true) < 1e-12);
    CHECK(end(c, 0.1, false) > 1e12);
  }
  SUBCASE("one bit a coordinate") {  // grows slower than with top_k: after these steps the medians are 6e2 and 1e11
    scaled_sign<128> const c;
    CHECK(end(c, 0.05, true) < 1e-3);
    CHECK(end(c, 0.05, false) > 1e2);
    CHECK(end(c, 0.1, true) < 1e-12);
    CHECK(end(c, 0.1, false) > 1e9);
  }
}

TEST_CASE("with Adam on the worker or on the average, both subtract in the look-ahead what is owed: plain loops") {
  auto const game = test::smg(3);
  using sparse = top_k<128, 2>;
  double const eta = 0.01;
  auto const follow = [&](trainer<double> t, bool on_average, bool keeps, double share, double optimism) {
    struct moments {
      vector m = vector(20), v = vector(20), ratio = vector(20);
      void advance(vector const& g, int step) {
        for (std::size_t i = 0; i < 20; ++i) {
          m[i] = 0.5 * m[i] + 0.5 * g[i];
          v[i] = 0.9 * v[i] + 0.1 * g[i] * g[i];
          ratio[i] = m[i] / (1 - std::pow(0.5, step)) / (std::sqrt(v[i] / (1 - std::pow(0.9, step))) + 1e-8);
        }
      }
      double of_owed(std::size_t i, double e, int step) const {
        return e / (std::sqrt((0.9 * v[i] + 0.1 * e * e) / (1 - std::pow(0.9, step))) + 1e-8);
      }
    };
    vector w = game.start;
    std::vector<vector> h(3, w), e(3, vector(20));
    std::vector<moments> own(3);
    moments servers;
    for (int step = 1; step <= 100; ++step) {
      vector sum(20);
      for (std::size_t m = 0; m < 3; ++m) {
        vector p = game.field(static_cast<int>(m), h[m]);
        if (!on_average) {
          own[m].advance(p, step);
          for (std::size_t i = 0; i < 20; ++i) p[i] = eta * own[m].ratio[i];
        }
        if (keeps) {
          for (std::size_t i = 0; i < 20; ++i) p[i] += e[m][i];
          e[m] = p;
          test::keep_largest(p, 0, 10, 2);
          test::keep_largest(p, 10, 20, 2);
          e[m] = test::difference(e[m], p);
        }
        for (std::size_t i = 0; i < 20; ++i) sum[i] += p[i] / 3;
      }
      if (on_average) {
        servers.advance(sum, step);
        for (std::size_t i = 0; i < 20; ++i) sum[i] = eta * servers.ratio[i];
      }
      for (std::size_t i = 0; i < 20; ++i) w[i] -= sum[i];
      for (std::size_t m = 0; m < 3; ++m)
        for (std::size_t i = 0; i < 20; ++i) {
          moments const& a = on_average ? servers : own[m];
          double const owed = on_average ? eta * a.of_owed(i, e[m][i], step) : e[m][i];
          h[m][i] = w[i] - share * owed - optimism * eta * a.ratio[i];
        }
      t.step();
      REQUIRE(test::distance(test::weights(t), w) < 1e-11);
      for (int m = 0; m < 3; ++m)
        REQUIRE(test::distance(test::look_ahead(t, m), h[static_cast<std::size_t>(m)]) < 1e-11);
    }
    CHECK(test::distance(w, game.start) > 0.1);
  };
  constexpr auto worker = adapts::on_worker, average = adapts::on_average;
  auto const with = [&](auto how, bool subtract, double optimism) {
    how.optimizer = {.step_size = eta, .optimism = optimism};
    how.compressor.subtract_in_look_ahead = subtract;
    return served(game, how);
  };
  dqgan<omd_adam, sparse, exact_downlink, worker> const own;
  dqgan<omd_adam, sparse, exact_downlink, average> const shared;
  SUBCASE("on the worker") { follow(with(own, true, 1), false, true, 1, 1); }
  SUBCASE("on the worker, not subtracted") { follow(with(own, false, 1), false, true, 0, 1); }
  SUBCASE("on the worker, nothing but what is owed") { follow(with(own, true, 0), false, true, 1, 0); }
  SUBCASE("on the average") { follow(with(shared, true, 1), true, true, 1, 1); }
  SUBCASE("on the average, not subtracted") { follow(with(shared, false, 1), true, true, 0, 1); }
  SUBCASE("the baseline on the worker") {
    follow(served(game, cpo_adam<worker, omd_adam>{{.step_size = eta}}), false, false, 0, 1);
  }
  SUBCASE("the baseline on the average") {
    follow(served(game, cpo_adam<average, omd_adam>{{.step_size = eta}}), true, false, 0, 1);
  }
}

TEST_CASE("one worker's half-iterates are optimistic Adam's, whatever the compressor loses") {
  auto const game = test::bil(1);
  dqgan<omd_adam, top_k<128, 1>> how{.optimizer = {.step_size = 0.01}};
  auto const gap = [&](bool subtract) {
    how.compressor.subtract_in_look_ahead = subtract;
    auto lossy = served(game, how);
    auto exact = served(game, cpo_adam<adapts::on_worker, omd_adam>{how.optimizer});
    double most = 0;
    for (int step = 0; step < 200; ++step) {
      lossy.step();
      exact.step();
      most = std::max(most, test::distance(test::look_ahead(lossy), test::look_ahead(exact)));
    }
    return most;
  };
  CHECK(gap(true) < 1e-11);
  CHECK(gap(false) > 1e-2);
}

TEST_CASE("one worker and no compression is optimistic mirror descent, to the bit") {
  auto const game = test::smg(1);
  auto compressed = served(game, dqgan<omd, identity>{{0.05}});
  trainer plain{game, omd{0.05}, identity{}, parameter_server<>{}, loopback{1}, cpu{}};
  for (int step = 0; step < 200; ++step) {
    compressed.step();
    plain.step();
    REQUIRE(compressed.digest() == plain.digest());
    REQUIRE(test::all_zero(test::memory(compressed)));
  }
  CHECK(test::norm(test::weights(plain)) > 0.5);
}

TEST_CASE("CPOAdam is optimistic Adam on the average gradient, its quantized form forgets") {
  auto const game = test::smg(3);
  optimistic_adam const adam{.step_size = 0.01, .beta1 = 0.5, .beta2 = 0.9};
  auto t = served(game, cpo_adam<>{adam});
  vector w = game.start, m(20), v(20), before(20);
  for (int step = 1; step <= 100; ++step) {
    vector g(20);
    for (int j = 0; j < 3; ++j) {
      vector const one = game.field(j, w);
      for (std::size_t i = 0; i < 20; ++i) g[i] += one[i] / 3;
    }
    for (std::size_t i = 0; i < 20; ++i) {
      m[i] = 0.5 * m[i] + 0.5 * g[i];
      v[i] = 0.9 * v[i] + 0.1 * g[i] * g[i];
      double const now = m[i] / (1 - std::pow(0.5, step)) / (std::sqrt(v[i] / (1 - std::pow(0.9, step))) + 1e-8);
      w[i] -= step == 1 ? 0.01 * now : 0.02 * now - 0.01 * before[i];
      before[i] = now;
    }
    t.step();
    REQUIRE(test::distance(test::weights(t), w) < 1e-11);
  }
  auto quantized = served(game, cpo_adam_gq<qsgd<128, 8>>{adam});
  quantized.run(100);
  CHECK(test::distance(test::weights(quantized), w) < 0.5);
  CHECK(test::distance(test::weights(quantized), w) > 1e-6);
  CHECK(quantized.report().feedback == feedback::none);
  CHECK(quantized.report().uplink.payload < t.report().uplink.payload / 4);
}

TEST_CASE("with Adam on the server workers that differ come nearer to the solution") {
  auto const left = [](auto how) {
    return test::median_of_draws([&](std::uint64_t seed) {
      auto const game = test::smg(4, seed);
      auto t = served(game, how);
      t.run(6000);
      return test::distance(test::weights(t), test::solution(game));
    });
  };
  optimistic_adam const adam{.step_size = 0.003, .beta1 = 0.5, .beta2 = 0.9};
  using fine = qsgd<128, 8>;
  double const worker = left(dqgan<optimistic_adam, fine>{adam});
  double const server = left(dqgan<optimistic_adam, fine, exact_downlink, adapts::on_average>{adam});
  CHECK(worker > 0.5);  // 1.6
  CHECK(server < 0.1);  // 0.055
}

}  // namespace dqgan_tests
