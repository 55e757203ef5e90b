#pragma once
#include <torch/torch.h>

#include <cstdint>
#include <vector>

#include <saddle/torch.hpp>

#include "images.hpp"
#include "networks.hpp"

/// A GAN of DCGAN's networks.
namespace torch_dcgan {

/// One of the library's losses, and r1/2 times the mean squared slope of the discriminator at the real samples.
struct with_r1 {
  saddle::gan_loss loss;
  double r1;

  template <class Pass>
  saddle::torch_gan_losses operator()(Pass const& p) const {
    saddle::torch_gan_losses both = saddle::losses_of(loss, p);
    if (r1 == 0) return both;
    torch::Tensor const x = p.real.detach().requires_grad_();
    torch::Tensor const slope = torch::autograd::grad({p.discriminator.forward(x).sum()}, {x}, {}, true, true)[0];
    both.discriminator = both.discriminator + r1 / 2 * slope.square().flatten(1).sum(1).mean();
    return both;
  }
};

using networks = saddle::torch_gan<nn::SequentialImpl, nn::SequentialImpl, with_r1, saddle::torch_batches>;

inline networks networks_for(saddle::samples const& real, std::vector<int> const& channels, int latent,
                             with_r1 const& loss, int workers, int batch,
                             saddle::data_partition const& partition) {
  return {generator(real.shape, channels, latent), discriminator(real.shape, channels), loss,
          saddle::torch_batches(tensor_of(real), workers, batch, partition, labels_of(real)),
          {.latent = {latent, 1, 1}, .initialize = initialize}};
}
/// For samples to look at. The first ones are the same, however many.
inline torch::Tensor latents(int count, std::int64_t latent) {
  torch::Tensor const all = torch::empty({count, latent, 1, 1});
  saddle::random_sequence random({.seed = 1, .use = saddle::purpose::evaluation});
  for (float& z : saddle::torch_span(all.flatten())) z = static_cast<float>(random.normal());
  return all;
}

}  // namespace torch_dcgan
