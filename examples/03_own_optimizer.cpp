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

  // Numbers that every coordinate has, by name: g, the gradient, and v, by how much w goes down, are the library's. velocity
  // is an array of this optimizer's own, which the trainer keeps, and saves in its checkpoints.
  struct velocity : saddle::optimizer_state { static constexpr char const* text = "velocity"; };
  template <class T>
  struct along_momentum {
    using values = saddle::uses<saddle::in<saddle::name::g>, saddle::inout<velocity>, saddle::out<saddle::name::v>>;
    T step_size, momentum;
    SADDLE_HD void operator()(T g, T& m, T& v) const { v = m = momentum * m + step_size * g; }
  };
  template <class T>
  along_momentum<T> direction(std::int64_t step) const {
    return {static_cast<T>(step_size(step)), static_cast<T>(momentum)};
  }
  // A step: one gradient, taken at the weights, and a move along the direction, which is exchanged. Who stands for the
  // players whose step it is: alternating lets one after the other take it.
  template <class Who>
  using steps = saddle::step_list<saddle::estimate<saddle::name::w, Who>, saddle::descend<Who>>;
  using estimator = saddle::one_gradient;
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
