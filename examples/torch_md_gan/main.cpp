// Trains MD-GAN with convolutional networks, torch modules, in one process or under mpirun, as train_md_gan does.
#include <torch/torch.h>

#include <span>
#include <string>

#include <saddle/torch.hpp>

#include "../train_md_gan/job.hpp"
#include "networks.hpp"

namespace torch_md_gan {
namespace {

using train_md_gan::options;

struct networks {
  static pair make(saddle::samples const& real, int classes, options const& o) {
    pair_sizes const sizes{.latent = o.latent, .classes = classes, .workers = o.workers, .batch = o.batch,
                           .partition = o.partition};
    return o.networks == "dcgan" ? dcgan_pair(real, o.widths, sizes) : published_pair(real, sizes);
  }
  static saddle::samples generate(pair const& of, std::span<float const> weights, std::span<float const> buffers,
                                  saddle::samples const& real, int count) {
    return torch_md_gan::generate(of, weights, buffers, real, count);
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
};

train_md_gan::md_gan_program const program{
    .name = "torch_md_gan",
    .data_names = "digits, idx:FILE[.gz] or cifar:FILE[.gz]",
    .widths = "--channels",
    .about_widths =
        "Of the discriminator's maps, each half as high as the one before, as 32,64; the generator's backwards",
    .of_modules = true,
    .networks = {{"dcgan", "DCGAN's, of --channels"},
                 {"published", "MD-GAN's own for MNIST and CIFAR-10, of 100 latents", 100}},
    .examples = {"torch_md_gan --workers 10 --samples digits.png --strip strip.png",
                 "torch_md_gan --data idx:images.gz --labels labels.gz --checkpoint run.saddle --every 500",
                 "torch_md_gan --networks published --data idx:images.gz --labels labels.gz --step-size 2e-4",
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
