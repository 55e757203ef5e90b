#pragma once
#include <torch/torch.h>

#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>

#include <saddle/core/samples.hpp>

#include "minibatch_discrimination.hpp"

/// MD-GAN's convolutional networks for images of 28 x 28 x 1 (MNIST) and 32 x 32 x 3 (CIFAR-10), by their layers.
///
/// published  the generator: fully connected to 6272 = 128 x 7 x 7 or 6144 = 384 x 4 x 4, transposed convolutions of
///            5 x 5 to 32, 1 or to 192, 96, 3 channels. The discriminator: convolutions of 3 x 3 to 16, 32, 64, 128,
///            256, 512 channels, minibatch discrimination, fully connected to 1 + 10. Latents of 100 numbers
/// chosen     what the ACGANs of Keras have: strides of 2, the discriminator's in turn with 1 (on 28 x 28 the last two
///            of 1, which leaves 7 x 7); ReLU and then batch normalization in the generator, which ends in tanh; batch
///            normalization after each convolution but the first, leaky ReLU of slope 0.2 and dropout of 1/2 in the
///            discriminator; Glorot's weights. The class stands in the latent, where Keras multiplies the latent by an
///            embedding. Minibatch discrimination has 16 kernels of 4 dimensions: with the 100 of 5 of its authors it
///            would have eight times the weights of all convolutions
/// counts     MNIST 736,769 and 3,456,251, CIFAR-10 2,932,611 and 2,189,339. Published are 628,058 and 286,048, 628,110
///            and 100,203: what the layers have if a convolution's kernel is counted once an output channel, as if it
///            read a single channel, and batch normalization and minibatch discrimination not at all; on MNIST without
///            the biases of fully connected layers. So 512 maps of 7 x 7 and of 4 x 4 are the published ones
/// shape      latents n x latent, images n x channels x rows x columns in [-1, 1], outputs n x (1 + classes)
/// errors     std::invalid_argument: images of other extents
/// source     Hardy, Le Merrer, Sericola: MD-GAN. IPDPS 2019; Odena, Olah, Shlens: Conditional Image Synthesis with
///            Auxiliary Classifier GANs. ICML 2017
namespace torch_md_gan {

namespace nn = torch::nn;

struct published_networks {
  nn::Sequential generator, discriminator;
};

inline nn::Sequential published_generator(int latent, int extent, std::initializer_list<int> channels) {
  int from = *channels.begin();
  nn::Sequential all(nn::Linear(latent, from * extent * extent), nn::ReLU(),
                     nn::Unflatten(nn::UnflattenOptions(1, {from, extent, extent})));
  for (int const* to = channels.begin() + 1; to != channels.end(); from = *to++) {
    if (to != channels.begin() + 1) {
      all->push_back(nn::ReLU());
      all->push_back(nn::BatchNorm2d(from));
    }
    all->push_back(nn::ConvTranspose2d(
        nn::ConvTranspose2dOptions(from, *to, 5).stride(2).padding(2).output_padding(1)));  // twice the extents
  }
  all->push_back(nn::Tanh());
  return all;
}

/// `halvings` of the strides are 2: the first, the third, ...
inline nn::Sequential published_discriminator(int from, int halvings, int last_extent, int outputs) {
  nn::Sequential all;
  int layer = 0;
  for (int const to : {16, 32, 64, 128, 256, 512}) {
    int const stride = layer % 2 == 0 && layer / 2 < halvings ? 2 : 1;
    all->push_back(nn::Conv2d(nn::Conv2dOptions(from, to, 3).stride(stride).padding(1)));
    if (layer++ > 0) all->push_back(nn::BatchNorm2d(to));
    all->push_back(nn::LeakyReLU(nn::LeakyReLUOptions().negative_slope(0.2)));
    all->push_back(nn::Dropout(0.5));
    from = to;
  }
  int const features = from * last_extent * last_extent, kernels = 16, dimensions = 4;
  all->push_back(nn::Flatten());
  all->push_back(minibatch_discrimination(features, kernels, dimensions));
  all->push_back(nn::Linear(features + kernels, outputs));
  return all;
}

inline published_networks published(saddle::sample_shape const& image, int latent, int outputs) {
  if (image == saddle::sample_shape{28, 28, 1})
    return {published_generator(latent, 7, {128, 32, 1}), published_discriminator(1, 2, 7, outputs)};
  if (image == saddle::sample_shape{32, 32, 3})
    return {published_generator(latent, 4, {384, 192, 96, 3}), published_discriminator(3, 3, 4, outputs)};
  throw std::invalid_argument("the published networks are for images of 28x28x1 and of 32x32x3, not of " +
                              saddle::shape_text(image));
}

/// Glorot's uniform weights, which is Keras's default: the last layer reads 25,000 features, and its outputs would be
/// large at first with a fixed deviation. Biases are 0; other parameters begin as their layers are made.
inline void initialize_published(nn::Module& network) {
  for (auto const& m : network.modules(false)) {
    if (auto* const own = m->as<minibatch_discrimination>()) own->initialize();
    if (m->as<nn::BatchNorm2d>() != nullptr || m->as<minibatch_discrimination>() != nullptr) continue;
    for (auto& p : m->named_parameters(false)) {
      if (p.key() == "weight") nn::init::xavier_uniform_(*p);
      else p->zero_();
    }
  }
}

}  // namespace torch_md_gan
