#include "any_gan.hpp"

#ifdef EVIDENCE_TORCH
#include "../torch_dcgan/problem.hpp"

namespace evidence {

bool const has_dcgan = true;

any_gan dcgan(saddle::samples const& real, saddle::mlp_gan_options const& o) {
  using torch_dcgan::networks;
  networks made = torch_dcgan::networks_for(real, o.discriminator, o.latent, {o.loss, o.r1}, o.workers, o.batch,
                                            o.partition);
  auto const aside = std::make_shared<networks const>(made);  // its modules are no run's
  return {{std::make_shared<saddle::erased_problem<networks>>(std::move(made)),
           {aside->tensors(saddle::player::min), aside->tensors(saddle::player::max)}},
          [aside, latent = o.latent, shape = real.shape, bounds = torch_dcgan::bounds_of(real)](
              std::span<float const> weights, std::span<float const> buffers, int count) {
            return torch_dcgan::images_of(*aside->generator({weights, {}}, buffers),
                                          torch_dcgan::latents(count, latent), shape, bounds);
          }};
}

}  // namespace evidence

#else
#include <stdexcept>

namespace evidence {

bool const has_dcgan = false;

any_gan dcgan(saddle::samples const&, saddle::mlp_gan_options const&) {
  throw std::invalid_argument("evidence: DCGAN's networks need libtorch, which this program was built without");
}

}  // namespace evidence
#endif
