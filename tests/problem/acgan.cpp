#include "saddle/problem/acgan.hpp"

#include "../flawed_samples.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <set>
#include <span>
#include <stdexcept>
#include <vector>

namespace {

using namespace saddle;

/// Samples of any values, whose labels follow each other.
samples labelled(int count, sample_shape shape, int classes, bool bounded) {
  samples s{.count = count, .shape = shape};
  if (bounded) s.bounds = range{0, 1};
  random_sequence random({.seed = 5, .use = purpose::evaluation});
  for (int i = 0; i < count * shape.size(); ++i) s.values.push_back(static_cast<float>(random.uniform()));
  for (int i = 0; i < count; ++i) s.labels.push_back(static_cast<std::uint8_t>(i % classes));
  return s;
}

template <class T>
struct weights {
  std::vector<T> min, max;
  explicit weights(players n) : min(static_cast<std::size_t>(n.min)), max(static_cast<std::size_t>(n.max)) {}
  operator point<T>() { return {min, max}; }
  operator point<T const>() const { return {min, max}; }
  friend bool operator==(weights const&, weights const&) = default;
};

template <class T>
weights<T> start(acgan<T> const& gan) {
  weights<T> w(gan.sizes());
  gan.initial(3, w);
  random_sequence random({.seed = 3, .use = purpose::evaluation});
  for (auto* of : {&w.min, &w.max})
    for (T& v : *of) v += static_cast<T>(0.1 * random.normal());  // biases too
  return w;
}

std::vector<acgan_options> networks() {
  return {{.generator = {}, .discriminator = {}, .latent = 6, .classes = 4, .batch = 5, .workers = 2},
          {.generator = {7}, .discriminator = {6}, .latent = 4, .classes = 3, .batch = 4, .workers = 2,
           .loss = gan_loss::saturating},
          {.generator = {6, 5, 7}, .discriminator = {8, 7, 5}, .latent = 3, .classes = 2, .batch = 1, .workers = 2,
           .loss = gan_loss::wasserstein},
          {.generator = {5}, .discriminator = {9, 5}, .latent = 3, .classes = 1, .batch = 3, .workers = 2}};
}

}  // namespace

TEST_CASE("acgan: the gradient is that of the losses") {
  for (bool const bounded : {false, true})
    for (acgan_options const& o : networks()) {
      acgan<double> const gan(labelled(13, {2, 3, 1}, o.classes, bounded), o);
      auto w = start(gan);
      sample const s{.seed = 9, .worker = 1, .step = 4};
      weights<double> g(gan.sizes());
      gan.gradient(w, s, g);
      int wrong = 0;  // as in mlp_gan's test: a step of 1e-6 crosses a kink for next to no coordinate
      for (std::size_t who : {0u, 1u}) {
        std::vector<double>& of = who == 0 ? w.min : w.max;
        for (std::size_t i = 0; i < of.size(); ++i) {
          double const at = of[i], h = 1e-6;
          of[i] = at + h;
          double const up = gan.losses(w, s)[who];
          of[i] = at - h;
          double const down = gan.losses(w, s)[who];
          of[i] = at;
          double const expected = (up - down) / (2 * h), found = (who == 0 ? g.min : g.max)[i];
          wrong += std::abs(found - expected) > 1e-7 + 1e-6 * std::abs(expected);
        }
      }
      CAPTURE(bounded);
      CAPTURE(o.classes);
      CHECK(wrong == 0);
    }
}

TEST_CASE("acgan: a loss is of real or not alone: the saturating generator goes the other way on that output") {
  auto const data = labelled(13, {2, 3, 1}, 3, true);
  acgan_options o{.generator = {7}, .discriminator = {6}, .latent = 4, .classes = 3, .batch = 4};
  auto const at = [&](gan_loss loss) {
    o.loss = loss;
    acgan<double> const gan(data, o);
    return gan.losses(start(gan), {.seed = 9, .step = 4});
  };
  auto const [min, max] = at(gan_loss::non_saturating);
  auto const [saturating, same] = at(gan_loss::saturating);
  auto const [critic, of_critic] = at(gan_loss::wasserstein);
  CHECK(same == max);
  CHECK(saturating < min);
  CHECK(critic != min);
  CHECK(of_critic != max);
  acgan_options other = o;
  other.loss = gan_loss::saturating;
  CHECK(acgan<double>(data, o).identity() != acgan<double>(data, other).identity());
}

TEST_CASE("acgan: MD-GAN's perceptrons for MNIST have the paper's number of weights") {
  acgan<float> const gan(labelled(10, {28, 28, 1}, 10, true), {});
  CHECK(gan.sizes() == players{716'560, 670'219});
  std::int64_t sum = 0;
  for (tensor const& t : gan.tensors(player::max)) sum += t.size();
  CHECK(sum == 670'219);
}

TEST_CASE("acgan: operations are those of all products, two for each term of a sum") {
  auto const paper = acgan<float>(labelled(10, {28, 28, 1}, 10, true), {}).operations();
  // For a sample a layer of m x n has m n terms going forward, as many going back to what is below it, and (m + 1) n for
  // its weights and biases. b = 10 samples, and the discriminator's step sees as many real ones.
  std::int64_t const g[] = {100 * 512, 512 * 512, 512 * 784}, d[] = {784 * 512, 512 * 512, 512 * 11};
  CHECK(paper.generate == 2 * 10 * (g[0] + g[1] + g[2]));
  CHECK(paper.pull_back == 2 * 10 * (g[1] + g[2] + 716'560));
  CHECK(paper.ascend == 2 * 20 * (d[0] + d[1] + d[2] + d[1] + d[2] + 670'219));
  CHECK(paper.feedback == 2 * 10 * 2 * (d[0] + d[1] + d[2]));
  // Without hidden layers nothing goes back from the generator's output, or from the discriminator's in its own step.
  auto const flat = acgan<float>(labelled(10, {1, 3, 1}, 4, true),
                                 {.generator = {}, .discriminator = {}, .latent = 6, .classes = 4, .batch = 5})
                        .operations();
  CHECK(flat == per_pass{.generate = 2 * 5 * 18, .pull_back = 2 * 5 * 21, .ascend = 2 * 10 * (15 + 20),
                         .feedback = 2 * 5 * 2 * 15});
}

TEST_CASE("acgan: labels stay with their samples, and a generated one's class is known by what drew its noise") {
  // A sample shows its class, and so does a generated one: [W b] of the generator copies the one-hot part of its noise,
  // the discriminator's scores are the values.
  constexpr int classes = 10;
  samples data{.count = 40, .shape = {1, classes, 1}, .bounds = range{0, 1}};
  for (int i = 0; i < data.count; ++i) {
    int const label = 7 * i % classes;
    data.labels.push_back(static_cast<std::uint8_t>(label));
    for (int c = 0; c < classes; ++c) data.values.push_back(c == label ? 1.0f : 0.0f);
  }
  acgan<double> const gan(
      data, {.generator = {}, .discriminator = {}, .latent = 13, .classes = classes, .batch = 20, .workers = 3});
  weights<double> w(gan.sizes());
  for (std::size_t c = 0; c < classes; ++c) {
    for (std::size_t i = 0; i < classes; ++i) w.min[c * classes + i] = i == c ? 20 : -20;
    w.max[c * (classes + 1) + 1 + c] = 30;
  }
  double const log2 = std::log(2.0);
  for (int worker : {0, 1, 2}) {
    sample const s{.seed = 2, .worker = worker, .step = 3};
    auto const [min, max] = gan.losses(w, s);
    CHECK(min == doctest::Approx(log2));
    CHECK(max == doctest::Approx(2 * log2));

    std::vector<double> batch(20 * classes);
    gan.generate(w.min, s, batch);
    auto const known = gan.classes(s);
    REQUIRE(known.size() == 20);
    for (std::size_t j = 0; j < 20; ++j)
      for (std::size_t c = 0; c < classes; ++c)
        CHECK(batch[j * classes + c] == doctest::Approx(static_cast<int>(c) == known[j] ? 1 : -1));
  }
  auto const made = gan.generate(w.min, 600, 1);
  REQUIRE(made.labels.size() == 600);
  std::vector<int> count(classes);
  for (int i = 0; i < 600; ++i) {
    auto const label = static_cast<std::size_t>(made.labels[static_cast<std::size_t>(i)]);
    ++count[label];
    CHECK(made[i][label] == 1.0f);
  }
  CHECK(std::ranges::min(count) > 30);
}

TEST_CASE("acgan: split over two places, the same bits, and a worker's own data") {
  auto const same = []<class T>(T) {
    for (bool const bounded : {false, true})
      for (acgan_options const& o : networks()) {
        acgan<T> const gan(labelled(13, {2, 3, 1}, o.classes, bounded), o);
        auto const w = start(gan);
        sample const s{.seed = 9, .worker = 1, .step = 4};
        weights<T> expected(gan.sizes()), g(gan.sizes()), alone(gan.sizes());
        gan.gradient(w, s, expected);
        gan.gradient(w, s, alone, player::min);
        CHECK((alone.min == expected.min && alone.max == weights<T>(gan.sizes()).max));

        std::vector<T> batch(static_cast<std::size_t>(gan.batch() * gan.sample_size())), feedback = batch;
        gan.generate(w.min, s, batch);
        gan.ascend(w.max, s, {s, batch}, g.max);
        gan.feedback(w.max, s, {s, batch}, feedback);
        gan.pull_back(w.min, s, feedback, g.min);
        CHECK(g == expected);

        sample const elsewhere{.seed = 9, .worker = 0, .step = 4};
        std::vector<T> others = batch;
        gan.feedback(w.max, elsewhere, {s, batch}, others);
        CHECK(others == feedback);
        gan.ascend(w.max, elsewhere, {s, batch}, g.max);
        CHECK(g.max != expected.max);
      }
  };
  same(float{});
  same(double{});
}

TEST_CASE("acgan: a worker sees its part of the data, by the partition") {
  // Sample i is pixel i: the gradient of a discriminator without hidden layers, at zero, tells whether the batch has it.
  constexpr int count = 14, classes = 2;
  samples data = labelled(count, {1, count, 1}, classes, false);
  for (std::size_t i = 0; i < data.values.size(); ++i) data.values[i] = i % (count + 1) == 0 ? 1.0f : 0.0f;
  for (data_partition const& how : std::initializer_list<data_partition>{iid{}, label_shards{1}, dirichlet{0.3}}) {
    acgan<float> const gan(data, {.generator = {},
                                  .discriminator = {},
                                  .latent = 3,
                                  .classes = classes,
                                  .batch = 2,
                                  .workers = 3,
                                  .partition = how});
    weights<float> const zero(gan.sizes());
    weights<float> g(gan.sizes());
    std::vector<float> const blank(2 * count);
    std::size_t all = 0;
    for (int m = 0; m < 3; ++m) {
      std::set<int> const shard(gan.shard(m).begin(), gan.shard(m).end());
      std::set<int> seen;
      for (int step = 1; step <= 200; ++step) {
        sample const s{.seed = 1, .worker = m, .step = step};
        gan.ascend(zero.max, s, {s, blank}, g.max);
        for (int i = 0; i < count; ++i)
          if (g.max[static_cast<std::size_t>((1 + classes) * i)] != 0) seen.insert(i);
      }
      CHECK(seen == shard);
      all += shard.size();
    }
    CHECK(all == count);
  }
}

TEST_CASE("acgan: what does not fit is refused") {
  auto const data = labelled(10, {1, 2, 1}, 5, false);
  acgan_options const good{.generator = {3}, .discriminator = {3}, .latent = 6, .classes = 5, .batch = 2, .workers = 2};
  acgan<float> const gan(data, good);
  auto const refuses = [&](samples const& with, auto change) {
    acgan_options o = good;
    change(o);
    CHECK_THROWS_AS((acgan<float>(with, o)), std::invalid_argument);
  };
  refuses(data, [](auto& o) { o.classes = 4; });
  refuses(data, [](auto& o) { o.latent = 5; });
  refuses(data, [](auto& o) { o.batch = 0; });
  refuses(data, [](auto& o) { o.workers = 11; });
  refuses(data, [](auto& o) { o.generator = {3, 0}; });
  samples unlabelled = data;
  unlabelled.labels.pop_back();
  refuses(unlabelled, [](auto&) {});
  std::vector<float> batch(4), short_of_one(3);
  weights<float> w(gan.sizes());
  CHECK_THROWS_AS(gan.generate(w.max, {}, batch), std::invalid_argument);
  CHECK_THROWS_AS(gan.generate(w.min, {}, short_of_one), std::invalid_argument);
  CHECK_THROWS_AS(gan.generate(w.min, {.worker = 2}, batch), std::invalid_argument);
  CHECK_THROWS_AS(gan.feedback(w.max, {}, {{}, short_of_one}, batch), std::invalid_argument);
}

TEST_CASE("acgan: data and labels that are not what they say are refused") {
  samples const good{.count = 3, .shape = {1, 2, 1}, .values = {0, 1, 0.5f, 1, 1, 0}, .labels = {0, 1, 2}};
  acgan_options const small{.generator = {3}, .discriminator = {3}, .latent = 5, .classes = 3, .batch = 2};
  CHECK_NOTHROW(acgan<float>(good, small));
  for (samples const& s : test::flawed(good)) CHECK_THROWS_AS(acgan<float>(s, small), std::invalid_argument);
  auto bare = good;
  bare.labels.clear();
  CHECK_THROWS_WITH_AS(acgan<float>(bare, small), "acgan: the data have no labels", std::invalid_argument);
  auto other = good;
  other.labels[1] = 3;
  CHECK_THROWS_WITH_AS(acgan<float>(other, small),
                       "acgan: a sample is of class 3, and there are 3 classes, from 0 on", std::invalid_argument);
  auto const refuses = [&](auto const& change) {
    auto options = small;
    change(options);
    CHECK_THROWS_AS(acgan<float>(good, options), std::invalid_argument);
  };
  refuses([](acgan_options& o) { o.batch = 0; });
  refuses([](acgan_options& o) { o.classes = 5; });
  refuses([](acgan_options& o) { o.classes = 0; });
  refuses([](acgan_options& o) { o.classes = 300, o.latent = 400; });
  refuses([](acgan_options& o) { o.workers = 4; });
  refuses([](acgan_options& o) { o.generator = {0}; });
}
