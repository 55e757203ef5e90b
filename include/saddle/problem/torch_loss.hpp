#pragma once
#include <torch/torch.h>

#include "saddle/config.hpp"
#include "saddle/problem/gan_loss.hpp"

SADDLE_NAMESPACE_BEGIN

/// What the generator minimizes, of the discriminator's outputs on generated samples: a scalar.
inline torch::Tensor torch_loss(gan_loss loss, torch::Tensor const& on_fake) {
  if (loss == gan_loss::wasserstein) return -on_fake.mean();
  if (loss == gan_loss::saturating) return -torch::softplus(on_fake).mean();
  return torch::softplus(-on_fake).mean();
}
/// What the discriminator minimizes.
inline torch::Tensor torch_loss(gan_loss loss, torch::Tensor const& on_fake, torch::Tensor const& on_real) {
  if (loss == gan_loss::wasserstein) return on_fake.mean() - on_real.mean();
  return torch::softplus(-on_real).mean() + torch::softplus(on_fake).mean();
}

SADDLE_NAMESPACE_END
