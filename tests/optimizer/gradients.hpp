#pragma once
#include <cstdint>
#include <vector>

#include "saddle/compressor/identity.hpp"
#include "saddle/core/players.hpp"
#include "saddle/executor/cpu.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/topology/parameter_server.hpp"
#include "saddle/train/trainer.hpp"
#include "saddle/transport/loopback.hpp"

// Which gradients a trainer asks for, and where it takes them.
namespace reference {

struct taken {
  std::int64_t step = 0;
  int draw = 0;
  double min = 0, max = 0;  // the point
  int player = saddle::both_players;
};
inline constexpr taken first_weights{.min = 1, .max = -2};

/// xy, which writes down every gradient.
struct listening_game {
  using scalar = double;
  std::vector<taken>* all;

  static saddle::players sizes() { return {1, 1}; }
  void initial(std::uint64_t, saddle::point<double> w) const {
    w.min[0] = first_weights.min;
    w.max[0] = first_weights.max;
  }
  void gradient(saddle::point<double const> at, saddle::sample s, saddle::point<double> out) const {
    all->push_back({s.step, s.draw, at.min[0], at.max[0]});
    out.min[0] = at.max[0];
    out.max[0] = -at.min[0];
  }
  void gradient(saddle::point<double const> at, saddle::sample s, saddle::point<double> out, saddle::player who) const {
    all->push_back({s.step, s.draw, at.min[0], at.max[0], who == saddle::player::min ? 0 : 1});
    if (who == saddle::player::min) out.min[0] = at.max[0];
    else out.max[0] = -at.min[0];
  }
};

/// Of one worker.
template <class O>
std::vector<taken> gradients_of(O const& o, int steps) {
  using namespace saddle;
  std::vector<taken> all;
  trainer t{listening_game{&all}, o, identity{}, parameter_server{}, loopback{1}, cpu{}};
  t.run(steps);
  return all;
}

}  // namespace reference
