#include "saddle/problem/classifier.hpp"

#include "../flawed_samples.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <set>
#include <span>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "saddle/data/digits.hpp"
#include "saddle/metric/nearest_neighbour.hpp"

using namespace saddle;

namespace {

/// Labels 0, 1, 2, 0, 1, 2, ...
samples noise(int count, sample_shape shape) {
  samples s{.count = count, .shape = shape, .bounds = range{-1, 3}};
  random_sequence random({.seed = 5, .use = purpose::evaluation});
  for (int i = 0; i < count * shape.size(); ++i) s.values.push_back(static_cast<float>(4 * random.uniform() - 1));
  for (int i = 0; i < count; ++i) s.labels.push_back(static_cast<std::uint8_t>(i % 3));
  return s;
}

struct setting {
  sample_shape shape;
  classifier_options options;
};
/// No hidden layer to two, no convolution to three, odd extents, kernels of one pixel and larger than the image.
std::vector<setting> settings_tried() {
  return {{{2, 3, 1}, {.hidden = {}, .batch = 4}},
          {{1, 5, 1}, {.hidden = {9, 8}, .batch = 1}},
          {{4, 4, 1}, {.filters = {3}, .kernel = 1, .hidden = {5}, .batch = 3}},
          {{5, 7, 2}, {.filters = {2}, .kernel = 3, .hidden = {}, .batch = 5}},
          {{7, 6, 1}, {.filters = {3, 4}, .kernel = 3, .hidden = {6}, .batch = 4}},
          {{9, 8, 3}, {.filters = {1, 2, 5}, .kernel = 5, .hidden = {4}, .batch = 2}}};
}

template <class T>
std::vector<T> start(classifier<T> const& c, std::uint64_t seed = 3) {
  std::vector<T> w(static_cast<std::size_t>(c.sizes().min));
  c.initial(seed, {w, {}});
  random_sequence random({.seed = seed, .use = purpose::evaluation});
  for (T& v : w) v += static_cast<T>(0.1 * random.normal());  // biases too
  return w;
}

template <class T>
std::vector<T> gradient_of(classifier<T> const& c, std::vector<T> const& w, sample s) {
  std::vector<T> g(w.size());
  c.gradient({w, {}}, s, {g, {}});
  return g;
}

/// The outputs for one image, from the definition: image[y][x][c] is 0 outside.
std::vector<double> naive_outputs(convolutional<double> const& n, std::vector<double> const& w,
                                  std::vector<double> image) {
  auto next = w.begin();
  auto [rows, columns, channels] = n.input();
  for (int const filters : n.filters()) {
    auto const pixel = [&](int y, int x, int c) {
      bool const inside = y >= 0 && y < rows && x >= 0 && x < columns;
      return inside ? image[static_cast<std::size_t>((y * columns + x) * channels + c)] : 0.0;
    };
    int const k = n.kernel();
    auto const bias = next + filters * k * k * channels;
    auto const convolved = [&](int y, int x, int f) {
      double sum = bias[f];
      for (int dy = 0; dy < k; ++dy)
        for (int dx = 0; dx < k; ++dx)
          for (int c = 0; c < channels; ++c)
            sum += next[((dy * k + dx) * channels + c) * filters + f] * pixel(y + dy - k / 2, x + dx - k / 2, c);
      return std::max(sum, 0.0);
    };
    std::vector<double> pooled;
    for (int y = 0; y + 1 < rows; y += 2)
      for (int x = 0; x + 1 < columns; x += 2)
        for (int f = 0; f < filters; ++f)
          pooled.push_back(std::max({convolved(y, x, f), convolved(y, x + 1, f), convolved(y + 1, x, f),
                                     convolved(y + 1, x + 1, f)}));
    next = bias + filters;
    rows /= 2, columns /= 2, channels = filters, image = pooled;
  }
  auto const& widths = n.dense().widths;
  for (std::size_t l = 1; l < widths.size(); ++l) {
    int const rows_of_w = widths[l], columns_of_w = widths[l - 1];
    std::vector<double> out;
    for (int i = 0; i < rows_of_w; ++i) {
      double sum = next[columns_of_w * rows_of_w + i];
      for (int j = 0; j < columns_of_w; ++j) sum += next[j * rows_of_w + i] * image[static_cast<std::size_t>(j)];
      out.push_back(l + 1 < widths.size() ? std::max(sum, 0.0) : sum);
    }
    next += (columns_of_w + 1) * rows_of_w;
    image = out;
  }
  CHECK(next == w.end());
  return image;
}

}  // namespace

TEST_CASE("classifier: outputs are those of convolutions, maxima and layers by their definition") {
  for (auto const& [shape, options] : settings_tried()) {
    samples const data = noise(70, shape);  // more than are taken at once
    classifier<double> const c(data, options);
    auto const w = start(c);
    samples const p = posteriors(c.network(), w, data);
    CHECK(p.count == data.count);
    CHECK(p.shape == sample_shape{1, 3, 1});
    CHECK(p.labels == data.labels);
    int right = 0;
    for (int i = 0; i < data.count; ++i) {
      std::vector<double> seen;
      for (float const v : data[i]) seen.push_back((static_cast<double>(v) + 1) / 4);
      auto const z = naive_outputs(c.network(), w, seen);
      double sum = 0;
      for (double const v : z) sum += std::exp(v);
      for (std::size_t k = 0; k < 3; ++k) CHECK(p[i][k] == doctest::Approx(std::exp(z[k]) / sum).epsilon(1e-6));
      right += std::ranges::max_element(z) - z.begin() == i % 3;
    }
    CHECK(accuracy(c.network(), w, data) == doctest::Approx(right / 70.0));
    std::vector<double> const zero(w.size());  // all classes are equal, and the first is taken
    CHECK(accuracy(c.network(), zero, data) == doctest::Approx(24 / 70.0));
  }
}

TEST_CASE("classifier: the gradient is that of the loss") {
  for (auto const& [shape, options] : settings_tried()) {
    auto o = options;
    o.workers = 2;
    classifier<double> const c(noise(11, shape), o);
    auto w = start(c);
    sample const s{.seed = 9, .worker = 1, .step = 4};
    auto const g = gradient_of(c, w, s);
    int wrong = 0;
    for (std::size_t i = 0; i < w.size(); ++i) {
      double const at = w[i], h = 1e-6;
      w[i] = at + h;
      double const up = c.loss({w, {}}, s);
      w[i] = at - h;
      double const down = c.loss({w, {}}, s);
      w[i] = at;
      wrong += std::abs((up - down) / (2 * h) - g[i]) > 1e-8 + 1e-6 * std::abs(g[i]);
    }
    CAPTURE(o.filters.size());
    CHECK(wrong == 0);
    auto at = g.begin();
    for (tensor const& t : c.tensors(player::min)) {
      CHECK(std::any_of(at, at + t.size(), [](double v) { return v != 0; }));
      at += t.size();
    }
  }
}

TEST_CASE("classifier: of equal maxima the first one gets the derivative") {
  // One 2 x 2 image of two channels, one filter of one pixel with weights (1, 1): the maximum 3 is twice there.
  samples const data{.count = 1, .shape = {2, 2, 2}, .values = {0, 1, 1, 2, 2, 1, 0, 0}, .labels = {1}};
  classifier<double> const c(data, {.filters = {1}, .kernel = 1, .hidden = {}, .batch = 1});
  std::vector<double> const w{1, 1, 0, -1, 1, 0, 0};  // outputs (-3, 3)
  double const other = 1 / (1 + std::exp(6.0));       // p of the class that it is not
  CHECK(c.loss({w, {}}, {.step = 1}) == doctest::Approx(-std::log(1 - other)));
  std::vector<double> const expected{-2 * other, -4 * other, -2 * other, 3 * other, -3 * other, other, -other};
  auto const g = gradient_of(c, w, {.step = 1});
  for (std::size_t i = 0; i < w.size(); ++i) CHECK(g[i] == doctest::Approx(expected[i]).epsilon(1e-9));
}

TEST_CASE("classifier: a worker sees its part of the data, and all parts together are the data") {
  // Sample i is pixel i: without a hidden layer the i-th column of the gradient tells whether the batch has it.
  constexpr int count = 14;
  samples data{.count = count, .shape = {1, count, 1}};
  for (int i = 0; i < count; ++i) {
    for (int j = 0; j < count; ++j) data.values.push_back(i == j ? 1.0f : 0.0f);
    data.labels.push_back(static_cast<std::uint8_t>(i % 2));
  }
  for (data_partition const& how : std::initializer_list<data_partition>{iid{}, label_shards{1}, dirichlet{0.3}})
    for (int workers : {1, 3, count}) {
      classifier<float> const c(data, {.hidden = {}, .batch = 2, .workers = workers, .partition = how});
      std::vector<float> const w(static_cast<std::size_t>(c.sizes().min));
      std::set<int> all;
      for (int m = 0; m < workers; ++m) {
        std::set<int> const shard(c.shard(m).begin(), c.shard(m).end());
        if (!std::holds_alternative<dirichlet>(how))
          CHECK(std::abs(static_cast<int>(shard.size()) - count / workers) <= 1);
        std::set<int> seen;
        for (int step = 1; step <= 200; ++step) {
          auto const g = gradient_of(c, w, {.seed = 1, .worker = m, .step = step});
          for (int i = 0; i < count; ++i)
            if (g[static_cast<std::size_t>(2 * i)] != 0) seen.insert(i);
        }
        CHECK(seen == shard);
        for (int const i : shard) CHECK(all.insert(i).second);
      }
      CHECK(all.size() == count);
    }
}

TEST_CASE("classifier: a gradient is a function of its arguments, wherever they lie and whoever asks") {
  for (auto const& [shape, options] : settings_tried()) {
    auto o = options;
    o.workers = 2;
    classifier<float> const c(noise(40, shape), o);
    auto const w = start(c);
    sample const s{.seed = 1, .worker = 1, .step = 3, .draw = 1};
    auto const first = gradient_of(c, w, s);
    for (sample const other : {sample{2, 1, 3, 1}, sample{1, 0, 3, 1}, sample{1, 1, 4, 1}, sample{1, 1, 3, 0}})
      CHECK(gradient_of(c, w, other) != first);
    CHECK(gradient_of(c, w, s) == first);
    classifier<float> const copy = c;
    CHECK(gradient_of(copy, w, s) == first);
    for (std::size_t at = 1; at < 16; ++at) {
      std::vector<float> moved(w.size() + at), g(w.size() + 16);
      std::ranges::copy(w, moved.begin() + static_cast<std::ptrdiff_t>(at));
      std::span<float> const out(g.data() + 5 * at % 16, w.size());
      c.gradient({std::span<float const>(moved).subspan(at), {}}, s, {out, {}});
      REQUIRE(std::ranges::equal(out, first));
    }
    std::vector<float> other;
    std::thread thread([&] { other = gradient_of(c, w, {.worker = 0, .step = 8}); });
    auto const mine = gradient_of(c, w, s);
    thread.join();
    CHECK(mine == first);
    CHECK(other == gradient_of(c, w, {.worker = 0, .step = 8}));
  }
}

TEST_CASE("classifier: tensors are the weights and biases, which start at zero") {
  classifier<float> const c(noise(9, {8, 8, 2}), {.filters = {4, 6}, .kernel = 3, .hidden = {5}});
  std::vector<tensor> const expected{{4, 18}, {4, 1}, {6, 36}, {6, 1}, {5, 24}, {5, 1}, {3, 5}, {3, 1}};
  CHECK(c.tensors(player::min) == expected);
  CHECK(c.tensors(player::max).empty());
  CHECK(c.sizes().max == 0);
  std::vector<float> w(static_cast<std::size_t>(c.sizes().min)), again(w), other(w);
  c.initial(1, {w, {}});
  c.initial(1, {again, {}});
  c.initial(2, {other, {}});
  CHECK(w == again);
  CHECK(w != other);
  auto at = w.begin();
  for (tensor const& t : expected) {
    bool const zero = std::all_of(at, at + t.size(), [](float v) { return v == 0; });
    CHECK(zero == (t.columns == 1));
    at += t.size();
  }
  CHECK(at == w.end());
}

TEST_CASE("classifier: the network of AdaComp's authors has 421,642 weights, which begin within two deviations") {
  classifier<float> const c(
      [] {
        auto ten = noise(10, {28, 28, 1});
        for (int i = 0; i < 10; ++i) ten.labels[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(i);
        return ten;
      }(),
      {.filters = {32, 64}, .kernel = 3, .hidden = {128}, .batch = 10, .initial = truncated_normal{0.1, 0.1}});
  CHECK(c.sizes().min == 421642);
  std::vector<tensor> const tensors = c.tensors(player::min);
  CHECK(tensors == std::vector<tensor>{
                       {32, 9}, {32, 1}, {64, 288}, {64, 1}, {128, 3136}, {128, 1}, {10, 128}, {10, 1}});
  std::vector<float> w(421642), again(w);
  c.initial(1, {w, {}});
  c.initial(1, {again, {}});
  CHECK(w == again);
  auto at = w.begin();
  for (tensor const& t : tensors) {
    auto const [least, most] = std::minmax_element(at, at + t.size());
    if (t.columns == 1) CHECK((*least == 0.1f && *most == 0.1f));
    else CHECK((*least >= -0.2f && *least < -0.17f && *most <= 0.2f && *most > 0.17f));
    at += t.size();
  }
  // A standard normal that is cut at 2 has the variance 1 - 4 phi(2) / (Phi(2) - Phi(-2)) = 0.7737.
  double sum = 0, squares = 0;
  auto const dense = std::span(w).subspan(320 + 18496, 401408);
  for (float const v : dense) sum += static_cast<double>(v), squares += std::pow(static_cast<double>(v), 2);
  CHECK(std::abs(sum / 401408) < 0.001);
  CHECK(squares / 401408 == doctest::Approx(0.007737).epsilon(0.01));
}

TEST_CASE("classifier: sizes that do not fit are refused") {
  auto const data = noise(9, {4, 5, 1});
  auto unlabelled = data;
  unlabelled.labels.pop_back();
  auto const make = [&](samples const& s, classifier_options const& o) { classifier<float> const c(s, o); };
  CHECK_NOTHROW(make(data, {.filters = {2, 2}, .workers = 9}));
  CHECK_THROWS_AS(make(unlabelled, {}), std::invalid_argument);
  CHECK_THROWS_AS(make({}, {}), std::invalid_argument);
  CHECK_THROWS_AS(make(data, {.filters = {2, 2, 2}}), std::invalid_argument);  // 4 x 5, 2 x 2, 1 x 1, nothing
  CHECK_THROWS_AS(make(data, {.filters = {0}}), std::invalid_argument);
  CHECK_THROWS_AS(make(data, {.filters = {2}, .kernel = 4}), std::invalid_argument);
  CHECK_THROWS_AS(make(data, {.hidden = {-1}}), std::invalid_argument);
  CHECK_THROWS_AS(make(data, {.batch = 0}), std::invalid_argument);
  CHECK_THROWS_AS(make(data, {.workers = 10}), std::invalid_argument);

  classifier<float> const c(data, {});
  auto w = start(c), g = w;
  CHECK_THROWS_AS(c.gradient({w, {}}, {.worker = 1}, {g, {}}), std::invalid_argument);
  CHECK_THROWS_AS(accuracy(c.network(), w, unlabelled), std::invalid_argument);
  CHECK_THROWS_AS(features(c.network(), w, noise(3, {5, 4, 1})), std::invalid_argument);
  w.pop_back();
  CHECK_THROWS_AS(features(c.network(), w, data), std::invalid_argument);
  CHECK_THROWS_AS(c.gradient({w, {}}, {}, {g, {}}), std::invalid_argument);
}

TEST_CASE("classifier: learns the digits, with and without convolutions") {
  auto const digits = read_digits(SADDLE_SOURCE_DIR "/examples/data/digits.csv.gz");
  samples half[2];
  for (samples& h : half) h.shape = digits.shape, h.bounds = digits.bounds;
  for (int i = 0; i < digits.count; ++i) {
    auto& h = half[i % 2];
    h.values.insert(h.values.end(), digits[i].begin(), digits[i].end());
    h.labels.push_back(digits.labels[static_cast<std::size_t>(i)]);
    ++h.count;
  }
  for (auto const& filters : {std::vector<int>{}, std::vector<int>{8, 16}}) {
    CAPTURE(filters.size());
    classifier<float> const c(half[0], {.filters = filters, .kernel = 3, .hidden = {48}, .batch = 16, .workers = 4});
    std::vector<float> w(static_cast<std::size_t>(c.sizes().min));
    c.initial(1, {w, {}});
    for (int step = 1; step <= 3000; ++step) {
      auto const g = gradient_of(c, w, {.seed = 1, .worker = step % 4, .step = step});
      for (std::size_t i = 0; i < w.size(); ++i) w[i] -= 0.2f * g[i];
    }
    CHECK(accuracy(c.network(), w, half[1]) > 0.95);
    samples const seen = features(c.network(), w, half[1]);
    CHECK(seen.count == half[1].count);
    CHECK(seen.shape == sample_shape{1, 48, 1});
    CHECK(seen.labels == half[1].labels);
    // What is alike has like features.
    auto const found = nearest_neighbour_classes(features(c.network(), w, half[0]), seen);
    int right = 0;
    for (std::size_t i = 0; i < found.size(); ++i) right += found[i] == half[1].labels[i];
    CHECK(right > 0.95 * half[1].count);
  }
}

TEST_CASE("classifier: data, samples and weights that are not what they say are refused") {
  samples const good{.count = 3, .shape = {4, 4, 1}, .values = std::vector<float>(48, 0.5f), .labels = {0, 1, 2}};
  classifier_options const small{.filters = {2}, .kernel = 3, .hidden = {3}, .batch = 2};
  classifier<float> const learns(good, small);
  std::vector<float> const w(static_cast<std::size_t>(learns.sizes().min));
  auto const& network = learns.network();
  CHECK(features(network, w, good).count == 3);
  for (samples const& s : test::flawed(good)) {
    CHECK_THROWS_AS(classifier<float>(s, small), std::invalid_argument);
    CHECK_THROWS_AS(features(network, w, s), std::invalid_argument);
    CHECK_THROWS_AS(posteriors(network, w, s), std::invalid_argument);
    CHECK_THROWS_AS(accuracy(network, w, s), std::invalid_argument);
  }
  auto bare = good, infinite = good, flat = good;
  bare.labels.clear();
  infinite.values[20] = std::numeric_limits<float>::infinity();
  flat.shape = {2, 8, 1};
  CHECK_THROWS_AS(classifier<float>(bare, small), std::invalid_argument);
  CHECK_THROWS_AS(accuracy(network, w, bare), std::invalid_argument);
  CHECK_THROWS_AS(classifier<float>(infinite, small), std::invalid_argument);
  CHECK(features(network, w, infinite).count == 3);  // what is looked at need not be
  CHECK_THROWS_WITH_AS(features(network, w, flat), "classifier: samples of 2x8x1 for a network of 4x4x1",
                       std::invalid_argument);
  CHECK_THROWS_AS(features(network, std::span(w).first(w.size() - 1), good), std::invalid_argument);
  CHECK_THROWS_AS(softmax(std::span<float>()), std::invalid_argument);
  auto const refuses = [&](auto const& change) {
    auto options = small;
    change(options);
    CHECK_THROWS_AS(classifier<float>(good, options), std::invalid_argument);
  };
  refuses([](classifier_options& o) { o.batch = 0; });
  refuses([](classifier_options& o) { o.workers = 4; });
  refuses([](classifier_options& o) { o.kernel = 2; });
  refuses([](classifier_options& o) { o.filters = {2, 2, 2}; });
  refuses([](classifier_options& o) { o.filters.assign(40, 1); });
  refuses([](classifier_options& o) { o.hidden = {0}; });
  refuses([](classifier_options& o) { o.initial = truncated_normal{.deviation = 0}; });
  refuses([](classifier_options& o) { o.initial = truncated_normal{.deviation = -0.1}; });
  refuses([](classifier_options& o) { o.initial = truncated_normal{std::numeric_limits<double>::infinity()}; });
  refuses([](classifier_options& o) { o.initial = truncated_normal{0.1, std::numeric_limits<double>::quiet_NaN()}; });

  auto layers = network.storage(2), slopes = layers;
  std::vector<float> out(w.size()), shorter(w.size() - 1);
  CHECK_THROWS_AS(network.forward(shorter, layers, 2), std::invalid_argument);
  CHECK_THROWS_AS(network.gradient(w, layers, slopes, shorter), std::invalid_argument);
  CHECK_THROWS_AS(network.initial(random_sequence({.seed = 1}), shorter), std::invalid_argument);
}
