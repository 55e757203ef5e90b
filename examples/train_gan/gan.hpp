#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <saddle/core/samples.hpp>

#include "composition.hpp"

namespace train_gan {

/// What there is to learn: points in the plane come with the mixture that they were drawn from.
struct data_set {
  saddle::samples real;
  std::vector<std::array<double, 2>> centres;  // none where the data are images
  double deviation = 0;
};

/// digits, ring8, grid25 or idx:FILE.
/// errors  std::runtime_error that names the file, std::invalid_argument for another name
data_set load(std::string const& name);

struct gan_sizes {
  std::vector<int> hidden;  // of both networks
  int latent = 0, batch = 0;
  std::string loss;  // non-saturating, saturating, wasserstein
  double r1 = 0;
  int workers = 1;
  std::string classifier;  // the file of one that rates samples, as examples/10_classifier.cpp writes it; empty: none
};

/// How good generated samples are: images have a Frechet distance on pixels, and what a classifier makes of them where
/// there is one, if it is finite; points in the plane modes.
struct score {
  std::optional<double> frechet_distance, feature_distance, inception_score;
  std::optional<int> modes_covered;
  std::optional<double> good_samples;
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

 private:
  struct parts;
  std::shared_ptr<parts const> parts_;
};

}  // namespace train_gan
