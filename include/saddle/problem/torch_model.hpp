#pragma once
#include <torch/torch.h>

#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <utility>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/players.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/problem/gan_batch.hpp"
#include "saddle/problem/torch_batches.hpp"
#include "saddle/problem/torch_players.hpp"
#include "saddle/problem/torch_scope.hpp"

SADDLE_NAMESPACE_BEGIN

struct torch_model_options {
  int workers = 1;                    // where the batches do not say it
  int threads = 1;                    // of torch, in each gradient
  torch_initializer initialize = {};  // called with the module
};

/// One torch module that minimizes a loss, alone: the other player has no coordinates.
///
/// module   see torch_gan
/// loss     loss(module, batch), a scalar tensor
/// batches  what the loss is given, as a function of a sample and a generator: torch_labelled_batches, or the user's
/// random, threads, promise, errors  see torch_gan
template <class Module, class Loss, torch_batch_source Batches>
class torch_model : public torch_players<Module> {
 public:
  /// The module is given as a std::shared_ptr or a holder (TORCH_MODULE).
  template <class M>
  torch_model(M module, Loss loss, Batches batches, torch_model_options options = {})
      : torch_players<Module>(*module, torch_workers(batches, options.workers), options.initialize),
        loss_(std::move(loss)),
        batches_(std::move(batches)),
        threads_(options.threads) {
    expects(threads_ >= 1, "torch_model: there is at least one thread");
  }

  /// The module, and the data as far as they are known.
  std::string identity() const { return "torch-model " + this->structure() + torch_identity(batches_); }
  void gradient(point<float const> at, sample s, point<float> out) const {
    auto& r = this->replica_of(s.worker);
    torch_scope scope(batch_stream(s, purpose::latent), threads_);
    this->look_at(r, at);
    auto const batch = this->here(batches_(s, scope.generator()));
    this->differentiate(r, player::min, loss_(*std::get<0>(r.modules), batch), out.min);
    this->keep_buffers(r);
  }

  /// A module with a trainer's weights and buffers, to evaluate and to keep.
  std::shared_ptr<Module> module(point<float const> w, std::span<float const> buffers = {}) const {
    return this->template module_with<0>(w.min, buffers);
  }

 private:
  Loss loss_;
  Batches batches_;
  int threads_;
};

template <class M, class Loss, class Batches>
torch_model(M, Loss, Batches, torch_model_options = {}) -> torch_model<torch_module_in<M>, Loss, Batches>;

SADDLE_NAMESPACE_END
