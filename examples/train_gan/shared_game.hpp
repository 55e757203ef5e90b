#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <saddle/problem/any_problem.hpp>

namespace train_gan {

/// A game behind virtual calls: the files that compile the policies need not know the GAN.
struct shared_game {
  using scalar = float;
  std::shared_ptr<saddle::any_problem<float>> game;
  std::vector<saddle::tensor> weights[2];  // of each player

  saddle::players sizes() const { return game->sizes(); }
  int workers() const { return game->most_workers(); }
  std::string identity() const { return game->identity(); }
  std::vector<saddle::tensor> tensors(saddle::player who) const { return weights[static_cast<int>(who)]; }
  void initial(std::uint64_t seed, saddle::point<float> w) const { game->initial(seed, w); }
  void gradient(saddle::point<float const> at, saddle::sample s, saddle::point<float> out) const {
    game->gradient(at, &s, out, saddle::both_players);
  }
  void gradient(saddle::point<float const> at, saddle::sample s, saddle::point<float> out,
                saddle::player who) const {
    game->gradient(at, &s, out, static_cast<int>(who));
  }
  saddle::point<float> gradient_buffers(int worker) const { return game->gradient_buffers(worker); }
  void bind_weights(int worker, saddle::point<float> w) { game->bind_weights(worker, w); }
  std::span<float> buffers(int worker) const { return game->buffers(worker); }
};

}  // namespace train_gan
