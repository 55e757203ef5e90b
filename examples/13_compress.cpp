// One vector by hand: four workers compress their gradients, bytes travel, a server averages them. No trainer.
#include <cmath>
#include <cstdio>
#include <saddle/codec/compress.hpp>
#include <saddle/saddle.hpp>
#include <vector>

int main() {
  using namespace saddle;
  constexpr int workers = 4, n = 1001, steps = 400;
  error_feedback<top_k<512, 32>> const up;  // one coordinate in 16; what is not sent stays in a memory, zero at first
  qsgd<512, 8> const down;                  // 8 bits a coordinate, rounded up or down at random
  std::vector<std::vector<float>> memory(workers, std::vector<float>(n));
  std::vector<float> w(n), gradient(n), average(n), received(n);
  std::size_t sent = 0;
  for (int step = 0; step < steps; ++step) {
    average.assign(n, 0);
    for (int m = 0; m < workers; ++m) {  // of |w - c_m|^2 / 2: the solution is the mean of the c_m
      for (int i = 0; i < n; ++i) {
        auto const k = static_cast<std::size_t>(i);
        gradient[k] = 0.02f * (w[k] - static_cast<float>(i % 10 + m));
      }
      compressed const message = compress(up, gradient, memory[static_cast<std::size_t>(m)]);
      sent += message.bytes().size();                                  // ... travels ...
      decompress_add(up, message.bytes(), 1.0f / workers, average);  // throws bad_message if it was damaged
    }
    // Random bits are a function of this key, which travels along: another one for every message.
    compressed const message = compress(down, average, {.seed = 1, .exchange = static_cast<std::uint64_t>(step)});
    decompress(down, message.bytes(), received);
    for (std::size_t i = 0; i < w.size(); ++i) w[i] -= received[i];
  }
  double distance = 0;
  for (int i = 0; i < n; ++i) distance = std::hypot(distance, w[static_cast<std::size_t>(i)] - (i % 10 + 1.5));
  double const dense = 4.0 * n * workers * steps;
  std::printf("%.1f %% of the bytes, %.4f from the solution\n", 100 * static_cast<double>(sent) / dense, distance);
  return distance < 3 ? 0 : 1;
}
