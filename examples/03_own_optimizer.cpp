// An optimizer of one's own: momentum that is negative, which turns the circles of a bilinear game inwards.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>

#include <saddle/problem/bilinear.hpp>
#include <saddle/saddle.hpp>

/// m <- momentum m + eta g, w <- w - m.
///
/// promise  with alternating players and momentum -1/2 it converges on the bilinear game
/// source   Gidel et al.: Negative Momentum for Improved Game Dynamics. AISTATS 2019
struct heavy_ball {
  saddle::schedule step_size = 1e-3;
  double momentum = -0.5;

  // What a step comes to, in the coordinate type; the state is one number a coordinate, kept by the trainer.
  template <class T>
  struct rule {
    struct state {
      T m;
    };
    static constexpr bool writes_ahead = false;  // the next gradient is taken at the weights
    T step_size, momentum;
    SADDLE_HD T direction(T gradient, state& s) const { return s.m = momentum * s.m + step_size * gradient; }
  };
  template <class T>
  rule<T> at(std::int64_t step, int /*phase*/) const {
    return {static_cast<T>(step_size(step)), static_cast<T>(momentum)};
  }
  // One gradient a step, which moves both players, and is exchanged. Nothing of this has a default: an optimizer that
  // wraps another one and forgets to pass it on does not compile.
  static constexpr int phases() { return 1; }
  static constexpr saddle::phase at_phase(int) { return {}; }
  static std::string name() { return "heavy-ball"; }
};
static_assert(saddle::optimizer<heavy_ball>);

/// Where the game ends after 4000 steps of alternating players that send 8 bits a coordinate.
double distance_after(double momentum) {
  using namespace saddle;
  trainer t{bilinear<>::random(5, 0.3, 4, 1), alternating{heavy_ball{.step_size = 0.4, .momentum = momentum}},
            error_feedback{qsgd<512, 8>{}},   parameter_server<>{},
            loopback{.workers = 4},           cpu{}};
  t.run(4000);
  double distance = 0;
  for (auto const part : {t.weights(0).min, t.weights(0).max})
    for (double const w : part) distance = std::hypot(distance, w);
  return distance;
}

int main() {
  double const without = distance_after(0), negative = distance_after(-0.5);
  std::printf("distance to the solution: %.1e without momentum, %.1e with -1/2\n", without, negative);
  return without > 0.1 && negative < 1e-6 ? 0 : 1;
}
