#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <saddle/algorithm/error_feedback_top_k_sgd.hpp>
#include <saddle/algorithm/async_server.hpp>

#include "modules.hpp"

#include <doctest/doctest.h>  // after torch, whose logging has a CHECK of its own

namespace training_tests {

namespace {

using namespace saddle;

auto const method = dqgan<optimistic_adam>{.optimizer = {.step_size = 1e-3}};

std::pair<std::uint64_t, double> trained(int workers, int threads, int torch_threads, double dropped) {
  trainer t{image_gan(workers, dropped, {.threads = torch_threads}), method, loopback{workers},
            cpu{.threads = threads}};
  t.run(20);
  double sum = 0;
  for (int m = 0; m < workers; ++m)
    for (float const b : t.buffers(m)) sum += static_cast<double>(b);
  return {t.digest(), sum};
}

/// Steps of a trainer of image_gan(1), and as many of a loop with torch on these modules: take(player) makes one of a
/// module whose gradients are set. The largest difference of their weights after any step.
template <class Trainer, class Take>
double apart_from_loop(Trainer& t, torch::nn::Module& g, torch::nn::Module& d, std::int64_t steps, Take const& take) {
  auto const q = image_gan(1);  // for its gradients
  double largest = 0;
  for (std::int64_t step = 1; step <= steps; ++step) {
    t.step();
    std::vector<float> w0(static_cast<std::size_t>(q.sizes().min)), w1(static_cast<std::size_t>(q.sizes().max));
    std::vector<float> g0 = w0, g1 = w1;
    torch_flatten(g.parameters(), w0);
    torch_flatten(d.parameters(), w1);
    q.gradient(point<float const>{w0, w1}, {.seed = settings{}.seed, .step = step}, {g0, g1});
    auto const give = [](std::vector<torch::Tensor> to, std::vector<float>& from) {
      auto const views = torch_views_of(from.data(), to);
      for (std::size_t i = 0; i < to.size(); ++i) to[i].mutable_grad() = views[i];
    };
    give(g.parameters(), g0);
    give(d.parameters(), g1);
    take(player::min);
    take(player::max);
    for (auto const& [module, weights] :
         {std::pair<torch::nn::Module&, std::span<float const>>{g, t.weights(0).min}, {d, t.weights(0).max}}) {
      std::vector<float> expected(weights.size());
      torch_flatten(module.parameters(), expected);
      for (std::size_t i = 0; i < weights.size(); ++i)
        largest = std::fmax(largest, std::fabs(static_cast<double>(weights[i] - expected[i])));
    }
  }
  return largest;
}

}  // namespace

TEST_CASE("weights are those of a torch loop with torch::optim::Adam") {
  auto const p = image_gan(1);
  adam const how{.step_size = 1e-3};
  trainer t{p, how, identity{}, parameter_server<>{}, loopback{1}, cpu{}};
  auto const g = p.generator(t.weights(0));
  auto const d = p.discriminator(t.weights(0));
  auto const options = torch::optim::AdamOptions(1e-3).betas({how.beta1, how.beta2}).eps(how.epsilon);
  torch::optim::Adam of_g(g->parameters(), options), of_d(d->parameters(), options);
  double const largest = apart_from_loop(t, *g, *d, 100, [&](player who) {
    if (who == player::min) of_g.step();
    else of_d.step();
  });
  CHECK(largest < 1e-6);  // after 100 steps of 1e-3 each
}

TEST_CASE("clipped by norm, weights are those of a loop with torch's clip_grad_norm_ and AdamW") {
  auto const p = image_gan(1);
  trainer t{p, clip_by_norm{adamw{.step_size = 1e-3}, 1}, identity{}, parameter_server<>{}, loopback{1}, cpu{}};
  auto const g = p.generator(t.weights(0));
  auto const d = p.discriminator(t.weights(0));
  auto const options = torch::optim::AdamWOptions(1e-3).weight_decay(1e-2);
  torch::optim::AdamW of_g(g->parameters(), options), of_d(d->parameters(), options);
  int above = 0;
  double const largest = apart_from_loop(t, *g, *d, 50, [&](player who) {
    above += torch::nn::utils::clip_grad_norm_(who == player::min ? g->parameters() : d->parameters(), 1) > 1 ? 1 : 0;
    if (who == player::min) of_g.step();
    else of_d.step();
  });
  CHECK(largest < 1e-5);
  MESSAGE(above, " of 100 gradients were above the limit, and the weights differ by ", largest);
  CHECK(above > 10);
  CHECK(above < 90);
}

TEST_CASE("runs repeat to the bit, with dropout, whatever the number of threads") {
  auto const one = trained(3, 1, 1, 0.4);
  CHECK(trained(3, 1, 1, 0.4) == one);
  for (int i = 0; i < 3; ++i) CHECK(trained(3, 2, 1, 0.4) == one);
  CHECK(trained(3, 1, 1, 0) != one);
  CHECK(trained(3, 2, 2, 0.4) == trained(3, 1, 2, 0.4));
  at::set_num_threads(1);
}

TEST_CASE("a resumed run equals the uninterrupted one, buffers included") {
  std::string const file = "torch.saddle";
  auto const make = [] { return trainer<float>(image_gan(2, 0.4), method, loopback{2}, cpu{}); };
  auto a = make();
  a.run(10);
  a.save(file);
  a.run(10);
  auto b = make();
  b.load(file);
  b.run(10);
  CHECK(a.digest() == b.digest());
  for (int m = 0; m < 2; ++m) CHECK(std::ranges::equal(a.buffers(m), b.buffers(m)));
  std::remove(file.c_str());
}

TEST_CASE("trainers of one problem train apart") {
  auto const p = image_gan(2, 0.4);
  auto const make = [&] { return trainer<float>(p, method, loopback{2}, cpu{}); };
  auto alone = make();
  alone.run(10);
  auto a = make(), b = make();
  for (int i = 0; i < 10; ++i) a.step(), b.step();
  CHECK(a.digest() == alone.digest());
  CHECK(b.digest() == alone.digest());
  CHECK(std::ranges::equal(a.buffers(1), alone.buffers(1)));
  CHECK(p.buffers(0)[4] == 1);
}

TEST_CASE("four workers learn where the data are") {
  torch::manual_seed(1);
  torch::nn::Sequential const g(torch::nn::Linear(2, 16), torch::nn::BatchNorm1d(16), torch::nn::ReLU(),
                                torch::nn::Linear(16, 2));
  torch::nn::Sequential const d(torch::nn::Linear(2, 16), torch::nn::LeakyReLU(), torch::nn::Linear(16, 1));
  auto const data = torch::randn({400, 2}) * 0.3 + torch::tensor({2.f, -1.f});
  torch_gan const p{g, d, gan_loss::non_saturating, torch_batches(data, 4, 32), {.latent = {2}}};
  trainer t{p, dqgan<optimistic_adam>{.optimizer = {.step_size = 5e-3}}, loopback{4}, cpu{.threads = 2},
            settings{.average = averaging::exponential, .decay = 0.99}};
  t.run(600);
  auto const trained = p.generator(t.averaged_weights(0), t.buffers(0));
  trained->eval();
  torch::NoGradGuard const no_gradients;
  auto const latents = torch::randn({1000, 2});
  auto const made = trained->forward(latents), mean = made.mean(0);
  CHECK(std::fabs(mean[0].item<float>() - 2) < 0.4f);
  CHECK(std::fabs(mean[1].item<float>() + 1) < 0.4f);
  // By the running statistics, which the workers have averaged, the samples are those by the statistics of a batch.
  auto const fresh = p.generator(t.averaged_weights(0));  // without buffers
  fresh->eval();
  auto const without = fresh->forward(latents);
  trained->train();
  auto const trained_mode = trained->forward(latents);
  auto const apart = [&](torch::Tensor const& other) { return (trained_mode - other).abs().mean().item<float>(); };
  CHECK(apart(made) < 0.1f);
  CHECK(apart(without) > 2 * apart(made));
}

TEST_CASE("a torch module learns on the asynchronous server") {
  torch::manual_seed(1);
  torch::nn::Sequential const net(torch::nn::Linear(2, 32), torch::nn::ReLU(), torch::nn::Linear(32, 2));
  auto const x = torch::randn({600, 2});
  auto const label = (x.select(1, 0) * x.select(1, 1) > 0).to(torch::kInt64);
  auto const loss = [](auto& module, torch::data::Example<> const& b) {
    return torch::nn::functional::cross_entropy(module.forward(b.data), b.target);
  };
  torch_model const p{net, loss, torch_labelled_batches(x, label, 6, 16)};
  CHECK((p.sizes() == players{2 * 32 + 32 + 64 + 2, 0}));
  auto const make = [&](int threads) {
    return async_server{p, error_feedback_top_k_sgd(0.1, 0.2), loopback{6}, cpu{.threads = threads}};
  };
  auto server = make(1), same = make(2);
  auto const mean_loss = [&] {
    torch::NoGradGuard const no_gradients;
    return loss(*p.module(server.weights()), {x, label}).template item<double>();
  };
  double const before = mean_loss();
  server.run(1500);
  same.run(1500);
  CHECK(mean_loss() < 0.5 * before);
  CHECK(server.digest() == same.digest());
}

}  // namespace training_tests
