// The thread pool and the engine of the CPU under the thread sanitizer: what a loop writes is the caller's
// afterwards.
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "saddle/core/buckets.hpp"
#include "saddle/executor/cpu.hpp"
#include "saddle/executor/thread_pool.hpp"

namespace {

struct double_body {
  static constexpr int length = 128;
  saddle::bucket_layout layout;
  double* x;

  template <class G>
  void operator()(G const& g, int row, saddle::bucket const& b, int count) const {
    double* const own = x + row * layout.padded() + b.begin;
    saddle::for_each_item<length>(g, count, [&](int, int i) { own[i] *= 2; });
  }
};

}  // namespace

int main() {
  bool good = true;
  for (int const threads : {2, 5}) {
    saddle::thread_pool pool(threads);
    std::vector<std::int64_t> last(100);
    for (std::int64_t repeat = 0; repeat < 200; ++repeat) {
      pool.for_each(100, 1 + repeat % 7, [&](std::int64_t i) { last[static_cast<std::size_t>(i)] += i; });
      for (std::int64_t i = 0; i < 100; ++i) good &= last[static_cast<std::size_t>(i)] == i * (repeat + 1);
      bool thrown = false;
      try {
        pool.for_each(50, 1, [](std::int64_t i) {
          if (i % 10 == 3) throw std::runtime_error("three");
        });
      } catch (std::runtime_error const&) {
        thrown = true;
      }
      good &= thrown;
    }

    saddle::bucket_layout const layout{{700, 300}, 128};
    std::vector<double> x(static_cast<std::size_t>(3 * layout.padded()), 1);
    saddle::cpu::engine engine(saddle::cpu{.threads = threads});
    for (int repeat = 0; repeat < 50; ++repeat)
      engine.run(double_body{layout, x.data()}, 3, 0, layout.buckets());
    good &= x[0] == 0x1p50 && x[static_cast<std::size_t>(layout.padded()) - 1] == 1;  // the padding stays
  }
  return good ? 0 : 1;
}
