// More than 2^31 coordinates. 10 GB of memory: only where SADDLE_NIGHTLY is set and there is room.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <stdexcept>
#include <string>

#include "saddle/saddle.hpp"

namespace {

using namespace saddle;

constexpr std::int64_t beyond = std::int64_t{1} << 31;
constexpr players extents{beyond + 1000, 300};

/// Gradients in memory that is zero until it is written, and takes none until then.
struct untouched {
  float* begin[2];
  untouched() {
    for (int p = 0; p < 2; ++p) {
      void* const at = ::mmap(nullptr, static_cast<std::size_t>(extents.of(p)) * sizeof(float), PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      if (at == MAP_FAILED) throw std::runtime_error("no room for the gradients");
      begin[p] = static_cast<float*>(at);
    }
  }
};

struct huge_game {
  using scalar = float;
  untouched gradients;
  static players sizes() { return extents; }
  static void initial(std::uint64_t, point<float>) {}
  point<float> gradient_buffers(int) const {
    return {{gradients.begin[0], static_cast<std::size_t>(extents.min)},
            {gradients.begin[1], static_cast<std::size_t>(extents.max)}};
  }
  static void gradient(point<float const>, sample s, point<float> out) {
    out.min[beyond + 5] = s.step == 2 ? std::numeric_limits<float>::infinity() : 4;
    out.min[3] = 2;
    out.max[299] = -1;
  }
};

void require(bool holds, char const* what) {
  if (!holds) throw std::logic_error(what);
}

}  // namespace

int main() {
  double const free = static_cast<double>(::sysconf(_SC_AVPHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  if (std::getenv("SADDLE_NIGHTLY") == nullptr || free < 11e9) {
    std::puts("skipped: SADDLE_NIGHTLY is not set, or less than 11 GB of memory are free");
    return 77;
  }
  trainer t{huge_game{}, sgda{1}, qsgd<512, 4>{}, parameter_server<>{}, loopback{1}, cpu{2}};
  t.step();
  report const r = t.report();
  // A scale for each 512 coordinates, half a byte for each, two players.
  std::int64_t const buckets = (extents.min + 511) / 512 + 1;
  require(r.uplink.payload == 4 * buckets + (extents.min + 1) / 2 + 150, "the payload of 2^31 coordinates");
  point<float const> const w = t.weights(0);
  require(w.min[3] == -2 && w.min[beyond + 5] == -4 && w.max[299] == 1, "the largest of a bucket goes as it is");
  for (std::int64_t i : {std::int64_t{0}, beyond - 1, beyond, beyond + 4, beyond + 999})
    require(w.min[static_cast<std::size_t>(i)] == 0, "zero stays zero");
  t.step();
  report const skipped = t.report();
  require(skipped.skipped_steps == 1 && skipped.non_finite->coordinate == beyond + 5,
          "a coordinate beyond 2^31 has its number");
  require(t.weights(0).min[3] == -2, "a skipped step moves nothing");
  t.step();
  require(t.weights(0).min[beyond + 5] == -8 && t.weights(0).max[299] == 2, "and the next one does");
  std::puts("ok");
}
