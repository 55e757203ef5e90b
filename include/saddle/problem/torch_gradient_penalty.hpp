#pragma once
#include <torch/torch.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/number_text.hpp"
#include "saddle/core/players.hpp"
#include "saddle/problem/gan_batch.hpp"
#include "saddle/problem/gan_loss.hpp"
#include "saddle/problem/torch_gan.hpp"
#include "saddle/problem/torch_split_gan.hpp"

SADDLE_NAMESPACE_BEGIN

/// A loss for torch_gan and torch_split_gan: `loss`, and for the discriminator weight (|grad_x D(x)| - 1)^2 too, a mean
/// over interpolates of real and generated samples. With its defaults it is WGAN-GP.
///
/// points    real + u (generated - real), u uniform in (0, 1), one a sample, by the sample's key: those of mlp_gan
/// classes   of an auxiliary classifier's outputs the first, real or not, is penalized
/// cost      a pass forward and two back of the discriminator, more than the loss itself takes. torch_gan takes both
///           losses where one player moves, this one too
/// networks  a discriminator's batch normalization makes its slope at a sample a matter of the others: the paper has
///           none in its critics
/// source    Gulrajani, Ahmed, Arjovsky, Dumoulin, Courville: Improved Training of Wasserstein GANs. NeurIPS 2017
struct torch_gradient_penalty {
  double weight = 10;
  gan_loss loss = gan_loss::wasserstein;

  template <class Generator, class Discriminator>
  torch_gan_losses operator()(torch_gan_pass<Generator, Discriminator> const& p) const {
    auto both = losses_of(loss, p);
    both.discriminator = both.discriminator + of(p);
    return both;
  }
  template <class Discriminator>
  torch::Tensor operator()(torch_split_pass<Discriminator> const& p, player who) const {
    torch::Tensor const value = loss_of(loss, p, who);
    return who == player::min ? value : value + of(p);
  }
  std::string identity() const {
    return number_text(static_cast<int>(loss)) + " gp=" + number_text(weight);
  }

 private:
  template <class Pass>
  torch::Tensor of(Pass const& p) const {
    std::vector<float> shares(static_cast<std::size_t>(p.real.size(0)));
    each_interpolation(p.of, static_cast<int>(shares.size()),
                       [&](int j, double share) { shares[static_cast<std::size_t>(j)] = static_cast<float>(share); });
    std::vector<std::int64_t> one_a_sample(static_cast<std::size_t>(p.real.dim()), 1);
    one_a_sample[0] = p.real.size(0);
    torch::Tensor const real = p.real.detach();
    torch::Tensor const u = torch::tensor(shares).view(one_a_sample).to(real.device());
    torch::Tensor const x = (real + u * (p.fake.detach() - real)).requires_grad_();
    torch::Tensor on_x = p.discriminator.forward(x);
    if (on_x.dim() == 2) on_x = on_x.select(1, 0);
    torch::Tensor const slope = torch::autograd::grad({on_x.sum()}, {x}, {}, true, true)[0];
    return weight * (slope.flatten(1).norm(2, 1) - 1).square().mean();
  }
};

SADDLE_NAMESPACE_END
