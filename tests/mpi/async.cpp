// mpi_async FILE [pause]: the asynchronous server on all ranks. What they did in some order one process does again. Or
// the last rank is silent for longer than the deadline: the others go on without it, and it comes back.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>

#include "require.hpp"
#include "saddle/algorithm/adacomp_sgd.hpp"
#include "saddle/executor/cpu.hpp"
#include "saddle/mpi.hpp"
#include "saddle/transport/loopback.hpp"

namespace {

using namespace saddle;
using test::require;

/// Every worker pulls each coordinate to a place of its own.
struct tug {
  using scalar = float;
  int pauses = -1;  // a worker
  static players sizes() { return {60000, 5000}; }  // letters too long to be sent before they are wanted
  static std::vector<tensor> tensors(player who) { return {{who == player::min ? 60000 : 5000, 1}}; }
  static void initial(std::uint64_t, point<float> w) {
    for (int p = 0; p < 2; ++p)
      for (float& x : w.of(p)) x = 1;
  }
  void gradient(point<float const> at, sample s, point<float> out) const {
    if (s.worker == pauses && s.step == 3) std::this_thread::sleep_for(std::chrono::seconds(3));
    random_sequence random({.seed = s.seed, .exchange = static_cast<std::uint64_t>(s.step),
                            .worker = static_cast<std::uint32_t>(s.worker)});
    for (int p = 0; p < 2; ++p)
      for (std::size_t i = 0; i < out.of(p).size(); ++i)
        out.of(p)[i] = at.of(p)[i] - static_cast<float>(s.worker) + static_cast<float>(random.uniform());
  }
};

}  // namespace

int main(int argc, char** argv) {
  return mpi::guard(argc, argv, [&] {
    std::string const file = argc > 1 ? argv[1] : "async.order";
    bool const pauses = argc > 2;
    constexpr int workers = 6;
    mpi const ranks{.workers = workers, .deadline = std::chrono::seconds(pauses ? 1 : 60)};
    auto how = adacomp_sgd(0.5, 0.02);
    how.max_staleness = 12;
    how.record = file;
    std::uint64_t digest = 0;
    bool is_server = false;
    {
      async_server driver{tug{pauses ? workers - 1 : -1}, how, ranks, cpu{}};
      is_server = driver.is_server();
      if (pauses) {
        using clock = std::chrono::steady_clock;
        clock::duration longest{};
        driver.run(1 << 30, [&, latest = clock::now()](async_report const& r) mutable {
          longest = std::max(longest, clock::now() - latest);
          latest = clock::now();
          return r.left_behind.empty();
        });
        require(longest < std::chrono::seconds(2), "nobody waits for a letter that is announced and does not come");
        driver.run(50);
        auto const silent = is_server ? driver.report().left_behind.size() : 0;
        driver.run(1 << 30, [](async_report const& r) { return !r.left_behind.empty(); });
        if (is_server)
          std::printf("went on without %zu workers, and with all of them after step %d\n", silent,
                      static_cast<int>(driver.report().step));
        return 0;
      }
      for (int i = 0; i < 3; ++i) driver.run(40);
      if (is_server) {
        digest = driver.digest();
        require(driver.report().step == 120 && driver.report().left_behind.empty(), "all pushes were applied");
      }
    }
    if (!is_server) return 0;
    how.record = "";
    how.replay = file;
    async_server alone{tug{}, how, loopback{workers}, cpu{}};
    alone.run(120);
    require(alone.digest() == digest, "a replay of the order gives the same weights");
    std::puts("the same weights");
    return 0;
  });
}
