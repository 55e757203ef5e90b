#include "saddle/problem/torch_gan.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <stdexcept>
#include <set>
#include <string>
#include <vector>

#include "modules.hpp"

#include <doctest/doctest.h>  // after torch, whose logging has a CHECK of its own

namespace problems_tests {

namespace {

using namespace saddle;

/// Weights, or gradients, of both players.
struct both {
  std::vector<float> min, max;
  explicit both(players n, float value = 0)
      : min(static_cast<std::size_t>(n.min), value), max(static_cast<std::size_t>(n.max), value) {}
  operator point<float>() { return {min, max}; }
  operator point<float const>() const { return {min, max}; }
  friend bool operator==(both const&, both const&) = default;
};

template <class P>
both first_weights(P const& p, std::uint64_t seed = 1) {
  both w(p.sizes());
  p.initial(seed, w);
  return w;
}
template <class P>
both gradient_at(P const& p, both const& at, sample s) {
  both g(p.sizes(), 7);
  p.gradient(at, s, g);
  return g;
}
std::vector<float> values_of(std::vector<torch::Tensor> const& all) {
  std::vector<float> values(static_cast<std::size_t>(torch_count(all)));
  torch_flatten(all, values);
  return values;
}

}  // namespace

TEST_CASE("the gradients are those of torch::autograd, to the bit") {
  at::set_num_threads(1);  // as in a gradient: bits depend on it
  auto const p = image_gan(3);
  both w = first_weights(p);
  for (int step = 1; step <= 3; ++step) {
    sample const s{.seed = 5, .worker = 2, .step = step};
    auto const g = p.generator(w);
    auto const d = p.discriminator(w);
    auto random = at::detail::createCPUGenerator(random_sequence(batch_stream(s, purpose::latent)).bits());
    torch::manual_seed(1);
    image_generator const before_data;  // image_gan draws the data after the modules
    image_discriminator const before_data_too(0);
    auto const real = torch_batches(torch::randn({100, 1, 8, 8}), 3, 8)(s, random);
    auto const fake = g->forward(torch::randn({8, image_generator::latent}, random));
    auto const on_real = d->forward(real), on_fake = d->forward(fake);
    auto const of_d = torch::softplus(-on_real).mean() + torch::softplus(on_fake).mean();
    both expected(p.sizes());
    expected.max = values_of(torch::autograd::grad({of_d}, d->parameters(), {}, true));
    auto const of_g = torch::softplus(-on_fake).mean();
    expected.min = values_of(torch::autograd::grad({of_g}, g->parameters()));
    auto const aside = p;
    CHECK(aside.losses(w, s) == std::array{of_g.item<double>(), of_d.item<double>()});

    both const got = gradient_at(p, w, s);
    CHECK(got == expected);
    point<float> const buffers = p.gradient_buffers(2);
    p.gradient(w, s, buffers);
    CHECK(std::ranges::equal(buffers.min, expected.min));
    CHECK(std::ranges::equal(buffers.max, expected.max));
    both one(p.sizes(), 7);
    p.gradient(w, s, one, player::max);
    CHECK(one.max == expected.max);
    CHECK(one.min == both(p.sizes(), 7).min);
    p.gradient(w, s, one, player::min);
    CHECK(one == expected);
    for (int i = 0; i < 2; ++i)
      for (std::size_t k = 0; k < point<float>(w).of(i).size(); ++k)
        point<float>(w).of(i)[k] -= 0.1f * point<float>(expected).of(i)[k];
  }
}

TEST_CASE("modules view the arrays that they are bound to, and any other") {
  auto p = image_gan(1);
  both const w = first_weights(p);
  both a = w, b = w, c = w;
  for (float& v : b.min) v *= 1.5f;
  for (float& v : c.max) v *= 0.5f;
  p.bind_weights(0, a);
  p.bind_weights(0, b);
  auto const q = image_gan(1);
  sample const s{.seed = 1, .step = 1};
  for (both const* at : {&a, &b, &c, &a, &c, &b}) CHECK(gradient_at(p, *at, s) == gradient_at(q, *at, s));
  for (float& v : a.max) v *= 2;  // as an optimizer writes
  CHECK(gradient_at(p, a, s) == gradient_at(q, both(a), s));
}

TEST_CASE("what is drawn in a gradient depends on the sample alone") {
  auto const p = image_gan(2, 0.5);
  both const w = first_weights(p);
  sample const s{.seed = 1, .worker = 1, .step = 4};
  torch::manual_seed(3);
  both const g = gradient_at(p, w, s);
  auto const drawn = torch::rand({4});
  torch::manual_seed(3);
  CHECK(drawn.equal(torch::rand({4})));  // torch's own generator was left alone
  CHECK(gradient_at(p, w, s) == g);
  for (sample const other : {sample{2, 1, 4, 0}, sample{1, 0, 4, 0}, sample{1, 1, 5, 0}, sample{1, 1, 4, 1}})
    CHECK(gradient_at(p, w, other) != g);

  auto const dropout = [&] {
    torch_scope const scope({.seed = 9}, 1);
    return torch::dropout(torch::ones({64}), 0.5, true);
  };
  auto const first = dropout();
  CHECK(first.equal(dropout()));
  CHECK(!first.equal(torch::dropout(torch::ones({64}), 0.5, true)));
}

TEST_CASE("losses") {
  torch::nn::Linear const g(1, 1), d(1, 1);
  auto const with = [&](auto loss) {
    return torch_gan{g, d, loss, [](sample const&, torch::Generator& r) { return torch::randn({4, 1}, r); },
                     {.latent = {1}}};
  };
  auto const by_hand = [&](auto const& f) {
    return with([f](auto const& p) {
      auto const [g_loss, d_loss] = f(p.on_real, p.on_fake);
      return torch_gan_losses{g_loss, d_loss};
    });
  };
  auto const log_sigmoid = [](torch::Tensor const& t) { return torch::log_sigmoid(t).mean(); };
  sample const s{.seed = 1, .step = 1};
  auto const same = [&](auto const& one, auto const& other) {
    both const w = first_weights(one), a = gradient_at(one, w, s), b = gradient_at(other, w, s);
    for (int p = 0; p < 2; ++p)
      for (std::size_t i = 0; i < 2; ++i)
        CHECK(point<float const>(a).of(p)[i] == doctest::Approx(point<float const>(b).of(p)[i]).epsilon(1e-5));
  };
  same(with(gan_loss::non_saturating), by_hand([&](auto const& real, auto const& fake) {
         return std::pair{-log_sigmoid(fake), -log_sigmoid(real) - log_sigmoid(-fake)};
       }));
  same(with(gan_loss::saturating), by_hand([&](auto const& real, auto const& fake) {
         return std::pair{log_sigmoid(-fake), -log_sigmoid(real) - log_sigmoid(-fake)};
       }));
  same(with(gan_loss::wasserstein), by_hand([&](auto const& real, auto const& fake) {
         return std::pair{-fake.mean(), fake.mean() - real.mean()};
       }));

  // R1 penalizes the slope of the discriminator at the real samples, which is its weight here.
  auto const plain = with(gan_loss::non_saturating);
  auto const penalized = with([](auto const& p) {
    auto const x = p.real.detach().requires_grad_();
    auto const slope = torch::autograd::grad({p.discriminator.forward(x).sum()}, {x}, {}, true, true)[0];
    auto losses = losses_of(gan_loss::non_saturating, p);
    losses.discriminator = losses.discriminator + 0.5 * slope.square().mean();
    return losses;
  });
  both const w = first_weights(plain), without = gradient_at(plain, w, s), got = gradient_at(penalized, w, s);
  CHECK(got.min == without.min);
  CHECK(got.max[0] - without.max[0] == doctest::Approx(w.max[0]).epsilon(1e-5));
  CHECK(got.max[1] == doctest::Approx(without.max[1]).epsilon(1e-5));
}

TEST_CASE("the first weights are the modules', or an initializer's of the run's seed") {
  torch::manual_seed(1);
  image_generator const g;
  image_discriminator const d(0);
  both const w = first_weights(image_gan(2), 1);
  CHECK(w.min == values_of(g.parameters()));
  CHECK(w.max == values_of(d.parameters()));
  CHECK(first_weights(image_gan(2), 2) == w);

  auto const p = image_gan(2, 0, {.initialize = [](torch::nn::Module& m) {
                             for (auto& t : m.parameters()) t.normal_(0, 0.02);
                           }});
  both const first = first_weights(p, 1);
  CHECK(first_weights(p, 1) == first);
  CHECK(first_weights(p, 2) != first);
  CHECK(first.min != w.min);
}

TEST_CASE("tensors, buffers and identity") {
  auto const p = image_gan(2);
  CHECK((p.tensors(player::min) == std::vector<tensor>{{64, 6}, {4, 1}, {4, 1}, {4, 16}, {1, 1}}));
  CHECK((p.tensors(player::max) == std::vector<tensor>{{4, 16}, {4, 1}, {4, 1}, {1, 64}, {1, 1}}));
  CHECK((p.sizes() == players{64 * 6 + 4 + 4 + 64 + 1, 64 + 4 + 4 + 64 + 1}));

  std::span<float> const buffers = p.buffers(1);
  REQUIRE(buffers.size() == 16);  // running means and variances, without the counters
  std::vector<float> const before(buffers.begin(), buffers.end());
  CHECK(before == std::vector<float>{0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1});
  both const w = first_weights(p);
  (void)gradient_at(p, w, {.seed = 1, .worker = 1, .step = 1});
  for (std::size_t i = 0; i < buffers.size(); ++i) CHECK(buffers[i] != before[i]);
  CHECK(std::ranges::equal(p.buffers(0), before));
  auto const trained = p.discriminator(w, buffers);
  CHECK(std::ranges::equal(values_of({trained->norm->running_mean, trained->norm->running_var}), buffers.subspan(8)));

  CHECK(p.identity() == image_gan(2).identity());
  CHECK(p.identity() != image_gan(3).identity());
  CHECK(p.identity().find("in.weight[64, 6]") != std::string::npos);
  torch::nn::Linear const one(1, 1);
  auto const of = [&](float value) {
    return torch_gan{one, one, gan_loss::wasserstein, torch_batches(torch::full({2, 1}, value), 1, 1)}.identity();
  };
  CHECK(of(1) != of(2));
}

TEST_CASE("a parameter that requires no gradient gets none") {
  torch::nn::Linear const g(2, 1), d(1, 1);
  d->bias.requires_grad_(false);
  torch_gan const p{g, d, gan_loss::non_saturating, torch_batches(torch::randn({10, 1}), 1, 4), {.latent = {2}}};
  both const got = gradient_at(p, first_weights(p), {.seed = 1, .step = 1});
  CHECK(got.max[0] != 0);
  CHECK(got.max[1] == 0);
}

TEST_CASE("what does not fit is refused") {
  torch::nn::Linear one(1, 1), other(1, 1);
  torch_batches const batches(torch::randn({10, 1}), 1, 4);
  other->to(torch::kFloat64);
  CHECK_THROWS_AS(torch_gan(one, other, gan_loss::non_saturating, batches), std::invalid_argument);
  CHECK_THROWS_AS(torch_gan(one, one, gan_loss::non_saturating, batches, {.threads = 0}), std::invalid_argument);
  CHECK_THROWS_AS(torch_batches(torch::randn({3, 1}), 4, 1), std::invalid_argument);
  CHECK_THROWS_AS(torch_labelled_batches(torch::randn({3, 1}), torch::zeros({2}), 1, 1), std::invalid_argument);
  struct no_clone : torch::nn::Module {
    torch::Tensor forward(torch::Tensor const& x) { return x; }
  };
  CHECK_THROWS_AS(torch_gan(std::make_shared<no_clone>(), one, gan_loss::non_saturating, batches), c10::Error);
  torch_gan const p{one, one, gan_loss::non_saturating, batches, {.latent = {1}}};
  both const w = first_weights(p);
  CHECK_THROWS_AS((void)gradient_at(p, w, {.worker = 1}), std::invalid_argument);
  CHECK_THROWS_AS((void)gradient_at(p, both({3, 2}), {}), std::invalid_argument);
}

TEST_CASE("batches: each worker's own samples, all of them") {
  torch_labelled_batches const all(torch::arange(10).view({10, 1}), torch::arange(10), 3, 50);
  std::vector<int> owner(10, -1);
  torch::Generator none;
  for (int m = 0; m < 3; ++m)
    for (std::int64_t step = 1; step <= 4; ++step) {
      auto const [data, target] = all({.seed = 1, .worker = m, .step = step}, none);
      REQUIRE(data.sizes() == std::vector<std::int64_t>{50, 1});
      CHECK(data.flatten().equal(target));
      for (std::int64_t i = 0; i < 50; ++i) {
        int& of = owner[static_cast<std::size_t>(target[i].item<std::int64_t>())];
        CHECK((of == -1 || of == m));
        of = m;
      }
    }
  CHECK(std::ranges::count(owner, -1) == 0);
  CHECK(std::ranges::count(owner, 0) == 4);
}

TEST_CASE("batches by a partition: mlp_gan's parts, for targets and for labels that are not in the batches") {
  std::vector<std::int64_t> const labels{0, 1, 2, 0, 1, 2, 0, 1, 2, 300};
  torch::Tensor const data = torch::arange(10).view({10, 1}), classes = torch::tensor(labels);
  for (data_partition const& how : {data_partition{label_shards{1}}, data_partition{dirichlet{0.3}}}) {
    torch_labelled_batches const labelled(data, classes, 3, 50, how);
    torch_batches const bare(data, 3, 200, how, classes.to(torch::kInt32));
    data_parts const expected = parts_of(how, 10, labels, 3, "test");
    for (int m = 0; m < 3; ++m) {
      CHECK(std::ranges::equal(labelled.shard(m), expected.shard(m)));
      CHECK(std::ranges::equal(bare.shard(m), expected.shard(m)));
      torch::Tensor const drawn = bare({.worker = m, .step = 1}, {});
      std::set<int> const own(expected.shard(m).begin(), expected.shard(m).end());
      std::set<int> seen;
      for (std::int64_t i = 0; i < 200; ++i) seen.insert(drawn[i].item<int>());
      CHECK(seen == own);
    }
    CHECK(bare.identity() != torch_batches(data, 3, 200).identity());
    CHECK(bare.identity() != torch_batches(data, 3, 200, how, classes.remainder(2)).identity());
    CHECK_THROWS_AS(torch_batches(data, 3, 200, how), std::invalid_argument);
    CHECK_THROWS_AS(torch_batches(data, 3, 200, how, classes.to(torch::kFloat32)), std::invalid_argument);
    CHECK_THROWS_AS(torch_labelled_batches(data, torch::zeros({10, 2}), 3, 50, how), std::invalid_argument);
  }
  CHECK(torch_batches(data, 3, 200).identity().find("partition") == std::string::npos);
}

}  // namespace problems_tests
