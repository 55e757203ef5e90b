// Sizes and numbers at the ends: a single coordinate, more workers than coordinates, zeros, denormals, huge numbers.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "processes.hpp"
#include "saddle/saddle.hpp"

namespace numbers_tests {

using namespace saddle;

namespace {

/// Every coordinate's gradient is one of a few numbers, by worker, step and place.
struct strange_game {
  using scalar = float;
  players extents;
  std::vector<float> values;
  players sizes() const { return extents; }
  static void initial(std::uint64_t, point<float> w) {
    for (auto part : {w.min, w.max})
      for (std::size_t i = 0; i < part.size(); ++i) part[i] = static_cast<float>(i % 3) - 1;
  }
  void gradient(point<float const>, sample s, point<float> out) const {
    auto n = static_cast<std::size_t>(s.step + s.worker);
    for (auto part : {out.min, out.max})
      for (float& g : part) g = values[n++ % values.size()];
  }
};

bool all_finite(point<float const> w) {
  for (auto part : {w.min, w.max})
    for (float x : part)
      if (!std::isfinite(x)) return false;
  return true;
}

template <class O, class C, class Topology>
void runs(O const& o, C const& c, Topology const& topology, strange_game const& game, int workers) {
  CAPTURE(game.extents.min);
  CAPTURE(game.extents.max);
  CAPTURE(workers);
  trainer one{game, o, c, topology, loopback{workers}, cpu{}};
  trainer threads{game, o, c, topology, loopback{workers}, cpu{3}};
  one.run(4);
  threads.run(4);
  CHECK(one.digest() == threads.digest());
  CHECK(one.report().skipped_steps == 0);
  for (int m = 0; m < workers; ++m) CHECK(all_finite(one.weights(m)));
  if (workers < 2) return;
  test::fleet_of_processes<trainer<float>> several(
      workers, 2, [&](test::process const& p) { return trainer{game, o, c, topology, p, cpu{}}; });
  several.run(4);
  for (int m = 0; m < workers; ++m)
    for (int p = 0; p < 2; ++p) {
      auto const w = one.weights(m).of(p), there = several.host_of(m).weights(m).of(p);
      CHECK(std::equal(w.begin(), w.end(), there.begin(), there.end()));
    }
}

template <class O, class C>
void everywhere(O const& o, C const& c, float huge = 1e30f) {
  constexpr float tiny = std::numeric_limits<float>::denorm_min(), least = std::numeric_limits<float>::min();
  std::vector<std::vector<float>> const numbers{{0.0f}, {-0.0f, 0.0f}, {tiny, -tiny, 0}, {least, tiny, -3 * least},
                                                {1e-25f, -2e-25f}, {huge, -3 * huge, 1}, {0, 0, 0, 1}};
  for (auto const& values : numbers)
    for (players sizes : {players{1, 0}, {0, 1}, {1, 1}, {127, 129}, {128, 0}, {2, 255}})
      for (int workers : {1, 3}) {
        strange_game const game{sizes, values};
        runs(o, c, parameter_server<>{}, game, workers);
        gossip talk{.graph = ring(workers)};
        if (!is_exact<wire_compressor<C>>) talk.consensus_step = 0.1;
        runs(o, c, talk, game, workers);
      }
  runs(o, c, parameter_server<>{}, strange_game{{1, 1}, {1, 2, -3}}, 17);  // more workers than coordinates
}

}  // namespace

TEST_CASE("every size and every finite number") {
  SUBCASE("identity") { everywhere(omd{0.1}, identity{}); }
  SUBCASE("qsgd") { everywhere(omd{0.1}, error_feedback{qsgd<128, 4, rounding::nearest>{}}); }
  SUBCASE("scaled_sign") { everywhere(omd{0.1}, error_feedback{scaled_sign<128>{}}); }
  SUBCASE("top_k") { everywhere(optimistic_adam{.step_size = 0.1}, error_feedback{top_k<128, 4>{}}, 1e18f); }  // it squares
  SUBCASE("global_top_k") { everywhere(sgda{0.1}, error_feedback{global_top_k<128>{0.01}}); }
}

}  // namespace numbers_tests
