#pragma once
#include <torch/torch.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/number_text.hpp"
#include "saddle/core/players.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/problem/gan_batch.hpp"
#include "saddle/problem/gan_loss.hpp"
#include "saddle/problem/torch_batches.hpp"
#include "saddle/problem/torch_loss.hpp"
#include "saddle/problem/torch_players.hpp"
#include "saddle/problem/torch_scope.hpp"

SADDLE_NAMESPACE_BEGIN

struct torch_gan_options {
  std::vector<std::int64_t> latent{64};  // extents of one latent; {64, 1, 1} for a generator of convolutions
  int workers = 1;                       // where the batches do not say it
  int threads = 1;                       // of torch, in each gradient
  torch_initializer initialize = {};     // called with the generator, then with the discriminator
};

/// One pass through both networks, which both losses are taken on.
template <class Generator, class Discriminator>
struct torch_gan_pass {
  Generator& generator;
  Discriminator& discriminator;
  torch::Tensor real, fake, on_real, on_fake;  // samples, and the discriminator's outputs on them
  sample of = {};                              // what all that is random is drawn by
};

/// What the two networks minimize; scalars.
struct torch_gan_losses {
  torch::Tensor generator, discriminator;
};

template <class Generator, class Discriminator>
torch_gan_losses losses_of(gan_loss loss, torch_gan_pass<Generator, Discriminator> const& p) {
  return {torch_loss(loss, p.on_fake), torch_loss(loss, p.on_fake, p.on_real)};
}
template <class Loss, class Generator, class Discriminator>
torch_gan_losses losses_of(Loss const& loss, torch_gan_pass<Generator, Discriminator> const& p) {
  return loss(p);
}

/// A GAN of two torch modules: the generator minimizes, the discriminator maximizes.
///
/// modules  with a forward() from a tensor to a tensor, and clone(): derived from torch::nn::Cloneable, or of torch's
///          own. They are cloned at once, and not changed. See torch_players
/// loss     a gan_loss, or a function of a torch_gan_pass that gives torch_gan_losses
/// batches  real samples as a function of a sample and a generator: torch_batches, or the user's
/// pass     real samples first, then as many generated ones; both gradients are of the same pass
/// random   latents, dropout and all else that is drawn in a gradient depend on the sample alone, see torch_scope
/// threads  of torch in a gradient, beside the executor's, which take several workers' gradients. With 1 torch starts
///          none. Where more want to run than there are processors, OpenMP's threads spin while they wait for each
///          other, and a step can take ten times as long: OMP_WAIT_POLICY=passive lets them sleep
/// promise  a gradient's bits do not depend on the executor's threads; on those of torch they may
/// errors   std::invalid_argument for sizes that do not fit; c10::Error
template <class Generator, class Discriminator, class Loss, torch_batch_source Batches>
class torch_gan : public torch_players<Generator, Discriminator> {
  using base = torch_players<Generator, Discriminator>;

 public:
  /// Modules are given as a std::shared_ptr or a holder (TORCH_MODULE).
  template <class G, class D>
  torch_gan(G generator, D discriminator, Loss loss, Batches batches, torch_gan_options options = {})
      : base(*generator, *discriminator, torch_workers(batches, options.workers), options.initialize),
        loss_(std::move(loss)),
        batches_(std::move(batches)),
        options_(std::move(options)) {
    expects(options_.threads >= 1, "torch_gan: there is at least one thread");
  }

  /// The networks, the shape of a latent, the loss and the data, as far as they are known.
  std::string identity() const {
    std::string text = "torch-gan " + this->structure() + "latent=";
    for (std::int64_t const n : options_.latent) text += number_text(n) + ",";
    return text + " loss=" + torch_loss_identity(loss_) + " " + torch_identity(batches_);
  }
  void gradient(point<float const> at, sample s, point<float> out) const { take(at, s, out, both_players); }
  void gradient(point<float const> at, sample s, point<float> out, player who) const {
    take(at, s, out, static_cast<int>(who));
  }

  /// What generator and discriminator minimize, on the batch of this sample. It moves the worker's buffers as a gradient
  /// does: beside a run it is for a copy.
  std::array<double, 2> losses(point<float const> at, sample s) const {
    torch_scope scope(batch_stream(s, purpose::latent), options_.threads);
    torch_gan_losses const both = pass(this->replica_of(s.worker), at, s, scope.generator());
    return {both.generator.template item<double>(), both.discriminator.template item<double>()};
  }

  /// Modules with a trainer's weights and buffers, to evaluate and to keep.
  std::shared_ptr<Generator> generator(point<float const> w, std::span<float const> buffers = {}) const {
    return this->template module_with<0>(w.min, this->template buffers_of<0>(buffers));
  }
  std::shared_ptr<Discriminator> discriminator(point<float const> w, std::span<float const> buffers = {}) const {
    return this->template module_with<1>(w.max, this->template buffers_of<1>(buffers));
  }

 private:
  void take(point<float const> at, sample const& s, point<float> out, int who) const {
    auto& r = this->replica_of(s.worker);
    torch_scope scope(batch_stream(s, purpose::latent), options_.threads);
    torch_gan_losses const loss = pass(r, at, s, scope.generator());
    if (who != 0) this->differentiate(r, player::max, loss.discriminator, out.max, who == both_players);
    if (who != 1) this->differentiate(r, player::min, loss.generator, out.min);
    this->keep_buffers(r);
  }
  torch_gan_losses pass(typename base::replica& r, point<float const> at, sample const& s,
                        torch::Generator& random) const {
    this->look_at(r, at);
    auto& [g, d] = r.modules;
    torch::Tensor const real = this->here(batches_(s, random));
    std::vector<std::int64_t> latents{real.size(0)};
    latents.insert(latents.end(), options_.latent.begin(), options_.latent.end());
    torch::Tensor const fake = g->forward(this->here(torch::randn(latents, random)));
    torch::Tensor const on_real = d->forward(real);
    return losses_of(loss_, torch_gan_pass<Generator, Discriminator>{*g, *d, real, fake, on_real, d->forward(fake), s});
  }

  Loss loss_;
  Batches batches_;
  torch_gan_options options_;
};

template <class G, class D, class Loss, class Batches>
torch_gan(G, D, Loss, Batches, torch_gan_options = {})
    -> torch_gan<torch_module_in<G>, torch_module_in<D>, Loss, Batches>;

SADDLE_NAMESPACE_END
