#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <ostream>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "saddle/core/counter_rng.hpp"
#include "saddle/core/players.hpp"
#include "saddle/core/samples.hpp"
#include "saddle/problem/mlp_gan.hpp"

/// GANs on which another computation is compared with mlp_gan's, on the host or on a device.
namespace test {

inline saddle::samples noise(int count, saddle::sample_shape shape, bool bounded) {
  saddle::samples s;
  s.count = count, s.shape = shape;
  if (bounded) s.bounds = saddle::range{0, 1};
  saddle::random_sequence random({.seed = 5, .use = saddle::purpose::evaluation});
  for (int i = 0; i < count * shape.size(); ++i) s.values.push_back(static_cast<float>(random.uniform()));
  return s;
}

struct gan {
  saddle::samples data;
  saddle::mlp_gan_options options;
  friend std::ostream& operator<<(std::ostream& out, gan const& g) {
    auto const list = [&](char const* name, std::vector<int> const& widths) {
      out << ' ' << name;
      for (int const v : widths) out << ' ' << v;
    };
    list("generator", g.options.generator), list("discriminator", g.options.discriminator);
    return out << " latent " << g.options.latent << " batch " << g.options.batch << " loss "
               << static_cast<int>(g.options.loss) << " r1 " << g.options.r1 << " leak "
               << g.options.generator_leak << " workers " << g.options.workers << " partition "
               << saddle::partition_text(g.options.partition) << " bounded "
               << g.data.bounds.has_value();
  }
};

/// No hidden layer to three, odd widths, one sample to many, all losses, R1 or not, bounded or not.
inline std::vector<gan> gans() {
  using saddle::gan_loss;
  std::vector<std::pair<std::vector<int>, std::vector<int>>> const hidden{{{}, {}},
                                                                          {{7}, {}},
                                                                          {{}, {6}},
                                                                          {{9}, {5, 8}},
                                                                          {{13, 6}, {11, 17}},
                                                                          {{5, 8, 4}, {6, 3, 7}},
                                                                          {{40, 33}, {37, 64}}};
  std::vector<gan> all;
  saddle::random_sequence draw({.seed = 8, .use = saddle::purpose::evaluation});
  auto const one_of = [&](std::vector<int> const& values) {
    return values[draw.below(static_cast<std::uint32_t>(values.size()))];
  };
  for (auto const& [generator, discriminator] : hidden)
    for (gan_loss const loss : {gan_loss::non_saturating, gan_loss::saturating, gan_loss::wasserstein})
      for (double const r1 : {0.0, 0.7})
        for (bool const bounded : {false, true})
          for (double const leak : {0.0, 0.2}) {
            saddle::mlp_gan_options o;
            o.generator = generator, o.discriminator = discriminator;
            o.loss = loss, o.r1 = r1, o.generator_leak = leak;
            o.batch = one_of({1, 2, 3, 5, 19, 32}), o.latent = one_of({1, 2, 3, 4, 7}),
            o.workers = one_of({1, 2, 3});
            all.push_back({noise(one_of({11, 12, 13}), {2, one_of({1, 2, 3, 4, 5}), 1}, bounded), o});
          }
  for (double const alpha : {0.3, 1.0, 1e3}) {  // parts of unequal sizes
    saddle::samples data = noise(23, {2, 3, 1}, true);
    for (int i = 0; i < data.count; ++i) data.labels.push_back(static_cast<std::uint8_t>(i % 4));
    saddle::mlp_gan_options o{.generator = {9}, .discriminator = {5, 8}, .latent = 3, .batch = 19, .workers = 3};
    o.partition = saddle::dirichlet{.alpha = alpha};
    all.push_back({data, o});
  }
  return all;
}

inline std::vector<saddle::sample> samples_of(int workers) {
  return {{.seed = 1, .worker = 0, .step = 1, .draw = 0},
          {.seed = std::uint64_t{1} << 40, .worker = workers - 1, .step = 7, .draw = 1},
          {.seed = 3, .worker = workers / 2, .step = std::int64_t{1} << 33, .draw = 5}};
}

/// A number a coordinate of both players, and its spans.
template <class T>
struct both_players {
  std::vector<T> all;
  saddle::players sizes;

  explicit both_players(saddle::players n) : all(static_cast<std::size_t>(n.size())), sizes(n) {}
  operator saddle::point<T>() {
    std::span<T> const w(all);
    return {w.first(static_cast<std::size_t>(sizes.min)), w.last(static_cast<std::size_t>(sizes.max))};
  }
  operator saddle::point<T const>() { return saddle::point<T>(*this); }
};

template <class T>
both_players<T> perturbed_start(saddle::mlp_gan<T> const& gan) {
  both_players<T> w(gan.sizes());
  gan.initial(3, w);
  saddle::random_sequence random({.seed = 3, .use = saddle::purpose::evaluation});
  for (T& v : w.all) v += static_cast<T>(0.1 * random.normal());  // biases too
  return w;
}

/// The largest difference, relative to the largest coordinate.
template <class T>
double error(both_players<T>& of_host, both_players<T>& of_passes, saddle::player who) {
  auto const expected = saddle::point<T const>(of_host).of(static_cast<int>(who));
  auto const found = saddle::point<T const>(of_passes).of(static_cast<int>(who));
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    double const e = static_cast<double>(expected[i]), d = std::abs(static_cast<double>(found[i]) - e);
    if (!(d <= difference)) difference = std::isnan(d) ? std::numeric_limits<double>::infinity() : d;
    size = std::max(size, std::abs(e));
  }
  return difference == 0 ? 0 : difference / size;
}

/// Counts the gradients that differ by more than rounding does. In float, rounding may put a unit on the
/// other side of its kink, one in millions: few gradients may differ by more.
template <class T>
class differences {
  static constexpr bool single = std::is_same_v<T, float>;

 public:
  static constexpr double tolerance = single ? 1e-4 : 1e-12;
  void add(double error) { ++all_, far_ += !(error < tolerance), largest_ = std::max(largest_, error); }
  bool few() const { return all_ > 0 && far_ <= (single ? all_ / 100 : 0); }
  friend std::ostream& operator<<(std::ostream& out, differences const& d) {
    return out << d.far_ << " of " << d.all_ << " gradients differ by more than " << tolerance
               << ", the most by " << d.largest_;
  }

 private:
  int all_ = 0, far_ = 0;
  double largest_ = 0;
};

}  // namespace test
