#pragma once
#include <torch/torch.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include <saddle/core/samples.hpp>
#include <saddle/torch.hpp>

namespace torch_dcgan {

/// The interval of the data's values; of data that have none it is [0, 1].
inline saddle::range bounds_of(saddle::samples const& s) { return s.bounds.value_or(saddle::range{0, 1}); }

/// As torch has images, and in [-1, 1].
inline torch::Tensor tensor_of(saddle::samples const& s) {
  saddle::range const bounds = bounds_of(s);
  auto const [rows, columns, channels] = s.shape;
  return torch::tensor(torch::ArrayRef<float>(s.values))
      .view({s.count, rows, columns, channels})
      .permute({0, 3, 1, 2})
      .contiguous()
      .sub_((bounds.lo + bounds.hi) / 2)
      .mul_(2 / (bounds.hi - bounds.lo));
}

/// The classes, one a sample.
inline torch::Tensor labels_of(saddle::samples const& s) {
  return torch::tensor(std::vector<std::int64_t>(s.labels.begin(), s.labels.end()));
}

/// What a generator makes of latents, by its running statistics, in the units of the data.
template <class Generator>
saddle::samples images_of(Generator& generator, torch::Tensor const& latents, saddle::sample_shape const& shape,
                          saddle::range const& bounds) {
  generator.eval();
  saddle::samples out{.count = static_cast<int>(latents.size(0)), .shape = shape, .bounds = bounds};
  out.values.reserve(static_cast<std::size_t>(out.count) * static_cast<std::size_t>(shape.size()));
  saddle::torch_scope const one_thread({}, 1);
  torch::NoGradGuard const no_gradients;
  for (torch::Tensor const& z : latents.split(100)) {
    torch::Tensor const images = generator.forward(z).permute({0, 2, 3, 1}).contiguous();
    for (float const v : saddle::torch_span(images)) out.values.push_back(bounds.from_signed_unit(v));
  }
  return out;
}

}  // namespace torch_dcgan
