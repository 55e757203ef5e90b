#pragma once
// Eigen's own code for nvcc does not vectorize on the host, and would not be the code of the other files of a
// program.
#ifndef EIGEN_NO_CUDA
#define EIGEN_NO_CUDA
#endif
#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/players.hpp"
#include "saddle/executor/cuda_check.cuh"
#include "saddle/executor/cuda_handles.cuh"
#include "saddle/executor/device_array.cuh"
#include "saddle/problem/cuda_algebra.cuh"
#include "saddle/problem/device_concept.cuh"
#include "saddle/problem/gan_passes.hpp"
#include "saddle/problem/mlp_gan.hpp"
#include "saddle/problem/perceptron.hpp"

SADDLE_NAMESPACE_BEGIN

/// `mlp_gan` on the device: all data, and one batch's values, are its memory.
///
/// shape    weights and gradients as in `mlp_gan`: one span a player, of memory of the device
/// workers  all share the scratch memory: their gradients run one after the other, on one stream
/// promise  gradients are those of `mlp_gan` up to rounding, on the same samples and latents; latents may
///          differ in the last bit, as logarithm, sine and cosine of host and device do. The same calls on
///          the same addresses give the same bits, in a captured graph too. One player's gradient is the
///          whole's up to rounding only
/// threads  it can be made and used while another stream is captured, but not end: cuBLAS waits for the device then
/// errors   std::invalid_argument for spans that do not fit; cuda_error, cublas_error. A worker that the problem does
///          not have is caught by an assert
template <class T = float>
class device_mlp_gan {
 public:
  using scalar = T;

  /// Copies the data to the current device, and takes gradients there once: what the driver and cuBLAS load or allocate
  /// at a first call stands before a graph is captured. All that is done here on a stream of its own.
  explicit device_mlp_gan(mlp_gan<T> const& gan) : device_mlp_gan(gan, cuda_stream::own()) {}

  players sizes() const { return {generator_.size(), discriminator_.size()}; }
  int workers() const { return workers_; }
  std::string identity() const { return identity_; }
  std::vector<tensor> tensors(player who) const {
    return who == player::min ? generator_.tensors() : discriminator_.tensors();
  }

  /// Spans of the host.
  void initial(std::uint64_t seed, point<T> w) const {
    expects(fits(w, player::min) && fits(w, player::max),
            "mlp_gan: there must be one span a player, of the player's size");
    initial_weights(generator_, discriminator_, seed, w);
  }

  void gradient(point<T const> at, sample const* s, point<T> out, cudaStream_t stream) const {
    expects(fits(out, player::min) && fits(out, player::max),
            "mlp_gan: there must be one span a player, of the player's size");
    enqueue(at, s, out, {}, stream);
  }
  void gradient(point<T const> at, sample const* s, point<T> out, player who, cudaStream_t stream) const {
    expects(fits(out, who), "mlp_gan: a gradient must have the player's size");
    enqueue(at, s, out, who, stream);
  }

 private:
  device_mlp_gan(mlp_gan<T> const& gan, cuda_stream const& now)
      : generator_(gan.network(player::min)),
        discriminator_(gan.network(player::max)),
        workers_(gan.workers()),
        identity_(gan.identity()),
        passes_(gan),
        real_(std::span<T const>(gan.real().data(), static_cast<std::size_t>(gan.real().size())), now.get()),
        begin_(takes_labels(gan.options().partition) ? std::span<int const>(gan.parts().begin) : std::span<int const>(),
               now.get()),
        picks_(static_cast<std::size_t>(passes_.batch()) + 1, now.get()),
        scratch_(start_of(passes_), now.get()),
        algebra_(now.get()) {
    device_array<sample> const first(1, now.get());
    device_array<T> const weights(static_cast<std::size_t>(sizes().size()), now.get());
    device_array<T> const out(weights.size(), now.get());
    point<T> const w = spans(weights), g = spans(out);
    gradient(w, first.data(), g, now.get());
    gradient(w, first.data(), g, player::min, now.get());
    gradient(w, first.data(), g, player::max, now.get());
    cuda_check(cudaStreamSynchronize(now.get()));
    algebra_.use(nullptr);  // not that stream, which ends
  }
  static std::vector<T> start_of(gan_passes<T> const& passes) {
    std::vector<T> values(passes.numbers());
    passes.start(values);
    return values;
  }
  bool fits(point<T const> w, player who) const {
    int const p = static_cast<int>(who);
    return static_cast<std::int64_t>(w.of(p).size()) == sizes().of(p);
  }
  point<T> spans(device_array<T> const& all) const {
    std::span<T> const w(all.data(), all.size());
    return {w.first(static_cast<std::size_t>(sizes().min)), w.last(static_cast<std::size_t>(sizes().max))};
  }
  void enqueue(point<T const> at, sample const* s, point<T> out, std::optional<player> only,
               cudaStream_t stream) const {
    expects(fits(at, player::min) && fits(at, player::max),
            "mlp_gan: there must be one span a player, of the player's size");
    algebra_.use(stream);
    passes_.gradient(algebra_, gan_memory<T>{real_.data(), scratch_.data(), picks_.data(), begin_.data()}, at, s,
                     out, only);
  }

  perceptron<T> generator_, discriminator_;
  int workers_;
  std::string identity_;
  gan_passes<T> passes_;
  device_array<T> real_;
  device_array<int> begin_;  // empty where the parts are equal
  device_array<std::int32_t> picks_;
  device_array<T> scratch_;
  mutable cuda_algebra<T> algebra_;
};

static_assert(device_problem<device_mlp_gan<float>> && splits_by_player_on_device<device_mlp_gan<float>>);
static_assert(std::is_move_constructible_v<device_mlp_gan<float>>);

/// What a trainer makes of the GAN that it is given with an executor of the device.
template <class T>
device_mlp_gan<T> on_device(mlp_gan<T> const& gan) {
  return device_mlp_gan<T>(gan);
}

static_assert(has_a_twin_on_device<mlp_gan<float>>);

SADDLE_NAMESPACE_END
