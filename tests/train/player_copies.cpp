#include "saddle/train/player_copies.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "saddle/executor/cpu.hpp"
#include "saddle/optimizer/adam.hpp"
#include "saddle/optimizer/adaptive.hpp"
#include "saddle/optimizer/alternating.hpp"
#include "saddle/optimizer/clip.hpp"
#include "saddle/optimizer/extra_adam.hpp"
#include "saddle/optimizer/extragradient.hpp"
#include "saddle/optimizer/omd.hpp"
#include "saddle/optimizer/optimistic_adam.hpp"
#include "saddle/optimizer/sgda.hpp"

namespace player_copies_tests {

using namespace saddle;

namespace {

using engine = cpu::engine;

template <class O>
std::vector<float> copy_of(player_copies<float, O, engine>& copies, char const* name, int i) {
  return {copies.array(name, i).begin(), copies.array(name, i).end()};
}

/// Two copies, of whom the second meets a gradient whose square is not finite, in the middle of a bucket, which stays as
/// it is. The last phase is the one that moves the weights.
template <class O>
void reports_its_state(O const& o, int bad_phase) {
  engine by{cpu{}};
  player_copies<float, O, engine> copies(by, o, 700, 2, {});
  CHECK(copies.states() == std::vector<std::string>{"m1", "m2"});
  std::vector<int> const both{0, 1};
  for (int step = 1; step <= 8; ++step)
    for (int k = 0; k < copies.phases(); ++k) {
      CAPTURE(step);
      CAPTURE(k);
      for (int i : both) std::ranges::fill(copies.gradient(i, k), i == 0 ? 0.5f : -0.25f);
      bool const is_bad = step == 4 && k == bad_phase;
      if (is_bad) copies.gradient(1, k)[37] = copies.gradient(1, k)[41] = 1e20f;
      auto const w = copy_of(copies, "w", 1), m1 = copy_of(copies, "m1", 1), m2 = copy_of(copies, "m2", 1);
      auto const other = copy_of(copies, "m1", 0);
      std::vector<std::int64_t> lowest(2, no_coordinate);
      copies.move(step, k, both, lowest.data());
      CHECK(lowest[0] == no_coordinate);
      CHECK(lowest[1] == (is_bad ? 37 : no_coordinate));
      bool const moves = k + 1 == copies.phases();
      for (std::size_t i = 0; i < 700; ++i) {
        bool const stays = is_bad && i < 512;
        REQUIRE((copies.array("m1", 1)[i] == m1[i]) == stays);
        REQUIRE((copies.array("m2", 1)[i] == m2[i]) == stays);
        REQUIRE((copies.w(1)[i] == w[i]) == (stays || !moves));
        REQUIRE(is_finite(copies.array("m2", 1)[i]));
      }
      CHECK(copy_of(copies, "m1", 0) != other);
    }
}

template <class O>
void refuses(O const& o, std::string const& why) {
  engine by{cpu{}};
  CHECK_THROWS_WITH_AS((player_copies<float, O, engine>(by, o, 10, 1, {})), doctest::Contains(why.c_str()),
                       std::invalid_argument);
}

}  // namespace

TEST_CASE("player_copies: a state that would not be finite is reported, and the bucket stays where it is") {
  reports_its_state(adam{}, 0);
  reports_its_state(optimistic_adam{}, 0);
  reports_its_state(extra_adam{}, 0);
  reports_its_state(extra_adam{}, 1);
}

TEST_CASE("player_copies: an optimizer that makes no sense is refused with a sentence") {
  refuses(sgda{-1}, "sgda: step_size is finite and not negative, and is -1");
  refuses(adam{.beta1 = 1}, "adam: beta1 lies in [0, 1), and is 1");
  refuses(alternating_sgda{0.1}, "nobody to alternate with");
  refuses(adaptive<accumulators::own>{0.1}, "one gradient after the other");
}

TEST_CASE("player_copies: each copy's gradients are clipped by its own norm") {
  engine by{cpu{}};
  clip_by_norm const o{extragradient{0.5}, 3};
  player_copies<double, clip_by_norm<extragradient>, engine> copies(by, o, 1200, 3, {});
  auto const move = [&](int k, std::vector<int> const& which, double size) {
    for (int i : which) std::ranges::fill(copies.gradient(i, k), size * (i + 1));
    std::vector<std::int64_t> lowest(which.size(), no_coordinate);
    copies.move(1, k, which, lowest.data());
    for (std::int64_t one : lowest) CHECK(one == no_coordinate);
  };
  double const size = 0.05;  // norms of 1.7, 3.5 and 5.2
  auto const clipped = [&](int i) { return std::min(size * (i + 1), 3 / std::sqrt(1200.0)); };
  move(0, {0, 1, 2}, size);
  for (int i : {0, 1, 2}) CHECK(copies.point(i, 1)[1100] == doctest::Approx(-0.5 * clipped(i)).epsilon(1e-12));
  move(1, {2, 0}, size);
  for (int i : {0, 2}) CHECK(copies.w(i)[7] == doctest::Approx(-0.5 * clipped(i)).epsilon(1e-12));
  CHECK(copies.w(1)[7] == 0);
}

TEST_CASE("player_copies: what a player alone would average with others is its own") {
  auto const moved = [](auto o) {
    engine by{cpu{}};
    player_copies<float, decltype(o), engine> copies(by, o, 300, 1, {});
    std::vector<int> const it{0};
    std::int64_t lowest = no_coordinate;
    for (int step = 1; step <= 5; ++step)
      for (int k = 0; k < copies.phases(); ++k) {
        for (std::size_t i = 0; i < 300; ++i) copies.gradient(0, k)[i] = copies.point(0, k)[i] - static_cast<float>(i);
        copies.move(step, k, it, &lowest);
      }
    CHECK(lowest == no_coordinate);
    return copy_of(copies, "w", 0);
  };
  CHECK(moved(averaged_omd{0.1}) == moved(omd{0.1}));
  CHECK(moved(averaged_extragradient{0.1}) == moved(extragradient{0.1}));
}

}  // namespace player_copies_tests
