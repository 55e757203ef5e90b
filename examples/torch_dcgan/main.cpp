// Trains a GAN of two convolutional networks, torch modules, with every method and policy of train_gan.
#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <saddle/torch.hpp>

#include "../command_line/rating.hpp"
#include "../train_gan/gan.hpp"
#include "problem.hpp"

namespace torch_dcgan {
namespace {

using train_gan::gan_sizes;
using train_gan::trained;

struct shared_networks final : saddle::erased_problem<networks> {
  using erased_problem::erased_problem;
  networks const& gan() const { return problem_; }
};

class dcgan final : public train_gan::gan {
 public:
  dcgan(saddle::samples const& real, gan_sizes const& sizes)
      : latent_(sizes.latent), shape_(real.shape), bounds_(bounds_of(real)) {
    networks made = networks_for(real, sizes.widths, sizes.latent, {sizes.loss, sizes.r1}, sizes.workers, sizes.batch,
                                 sizes.partition);
    aside_ = std::make_unique<networks>(made);
    shared_ = std::make_shared<shared_networks>(std::move(made));
  }

  train_gan::shared_game game() const override {
    return {shared_, {aside_->tensors(saddle::player::min), aside_->tensors(saddle::player::max)}};
  }
  saddle::samples generate(trained const& at, int count) const override {
    return images_of(*aside_->generator(at.weights, at.buffers), latents(count, latent_), shape_, bounds_);
  }
  std::optional<std::array<double, 2>> losses(saddle::point<float const> weights) const override {
    return command_line::mean_losses(*aside_, weights);
  }
  /// generator and discriminator, and latents that generate() begins with.
  std::string exported(trained const& at) const override {
    c10::impl::GenericDict all(c10::StringType::get(), c10::AnyType::get());
    all.insert("generator", saddle::torch_state_dict(*aside_->generator(at.weights, at.buffers)));
    all.insert("discriminator", saddle::torch_state_dict(*aside_->discriminator(at.weights, at.buffers)));
    all.insert("latents", latents(100, latent_));
    return saddle::torch_file(all);
  }

 private:
  std::int64_t latent_;
  saddle::sample_shape shape_;
  saddle::range bounds_;
  std::shared_ptr<shared_networks> shared_;  // with the trainer
  std::unique_ptr<networks> aside_;          // whose buffers are no run's
};

train_gan::gan_program const program{
    .name = "torch_dcgan",
    .about = "Trains a convolutional GAN, two modules of torch, on many workers that talk little.",
    .data_names = "digits, idx:FILE[.gz] or cifar:FILE[.gz]",
    .widths = "--channels",
    .about_widths =
        "Of the discriminator's maps, each half as high as the one before, as 32,64; the generator's backwards",
    .of_modules = true,
    .examples = {"torch_dcgan --data idx:train-images-idx3-ubyte.gz --samples mnist.png --strip strip.png",
                 "torch_dcgan --checkpoint run.saddle --every 500, and after a stop the same with --resume run.saddle",
                 "torch_dcgan --export gan.pt, and python3 examples/torch_dcgan/show.py gan.pt gan.png",
                 "mpirun -n 4 torch_dcgan --workers 8 --json run.json"},
    .recipes = {{"digits", {32, 64}, 32, 32, 1500, 0, 0.99, {5e-4, 5e-4}, {0.02, 0.02}},
                {"idx:", {32, 64}, 64, 32, 3000, 0, 0.99, {5e-4, 5e-4}, {0.02, 0.02}},
                {"cifar:", {32, 64, 128}, 100, 32, 5000, 0, 0.99, {5e-4, 5e-4}, {0.02, 0.02}}},
    .make = [](saddle::samples const& real, gan_sizes const& sizes) -> std::unique_ptr<train_gan::gan> {
      return std::make_unique<dcgan>(real, sizes);
    }};

}  // namespace
}  // namespace torch_dcgan

int main(int argc, char** argv) { return train_gan::train(torch_dcgan::program, argc, argv); }
