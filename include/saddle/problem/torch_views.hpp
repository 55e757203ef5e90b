#pragma once
#include <torch/torch.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/problem/concept.hpp"

SADDLE_NAMESPACE_BEGIN

inline std::span<float> torch_span(torch::Tensor const& flat) {
  return {flat.data_ptr<float>(), static_cast<std::size_t>(flat.numel())};
}
/// A view of each, one after the other in one array.
inline std::vector<torch::Tensor> torch_views_of(float* flat, std::vector<torch::Tensor> const& like) {
  std::vector<torch::Tensor> views;
  for (torch::Tensor const& t : like) {
    views.push_back(torch::from_blob(flat, t.sizes(), torch::kFloat32));
    flat += t.numel();
  }
  return views;
}
inline std::int64_t torch_count(std::vector<torch::Tensor> const& all) {
  std::int64_t n = 0;
  for (torch::Tensor const& t : all) n += t.numel();
  return n;
}
/// Copies the values.
inline void torch_flatten(std::vector<torch::Tensor> const& from, std::span<float> to) {
  torch::NoGradGuard const no_gradients;
  auto views = torch_views_of(to.data(), from);
  for (std::size_t i = 0; i < from.size(); ++i) views[i].copy_(from[i]);
}
/// The floating-point buffers: counters, as num_batches_tracked of a batch normalization, are not among them.
inline std::vector<torch::Tensor> torch_buffers_of(torch::nn::Module const& m) {
  std::vector<torch::Tensor> all;
  for (torch::Tensor const& t : m.buffers())
    if (t.is_floating_point()) all.push_back(t);
  return all;
}
/// errors  std::invalid_argument: a parameter or buffer is not float32, or not in the host's memory
inline void expect_floats(torch::nn::Module const& m) {
  for (auto const& all : {m.parameters(), torch_buffers_of(m)})
    for (torch::Tensor const& t : all)
      expects(t.scalar_type() == torch::kFloat32 && t.device().is_cpu(),
              "torch: parameters and buffers are float32, in the host's memory");
}

/// One worker's module of one player: its parameters and their gradients lie in the trainer's arrays, one after the
/// other.
class torch_views {
 public:
  explicit torch_views(torch::nn::Module const& m) : parameters_(m.parameters()) {
    for (torch::Tensor const& t : parameters_)
      if (t.requires_grad()) trained_.push_back(t);
  }

  /// An array for the gradient, where the trainer has none.
  std::span<float> gradient() {
    if (!gradient_.defined()) gradient_ = torch::zeros({torch_count(parameters_)});
    return torch_span(gradient_);
  }

  /// The parameters are sometimes to be found here.
  void bind(std::span<float> w) { bound_.push_back({w.data(), torch_views_of(w.data(), parameters_)}); }
  /// They are here now. An array that was not bound is viewed until there is another one; it is not written to.
  void look_at(std::span<float const> w) {
    if (w.data() == now_) return;
    now_ = w.data();
    for (bound const& b : bound_)
      if (b.at == now_) return show(b.views);
    show(torch_views_of(const_cast<float*>(w.data()), parameters_));  // from_blob takes no pointer to const
  }
  /// Writes the gradient of a loss by these parameters alone, or of the sum of a tensor times `along`.
  void differentiate(torch::Tensor const& of, torch::Tensor const& along, bool keep_graph, std::span<float> out) {
    if (out.data() != written_) {
      written_ = out.data();
      auto const views = torch_views_of(written_, parameters_);
      for (std::size_t i = 0; i < views.size(); ++i)
        if (parameters_[i].requires_grad()) parameters_[i].mutable_grad() = views[i];
    }
    std::ranges::fill(out, 0.f);
    if (!trained_.empty()) of.backward(along, keep_graph, false, trained_);
  }

 private:
  struct bound {
    float const* at;
    std::vector<torch::Tensor> views;
  };
  void show(std::vector<torch::Tensor> const& views) {
    for (std::size_t i = 0; i < views.size(); ++i) parameters_[i].set_data(views[i]);
  }

  std::vector<torch::Tensor> parameters_, trained_;  // all, and those that require a gradient
  torch::Tensor gradient_;
  std::vector<bound> bound_;
  float const* now_ = nullptr;  // where the parameters are
  float* written_ = nullptr;    // where their gradients go
};

SADDLE_NAMESPACE_END
