#pragma once
#include <torch/torch.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <saddle/torch.hpp>

#include "../torch_dcgan/images.hpp"
#include "../torch_dcgan/networks.hpp"
#include "published.hpp"

/// The pairs of convolutional networks that MD-GAN trains here, each with an auxiliary classifier.
namespace torch_md_gan {

using pair =
    saddle::torch_split_gan<nn::SequentialImpl, nn::SequentialImpl, saddle::gan_loss, saddle::torch_labelled_batches>;

struct pair_sizes {
  int latent = 100, classes = 10;  // the class is a part of the latent
  int workers = 1, batch = 10;
  saddle::gan_loss loss = saddle::gan_loss::non_saturating;
  saddle::data_partition partition{};
};

inline saddle::torch_labelled_batches batches_of(saddle::samples const& real, pair_sizes const& sizes) {
  return {torch_dcgan::tensor_of(real), torch_dcgan::labels_of(real), sizes.workers, sizes.batch, sizes.partition};
}
/// DCGAN's; the discriminator also says of which class an image is.
inline pair dcgan_pair(saddle::samples const& real, std::vector<int> const& channels, pair_sizes const& sizes) {
  return {torch_dcgan::generator(real.shape, channels, sizes.latent),
          torch_dcgan::discriminator(real.shape, channels, 1 + sizes.classes), sizes.loss, batches_of(real, sizes),
          {.latent = {sizes.latent, 1, 1}, .classes = sizes.classes, .initialize = torch_dcgan::initialize}};
}
/// MD-GAN's own.
inline pair published_pair(saddle::samples const& real, pair_sizes const& sizes) {
  auto const [generator, discriminator] = published(real.shape, sizes.latent, 1 + sizes.classes);
  return {generator, discriminator, sizes.loss, batches_of(real, sizes),
          {.latent = {sizes.latent}, .classes = sizes.classes, .initialize = initialize_published}};
}

/// Always the same ones.
inline saddle::torch_latents latents(pair const& of, int count) {
  return of.latents(count, at::detail::createCPUGenerator(1));
}
/// What a driver's generator makes of them, in the units of the data, each with its class.
inline saddle::samples generate(pair const& of, std::span<float const> weights, std::span<float const> buffers,
                                saddle::samples const& real, int count) {
  auto const [z, classes] = latents(of, count);
  saddle::samples made =
      torch_dcgan::images_of(*of.generator(weights, buffers), z, real.shape, torch_dcgan::bounds_of(real));
  std::span const labels(classes.data_ptr<std::int64_t>(), static_cast<std::size_t>(count));
  made.labels.assign(labels.begin(), labels.end());
  return made;
}

}  // namespace torch_md_gan
