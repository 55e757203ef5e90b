#pragma once
#include <saddle/torch.hpp>

#include <cstdint>

/// Makes images of 8 x 8.
struct image_generator : torch::nn::Cloneable<image_generator> {
  static constexpr int latent = 6;
  torch::nn::Linear in{nullptr};
  torch::nn::BatchNorm2d norm{nullptr};
  torch::nn::ConvTranspose2d out{nullptr};

  image_generator() { reset(); }
  void reset() override {
    in = register_module("in", torch::nn::Linear(torch::nn::LinearOptions(latent, 64).bias(false)));
    norm = register_module("norm", torch::nn::BatchNorm2d(4));
    auto const doubled = torch::nn::ConvTranspose2dOptions(4, 1, 4).stride(2).padding(1);
    out = register_module("out", torch::nn::ConvTranspose2d(doubled));
  }
  torch::Tensor forward(torch::Tensor const& z) {
    return torch::tanh(out(torch::relu(norm(in(z).view({-1, 4, 4, 4})))));
  }
};

struct image_discriminator : torch::nn::Cloneable<image_discriminator> {
  double dropped;
  torch::nn::Conv2d in{nullptr};
  torch::nn::BatchNorm2d norm{nullptr};
  torch::nn::Linear out{nullptr};

  explicit image_discriminator(double p) : dropped(p) { reset(); }
  void reset() override {
    in = register_module("in", torch::nn::Conv2d(torch::nn::Conv2dOptions(1, 4, 4).stride(2).padding(1).bias(false)));
    norm = register_module("norm", torch::nn::BatchNorm2d(4));
    out = register_module("out", torch::nn::Linear(64, 1));
  }
  torch::Tensor forward(torch::Tensor const& x) {
    auto const seen = torch::leaky_relu(norm(in(x)), 0.2);
    return out(torch::dropout(seen.flatten(1), dropped, is_training()));
  }
};

/// The same in every call.
inline auto image_gan(int workers, double dropped = 0, saddle::torch_gan_options options = {}) {
  torch::manual_seed(1);
  auto const generator = std::make_shared<image_generator>();
  auto const discriminator = std::make_shared<image_discriminator>(dropped);
  options.latent = {image_generator::latent};
  return saddle::torch_gan{generator, discriminator, saddle::gan_loss::non_saturating,
                           saddle::torch_batches(torch::randn({100, 1, 8, 8}), workers, 8), options};
}
