#pragma once
#include <torch/torch.h>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <saddle/core/samples.hpp>

/// The networks of DCGAN, for images of any size that halves as often as there are numbers of channels. Those are the
/// discriminator's maps, each half as wide and high as the one before; the generator's are the same ones backwards.
///
/// shape   latents are n x latent x 1 x 1, images n x channels x rows x columns in [-1, 1], outputs n x outputs
/// names   those of torch.nn.Sequential in Python with the same layers
/// errors  std::invalid_argument: the images do not halve so often
/// source  Radford, Metz, Chintala: Unsupervised representation learning with deep convolutional generative adversarial
///         networks. ICLR 2016
namespace torch_dcgan {

namespace nn = torch::nn;

/// Extents of the smallest maps.
inline torch::ExpandingArray<2> smallest(saddle::sample_shape const& image, std::size_t halvings) {
  auto const half = [&](int extent) {
    int const smallest = halvings < 16 ? extent >> halvings : 0;
    if (smallest < 1 || smallest << halvings != extent)
      throw std::invalid_argument("--channels: images of " + saddle::shape_text(image) + " do not halve " +
                                  std::to_string(halvings) + " times");
    return smallest;
  };
  return {half(image.rows), half(image.columns)};
}

inline nn::Sequential generator(saddle::sample_shape const& image, std::vector<int> const& channels, int latent) {
  nn::Sequential all(nn::ConvTranspose2d(
      nn::ConvTranspose2dOptions(latent, channels.back(), smallest(image, channels.size())).bias(false)));
  for (std::size_t i = channels.size(); i-- > 0;) {
    all->push_back(nn::BatchNorm2d(channels[i]));
    all->push_back(nn::ReLU());
    int const to = i > 0 ? channels[i - 1] : image.channels;
    all->push_back(nn::ConvTranspose2d(nn::ConvTranspose2dOptions(channels[i], to, 4).stride(2).padding(1).bias(false)));
  }
  all->push_back(nn::Tanh());
  return all;
}

inline nn::Sequential discriminator(saddle::sample_shape const& image, std::vector<int> const& channels,
                                    int outputs = 1) {
  nn::Sequential all;
  for (std::size_t i = 0; i < channels.size(); ++i) {
    int const from = i > 0 ? channels[i - 1] : image.channels;
    all->push_back(nn::Conv2d(nn::Conv2dOptions(from, channels[i], 4).stride(2).padding(1).bias(false)));
    if (i > 0) all->push_back(nn::BatchNorm2d(channels[i]));
    all->push_back(nn::LeakyReLU(nn::LeakyReLUOptions().negative_slope(0.2)));
  }
  all->push_back(nn::Conv2d(nn::Conv2dOptions(channels.back(), outputs, smallest(image, channels.size())).bias(false)));
  all->push_back(nn::Flatten());
  return all;
}

/// Convolutions begin at N(0, 0.02), the scales of batch normalizations at N(1, 0.02).
inline void initialize(nn::Module& all) {
  for (auto& p : all.named_parameters()) {
    bool const is_convolution = p->dim() == 4, is_scale = std::string_view(p.key()).ends_with("weight");
    if (is_convolution || is_scale) p->normal_(is_convolution ? 0 : 1, 0.02);
    else p->zero_();
  }
}

}  // namespace torch_dcgan
