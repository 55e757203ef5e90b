#pragma once
#include <torch/torch.h>

#include <cmath>
#include <cstdint>

namespace torch_md_gan {

/// Appends to each sample's features how near the other samples of its batch are: o_b(i) = sum over j != i of
/// exp(-|M_i,b - M_j,b|_1), where M_i = features of i times T, as `kernels` rows of `dimensions` numbers.
///
/// shape    n x features to n x (features + kernels); T is features x (kernels * dimensions)
/// coupled  a sample's output depends on its whole batch. Real and generated samples belong in passes of their own, as
///          saddle::torch_split_gan and saddle::torch_gan have them
/// initial  normal T, its deviation such that features of size one give M of size one: far larger ones make every
///          exponential vanish, and its gradient too
/// source   Salimans et al.: Improved Techniques for Training GANs. NeurIPS 2016
struct minibatch_discrimination : torch::nn::Cloneable<minibatch_discrimination> {
  std::int64_t features, kernels, dimensions;
  torch::Tensor weight;

  minibatch_discrimination(std::int64_t features_, std::int64_t kernels_, std::int64_t dimensions_)
      : features(features_), kernels(kernels_), dimensions(dimensions_) {
    reset();
  }
  void reset() override {
    weight = register_parameter("weight", torch::empty({features, kernels * dimensions}));
    initialize();
  }
  void initialize() { torch::nn::init::normal_(weight, 0, 1 / std::sqrt(static_cast<double>(features))); }

  torch::Tensor forward(torch::Tensor const& x) {
    torch::Tensor const m = x.mm(weight).view({-1, kernels, dimensions});
    torch::Tensor const distances = (m.unsqueeze(0) - m.unsqueeze(1)).abs().sum(3);  // n x n x kernels
    return torch::cat({x, torch::exp(-distances).sum(0) - 1}, 1);                    // - 1: without itself
  }
};

}  // namespace torch_md_gan
