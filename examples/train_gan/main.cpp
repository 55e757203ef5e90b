// Trains a GAN of two perceptrons with any combination of optimizer, compressor and topology: the library's main program.
#include <memory>
#include <utility>

#include <saddle/problem/mlp_gan.hpp>

#include "../command_line/data_set.hpp"
#include "../command_line/rating.hpp"
#include "gan.hpp"

namespace train_gan {
namespace {

struct shared_perceptrons final : saddle::erased_problem<saddle::mlp_gan<float>> {
  using erased_problem::erased_problem;
  saddle::mlp_gan<float> const& gan() const { return problem_; }
};

class perceptrons final : public gan {
 public:
  perceptrons(saddle::samples const& real, gan_sizes const& sizes)
      : shared_(std::make_shared<shared_perceptrons>(
            saddle::mlp_gan<float>(real, {.generator = sizes.widths,
                                          .discriminator = sizes.widths,
                                          .latent = sizes.latent,
                                          .batch = sizes.batch,
                                          .loss = sizes.loss,
                                          .r1 = sizes.r1,
                                          .workers = sizes.workers,
                                          .partition = sizes.partition}))) {}

  shared_game game() const override {
    return {shared_, {shared_->gan().tensors(saddle::player::min), shared_->gan().tensors(saddle::player::max)}};
  }
  saddle::samples generate(trained const& at, int count) const override {
    return shared_->gan().generate(at.weights.min, count, 1);
  }
  std::optional<std::array<double, 2>> losses(saddle::point<float const> weights) const override {
    return mean_losses(shared_->gan(), weights);
  }

 private:
  std::shared_ptr<shared_perceptrons> shared_;
};

gan_program const program{
    .name = "train_gan",
    .about = "Trains a GAN on many workers that talk little.",
    .data_names = data_names,
    .widths = "--hidden",
    .about_widths = "Widths of the hidden layers, as 128,128",
    .of_modules = false,
    .examples = {"train_gan --data ring8 --compressor qsgd4 --samples ring.png --log ring.csv",
                 "train_gan --checkpoint run.saddle --every 500, and after a stop the same with --resume run.saddle",
                 "mpirun -n 4 train_gan --workers 8 --json run.json"},
    .recipes = {{"digits", {128, 128}, 32, 32, 6000, 1.0, 0.999, {5e-4, 5e-4}, {0.05, 0.05}},
                {"ring8", {128, 128}, 16, 32, 20000, 0.2, 0.999, {3e-3, 3e-3}, {0.01, 0.01}},
                {"grid25", {128, 128}, 16, 32, 30000, 0.2, 0.999, {3e-3, 3e-3}, {0.01, 0.01}},
                {"idx:", {256, 256}, 64, 32, 10000, 1.0, 0.999, {2e-4, 2e-4}, {0.02, 0.02}},
                {"cifar:", {512, 512}, 100, 32, 20000, 1.0, 0.999, {2e-4, 2e-4}, {0.02, 0.02}}},
    .make = [](saddle::samples const& real, gan_sizes const& sizes) -> std::unique_ptr<gan> {
      return std::make_unique<perceptrons>(real, sizes);
    }};

}  // namespace
}  // namespace train_gan

int main(int argc, char** argv) { return train_gan::train(train_gan::program, argc, argv); }
