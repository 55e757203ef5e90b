#include "saddle/problem/mlp_gan.hpp"

#include "../flawed_samples.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

using namespace saddle;

samples noise(int count, sample_shape shape, bool bounded) {
  samples s{.count = count, .shape = shape};
  if (bounded) s.bounds = range{0, 1};
  random_sequence random({.seed = 5, .use = purpose::evaluation});
  for (int i = 0; i < count * shape.size(); ++i) s.values.push_back(static_cast<float>(random.uniform()));
  return s;
}

/// One array for both players, and its spans.
template <class T>
struct weights {
  std::vector<T> all;
  players sizes;
  std::size_t offset;  // of the first one: alignment must not matter

  explicit weights(players n, std::size_t offset = 0)
      : all(static_cast<std::size_t>(n.size()) + offset), sizes(n), offset(offset) {}
  operator point<T>() {
    std::span<T> const w{all.data() + offset, static_cast<std::size_t>(sizes.size())};
    return {w.first(static_cast<std::size_t>(sizes.min)), w.last(static_cast<std::size_t>(sizes.max))};
  }
  operator point<T const>() { return point<T>(*this); }
  std::vector<T> values() const { return {all.begin() + static_cast<std::ptrdiff_t>(offset), all.end()}; }
};

template <class T>
weights<T> start(mlp_gan<T> const& gan, std::uint64_t seed) {
  weights<T> w(gan.sizes());
  gan.initial(seed, w);
  random_sequence random({.seed = seed, .use = purpose::evaluation});
  for (T& v : w.all) v += static_cast<T>(0.1 * random.normal());  // biases too
  return w;
}

template <class T>
std::vector<T> gradient_of(mlp_gan<T> const& gan, weights<T>& w, sample s) {
  weights<T> g(gan.sizes());
  gan.gradient(w, s, g);
  return g.all;
}

std::vector<mlp_gan_options> networks() {
  return {
      {.generator = {}, .discriminator = {}, .latent = 3, .batch = 5},
      {.generator = {7}, .discriminator = {6}, .latent = 2, .batch = 4},
      {.generator = {9}, .discriminator = {5, 8, 4}, .latent = 4, .batch = 1},
      {.generator = {6, 5, 7}, .discriminator = {8, 7, 5}, .latent = 3, .batch = 6, .generator_leak = 0.1}};
}

}  // namespace

TEST_CASE("mlp_gan: the gradient is that of the losses") {
  for (bool const bounded : {false, true})
    for (gan_loss const loss : {gan_loss::non_saturating, gan_loss::saturating, gan_loss::wasserstein})
      for (auto const& [r1, penalty] : {std::pair{0.0, 0.0}, {0.7, 0.0}, {0.0, 3.0}, {0.7, 3.0}})
        for (mlp_gan_options o : networks()) {
          o.loss = loss, o.r1 = r1, o.gradient_penalty = penalty, o.workers = 2;
          mlp_gan<double> const gan(noise(11, {2, 3, 1}, bounded), o);
          auto w = start(gan, 3);
          sample const s{.seed = 9, .worker = 1, .step = 4};
          auto const g = gradient_of(gan, w, s);
          // Between kinks a central difference is good to h^2; across one it is wrong by the jump of the
          // slope. A step this small crosses one for next to none of the coordinates, and a wrong formula
          // is wrong in most.
          int wrong = 0;
          for (std::size_t i = 0; i < w.all.size(); ++i) {
            std::size_t const who = i < static_cast<std::size_t>(gan.sizes().min) ? 0 : 1;
            double const at = w.all[i], h = 1e-6;
            w.all[i] = at + h;
            double const up = gan.losses(w, s)[who];
            w.all[i] = at - h;
            double const down = gan.losses(w, s)[who];
            w.all[i] = at;
            double const difference = (up - down) / (2 * h);
            wrong += std::abs(difference - g[i]) > 1e-7 + 1e-6 * std::abs(g[i]);
          }
          CAPTURE(bounded);
          CAPTURE(static_cast<int>(loss));
          CAPTURE(r1);
          CAPTURE(penalty);
          CAPTURE(o.generator.size());
          CHECK(wrong == 0);
        }
}

TEST_CASE("mlp_gan: losses at outputs that are known") {
  auto const data = noise(8, {1, 2, 1}, false);
  double const log2 = std::log(2.0);
  for (auto const& [loss, min, max] :
       {std::tuple{gan_loss::non_saturating, log2, 2 * log2},
        std::tuple{gan_loss::saturating, -log2, 2 * log2}, std::tuple{gan_loss::wasserstein, 0.0, 0.0}}) {
    mlp_gan<double> const gan(data, {.latent = 2, .batch = 4, .loss = loss});
    weights<double> zero(gan.sizes());
    auto const [m, x] = gan.losses(zero, {.step = 1});
    CHECK(m == doctest::Approx(min));
    CHECK(x == doctest::Approx(max));
  }
}

TEST_CASE("mlp_gan: R1 is half the squared gradient of D by the sample, in the networks' units") {
  // All samples are equal, so the batch is known; D is spelt out and differenced.
  samples data{
      .count = 3, .shape = {1, 2, 1}, .values = {0.2f, 0.9f, 0.2f, 0.9f, 0.2f, 0.9f}, .bounds = range{0, 2}};
  mlp_gan_options o{.generator = {}, .discriminator = {5}, .latent = 2, .batch = 4};
  mlp_gan<double> const without(data, o);
  o.r1 = 3;
  mlp_gan<double> const with(data, o);
  auto w = start(without, 1);
  auto const d = point<double>(w).max;
  auto const output = [&](double x0, double x1) {
    double sum = d[20];
    for (std::size_t i = 0; i < 5; ++i) {
      double const z = d[i] * x0 + d[5 + i] * x1 + d[10 + i];  // W_1 lies column by column
      sum += d[15 + i] * (z > 0 ? z : 0.2 * z);
    }
    return sum;
  };
  double const x0 = static_cast<double>(0.2f) - 1, x1 = static_cast<double>(0.9f) - 1, h = 1e-6;
  double const g0 = (output(x0 + h, x1) - output(x0 - h, x1)) / (2 * h);
  double const g1 = (output(x0, x1 + h) - output(x0, x1 - h)) / (2 * h);
  sample const s{.step = 1};
  CHECK(with.losses(w, s)[1] - without.losses(w, s)[1] ==
        doctest::Approx(1.5 * (g0 * g0 + g1 * g1)).epsilon(1e-7));
  CHECK(with.losses(w, s)[0] == without.losses(w, s)[0]);
}

TEST_CASE("mlp_gan: the gradient penalty is 0 where |grad D| is 1, and weight (|grad D| - 1)^2 of a linear critic") {
  mlp_gan_options o{.generator = {4}, .discriminator = {}, .latent = 2, .batch = 3, .loss = gan_loss::wasserstein};
  auto const with = [&](double weight, double slope) {
    o.gradient_penalty = weight;
    mlp_gan<double> const gan(noise(9, {1, 2, 1}, true), o);
    auto w = start(gan, 1);
    auto const d = point<double>(w).max;
    d[0] = 0.6 * slope, d[1] = -0.8 * slope;
    return gan.losses(w, {.step = 1})[1];
  };
  CHECK(with(10, 1) == doctest::Approx(with(0, 1)));
  CHECK(with(10, 3) - with(0, 3) == doctest::Approx(10 * 4));
  CHECK(with(10, 0.5) - with(0, 0.5) == doctest::Approx(10 * 0.25));
  CHECK(std::isfinite(with(10, 0)));
  o.gradient_penalty = 10;
  mlp_gan<double> const gan(noise(9, {1, 2, 1}, true), o);
  auto w = start(gan, 1);
  std::ranges::fill(point<double>(w).max, 0.0);  // no direction: no step along one
  for (double const g : gradient_of(gan, w, {.step = 1})) CHECK(std::isfinite(g));
  CHECK(gan.identity().find(" gp=10 ") != std::string::npos);
}

TEST_CASE_TEMPLATE("mlp_gan: one player's gradient has the bits of the whole", T, float, double) {
  for (mlp_gan_options o : {networks()[0], networks()[2], networks()[3],
                            mlp_gan_options{.generator = {40, 33}, .discriminator = {37, 64}, .batch = 19}})
    for (double const r1 : {0.0, 1.0}) {
      o.r1 = r1, o.gradient_penalty = 2 * r1;
      mlp_gan<T> const gan(noise(50, {3, 3, 1}, true), o);
      auto w = start(gan, 2);
      sample const s{.seed = 1, .step = 7};
      auto const whole = gradient_of(gan, w, s);
      for (player const who : {player::max, player::min}) {
        weights<T> part(gan.sizes());
        std::ranges::fill(part.all, T{77});
        gan.gradient(w, s, part, who);
        auto const split = static_cast<std::size_t>(gan.sizes().min);
        for (std::size_t i = 0; i < whole.size(); ++i)
          if ((i < split) == (who == player::min))
            REQUIRE(part.all[i] == whole[i]);
          else
            REQUIRE(part.all[i] == T{77});
      }
    }
}

TEST_CASE("mlp_gan: where the weights lie in memory changes no bit") {
  for (mlp_gan_options o : {networks()[0], networks()[1], networks()[2], networks()[3],
                            mlp_gan_options{.generator = {40, 33}, .discriminator = {37, 64}, .batch = 19}}) {
    o.r1 = 1;
    mlp_gan<float> const gan(noise(50, {3, 3, 1}, true), o);
    auto w = start(gan, 2);
    auto const expected = gradient_of(gan, w, {.seed = 1, .step = 7});
    for (std::size_t at = 1; at < 16; ++at) {
      weights<float> moved(gan.sizes(), at), g(gan.sizes(), (5 * at) % 16);
      std::ranges::copy(w.all, moved.all.begin() + static_cast<std::ptrdiff_t>(at));
      gan.gradient(moved, {.seed = 1, .step = 7}, g);
      REQUIRE(g.values() == expected);
    }
  }
}

TEST_CASE("mlp_gan: a gradient is a function of its arguments") {
  mlp_gan<float> const gan(noise(40, {2, 2, 1}, true),
                           {.generator = {8}, .discriminator = {8}, .batch = 6, .r1 = 1, .workers = 2});
  auto w = start(gan, 2);
  sample const s{.seed = 1, .worker = 1, .step = 3, .draw = 1};
  auto const first = gradient_of(gan, w, s);
  for (sample const other :
       {sample{2, 1, 3, 1}, sample{1, 0, 3, 1}, sample{1, 1, 4, 1}, sample{1, 1, 3, 0}}) {
    auto const g = gradient_of(gan, w, other);
    CHECK(g != first);
    auto const split = static_cast<std::ptrdiff_t>(gan.sizes().min);
    CHECK_FALSE(std::equal(g.begin(), g.begin() + split, first.begin()));
  }
  CHECK(gradient_of(gan, w, s) == first);
  mlp_gan<float> const copy = gan;
  CHECK(gradient_of(copy, w, s) == first);
}

TEST_CASE("mlp_gan: another draw is another batch of real samples") {
  // A linear critic that does not see the fakes (zero generator): its gradient is minus the mean of the
  // batch.
  auto data = noise(64, {1, 2, 1}, false);
  for (int i = 0; i < data.count; ++i) data.labels.push_back(static_cast<std::uint8_t>(i % 4));
  for (data_partition const& how : std::initializer_list<data_partition>{iid{}, label_shards{1}, dirichlet{0.3}}) {
    mlp_gan<double> const gan(data, {.generator = {},
                                     .discriminator = {},
                                     .latent = 1,
                                     .batch = 1,
                                     .loss = gan_loss::wasserstein,
                                     .workers = 2,
                                     .partition = how});
    weights<double> zero(gan.sizes());
    std::set<double> seen;
    for (int worker = 0; worker < 2; ++worker) {
      std::set<double> own;
      for (int const i : gan.shard(worker)) own.insert(static_cast<double>(data[i][0]));
      std::set<double> drawn;
      for (int step = 1; step <= 500; ++step)
        for (int draw = 0; draw < 2; ++draw)
          drawn.insert(-gradient_of(gan, zero, {.worker = worker, .step = step, .draw = draw})[4]);
      CHECK(drawn == own);  // 1000 draws of at most 63: a sample is missed with probability 1e-5, and the seed is fixed
      seen.merge(drawn);
    }
    CHECK(seen.size() == 64);
  }
}

TEST_CASE("mlp_gan: shards are disjoint, complete and of equal size +-1") {
  for (int const count : {7, 12, 101})
    for (int const workers : {1, 2, 3, 7}) {
      mlp_gan<float> const gan(noise(count, {1, 2, 1}, false), {.batch = 1, .workers = workers});
      std::multiset<int> all;
      for (int m = 0; m < workers; ++m) {
        auto const shard = gan.shard(m);
        CHECK(static_cast<int>(shard.size()) - count / workers == (m < count % workers));
        all.insert(shard.begin(), shard.end());
      }
      std::multiset<int> every;
      for (int i = 0; i < count; ++i) every.insert(i);
      CHECK(all == every);
      CHECK(gan.workers() == workers);
    }
  mlp_gan<float> const gan(noise(101, {1, 2, 1}, false), {.batch = 1, .workers = 2});
  CHECK_FALSE(std::ranges::is_sorted(gan.shard(0)));
}

TEST_CASE("mlp_gan: concurrent gradients of different workers equal serial ones") {
  constexpr int workers = 4;
  mlp_gan<float> const gan(
      noise(60, {4, 4, 1}, true),
      {.generator = {32}, .discriminator = {32}, .batch = 8, .r1 = 1, .workers = workers});
  auto w = start(gan, 2);
  auto const run = [&](int m) {
    std::vector<std::vector<float>> all;
    for (int step = 1; step <= 50; ++step) all.push_back(gradient_of(gan, w, {.worker = m, .step = step}));
    return all;
  };
  std::vector<std::vector<std::vector<float>>> serial, concurrent(workers);
  for (int m = 0; m < workers; ++m) serial.push_back(run(m));
  {
    std::vector<std::jthread> threads;
    for (int m = 0; m < workers; ++m)
      threads.emplace_back([&, m] { concurrent[static_cast<std::size_t>(m)] = run(m); });
  }
  CHECK(concurrent == serial);
}

TEST_CASE("mlp_gan: initial weights and the tensors they lie in") {
  mlp_gan<double> const gan(noise(4, {10, 20, 1}, true),
                            {.generator = {300}, .discriminator = {400}, .latent = 100, .batch = 1});
  CHECK(gan.tensors(player::min) == std::vector<tensor>{{300, 100}, {300, 1}, {200, 300}, {200, 1}});
  CHECK(gan.tensors(player::max) == std::vector<tensor>{{400, 200}, {400, 1}, {1, 400}, {1, 1}});
  weights<double> w(gan.sizes()), other(gan.sizes());
  gan.initial(1, w);
  double const deviations[2][2] = {{std::sqrt(2.0 / 100), std::sqrt(2.0 / 500)},
                                   {std::sqrt(2.0 / (1.04 * 200)), std::sqrt(2.0 / 401)}};
  for (int p = 0; p < 2; ++p) {
    auto rest = point<double>(w).of(p);
    int t = 0;
    for (tensor const extents : gan.tensors(static_cast<player>(p))) {
      auto const values = rest.first(static_cast<std::size_t>(extents.size()));
      rest = rest.subspan(values.size());
      double squares = 0;
      for (double const v : values) squares += v * v;
      if (t % 2 == 1)
        CHECK(squares == 0);
      else
        CHECK(std::sqrt(squares / static_cast<double>(values.size())) ==
              doctest::Approx(deviations[p][t / 2]).epsilon(0.1));
      ++t;
    }
    CHECK(rest.empty());
  }
  gan.initial(1, other);
  CHECK(other.all == w.all);
  gan.initial(2, other);
  CHECK(other.all != w.all);
}

TEST_CASE("mlp_gan: generates in the units of the data") {
  auto data = noise(4, {2, 3, 1}, true);
  data.bounds = range{-3, 5};
  mlp_gan<double> const gan(data, {.generator = {}, .latent = 2, .batch = 1});
  weights<double> w(gan.sizes());
  auto const g = point<double>(w).min;  // 6 x 2 weights, 6 biases
  g[12] = 100, g[13] = -100, g[14] = 0.5;
  auto const fixed = gan.generate(g, 300, 1);
  CHECK(fixed.count == 300);
  CHECK(fixed.shape == data.shape);
  CHECK(fixed.values.size() == 1800);
  for (int const i : {0, 299}) {
    CHECK(fixed[i][0] == 5);
    CHECK(fixed[i][1] == -3);
    CHECK(fixed[i][2] == doctest::Approx(1 + 4 * std::tanh(0.5)));
    CHECK(fixed[i][3] == 1);
  }

  // Unbounded: linear, so the identity gives the latents, which are standard normal.
  mlp_gan<double> const linear(noise(4, {1, 2, 1}, false), {.generator = {}, .latent = 2, .batch = 1});
  weights<double> identity(linear.sizes());
  identity.all[0] = identity.all[3] = 1;
  auto const z = linear.generate(point<double>(identity).min, 20000, 3);
  double sum = 0, squares = 0;
  for (float const v : z.values) sum += static_cast<double>(v), squares += static_cast<double>(v * v);
  CHECK(std::abs(sum / 40000) < 0.02);
  CHECK(squares / 40000 == doctest::Approx(1).epsilon(0.03));
  CHECK(linear.generate(point<double>(identity).min, 20000, 3).values == z.values);
  CHECK(linear.generate(point<double>(identity).min, 20000, 4).values != z.values);
  CHECK(std::ranges::equal(linear.generate(point<double>(identity).min, 10, 3).values,
                           std::span(z.values).first(20)));
}

TEST_CASE("mlp_gan: what does not fit is refused") {
  auto const data = noise(5, {1, 2, 1}, false);
  CHECK_THROWS_AS(mlp_gan<float>(data, {.workers = 6}), std::invalid_argument);
  CHECK_THROWS_AS(mlp_gan<float>(data, {.workers = 0}), std::invalid_argument);
  CHECK_THROWS_AS(mlp_gan<float>(data, {.latent = 0}), std::invalid_argument);
  CHECK_THROWS_AS(mlp_gan<float>(data, {.batch = 0}), std::invalid_argument);
  CHECK_THROWS_AS(mlp_gan<float>(data, {.generator = {3, 0}}), std::invalid_argument);
  CHECK_THROWS_AS(mlp_gan<float>(data, {.r1 = -1}), std::invalid_argument);
  auto cut = data;
  cut.values.pop_back();
  CHECK_THROWS_AS(mlp_gan<float>(cut, {}), std::invalid_argument);

  mlp_gan<float> const gan(data, {.workers = 5});
  weights<float> w(gan.sizes()), g(gan.sizes());
  CHECK_THROWS_AS(gan.gradient(w, {.worker = 5, .step = 1}, g), std::invalid_argument);
  weights<float> small({gan.sizes().min, gan.sizes().max - 1});
  CHECK_THROWS_AS(gan.gradient(small, {.step = 1}, g), std::invalid_argument);
  CHECK_THROWS_AS(gan.gradient(w, {.step = 1}, small), std::invalid_argument);
  CHECK_THROWS_AS(gan.generate(point<float>(w).max, 3, 1), std::invalid_argument);
}

TEST_CASE("mlp_gan: a generator and a discriminator that see nothing of each other but samples and feedbacks") {
  auto const same = []<class T>(T) {
    for (bool const bounded : {false, true})
      for (double const r1 : {0.0, 0.7})
        for (mlp_gan_options o : networks()) {
          o.r1 = r1, o.gradient_penalty = 2 * r1, o.workers = 3;
          mlp_gan<T> const gan(noise(11, {2, 3, 1}, bounded), o);
          REQUIRE((gan.batch() == o.batch && gan.sample_size() == 6));
          auto w = start(gan, 3);
          sample const s{.seed = 9, .worker = 1, .step = 4};
          auto const expected = gradient_of(gan, w, s);

          std::vector<T> samples(static_cast<std::size_t>(o.batch) * 6), feedback = samples;
          weights<T> g(gan.sizes());
          point<T const> const at = w;
          gan.generate(at.min, s, samples);
          gan.ascend(at.max, s, {s, samples}, point<T>(g).max);
          gan.feedback(at.max, s, {s, samples}, feedback);
          gan.pull_back(at.min, s, feedback, point<T>(g).min);
          CHECK(g.all == expected);

          // A batch is what its number says, whoever sees it: by another worker's data D learns otherwise, the feedback
          // is the same.
          std::vector<T> others = feedback;
          gan.feedback(at.max, {.seed = 9, .worker = 2, .step = 4}, {s, samples}, others);
          CHECK(others == feedback);
          gan.ascend(at.max, {.seed = 9, .worker = 2, .step = 4}, {s, samples}, point<T>(g).max);
          CHECK(g.all != expected);
          CHECK_THROWS_AS(gan.feedback(at.max, s, {s, std::span<T const>(samples).first(5)}, others),
                          std::invalid_argument);
          CHECK_THROWS_AS(gan.generate(at.max, s, samples), std::invalid_argument);
          CHECK_THROWS_AS(gan.generate(at.min, {.worker = 3}, samples), std::invalid_argument);
        }
  };
  same(float{});
  same(double{});
}

TEST_CASE("mlp_gan: data that are not what they say and options that are none are refused") {
  samples const good{.count = 3,
                     .shape = {1, 2, 1},
                     .values = {0, 1, 0.5f, 1, 1, 0},
                     .labels = {0, 1, 2},
                     .bounds = range{0, 1}};
  mlp_gan_options const small{.generator = {3}, .discriminator = {3}, .latent = 2, .batch = 2};
  CHECK_NOTHROW(mlp_gan<float>(good, small));
  for (samples const& s : test::flawed(good)) CHECK_THROWS_AS(mlp_gan<float>(s, small), std::invalid_argument);
  for (float const v : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 255.0f}) {
    auto data = good;
    data.values[4] = v;
    CHECK_THROWS_WITH_AS(mlp_gan<float>(data, small), doctest::Contains("mlp_gan: sample 2 has the value"),
                         std::invalid_argument);
  }
  auto const refuses = [&](auto const& change) {
    auto options = small;
    change(options);
    CHECK_THROWS_AS(mlp_gan<float>(good, options), std::invalid_argument);
  };
  refuses([](mlp_gan_options& o) { o.latent = 0; });
  refuses([](mlp_gan_options& o) { o.batch = -1; });
  refuses([](mlp_gan_options& o) { o.workers = 0; });
  refuses([](mlp_gan_options& o) { o.workers = 4; });
  refuses([](mlp_gan_options& o) { o.generator = {3, 0}; });
  refuses([](mlp_gan_options& o) { o.discriminator = {-3}; });
  refuses([](mlp_gan_options& o) { o.r1 = std::numeric_limits<double>::quiet_NaN(); });
  refuses([](mlp_gan_options& o) { o.r1 = std::numeric_limits<double>::infinity(); });
  refuses([](mlp_gan_options& o) { o.gradient_penalty = -1; });
  refuses([](mlp_gan_options& o) { o.gradient_penalty = std::numeric_limits<double>::infinity(); });
  refuses([](mlp_gan_options& o) { o.generator_leak = 1; });
  refuses([](mlp_gan_options& o) { o.generator_leak = std::numeric_limits<double>::quiet_NaN(); });
}

TEST_CASE("perceptron: weights and gradients of another size are refused") {
  auto const net = perceptron<double>::between(2, {3}, 1, 0.2);
  auto a = net.storage(2);
  Eigen::VectorXd const ones = Eigen::VectorXd::Ones(2);
  std::vector<double> w(static_cast<std::size_t>(net.size()) - 1);
  CHECK_THROWS_AS(net.initial(random_sequence({.seed = 1}), w), std::invalid_argument);
  CHECK_THROWS_AS(net.forward(w, a, 0, 2), std::invalid_argument);
  CHECK_THROWS_AS(net.tangent(w, a, a, 0, 2), std::invalid_argument);
  CHECK_THROWS_AS(net.backward(w, a, a, 0, 0, 2), std::invalid_argument);
  CHECK_THROWS_AS(net.weight_gradient(a, a, ones, w), std::invalid_argument);
}
