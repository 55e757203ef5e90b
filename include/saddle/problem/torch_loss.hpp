#pragma once
#include <torch/torch.h>

#include <string>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/core/number_text.hpp"
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

/// For the identity of a problem: the loss's own word, where it has one.
template <class Loss>
std::string torch_loss_identity(Loss const& loss) {
  if constexpr (std::is_same_v<Loss, gan_loss>) return number_text(static_cast<int>(loss));
  else if constexpr (requires { loss.identity(); }) return loss.identity();
  else return "the user's";
}

SADDLE_NAMESPACE_END
