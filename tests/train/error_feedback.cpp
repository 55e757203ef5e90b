// Error memory on a parameter server: what is conserved, and what it is for.
#include "game.hpp"

#include <cmath>
#include <cstdint>
#include <memory>

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

/// DQGAN's invariants for one compressor; they need no accuracy of it.
template <class C>
void obeys_the_laws_of_dqgan() {
  double const eta = 0.02;
  keeps_the_balance<C>(omd{eta}, [&](sample, vector g) {
    for (double& x : g) x *= eta;
    return g;
  });

  // One worker: the half-iterates are those of the uncompressed method.
  auto const game = test::bil(1);
  for (bool subtract : {true, false}) {
    C feedback;
    feedback.subtract_in_look_ahead = subtract;
    auto t = served<C>(game, omd{0.1}, feedback);
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
    if (subtract || exact<C>) CHECK(gap < 1e-13);
    else CHECK(gap > 1e-3);
  }

  // Several workers: the mean half-iterate is v - eta mean g, v = w - mean e.
  auto noted = test::smg();
  auto const gradients = std::make_shared<std::vector<vector>>(4, vector(20));
  noted.also = [gradients](sample s, vector const&, vector const& g) {
    (*gradients)[static_cast<std::size_t>(s.worker)] = g;
  };
  auto t = served<C>(noted, omd{eta});
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
  SUBCASE("identity") { obeys_the_laws_of_dqgan<error_feedback<identity>>(); }
  SUBCASE("top_k") { obeys_the_laws_of_dqgan<error_feedback<top_k<128, 1>>>(); }
  SUBCASE("random_k") { obeys_the_laws_of_dqgan<error_feedback<random_k<128, 3, scaling::plain>>>(); }
  SUBCASE("adacomp_residual") { obeys_the_laws_of_dqgan<error_feedback<adacomp_residual<128, 2>>>(); }
  SUBCASE("scaled_sign") { obeys_the_laws_of_dqgan<error_feedback<scaled_sign<128>>>(); }
  SUBCASE("qsgd, 8 bits, dithered") { obeys_the_laws_of_dqgan<error_feedback<qsgd<128, 8>>>(); }
  SUBCASE("qsgd, 4 bits, nearest") { obeys_the_laws_of_dqgan<error_feedback<qsgd<128, 4, rounding::nearest>>>(); }
  SUBCASE("qsgd, 2 bits, nearest") { obeys_the_laws_of_dqgan<error_feedback<qsgd<128, 2, rounding::nearest>>>(); }
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

TEST_CASE("DQGAN with top_k, up alone and both ways, is a plain loop over vectors, to the bit") {
  auto const game = test::smg(3);
  double const eta = 0.05;
  using sparse = error_feedback<top_k<128, 2>>;
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
  SUBCASE("up") { follow({game, omd{eta}, sparse{}, parameter_server<>{}, loopback{3}, cpu{}}, false, false); }
  SUBCASE("both ways") {
    follow({game, omd{eta}, sparse{}, parameter_server<sparse>{}, loopback{3}, cpu{}}, true, false);
  }
  SUBCASE("both ways, looking ahead along the average") {
    follow({game, averaged_omd{eta}, sparse{}, parameter_server<sparse>{}, loopback{3}, cpu{}}, true, true);
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

TEST_CASE("strong compression on the bilinear game needs the memory in the look-ahead, in the median of 15 draws") {
  auto const end = [](auto c, double eta, bool subtract) {
    c.subtract_in_look_ahead = subtract;
    return test::median_of_15([&](std::uint64_t seed) {
      auto t = served(test::bil(4, seed, seed), omd{eta}, c);
      t.run(6000);
      return test::norm(test::weights(t));
    });
  };
  SUBCASE("identity") {
    CHECK(end(error_feedback<identity>{}, 0.1, true) < 1e-12);
    CHECK(end(error_feedback<identity>{}, 0.1, true) == end(error_feedback<identity>{}, 0.1, false));
  }
  SUBCASE("one coordinate of each player's five") {
    error_feedback<top_k<128, 1>> const c;
    CHECK(end(c, 0.05, true) < 1e-3);
    CHECK(end(c, 0.05, false) > 1e3);
    CHECK(end(c, 0.1, true) < 1e-12);
    CHECK(end(c, 0.1, false) > 1e12);
  }
  SUBCASE("one bit a coordinate") {  // grows slower than with top_k: after these steps the medians are 6e2 and 1e11
    error_feedback<scaled_sign<128>> const c;
    CHECK(end(c, 0.05, true) < 1e-3);
    CHECK(end(c, 0.05, false) > 1e2);
    CHECK(end(c, 0.1, true) < 1e-12);
    CHECK(end(c, 0.1, false) > 1e9);
  }
}
