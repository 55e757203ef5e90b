// Trains MD-GAN with convolutional networks, torch modules, in one process or under mpirun, as train_md_gan does.
#include <torch/torch.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <saddle/torch.hpp>

#include "../torch_dcgan/images.hpp"
#include "../torch_dcgan/networks.hpp"
#include "../train_md_gan/job.hpp"

namespace torch_md_gan {
namespace {

namespace nn = torch::nn;
using train_md_gan::options;

/// The networks of DCGAN; the discriminator also says of which class an image is.
struct networks {
  using pair =
      saddle::torch_split_gan<nn::SequentialImpl, nn::SequentialImpl, saddle::gan_loss, saddle::torch_labelled_batches>;

  static pair make(saddle::samples const& real, int classes, options const& o) {
    return {torch_dcgan::generator(real.shape, o.widths, o.latent),
            torch_dcgan::discriminator(real.shape, o.widths, 1 + classes), saddle::gan_loss::non_saturating,
            saddle::torch_labelled_batches(torch_dcgan::tensor_of(real), torch_dcgan::labels_of(real), o.workers,
                                           o.batch, o.partition),
            {.latent = {o.latent, 1, 1}, .classes = classes, .initialize = torch_dcgan::initialize}};
  }
  static saddle::samples generate(pair const& of, std::span<float const> weights, std::span<float const> buffers,
                                  saddle::samples const& real, int count) {
    auto const [z, classes] = latents(of, count);
    saddle::samples made =
        torch_dcgan::images_of(*of.generator(weights, buffers), z, real.shape, torch_dcgan::bounds_of(real));
    for (std::int64_t const c : std::span(classes.data_ptr<std::int64_t>(), static_cast<std::size_t>(count)))
      made.labels.push_back(static_cast<std::uint8_t>(c));
    return made;
  }
  /// generator and discriminator, latents, and their classes.
  template <class Driver>
  static std::string exported(Driver const& d) {
    pair const& of = d.pair();
    auto const [z, classes] = latents(of, 100);
    c10::impl::GenericDict all(c10::StringType::get(), c10::AnyType::get());
    all.insert("generator", saddle::torch_state_dict(*of.generator(d.generator_weights(), d.generator_buffers())));
    all.insert("discriminator",
               saddle::torch_state_dict(*of.discriminator(d.discriminator_weights(0), d.discriminator_buffers(0))));
    all.insert("latents", z);
    all.insert("classes", classes);
    return saddle::torch_file(all);
  }

 private:
  static saddle::torch_latents latents(pair const& of, int count) {
    return of.latents(count, at::detail::createCPUGenerator(1));
  }
};

train_md_gan::md_gan_program const program{
    .name = "torch_md_gan",
    .data_names = "digits, idx:FILE[.gz] or cifar:FILE[.gz]",
    .widths = "--channels",
    .about_widths =
        "Of the discriminator's maps, each half as high as the one before, as 32,64; the generator's backwards",
    .of_modules = true,
    .examples = {"torch_md_gan --workers 10 --samples digits.png --strip strip.png",
                 "torch_md_gan --data idx:images.gz --labels labels.gz --checkpoint run.saddle --every 500",
                 "torch_md_gan --export gan.pt, and python3 examples/torch_dcgan/show.py gan.pt gan.png",
                 "mpirun -n 4 torch_md_gan --workers 8 --json run.json"},
    .recipes = {{"digits", {32, 64}, 42, 10, 2000, 5e-4},
                {"idx:", {32, 64}, 74, 10, 2000, 5e-4},
                {"cifar:", {32, 64, 128}, 110, 10, 3000, 5e-4}}};

}  // namespace
}  // namespace torch_md_gan

int main(int argc, char** argv) {
  return train_md_gan::train<torch_md_gan::networks>(torch_md_gan::program, argc, argv);
}
