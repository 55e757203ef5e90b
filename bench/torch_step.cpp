// What a step of a DCGAN on MNIST-sized images costs through saddle, beside the same step in plain torch: both gradients
// of one pass, and Adam on both networks.
//
//   build/bench/torch_step [ROUNDS [STEPS]]
//
// of_torch is seconds over plain torch's, of as many steps as there are workers: the median of 9 rounds, in each of
// which all rows take turns with 20 steps. Bytes are those that live between two steps, over the number of parameters.
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <saddle/torch.hpp>

namespace {

namespace nn = torch::nn;
using namespace saddle;

constexpr int latent = 64, batch = 32, samples = 2000;
constexpr double step_size = 2e-4;

nn::Sequential generator() {
  auto const up = [](int from, int to, int size, int stride, int padding, bool bias) {
    return nn::ConvTranspose2d(
        nn::ConvTranspose2dOptions(from, to, size).stride(stride).padding(padding).bias(bias));
  };
  return nn::Sequential(up(latent, 64, 7, 1, 0, false), nn::BatchNorm2d(64), nn::ReLU(), up(64, 32, 4, 2, 1, false),
                        nn::BatchNorm2d(32), nn::ReLU(), up(32, 1, 4, 2, 1, true), nn::Tanh());
}
nn::Sequential discriminator() {
  auto const leaky = [] { return nn::LeakyReLU(nn::LeakyReLUOptions().negative_slope(0.2)); };
  return nn::Sequential(nn::Conv2d(nn::Conv2dOptions(1, 32, 4).stride(2).padding(1)), leaky(),
                        nn::Conv2d(nn::Conv2dOptions(32, 64, 4).stride(2).padding(1).bias(false)), nn::BatchNorm2d(64),
                        leaky(), nn::Conv2d(nn::Conv2dOptions(64, 1, 7)), nn::Flatten());
}

/// The loop that one writes without a library.
class plain {
 public:
  explicit plain(torch::Tensor data) : data_(std::move(data)) {}

  void step() {
    torch::Tensor const real = data_.index_select(0, torch::randint(0, data_.size(0), {batch}, torch::kInt64));
    torch::Tensor const fake = g_->forward(torch::randn({batch, latent, 1, 1}));
    torch::Tensor const on_real = d_->forward(real), on_fake = d_->forward(fake);
    torch::Tensor const of_d = torch::softplus(-on_real).mean() + torch::softplus(on_fake).mean();
    torch::Tensor const of_g = torch::softplus(-on_fake).mean();
    by_g_.zero_grad();
    by_d_.zero_grad();
    of_d.backward({}, true, false, d_->parameters());
    of_g.backward({}, false, false, g_->parameters());
    by_d_.step();
    by_g_.step();
  }

 private:
  torch::Tensor data_;
  nn::Sequential g_ = generator(), d_ = discriminator();
  torch::optim::Adam by_g_{g_->parameters(), torch::optim::AdamOptions(step_size)};
  torch::optim::Adam by_d_{d_->parameters(), torch::optim::AdamOptions(step_size)};
};

auto game(torch::Tensor const& data, int workers, int torch_threads) {
  return torch_gan{generator(), discriminator(), gan_loss::non_saturating, torch_batches(data, workers, batch),
                   {.latent = {latent, 1, 1}, .threads = torch_threads}};
}

struct dense_adam {
  adam optimizer{.step_size = step_size};
  identity compressor;
  parameter_server<> topology;
};

struct row {
  std::string name;
  int workers;
  std::function<std::function<void()>()> make;
};

std::vector<row> rows(torch::Tensor const& data, int threads) {
  auto const ours = [=](auto method, int workers) {
    return [=]() -> std::function<void()> {
      // One worker's step may use all threads in torch; of several workers each has one.
      auto t = std::make_shared<trainer<float>>(game(data, workers, workers == 1 ? threads : 1), method,
                                                loopback{workers}, cpu{.threads = workers == 1 ? 1 : threads});
      return [t] { t->step(); };
    };
  };
  auto const torch_alone = [=]() -> std::function<void()> {
    auto p = std::make_shared<plain>(data);
    return [=] {
      if (at::get_num_threads() != threads) at::set_num_threads(threads);
      p->step();
    };
  };
  dqgan<optimistic_adam> const quantized{.optimizer = {.step_size = step_size}};
  return {{"plain torch", 1, torch_alone},
          {"adam, identity, 1 worker", 1, ours(dense_adam{}, 1)},
          {"dqgan<optimistic_adam>, qsgd8, 1 worker", 1, ours(quantized, 1)},
          {"dqgan<optimistic_adam>, qsgd8, 4 workers", 4, ours(quantized, 4)}};
}

double seconds(std::function<void()> const& f, int times) {
  auto const start = std::chrono::steady_clock::now();
  for (int i = 0; i < times; ++i) f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / times;
}
std::size_t bytes_in_use() {
  auto const all = mallinfo2();
  return all.uordblks + all.hblkhd;
}

}  // namespace

int main(int argc, char** argv) {
  int const rounds = argc > 1 ? std::atoi(argv[1]) : 9, steps_a_round = argc > 2 ? std::atoi(argv[2]) : 20;
  if (rounds < 1 || steps_a_round < 1) {
    std::fprintf(stderr, "torch_step: rounds and steps are numbers from 1 on\n");
    return 2;
  }
  mallopt(M_ARENA_MAX, 1);  // mallinfo2 counts one
  torch::manual_seed(1);
  torch::Tensor const data = torch::rand({samples, 1, 28, 28}) * 2 - 1;
  auto const parameters = static_cast<double>(game(data, 1, 1).sizes().size());
  for (int const threads : {1, 2}) {
    std::vector<row> const all = rows(data, threads);
    std::vector<std::function<void()>> steps;
    std::vector<double> bytes;
    for (row const& r : all) {
      std::size_t const before = bytes_in_use();
      steps.push_back(r.make());
      for (int i = 0; i < 3; ++i) steps.back()();
      bytes.push_back(static_cast<double>(bytes_in_use() - before) / parameters);
    }
    std::vector<std::vector<double>> of_torch(all.size());
    double plain_seconds = 0;
    for (int round = 0; round < rounds; ++round) {
      std::vector<double> took;
      for (std::size_t i = 0; i < all.size(); ++i) took.push_back(seconds(steps[i], steps_a_round));
      plain_seconds += took[0] / rounds;
      for (std::size_t i = 0; i < all.size(); ++i) of_torch[i].push_back(took[i] / all[i].workers / took[0]);
    }
    std::printf("%d thread%s, plain torch takes %.1f ms a step\n", threads, threads == 1 ? "" : "s",
                1e3 * plain_seconds);
    for (std::size_t i = 0; i < all.size(); ++i) {
      std::ranges::sort(of_torch[i]);
      std::printf("of_torch %.3f (%.3f to %.3f), %6.1f bytes a parameter  %s\n",
                  of_torch[i][of_torch[i].size() / 2], of_torch[i].front(), of_torch[i].back(), bytes[i],
                  all[i].name.c_str());
    }
  }
}
