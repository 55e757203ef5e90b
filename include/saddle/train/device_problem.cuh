#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/exec/cuda.cuh"
#include "saddle/problem/concept.hpp"
#include "saddle/problem/device_concept.cuh"
#include "saddle/train/any_problem.hpp"

SADDLE_NAMESPACE_BEGIN

/// Gradients taken on the device, on the stream of the kernels.
template <device_problem P>
class erased_device_problem final : public any_problem<typename P::scalar> {
  using T = typename P::scalar;

 public:
  erased_device_problem(P p, cudaStream_t stream) : problem_(std::move(p)), stream_(stream) {}
  players sizes() const override { return problem_.sizes(); }
  int most_workers() const override {
    if constexpr (requires { problem_.workers(); }) return problem_.workers();
    else return std::numeric_limits<int>::max();
  }
  void initial(std::uint64_t seed, point<T> w) const override { problem_.initial(seed, w); }
  void gradient(point<T const> at, sample const* s, point<T> out, int player) const override {
    if constexpr (splits_by_player_on_device<P>) {
      if (player != phase::both)
        return problem_.gradient(at, s, out, static_cast<saddle::player>(player), stream_);
    }
    problem_.gradient(at, s, out, stream_);
  }
  point<T> gradient_buffers(int worker) const override {
    if constexpr (has_gradient_buffers<P>) return problem_.gradient_buffers(worker);
    else return {};
  }

 private:
  P problem_;
  cudaStream_t stream_;
};

/// Gradients taken on the host: the point goes there and the gradient comes back, and the stream waits.
template <problem P>
class visited_host_problem final : public any_problem<typename P::scalar> {
  using T = typename P::scalar;

 public:
  visited_host_problem(P p, cuda const& how) : problem_(std::move(p)), engine_(how) {}
  players sizes() const override { return problem_.sizes(); }
  int most_workers() const override { return problem_.most_workers(); }
  void initial(std::uint64_t seed, point<T> w) const override { problem_.initial(seed, w); }
  void gradient(point<T const> at, sample const* s, point<T> out, int player) const override {
    sample here;
    engine_.read(&here, s, 1);
    for (int p = 0; p < 2; ++p) {
      at_[p].resize(at.of(p).size());
      out_[p].resize(out.of(p).size());
      engine_.read(at_[p].data(), at.of(p).data(), at_[p].size());
    }
    problem_.gradient({at_[0], at_[1]}, &here, {out_[0], out_[1]}, player);
    for (int p = 0; p < 2; ++p)
      if (player == phase::both || player == p) engine_.write(out.of(p).data(), out_[p].data(), out_[p].size());
  }
  bool repeats() const override { return false; }

 private:
  erased_problem<P> problem_;
  mutable cuda::engine engine_;
  mutable std::vector<T> at_[2], out_[2];
};

template <class P>
  requires device_problem<P> || problem<P>
std::unique_ptr<any_problem<typename P::scalar>> erase(cuda const& how, P p) {
  if constexpr (device_problem<P>)
    return std::make_unique<erased_device_problem<P>>(std::move(p), how.stream);
  else if constexpr (has_a_twin_on_device<P>)
    return std::make_unique<erased_device_problem<decltype(on_device(p))>>(on_device(p), how.stream);
  else
    return std::make_unique<visited_host_problem<P>>(std::move(p), how);
}

SADDLE_NAMESPACE_END
