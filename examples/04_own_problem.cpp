// A problem of one's own: the smallest GAN, on five workers that hold different data and talk to their
// neighbours.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <vector>

#include <saddle/saddle.hpp>

/// The generator shifts, G(z) = z + x with E z = 0; the critic is linear and penalized: on worker m
///   f_m(x, y) = <y, E_m data - x> - |y|^2 / 2.
/// The solution is y = 0 and x = the mean over all workers' data, which no worker could find alone.
class shift_gan {
 public:
  using scalar = float;
  static constexpr std::size_t dimensions = 2;

  explicit shift_gan(std::vector<std::vector<float>> data) : data_(std::move(data)) {}

  saddle::players sizes() const { return {dimensions, dimensions}; }
  int workers() const { return static_cast<int>(data_.size()); }
  void initial(std::uint64_t, saddle::point<float> w) const {
    for (auto const part : {w.min, w.max})
      for (float& v : part) v = 1;
  }

  // F = (grad_x f, -grad_y f) on a batch that is a function of the sample alone: so runs can be repeated and
  // resumed.
  void gradient(saddle::point<float const> at, saddle::sample s, saddle::point<float> out) const {
    std::vector<float> const& mine = data_[static_cast<std::size_t>(s.worker)];
    saddle::random_sequence order({.seed = s.seed,
                                   .use = saddle::purpose::data_order,
                                   .exchange = static_cast<std::uint64_t>(s.step),
                                   .worker = static_cast<std::uint32_t>(s.worker),
                                   .bucket = static_cast<std::uint64_t>(s.draw)});
    constexpr int batch = 8;
    float mean[dimensions] = {};
    for (int b = 0; b < batch; ++b) {
      std::size_t const row = order.below(static_cast<std::uint32_t>(mine.size() / dimensions));
      for (std::size_t i = 0; i < dimensions; ++i) mean[i] += mine[dimensions * row + i] / batch;
    }
    for (std::size_t i = 0; i < dimensions; ++i) {
      out.min[i] = -at.max[i];
      out.max[i] = at.max[i] - (mean[i] - at.min[i]);
    }
  }

 private:
  std::vector<std::vector<float>> data_;  // a worker; one sample after the other
};
static_assert(saddle::problem<shift_gan>);

int main() {
  using namespace saddle;
  constexpr int workers = 5, samples = 200;
  // Worker m has a cloud of its own around (m, m^2 / 4).
  std::vector<std::vector<float>> data(workers);
  double mean[shift_gan::dimensions] = {};
  for (int m = 0; m < workers; ++m) {
    random_sequence random({.seed = 1, .worker = static_cast<std::uint32_t>(m)});
    for (int n = 0; n < samples; ++n)
      for (double const centre : {1.0 * m, 0.25 * m * m}) {
        float const v = static_cast<float>(centre + random.normal());
        mean[data[static_cast<std::size_t>(m)].size() % 2] += static_cast<double>(v) / (workers * samples);
        data[static_cast<std::size_t>(m)].push_back(v);
      }
  }

  trainer t{shift_gan{data},
            omd{.step_size = schedule::inverse_sqrt(0.1, 500)},
            identity{},
            gossip{.graph = ring(workers)},
            loopback{workers},
            cpu{},
            settings{.average = averaging::exponential}};
  t.run(10000);

  double farthest = 0;
  for (int m = 0; m < workers; ++m) {
    auto const x = t.averaged_weights(m).min;
    farthest = std::fmax(
        farthest, std::hypot(static_cast<double>(x[0]) - mean[0], static_cast<double>(x[1]) - mean[1]));
  }
  std::printf("the mean is (%.3f, %.3f); the farthest worker is %.3f away\n", mean[0], mean[1], farthest);
  return farthest < 0.05 ? 0 : 1;
}
