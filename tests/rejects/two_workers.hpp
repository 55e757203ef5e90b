#pragma once
#include "saddle/saddle.hpp"

/// The smallest problem, xy, and all that a trainer wants besides the three policies.
struct product {
  using scalar = float;
  saddle::players sizes() const { return {1, 1}; }
  void initial(std::uint64_t, saddle::point<float> w) const { w.min[0] = w.max[0] = 1; }
  void gradient(saddle::point<float const> at, saddle::sample, saddle::point<float> out) const {
    out.min[0] = at.max[0];
    out.max[0] = -at.min[0];
  }
};

template <class Optimizer, class Compressor, class Topology>
void train(Optimizer optimizer, Compressor compressor, Topology topology) {
  saddle::trainer game(product{}, optimizer, compressor, topology, saddle::loopback{.workers = 2}, saddle::cpu{});
  game.step();
}
