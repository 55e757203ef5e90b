// The kernels of a step on one thread of the CPU. SADDLE_BENCH_LOG2_SIZE sets the number of coordinates.
#include "kernels.hpp"

#include <cstring>
#include <deque>

#include "../copy_rate.hpp"
#include "../run.hpp"

namespace {

class host {
 public:
  using engine = saddle::cpu::engine;
  static constexpr bool manual_time = false;

  static engine make_engine() { return engine(saddle::cpu{.threads = 1}); }
  static std::int64_t coordinates() { return ::coordinates(27); }
  static double copy_rate() { return ::copy_rate(coordinates()); }
  void* allocate(std::int64_t bytes) {
    // Arrays that begin at the same place of a page get in each other's way: shift each a little.
    arrays_.emplace_back(static_cast<std::size_t>(bytes) + shift * (arrays_.size() + 1), std::byte{0});
    return arrays_.back().data() + shift * (arrays_.size() - 1);
  }
  template <class T>
  T* put(T const* values, std::size_t n) {
    void* const there = allocate(static_cast<std::int64_t>(n * sizeof(T)));
    if (n > 0) std::memcpy(there, values, n * sizeof(T));
    return static_cast<T*>(there);
  }
  static void fill(float* to, float const* from, std::int64_t n) {
    std::memcpy(to, from, static_cast<std::size_t>(n) * sizeof(float));
  }
  template <class F>
  static void run(benchmark::State& state, F f) {
    for (auto _ : state) f();
  }

 private:
  static constexpr std::size_t shift = 4416;
  std::deque<saddle::aligned_vector<std::byte>> arrays_;
};

}  // namespace

int main(int argc, char** argv) {
  register_kernels<host>();
  return run_benchmarks(argc, argv);
}
