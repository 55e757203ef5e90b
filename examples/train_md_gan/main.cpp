// Trains MD-GAN, in one process or under mpirun, where rank 0 has the generator and all ranks have discriminators.
#include <span>

#include <saddle/problem/acgan.hpp>

#include "job.hpp"

namespace train_md_gan {
namespace {

struct perceptrons {
  static saddle::acgan<float> make(saddle::samples const& real, int classes, options const& o) {
    return {real,
            {.generator = o.widths, .discriminator = o.widths, .latent = o.latent, .classes = classes, .batch = o.batch,
             .workers = o.workers, .partition = o.partition}};
  }
  static saddle::samples generate(saddle::acgan<float> const& pair, std::span<float const> weights,
                                  std::span<float const>, saddle::samples const&, int count) {
    return pair.generate(weights, count, 1);
  }
};

md_gan_program const of_perceptrons{
    .name = "train_md_gan",
    .data_names = data_names,
    .widths = "--hidden",
    .about_widths = "Widths of the hidden layers, as 512,512",
    .of_modules = false,
    .examples = {"train_md_gan --workers 10 --samples digits.png --log digits.csv",
                 "train_md_gan --data idx:images.gz --labels labels.gz --checkpoint run.saddle --every 500",
                 "mpirun -n 4 train_md_gan --workers 8 --json run.json"},
    .recipes = {{"digits", {128, 128}, 42, 10, 3000, 1e-3},
                {"ring8", {64, 64}, 40, 32, 3000, 2e-3},
                {"grid25", {64, 64}, 40, 32, 3000, 2e-3},
                {"idx:", {512, 512}, 100, 10, 5000, 2e-4},  // the paper's, as the next
                {"cifar:", {512, 512}, 100, 10, 5000, 2e-4}}};

}  // namespace
}  // namespace train_md_gan

int main(int argc, char** argv) {
  return train_md_gan::train<train_md_gan::perceptrons>(train_md_gan::of_perceptrons, argc, argv);
}
