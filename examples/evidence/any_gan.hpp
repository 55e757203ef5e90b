#pragma once
#include <functional>
#include <span>

#include <saddle/core/samples.hpp>
#include <saddle/problem/mlp_gan.hpp>

#include "../train_gan/shared_game.hpp"

namespace evidence {

/// A GAN of either kind, behind virtual calls: a system is compiled once for all of them.
struct any_gan {
  train_gan::shared_game game;
  /// Of a generator's weights and of what the GAN keeps beside them; always from the same latents.
  std::function<saddle::samples(std::span<float const> weights, std::span<float const> buffers, int count)> generate;
};

/// Makes one of these sizes.
using gan_maker = any_gan(saddle::samples const& real, saddle::mlp_gan_options const& sizes);

any_gan any_gan_of(saddle::mlp_gan<float> perceptrons);
gan_maker perceptrons;
/// DCGAN's convolutional networks, modules of torch: the widths of `discriminator` are its channels, and backwards the
/// generator's.
/// errors  std::invalid_argument: images that do not halve so often, or this program was built without libtorch
gan_maker dcgan;
extern bool const has_dcgan;

}  // namespace evidence
