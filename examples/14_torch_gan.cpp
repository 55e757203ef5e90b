// Your own torch modules as players: four workers train a small GAN on a ring of eight clusters, each with its own part
// of the data, and send 8 bits a coordinate.
#include <cstdio>
#include <memory>

#include <saddle/torch.hpp>

namespace nn = torch::nn;

/// Derived from Cloneable, so that each worker gets a copy.
struct ring_generator : nn::Cloneable<ring_generator> {
  nn::Linear in{nullptr}, out{nullptr};
  nn::BatchNorm1d norm{nullptr};
  ring_generator() { reset(); }
  void reset() override {
    in = register_module("in", nn::Linear(nn::LinearOptions(8, 64).bias(false)));
    norm = register_module("norm", nn::BatchNorm1d(64));
    out = register_module("out", nn::Linear(64, 2));
  }
  torch::Tensor forward(torch::Tensor const& z) { return out(torch::relu(norm(in(z)))); }
};

torch::Tensor eight_clusters(int samples) {
  auto const angle = torch::randint(0, 8, {samples}) * (2 * 3.14159265f / 8);
  return torch::stack({angle.cos(), angle.sin()}, 1) + 0.05 * torch::randn({samples, 2});
}

int main() {
  using namespace saddle;
  torch::manual_seed(1);
  nn::Sequential const discriminator(nn::Linear(2, 64), nn::LeakyReLU(nn::LeakyReLUOptions().negative_slope(0.2)),
                                     nn::Dropout(0.1), nn::Linear(64, 1));
  torch_gan const problem{std::make_shared<ring_generator>(), discriminator, gan_loss::non_saturating,
                          torch_batches(eight_clusters(2000), /*workers*/ 4, /*batch*/ 32), {.latent = {8}}};
  trainer t{problem, dqgan<optimistic_adam>{.optimizer = {.step_size = 2e-3}}, loopback{4}, cpu{.threads = 2},
            settings{.average = averaging::exponential, .decay = 0.99}};
  auto const distance = [&] {  // of generated samples from the ring, on average
    auto const g = problem.generator(t.averaged_weights(0), t.buffers(0));
    g->eval();  // by the running statistics, which the workers have averaged
    torch::NoGradGuard const no_gradients;
    return (g->forward(torch::randn({1000, 8})).norm(2, 1) - 1).abs().mean().item<double>();
  };
  double const before = distance();
  t.run(2000, [&](report const& r) {
    if (r.step % 500 == 0) std::printf("step %4d: %.3f from the ring\n", static_cast<int>(r.step), distance());
  });
  return distance() < 0.5 * before ? 0 : 1;
}
