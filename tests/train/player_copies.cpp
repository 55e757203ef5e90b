#include "saddle/train/player_copies.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "saddle/exec/cpu.hpp"
#include "saddle/optimizer/adam.hpp"
#include "saddle/optimizer/alternating.hpp"
#include "saddle/optimizer/extra_adam.hpp"
#include "saddle/optimizer/optimistic_adam.hpp"
#include "saddle/optimizer/sgda.hpp"

using namespace saddle;

namespace {

using engine = cpu::engine;

template <class O>
std::vector<float> state_of_copy(player_copies<float, O, engine>& copies, int i) {
  return {copies.state(i).begin(), copies.state(i).end()};
}
template <class O>
std::vector<float> weights_of_copy(player_copies<float, O, engine>& copies, int i) {
  return {copies.w(i).begin(), copies.w(i).end()};
}

/// Two copies, of whom the second meets a gradient whose square is not finite, in the middle of a bucket: there the state
/// stays, and the weights of the bucket do.
template <class O>
void reports_its_state(O const& o, int bad_phase) {
  engine by{cpu{}};
  player_copies<float, O, engine> copies(o, 300, 2, {});
  std::vector<int> const both{0, 1};
  for (int step = 1; step <= 8; ++step)
    for (int k = 0; k < copies.phases(); ++k) {
      CAPTURE(step);
      CAPTURE(k);
      for (int i : both) std::ranges::fill(copies.gradient(i), i == 0 ? 0.5f : -0.25f);
      bool const is_bad = step == 4 && k == bad_phase;
      if (is_bad) copies.gradient(1)[37] = copies.gradient(1)[41] = 1e20f;
      auto const w = weights_of_copy(copies, 1), state = state_of_copy(copies, 1);
      auto const other = state_of_copy(copies, 0);
      std::vector<std::int64_t> lowest(2, no_coordinate);
      copies.move(by, step, k, both, lowest.data());
      CHECK(lowest[0] == no_coordinate);
      CHECK(lowest[1] == (is_bad ? 37 : no_coordinate));
      auto const now = state_of_copy(copies, 1);
      for (std::size_t i = 0; i < 300; ++i)
        REQUIRE((now[i] == state[i]) == (is_bad && (i == 37 || i == 41)));  // the first moment
      auto const second = static_cast<std::size_t>(copies.layout().padded());
      for (std::size_t i : {37u, 41u}) REQUIRE((now[second + i] == state[second + i]) == is_bad);
      for (float x : now) REQUIRE(is_finite(x));
      CHECK(state_of_copy(copies, 0) != other);
      CHECK((weights_of_copy(copies, 1) == w) == (is_bad || !copies.at_phase(k).commits));
    }
}

template <class O>
void refuses(O const& o, std::string const& why) {
  CHECK_THROWS_WITH_AS((player_copies<float, O, engine>(o, 10, 1, {})), doctest::Contains(why.c_str()),
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
}
