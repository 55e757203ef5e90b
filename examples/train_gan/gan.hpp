#pragma once
#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <saddle/core/samples.hpp>

#include "../command_line/data_set.hpp"
#include "../command_line/rating.hpp"
#include "composition.hpp"

namespace train_gan {

struct gan_sizes {
  std::vector<int> hidden;  // of both networks
  int latent = 0, batch = 0;
  std::string loss;  // non-saturating, saturating, wasserstein
  double r1 = 0;
  int workers = 1;
  std::string classifier;  // the file of one that rates samples, as examples/10_classifier.cpp writes it; empty: none
};

/// The game, and what is done with its generator beside the training. Copies share one game.
class gan {
 public:
  gan(data_set data, gan_sizes const& sizes);

  shared_game game() const;
  data_set const& data() const;
  /// As many as there are data, 2000 at most, always from the same latent points.
  saddle::samples generate(std::span<float const> generator_weights) const;
  score rate(saddle::samples const& generated) const;
  /// What generator and discriminator minimize, a mean over the first worker's data, always the same batches of them;
  /// none where it is not finite.
  std::optional<std::array<double, 2>> losses(saddle::point<float const> at) const;

 private:
  struct parts;
  std::shared_ptr<parts const> parts_;
};

}  // namespace train_gan
