#pragma once
#include <torch/torch.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/problem/concept.hpp"

SADDLE_NAMESPACE_BEGIN

inline std::span<float> torch_span(torch::Tensor const& flat) {
  return {flat.data_ptr<float>(), static_cast<std::size_t>(flat.numel())};
}
/// A view of each, one after the other in one array of a device's memory.
inline std::vector<torch::Tensor> torch_views_of(float* flat, std::vector<torch::Tensor> const& like,
                                                 torch::Device device = torch::kCPU) {
  std::vector<torch::Tensor> views;
  for (torch::Tensor const& t : like) {
    views.push_back(torch::from_blob(flat, t.sizes(), torch::TensorOptions(torch::kFloat32).device(device)));
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
/// errors  std::invalid_argument: a parameter or buffer is not float32, or not in the host's memory; a batch
///         normalization divides by the count of its batches, which is no buffer of a run
inline void expect_floats(torch::nn::Module const& m) {
  auto const forgets = [](auto const* norm) { return norm == nullptr || norm->options.momentum().has_value(); };
  for (std::shared_ptr<torch::nn::Module> const& part : m.modules())
    expects(forgets(part->as<torch::nn::BatchNorm1d>()) && forgets(part->as<torch::nn::BatchNorm2d>()) &&
                forgets(part->as<torch::nn::BatchNorm3d>()),
            "torch: a batch normalization needs a momentum: counts of batches are not kept");
  for (auto const& all : {m.parameters(), torch_buffers_of(m)})
    for (torch::Tensor const& t : all)
      expects(t.scalar_type() == torch::kFloat32 && t.device().is_cpu(),
              "torch: parameters and buffers are float32, in the host's memory");
}

/// One worker's module of one player: its parameters lie in the trainer's arrays, one after the other, and their
/// gradients in arrays like these, in the memory of the module's device.
class torch_views {
 public:
  torch_views(torch::nn::Module const& m, torch::Device device) : parameters_(m.parameters()), device_(device) {
    for (torch::Tensor const& t : parameters_)
      if (t.requires_grad()) trained_.push_back(t);
  }

  /// An array for the gradient, which a trainer uses in place of one of its own.
  std::span<float> gradient() {
    if (!gradient_.defined()) gradient_ = torch::zeros({torch_count(parameters_)}, options());
    return torch_span(gradient_);
  }

  /// The parameters are sometimes to be found here.
  void bind(std::span<float> w) { bound_.push_back({w.data(), views_of(w.data())}); }
  /// They are here now. An array that was not bound is viewed until there is another one; it is not written to.
  void look_at(std::span<float const> w) {
    if (w.data() == now_) return;
    now_ = w.data();
    for (bound const& b : bound_)
      if (b.at == now_) return show(b.views);
    show(views_of(const_cast<float*>(w.data())));  // from_blob takes no pointer to const
  }
  /// Writes the gradient of a loss by these parameters alone, or of the sum of a tensor times `along`.
  void differentiate(torch::Tensor const& of, torch::Tensor const& along, bool keep_graph, std::span<float> out) {
    if (out.data() != written_) {
      written_ = out.data();
      flat_ = torch::from_blob(written_, {static_cast<std::int64_t>(out.size())}, options());
      auto const views = views_of(written_);
      for (std::size_t i = 0; i < views.size(); ++i)
        if (parameters_[i].requires_grad()) parameters_[i].mutable_grad() = views[i];
    }
    flat_.zero_();
    if (!trained_.empty()) of.backward(along, keep_graph, false, trained_);
  }

 private:
  struct bound {
    float const* at;
    std::vector<torch::Tensor> views;
  };
  torch::TensorOptions options() const { return torch::TensorOptions(torch::kFloat32).device(device_); }
  std::vector<torch::Tensor> views_of(float* flat) const { return torch_views_of(flat, parameters_, device_); }
  void show(std::vector<torch::Tensor> const& views) {
    for (std::size_t i = 0; i < views.size(); ++i) parameters_[i].set_data(views[i]);
  }

  std::vector<torch::Tensor> parameters_, trained_;  // all, and those that require a gradient
  torch::Device device_;
  torch::Tensor gradient_, flat_;  // the problem's own array, and a view of where gradients go
  std::vector<bound> bound_;
  float const* now_ = nullptr;  // where the parameters are
  float* written_ = nullptr;    // and their gradients
};

SADDLE_NAMESPACE_END
