#pragma once
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/core/players.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/problem/device_concept.cuh"
#include "saddle/problem/gan_batch.hpp"
#include "saddle/problem/torch_gan.hpp"
#include "saddle/problem/torch_model.hpp"

SADDLE_NAMESPACE_BEGIN

/// A problem of torch modules on the current device: replicas view the trainer's weights there, and torch computes on
/// the trainer's stream.
///
/// batches, latents  are drawn on the host, as without a device, and copied
/// dropout           and what else a module draws comes of the device's default generator, which begins with the
///                   sample's key in each gradient and is set back after it: other numbers than on the host. Nothing
///                   else may draw from it meanwhile
/// buffers           are the host's between two gradients: copied to the device before each, and back after it
/// graphs            none: the sample of a gradient is known to the host alone
template <class P>
class torch_on_device {
 public:
  using scalar = typename P::scalar;

  explicit torch_on_device(P const& p) : problem_(p) {
    problem_.to(torch::Device(torch::kCUDA, c10::cuda::current_device()));
  }

  players sizes() const { return problem_.sizes(); }
  int workers() const { return problem_.workers(); }
  std::string identity() const { return problem_.identity(); }
  std::vector<tensor> tensors(player who) const { return problem_.tensors(who); }
  void initial(std::uint64_t seed, point<scalar> w) const { problem_.initial(seed, w); }
  /// What was enqueued for them, on torch's stream, is done.
  point<scalar> gradient_buffers(int worker) const {
    auto const all = problem_.gradient_buffers(worker);
    c10::cuda::getCurrentCUDAStream(problem_.device().index()).synchronize();
    return all;
  }
  void bind_weights(int worker, point<scalar> w) { problem_.bind_weights(worker, w); }
  std::span<scalar> buffers(int worker) const { return problem_.buffers(worker); }

  void gradient(point<scalar const> at, sample const& s, point<scalar> out, cudaStream_t stream) const {
    scope const here(problem_.device(), stream, s);
    problem_.gradient(at, s, out);
  }
  void gradient(point<scalar const> at, sample const& s, point<scalar> out, player who, cudaStream_t stream) const
    requires splits_by_player<P>
  {
    scope const here(problem_.device(), stream, s);
    problem_.gradient(at, s, out, who);
  }

 private:
  class scope {
   public:
    scope(torch::Device device, cudaStream_t stream, sample const& s)
        : stream_(c10::cuda::getStreamFromExternal(stream, device.index())),
          generator_(at::globalContext().defaultGenerator(device)),
          before_(generator_.get_state()) {
      generator_.set_current_seed(random_sequence(batch_stream(s, purpose::dropout)).bits());
    }
    scope(scope const&) = delete;
    scope& operator=(scope const&) = delete;
    ~scope() { generator_.set_state(before_); }

   private:
    c10::cuda::CUDAStreamGuard stream_;
    torch::Generator generator_;
    torch::Tensor before_;
  };

  P problem_;
};

/// What a trainer with saddle::cuda{} makes of them.
template <class G, class D, class Loss, class Batches>
torch_on_device<torch_gan<G, D, Loss, Batches>> on_device(torch_gan<G, D, Loss, Batches> const& p) {
  return torch_on_device<torch_gan<G, D, Loss, Batches>>(p);
}
template <class M, class Loss, class Batches>
torch_on_device<torch_model<M, Loss, Batches>> on_device(torch_model<M, Loss, Batches> const& p) {
  return torch_on_device<torch_model<M, Loss, Batches>>(p);
}

SADDLE_NAMESPACE_END
