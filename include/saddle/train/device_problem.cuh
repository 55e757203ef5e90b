#pragma once
#include <memory>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/executor/cuda.cuh"
#include "saddle/executor/cuda_handles.cuh"
#include "saddle/problem/concept.hpp"
#include "saddle/problem/device_concept.cuh"
#include "saddle/problem/any_problem.hpp"

SADDLE_NAMESPACE_BEGIN

/// A base before the problem: what ends after it.
struct keeps_stream {
  cuda_stream stream;
};

/// Gradients taken on the device, on the stream of the kernels.
template <device_problem P>
class erased_device_problem final : keeps_stream, public problem_of_type<P> {
  using T = typename P::scalar;

 public:
  erased_device_problem(P p, cuda const& how) : keeps_stream{how.stream}, problem_of_type<P>(std::move(p)) {}
  void gradient(point<T const> at, sample const* s, point<T> out, int player) const override {
    if constexpr (splits_by_player_on_device<P>) {
      if (player != both_players)
        return this->problem_.gradient(at, s, out, static_cast<saddle::player>(player), stream.get());
    }
    this->problem_.gradient(at, s, out, stream.get());
  }
};

/// Gradients that the host enqueues on the stream of the kernels, a step at a time.
template <eager_device_problem P>
class erased_eager_problem final : keeps_stream, public problem_of_type<P> {
  using T = typename P::scalar;

 public:
  erased_eager_problem(P p, cuda const& how) : keeps_stream{how.stream}, problem_of_type<P>(std::move(p)), engine_(how) {}
  void gradient(point<T const> at, sample const* s, point<T> out, int player) const override {
    sample here;
    engine_.read(&here, s, 1);
    if constexpr (splits_by_player_eagerly<P>) {
      if (player != both_players)
        return this->problem_.gradient(at, here, out, static_cast<saddle::player>(player), stream.get());
    }
    this->problem_.gradient(at, here, out, stream.get());
  }
  bool repeats() const override { return false; }

 private:
  mutable cuda::engine engine_;
};

/// Gradients taken on the host: the point goes there and the gradient comes back, and the stream waits.
template <problem P>
class visited_host_problem final : public erased_problem<P> {
  using T = typename P::scalar;

 public:
  visited_host_problem(P p, cuda const& how) : erased_problem<P>(std::move(p)), engine_(how) {}
  void gradient(point<T const> at, sample const* s, point<T> out, int player) const override {
    sample here;
    engine_.read(&here, s, 1);
    for (int p = 0; p < 2; ++p) {
      at_[p].resize(at.of(p).size());
      out_[p].resize(out.of(p).size());
      engine_.read(at_[p].data(), at.of(p).data(), at_[p].size());
    }
    point<T> gradients = erased_problem<P>::gradient_buffers(here.worker);
    if (gradients.min.empty() && gradients.max.empty()) gradients = {out_[0], out_[1]};
    for (int p = 0; p < 2; ++p)
      expects(gradients.of(p).size() == out.of(p).size(), "trainer: a gradient buffer has the player's size");
    erased_problem<P>::gradient({at_[0], at_[1]}, &here, gradients, player);
    for (int p = 0; p < 2; ++p)
      if (player == both_players || player == p)
        engine_.write(out.of(p).data(), gradients.of(p).data(), out.of(p).size());
  }
  void bind_weights(int, point<T>) override {}  // they are the device's
  /// The problem's own are the host's.
  point<T> gradient_buffers(int) const override { return {}; }
  bool repeats() const override { return false; }

 private:
  mutable cuda::engine engine_;
  mutable std::vector<T> at_[2], out_[2];
};

template <>
struct erased_for<cuda> {
  /// `how` is opened: the stream of the problem is that of the program.
  template <class P>
    requires device_problem<P> || eager_device_problem<P> || problem<P>
  static std::unique_ptr<any_problem<typename P::scalar>> make(cuda const& how, P p) {
    if constexpr (device_problem<P>)
      return std::make_unique<erased_device_problem<P>>(std::move(p), how);
    else if constexpr (eager_device_problem<P>)
      return std::make_unique<erased_eager_problem<P>>(std::move(p), how);
    else if constexpr (has_a_twin_on_device<P>)
      return make(how, on_device(p));
    else
      return std::make_unique<visited_host_problem<P>>(std::move(p), how);
  }
};

SADDLE_NAMESPACE_END
