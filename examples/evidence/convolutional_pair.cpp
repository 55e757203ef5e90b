#include "any_pair.hpp"

#ifdef EVIDENCE_TORCH
#include "../torch_md_gan/networks.hpp"

namespace evidence {

bool const has_convolutional_pair = true;

any_pair convolutional_pair(saddle::samples const& real, saddle::acgan_options const& o) {
  using torch_md_gan::pair;
  return {torch_md_gan::published_pair(
              real, {.workers = o.workers, .batch = o.batch, .loss = o.loss, .partition = o.partition}),
          any_pair::generates<pair>([shape = real.shape, bounds = real.bounds](
                                        pair const& of, std::span<float const> w, std::span<float const> buffers,
                                        int count) {
            return torch_md_gan::generate(of, w, buffers, {.shape = shape, .bounds = bounds}, count);
          })};
}

}  // namespace evidence

#else
#include <stdexcept>

namespace evidence {

bool const has_convolutional_pair = false;

any_pair convolutional_pair(saddle::samples const&, saddle::acgan_options const&) {
  throw std::invalid_argument("evidence: MD-GAN's convolutional networks need libtorch, which this program was built "
                              "without");
}

}  // namespace evidence
#endif
