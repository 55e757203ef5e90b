#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <saddle/core/samples.hpp>
#include <saddle/problem/gan_loss.hpp>
#include <saddle/problem/partition.hpp>

#include "composition.hpp"

namespace train_gan {

struct gan_sizes {
  std::vector<int> widths;  // of both networks
  int latent = 0, batch = 0;
  saddle::gan_loss loss = saddle::gan_loss::non_saturating;
  double r1 = 0;
  int workers = 1;
  saddle::data_partition partition = {};
};

/// Where a run is: the players' weights, and what the game keeps beside them.
struct trained {
  saddle::point<float const> weights;
  std::span<float const> buffers;
};

/// The game, and what is done with it beside the training, which all of that leaves as it is.
class gan {
 public:
  virtual ~gan() = default;
  virtual shared_game game() const = 0;
  /// Always from the same latent points, in the units of the data.
  virtual saddle::samples generate(trained const& at, int count) const = 0;
  /// What generator and discriminator minimize, a mean over the first worker's data, always the same batches of them;
  /// none where it is not finite.
  virtual std::optional<std::array<double, 2>> losses(saddle::point<float const> weights) const = 0;
  /// The bytes of a file for other programs, where there is one.
  virtual std::string exported(trained const&) const { return {}; }
};

/// What trains a data set well. Adam's directions have the size of their step, so Adam-like optimizers and
/// plain ones want other step sizes; first the generator's, then the discriminator's.
struct recipe {
  std::string_view data;
  std::vector<int> widths;
  int latent, batch;
  std::int64_t steps;
  double r1, average_decay;
  double adaptive[2], plain[2];
};

/// A program that trains one kind of GAN.
struct gan_program {
  char const* name;
  char const* about;       // what it does, a sentence
  char const* data_names;  // of the recipes
  char const* widths;      // the option
  char const* about_widths;
  bool of_modules;  // keeps buffers and exports
  std::vector<std::string> examples;
  std::vector<recipe> recipes;
  std::unique_ptr<gan> (*make)(saddle::samples const& real, gan_sizes const& sizes);
};

/// All of a program's main().
int train(gan_program const& program, int argc, char** argv);

}  // namespace train_gan
