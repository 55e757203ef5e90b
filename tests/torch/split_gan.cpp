#include "saddle/problem/torch_split_gan.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../../examples/torch_md_gan/networks.hpp"
#include "modules.hpp"
#include "saddle/algorithm/md_gan.hpp"
#include "saddle/problem/mlp_gan.hpp"

#include <doctest/doctest.h>  // after torch, whose logging has a CHECK of its own

namespace split_gan_tests {

namespace {

using namespace saddle;
using values = std::vector<float>;

constexpr int batch = 8, classes = 3;

torch::Tensor images() {
  torch::manual_seed(2);
  return torch::randn({100, 1, 8, 8});
}
/// image_gan in two places.
auto image_pair(int workers, double dropped = 0) {
  torch::manual_seed(1);
  auto const generator = std::make_shared<image_generator>();
  auto const discriminator = std::make_shared<image_discriminator>(dropped);
  return torch_split_gan{generator, discriminator, gan_loss::non_saturating, torch_batches(images(), workers, batch),
                         {.latent = {image_generator::latent}}};
}
using pair_of_images = decltype(image_pair(1));
static_assert(split_gan<pair_of_images> && problem<pair_of_images> && splits_by_player<pair_of_images>);

/// With an auxiliary classifier.
auto classified_pair(int workers) {
  torch::manual_seed(1);
  torch::nn::Sequential const g(torch::nn::Linear(6, 16), torch::nn::BatchNorm1d(16), torch::nn::ReLU(),
                                torch::nn::Linear(16, 5));
  torch::nn::Sequential const d(torch::nn::Linear(5, 16), torch::nn::LeakyReLU(), torch::nn::Linear(16, 1 + classes));
  auto const x = torch::randn({60, 5}), labels = torch::arange(60).remainder(classes);
  return torch_split_gan{g, d, gan_loss::non_saturating, torch_labelled_batches(x, labels, workers, batch),
                         {.latent = {6}, .classes = classes}};
}

template <class P>
std::array<values, 2> first_weights(P const& p) {
  std::array<values, 2> w;
  for (int i = 0; i < 2; ++i) w[static_cast<std::size_t>(i)].resize(static_cast<std::size_t>(p.sizes().of(i)));
  p.initial(1, {w[0], w[1]});
  return w;
}
template <class P>
values room_for_batch(P const& p) {
  return values(static_cast<std::size_t>(p.batch() * p.sample_size()), 7);
}
values copy_of(std::span<float const> s) { return {s.begin(), s.end()}; }
values values_of(std::vector<torch::Tensor> const& all) {
  values v(static_cast<std::size_t>(torch_count(all)));
  torch_flatten(all, v);
  return v;
}
torch::Generator generator_for(sample const& s, purpose use = purpose::latent) {
  return at::detail::createCPUGenerator(random_sequence(batch_stream(s, use)).bits());
}

}  // namespace

TEST_CASE("a pair's passes are those of torch::autograd, to the bit, in one place and in two") {
  at::set_num_threads(1);
  auto const p = image_pair(3);
  auto w = first_weights(p);
  sample const noise{.seed = 5, .worker = 1, .step = 3}, s{.seed = 5, .worker = 2, .step = 3};
  auto const expected = [&](sample const& drawn_by) {
    auto const g = p.generator(w[0]);
    auto const d = p.discriminator(w[1]);
    auto const fake = g->forward(torch::randn({batch, image_generator::latent}, generator_for(drawn_by)));
    auto const on_real = d->forward(torch_batches(images(), 3, batch)(s, {})), on_fake = d->forward(fake);
    auto const of_d = torch::softplus(-on_real).mean() + torch::softplus(on_fake).mean();
    auto const of_g = torch::softplus(-d->forward(fake)).mean();
    return std::array{values_of(torch::autograd::grad({of_g}, g->parameters(), {}, true)),
                      values_of(torch::autograd::grad({of_d}, d->parameters())), values_of({fake}),
                      values_of({g->norm->running_mean, g->norm->running_var}),
                      values_of({d->norm->running_mean, d->norm->running_var})};
  };
  auto const [of_g, of_d, fake, g_buffers, d_buffers] = expected(noise);
  values made = room_for_batch(p), feedback = made, pulled(w[0].size()), ascent(w[1].size());
  p.generate(w[0], noise, made);
  CHECK(made == fake);
  p.ascend(w[1], s, {noise, made}, ascent);
  CHECK(ascent == of_d);
  p.feedback(w[1], s, {noise, made}, feedback);
  p.pull_back(w[0], noise, feedback, pulled);
  CHECK(pulled == of_g);
  CHECK(copy_of(p.generator_buffers(1)) == g_buffers);
  CHECK(copy_of(p.discriminator_buffers(2)) == d_buffers);

  auto const [of_g_here, of_d_here, fake_here, ignored, too] = expected(s);
  values min(w[0].size()), max(w[1].size()), none;
  p.gradient({w[0], w[1]}, s, {min, max});
  CHECK(min == of_g_here);
  CHECK(max == of_d_here);
  p.gradient({w[0], w[1]}, s, {min, none}, player::min);
  p.gradient({w[0], w[1]}, s, {none, max}, player::max);
  CHECK(min == of_g_here);
  CHECK(max == of_d_here);
}

TEST_CASE("a pair without dropout is the torch_gan of its modules, to the bit") {
  auto const p = image_pair(2);
  torch::manual_seed(1);
  auto const g = std::make_shared<image_generator>();
  auto const d = std::make_shared<image_discriminator>(0);
  torch_gan const q{g, d, gan_loss::non_saturating, torch_batches(images(), 2, batch),
                    {.latent = {image_generator::latent}}};
  auto const w = first_weights(p);
  CHECK(w == first_weights(q));
  sample const s{.seed = 3, .worker = 1, .step = 2};
  std::array<values, 2> a = w, b = w;
  p.gradient({w[0], w[1]}, s, {a[0], a[1]});
  q.gradient({w[0], w[1]}, s, {b[0], b[1]});
  CHECK(a == b);
}

TEST_CASE("a graph that was not kept is made again, and leaves no trace") {
  auto const p = image_pair(2), q = image_pair(2);
  auto const w = first_weights(p);
  values const elsewhere = w[0];
  sample const noise{.seed = 1, .worker = 1, .step = 1}, other{.seed = 1, .worker = 1, .step = 2};
  values made = room_for_batch(p), kept(w[0].size()), again = kept;
  values const along(made.size(), 0.25f);
  p.generate(w[0], noise, made);
  p.pull_back(w[0], noise, along, kept);
  values const buffers = copy_of(p.generator_buffers(1));
  for (int i = 0; i < 2; ++i) {  // nothing is there, and then that of another batch, or of other weights
    p.pull_back(w[0], noise, along, again);
    CHECK(again == kept);
    CHECK(copy_of(p.generator_buffers(1)) == buffers);
    p.generate(i == 0 ? w[0] : elsewhere, i == 0 ? other : noise, made);
    std::ranges::copy(buffers, p.generator_buffers(1).begin());
  }
  q.pull_back(w[0], noise, along, again);
  CHECK(again == kept);
  pair_of_images const copied = p;  // which keeps no graph of the original's modules
  copied.pull_back(elsewhere, noise, along, again);
  CHECK(again == kept);
}

TEST_CASE("losses are evaluated without a trace") {
  auto const p = image_pair(1, 0.5);
  auto const w = first_weights(p);
  sample const s{.seed = 1, .step = 1};
  values const before = copy_of(p.buffers(0));
  auto const losses = p.losses({w[0], w[1]}, s);
  CHECK(losses == p.losses({w[0], w[1]}, s));
  CHECK(copy_of(p.buffers(0)) == before);
  CHECK((losses[0] > 0.2 && losses[0] < 2 && losses[1] > 0.5 && losses[1] < 4));
}

TEST_CASE("an auxiliary classifier: classes come of the noise's key, and both players want them to be right") {
  auto const p = classified_pair(2);
  auto const w = first_weights(p);
  sample const noise{.seed = 5, .worker = 1, .step = 3}, s{.seed = 5, .worker = 0, .step = 3};
  auto const latents = p.latents(batch, generator_for(noise));
  CHECK(latents.classes.equal(p.classes(noise)));
  CHECK(!latents.classes.equal(p.classes({.seed = 5, .worker = 0, .step = 3})));
  CHECK(latents.values.slice(1, 0, classes).argmax(1).equal(latents.classes));
  CHECK(latents.values.slice(1, 0, classes).sum().item<float>() == batch);
  CHECK((latents.values.slice(1, classes) != 0).all().item<bool>());

  values made = room_for_batch(p), feedback = made, ascent(w[1].size());
  p.generate(w[0], noise, made);
  p.ascend(w[1], s, {noise, made}, ascent);
  p.feedback(w[1], s, {noise, made}, feedback);
  auto const d = p.discriminator(w[1]);
  auto const [x, label] = torch_labelled_batches(torch::zeros({60, 1}), torch::arange(60), 2, batch)(s, {});
  torch::manual_seed(1);  // the data were drawn after the modules
  torch::nn::Sequential const first(torch::nn::Linear(6, 16), torch::nn::Linear(16, 5)),
      then(torch::nn::Linear(5, 16), torch::nn::Linear(16, 1 + classes));
  auto const real = torch::randn({60, 5}).index_select(0, label);
  auto const fake = torch::from_blob(made.data(), {batch, 5}).clone().requires_grad_();
  auto const on_real = d->forward(real), on_fake = d->forward(fake);
  auto const wrong = [](torch::Tensor const& on, torch::Tensor const& c) {
    return -on.slice(1, 1).log_softmax(1).gather(1, c.view({-1, 1})).mean();
  };
  auto const of_fake = wrong(on_fake, p.classes(noise));
  auto const of_d = torch::softplus(-on_real.select(1, 0)).mean() + torch::softplus(on_fake.select(1, 0)).mean() +
                    wrong(on_real, label.remainder(classes)) + of_fake;
  auto const of_g = torch::softplus(-on_fake.select(1, 0)).mean() + of_fake;
  auto const close = [](values const& got, values const& expected) {
    REQUIRE(got.size() == expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == doctest::Approx(expected[i]).epsilon(1e-5));
  };
  close(feedback, values_of(torch::autograd::grad({of_g}, {fake}, {}, true)));
  close(ascent, values_of(torch::autograd::grad({of_d}, d->parameters())));
}

TEST_CASE("a loss of one's own") {
  torch::nn::Linear const g(1, 1), d(1, 1);
  auto const batches = [](sample const&, torch::Generator& r) { return torch::randn({4, 1}, r); };
  torch_split_gan const p{g, d, gan_loss::wasserstein, batches, {.latent = {1}}};
  torch_split_gan const q{g, d,
                          [](auto const& pass, player who) {
                            auto const fake = pass.on_fake.mean();
                            return who == player::min ? -fake : fake - pass.on_real.mean();
                          },
                          batches, {.latent = {1}}};
  auto const w = first_weights(p);
  std::array<values, 2> a = w, b = w;
  p.gradient({w[0], w[1]}, {.seed = 1, .step = 1}, {a[0], a[1]});
  q.gradient({w[0], w[1]}, {.seed = 1, .step = 1}, {b[0], b[1]});
  CHECK(a == b);
  CHECK(a[1][0] != 0);
}

namespace {

/// MD-GAN with one worker, k = L = 1 and no exchange, and FL-GAN with one worker and no average, of problems that are
/// one GAN. f(MD-GAN, FL-GAN) after each step.
template <class Pair, class Problem, class F>
void follow_each_other(Pair const& pair, Problem const& problem, box const& of_critic, int threads, F const& f) {
  adam const slow{.step_size = 1e-2, .beta1 = 0.5}, fast{.step_size = 2e-2, .beta1 = 0.5};
  md_gan driver{
      pair, md_gan_settings<>{.generator = slow, .discriminator = fast, .discriminator_box = of_critic, .seed = 4},
      loopback{1}, cpu{threads}};
  trainer alone{problem, fl_gan<>{.optimizer = {slow, fast}, .topology = {.every = 1000}}, loopback{1}, cpu{threads},
                settings{.seed = 4, .max_box = of_critic}};
  for (int step = 1; step <= 10; ++step) {
    driver.step();
    alone.step();
    REQUIRE(std::ranges::equal(driver.generator_weights(), alone.weights(0).min));
    REQUIRE(std::ranges::equal(driver.discriminator_weights(0), alone.weights(0).max));
    f(driver, alone);
  }
}

/// make(generator, critic, batches), without batch normalization and classes.
template <class Make>
auto perceptrons(Make const& make) {
  torch::manual_seed(1);
  torch::nn::Sequential const g(torch::nn::Linear(6, 16), torch::nn::ReLU(), torch::nn::Linear(16, 5));
  torch::nn::LeakyReLU const leaky(torch::nn::LeakyReLUOptions().negative_slope(0.2));  // as mlp_gan's
  torch::nn::Sequential const d(torch::nn::Linear(5, 16), leaky, torch::nn::Linear(16, 1));
  return make(g, d, torch_batches(torch::randn({60, 5}), 1, batch));
}
template <class Loss>
auto critics_apart(Loss loss) {
  return perceptrons([&](auto g, auto d, auto data) { return torch_split_gan{g, d, loss, data, {.latent = {6}}}; });
}
template <class Loss>
auto critics_together(Loss loss) {
  return perceptrons([&](auto g, auto d, auto data) { return torch_gan{g, d, loss, data, {.latent = {6}}}; });
}

}  // namespace

TEST_CASE("one worker, one batch, one step is the GAN in one place whose discriminator moves first, to the bit") {
  auto const buffers_too = [](auto const& driver, auto const& alone) {
    auto const g = driver.generator_buffers(), d = driver.discriminator_buffers(0), both = alone.buffers(0);
    REQUIRE(both.size() == g.size() + d.size());
    REQUIRE(std::ranges::equal(g, both.first(g.size())));
    REQUIRE(std::ranges::equal(d, both.last(d.size())));
  };
  for (int threads : {1, 2}) {
    follow_each_other(image_pair(1, 0.3), image_pair(1, 0.3), {}, threads, buffers_too);
    follow_each_other(classified_pair(1), classified_pair(1), {}, threads, buffers_too);
  }
  // torch_gan shows the discriminator a real batch for the generator's gradient too: its statistics move on.
  torch::manual_seed(1);
  auto const g = std::make_shared<image_generator>();
  auto const d = std::make_shared<image_discriminator>(0);
  torch_gan const in_one{g, d, gan_loss::non_saturating, torch_batches(images(), 1, batch),
                         {.latent = {image_generator::latent}}};
  follow_each_other(image_pair(1), in_one, {}, 1, [](auto const&...) {});
}

TEST_CASE("WGAN: a box around the critic clips its weights after every step, in one place and in two") {
  auto const clipped = [](auto const& driver, auto const& alone) {
    int at_bound = 0;
    for (float const w : driver.discriminator_weights(0)) {
      REQUIRE(std::fabs(w) <= 0.01f);
      at_bound += std::fabs(w) == 0.01f;
    }
    CHECK(at_bound > 0);
    CHECK(std::ranges::any_of(alone.weights(0).min, [](float w) { return std::fabs(w) > 0.01f; }));
  };
  follow_each_other(critics_apart(gan_loss::wasserstein), critics_together(gan_loss::wasserstein), {-0.01, 0.01}, 1,
                    clipped);
}

TEST_CASE("WGAN-GP: the penalty is that of torch's double backward and of mlp_gan, in one place and in two") {
  auto const pair = critics_apart(torch_gradient_penalty{}), plain = critics_apart(torch_gradient_penalty{.weight = 0});
  CHECK(pair.identity().find("loss=2 gp=10 ") != std::string::npos);
  follow_each_other(pair, critics_together(torch_gradient_penalty{}), {}, 1, [](auto const&...) {});

  // By hand, in double, on the points that the sample draws.
  auto const w = first_weights(pair);
  sample const s{.seed = 5, .step = 3};
  values made = room_for_batch(pair), ascent(w[1].size()), without = ascent, feedback = made, same = made;
  pair.generate(w[0], s, made);
  pair.ascend(w[1], s, {s, made}, ascent);
  plain.ascend(w[1], s, {s, made}, without);
  pair.feedback(w[1], s, {s, made}, feedback);
  plain.feedback(w[1], s, {s, made}, same);
  CHECK(ascent != without);
  CHECK(feedback == same);
  auto const d = pair.discriminator(w[1]);
  d->to(torch::kFloat64);
  torch::Tensor const data = perceptrons([](auto const&, auto const&, auto batches) {
    return batches({.seed = 5, .step = 3}, {}).to(torch::kFloat64);
  });
  torch::Tensor const fake = torch::from_blob(made.data(), {batch, 5}).to(torch::kFloat64);
  torch::Tensor const u = torch::empty({batch, 1}, torch::kFloat64);
  random_sequence shares(batch_stream(s, purpose::interpolation));
  for (int j = 0; j < batch; ++j) u[j][0] = static_cast<double>(static_cast<float>(shares.uniform()));
  torch::Tensor const x = (data + u * (fake - data)).requires_grad_();
  torch::Tensor const slope = torch::autograd::grad({d->forward(x).sum()}, {x}, {}, true, true)[0];
  torch::Tensor const penalty = 10 * (slope.square().sum(1).sqrt() - 1).square().mean();
  auto const expected = torch::autograd::grad({d->forward(fake).mean() - d->forward(data).mean() + penalty},
                                              d->parameters(), {}, {}, false, true);
  std::size_t at = 0, far = 0;
  for (std::size_t i = 0; i < expected.size(); ++i)
    for (std::int64_t j = 0; j < d->parameters()[i].numel(); ++j) {
      double const e = expected[i].defined() ? expected[i].flatten()[j].item<double>() : 0;
      far += !(std::abs(static_cast<double>(ascent[at++]) - e) <= 1e-5 + 1e-5 * std::abs(e));
    }
  CHECK(at == ascent.size());
  CHECK(far == 0);

  // mlp_gan's, without a graph: the same weights, column after column.
  samples real{.count = 60, .shape = {1, 5, 1}};
  perceptrons([&](auto const&, auto const&, auto const& batches) {
    torch::Tensor const all = batches.samples();
    real.values.assign(all.data_ptr<float>(), all.data_ptr<float>() + all.numel());
    return 0;
  });
  mlp_gan<double> const same_gan(real, {.generator = {16}, .discriminator = {16}, .latent = 6, .batch = batch,
                                        .loss = gan_loss::wasserstein, .gradient_penalty = 10});
  auto const by_columns = [&](auto const& tensors) {
    std::vector<double> all;
    for (torch::Tensor const& t : tensors) {
      torch::Tensor const v = (t.dim() == 2 ? t.t() : t).contiguous().flatten().to(torch::kFloat64);
      all.insert(all.end(), v.template data_ptr<double>(), v.template data_ptr<double>() + v.numel());
    }
    return all;
  };
  std::vector<double> const theta = by_columns(d->parameters()), made_there(made.begin(), made.end());
  std::vector<double> found(theta.size());
  REQUIRE(static_cast<std::int64_t>(theta.size()) == same_gan.sizes().max);
  same_gan.ascend(theta, s, {s, made_there}, found);
  std::vector<torch::Tensor> whole;
  for (std::size_t i = 0; i < expected.size(); ++i)
    whole.push_back(expected[i].defined() ? expected[i] : torch::zeros_like(d->parameters()[i]));
  auto const wanted = by_columns(whole);
  far = 0;
  for (std::size_t i = 0; i < found.size(); ++i)
    far += !(std::abs(found[i] - wanted[i]) <= 1e-6 + 1e-6 * std::abs(wanted[i]));
  CHECK(far == 0);
}

namespace {

auto const how = md_gan_settings<omd, adam>{
    .generator = {.step_size = 1e-2}, .batches = 3, .discriminator_steps = 2, .exchange_every = 3, .seed = 9};

template <class P>
auto driver_of(P const& pair, int threads = 1) {
  return std::make_unique<md_gan<P, std::remove_const_t<decltype(how)>, cpu>>(pair, how, loopback{pair.workers()},
                                                                             cpu{threads});
}
/// Weights and buffers of all.
template <class D>
std::vector<values> all_of(D const& d) {
  std::vector<values> all{copy_of(d.generator_weights()), copy_of(d.generator_buffers())};
  for (int n = 0; n < d.workers(); ++n) {
    all.push_back(copy_of(d.discriminator_weights(n)));
    all.push_back(copy_of(d.discriminator_buffers(n)));
  }
  return all;
}

}  // namespace

TEST_CASE("a step of the generator with three batches and five workers is a loop over torch, buffers included") {
  auto const pair = image_pair(5), by_hand = pair;
  auto driver = driver_of(pair);
  auto const w = first_weights(pair);
  driver->step();
  std::vector<values> made(3, room_for_batch(pair)), summed(3, values(made[0].size())), buffers;
  auto const noise = [](int j) { return sample{.seed = 9, .worker = j, .step = 1}; };
  for (int j = 0; j < 3; ++j) {
    by_hand.generate(w[0], noise(j), made[static_cast<std::size_t>(j)]);
    buffers.push_back(copy_of(by_hand.generator_buffers(j)));
  }
  for (int n = 0; n < 5; ++n) {
    auto const s = sample{.seed = 9, .worker = n, .step = 1};
    auto const g = static_cast<std::size_t>(n % 3);
    values feedback(made[0].size());
    by_hand.feedback(driver->discriminator_weights(n), s, {noise(n % 3), made[g]}, feedback);
    for (std::size_t i = 0; i < feedback.size(); ++i) summed[g][i] += feedback[i] / 5;
  }
  values x = w[0];
  for (int j = 0; j < 3; ++j) {
    values pulled(x.size());
    by_hand.pull_back(w[0], noise(j), summed[static_cast<std::size_t>(j)], pulled);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] -= 1e-2f * pulled[i];
  }
  auto const near = [](std::span<float const> got, values const& expected) {
    REQUIRE(got.size() == expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) CHECK(std::fabs(got[i] - expected[i]) < 1e-6f);
  };
  near(driver->generator_weights(), x);
  values mean = buffers[0];
  for (std::size_t i = 0; i < mean.size(); ++i) mean[i] = (buffers[0][i] + buffers[1][i] + buffers[2][i]) / 3;
  near(driver->generator_buffers(), mean);
  CHECK(std::fabs(buffers[0][0] - mean[0]) > 1e-4f);
}

TEST_CASE("threads change no bit, and a resumed run equals the uninterrupted one, buffers included") {
  std::string const file = "torch_md_gan.saddle";
  auto const check = [&](auto const& pair) {
    auto one = driver_of(pair), two = driver_of(pair, 2);
    one->run(7);
    two->run(7);
    REQUIRE(all_of(*one) == all_of(*two));
    one->save(file);
    auto resumed = driver_of(pair, 2);
    resumed->load(file);
    CHECK(all_of(*resumed) == all_of(*one));
    one->run(5);
    two->run(5);
    resumed->run(5);
    CHECK(all_of(*one) == all_of(*two));
    CHECK(all_of(*one) == all_of(*resumed));
    CHECK(one->report().exchanges == 4);
    std::remove(file.c_str());
  };
  check(image_pair(5, 0.4));
  check(classified_pair(4));
}

TEST_CASE("what does not fit is refused") {
  torch::nn::Linear const g(2, 1), d(1, 1), three(1, 3);
  torch_batches const batches(torch::randn({10, 1}), 1, 4);
  torch_labelled_batches const labelled(torch::randn({10, 1}), torch::zeros({10}, torch::kInt64), 1, 4);
  auto const refuses = [](auto const& make, char const* why) {
    CHECK_THROWS_WITH_AS((void)make(), doctest::Contains(why), std::invalid_argument);
  };
  auto const of = [](auto const& first, auto const& second, auto const& data, torch_split_gan_options options) {
    return [=] { return torch_split_gan(first, second, gan_loss::non_saturating, data, options); };
  };
  refuses(of(g, d, batches, {.latent = {2}, .threads = 0}), "at least one thread");
  refuses(of(g, d, batches, {.latent = {2}, .classes = 2}), "room for the classes and for noise");
  refuses(of(g, d, batches, {.latent = {2}, .classes = 1}), "takes labelled batches");
  refuses(of(g, d, labelled, {.latent = {2}, .classes = 1}), "the discriminator says 4x1 of a batch of 4");
  refuses(of(g, three, batches, {.latent = {2}}), "the discriminator says 4x3");
  refuses(of(three, d, batches, {.latent = {1}}), "the data are batches of 4x1, and the generator makes 4x3");
  refuses(of(g, d, torch_batches(torch::randn({10}), 1, 4), {.latent = {2}}), "a sample has values");

  auto const p = image_pair(2);
  auto const w = first_weights(p);
  values made = room_for_batch(p), out(w[0].size()), less(made.size() - 1);
  refuses([&] { p.generate(w[0], {}, less); return 0; }, "whole batches");
  refuses([&] { p.generate(w[1], {}, made); return 0; }, "weights have the player's size");
  refuses([&] { p.generate(w[0], {.worker = 2}, made); return 0; }, "no such worker");
  refuses([&] { p.pull_back(w[0], {}, less, out); return 0; }, "whole batches");
  refuses([&] { p.pull_back(w[0], {}, made, less); return 0; }, "a gradient has the player's size");
  refuses([&] { p.ascend(w[1], {}, {{}, less}, out); return 0; }, "whole batches");
  refuses([&] { p.feedback(w[1], {}, {{}, made}, less); return 0; }, "whole batches");
  CHECK_THROWS_AS((md_gan{p, md_gan_settings<>{}, loopback{3}, cpu{}}), std::invalid_argument);
}

TEST_CASE("a pair states its identity") {
  CHECK(image_pair(2).identity() == image_pair(2).identity());
  CHECK(image_pair(2).identity() != image_pair(3).identity());
  CHECK(classified_pair(2).identity().find("latent=6 classes=3 loss=0 batch=8") != std::string::npos);
}

// ---- What examples/torch_md_gan trains ----

TEST_CASE("minibatch discrimination is the published sum over the other samples") {
  at::set_num_threads(1);
  torch::manual_seed(3);
  constexpr int count = 5, features = 4, kernels = 3, dimensions = 2;
  torch_md_gan::minibatch_discrimination layer(features, kernels, dimensions);
  torch::NoGradGuard const no_gradients;
  auto const x = torch::randn({count, features});
  auto const y = layer.forward(x);
  REQUIRE(y.sizes() == torch::IntArrayRef{count, features + kernels});
  CHECK(torch::equal(y.narrow(1, 0, features), x));
  auto const at = [](torch::Tensor const& t, int row, int column) { return t[row][column].item<double>(); };
  auto const projected = [&](int sample, int kernel, int dimension) {
    double sum = 0;
    for (int f = 0; f < features; ++f) sum += at(x, sample, f) * at(layer.weight, f, kernel * dimensions + dimension);
    return sum;
  };
  for (int i = 0; i < count; ++i)
    for (int b = 0; b < kernels; ++b) {
      double nearness = 0;
      for (int j = 0; j < count; ++j) {
        double distance = 0;
        for (int c = 0; c < dimensions; ++c) distance += std::abs(projected(i, b, c) - projected(j, b, c));
        if (j != i) nearness += std::exp(-distance);
      }
      CHECK(at(y, i, features + b) == doctest::Approx(nearness).epsilon(1e-5));
    }
  CHECK(layer.forward(x.narrow(0, 0, 1)).narrow(1, features, kernels).abs().max().item<float>() < 1e-6f);
}

TEST_CASE("a discriminator that couples a batch sees real and generated samples in passes of their own") {
  at::set_num_threads(1);
  torch::manual_seed(1);
  torch::nn::Linear const g(6, 5);
  torch::nn::Sequential const d(torch::nn::Linear(5, 8), torch_md_gan::minibatch_discrimination(8, 3, 2),
                                torch::nn::Linear(11, 1));
  auto const x = torch::randn({60, 5});
  torch_batches const batches(x, 2, batch);
  torch_split_gan const p{g, d, gan_loss::non_saturating, batches, {.latent = {6}}};
  auto const w = first_weights(p);
  sample const s{.seed = 5, .worker = 1, .step = 3};
  values made = room_for_batch(p), ascent(w[1].size());
  p.generate(w[0], s, made);
  p.ascend(w[1], s, {s, made}, ascent);

  auto const whole = p.discriminator(w[1]);
  auto const fake = torch::from_blob(made.data(), {batch, 5}), real = batches(s, {});
  auto const loss = [](torch::Tensor const& on_real, torch::Tensor const& on_fake) {
    return torch::softplus(-on_real).mean() + torch::softplus(on_fake).mean();
  };
  auto const by = [&](torch::Tensor const& value) {
    return values_of(torch::autograd::grad({value}, whole->parameters()));
  };
  CHECK(ascent == by(loss(whole->forward(real), whole->forward(fake))));
  auto const together = whole->forward(torch::cat({real, fake})).chunk(2);
  CHECK(ascent != by(loss(together[0], together[1])));

  // The feedback of each sample depends on the others, so a batch must not be split.
  values before = made, after = made;
  p.feedback(w[1], s, {s, made}, before);
  for (std::size_t i = 5; i < 10; ++i) made[i] += 0.1f;
  p.feedback(w[1], s, {s, made}, after);
  for (std::size_t i = 0; i < static_cast<std::size_t>(batch); ++i) CHECK(before[5 * i] != after[5 * i]);
}

TEST_CASE("MD-GAN's networks have the layers, maps and counts that they state") {
  at::set_num_threads(1);
  /// With a kernel counted once an output channel, and only convolutions and fully connected layers.
  auto const as_published = [](torch::nn::SequentialImpl const& network, int latent, int maps, bool biases) {
    std::int64_t count = 0;
    for (auto const& p : network.named_parameters())
      if (p->dim() == 4) {
        bool const transposed = latent > 0;
        count += p->size(transposed ? 1 : 0) * (p->size(2) * p->size(3) + 1);
      } else if (p->dim() == 2 && p.key().ends_with("weight")) {
        if (latent > 0) count += latent * p->size(0) + (biases ? p->size(0) : 0);
        else if (p->size(0) == 11) count += 11 * maps + (biases ? 11 : 0);  // not what minibatch discrimination adds
      }
    return count;
  };
  struct published {
    sample_shape shape;
    players sizes;
    std::int64_t generator, discriminator;
    int maps;
    bool biases;
  };
  for (published const& of : {published{{28, 28, 1}, {736769, 3456251}, 628058, 286048, 512 * 7 * 7, false},
                              published{{32, 32, 3}, {2932611, 2189339}, 628110, 100203, 512 * 4 * 4, true}}) {
    samples real{.count = 20, .shape = of.shape, .bounds = range{0, 1}};
    real.values.resize(static_cast<std::size_t>(20 * of.shape.size()), 0.25f);
    for (int i = 0; i < 20; ++i) real.labels.push_back(static_cast<std::uint8_t>(i % 10));
    auto const p = torch_md_gan::published_pair(real, {.workers = 2, .batch = 3});
    CHECK(p.sizes().min == of.sizes.min);
    CHECK(p.sizes().max == of.sizes.max);
    auto const w = first_weights(p);
    auto const g = p.generator(w[0]);
    auto const d = p.discriminator(w[1]);
    CHECK(as_published(*g, 100, 0, of.biases) == of.generator);
    CHECK(as_published(*d, 0, of.maps, of.biases) == of.discriminator);
    for (auto const& parameter : d->named_parameters())
      if (parameter->dim() == 2 && parameter->size(0) == 11) CHECK(parameter->size(1) == of.maps + 16);

    values min(w[0].size(), 7), max(w[1].size(), 7);
    p.gradient({w[0], w[1]}, {.seed = 1, .worker = 1, .step = 1}, {min, max});
    for (values const* v : {&min, &max}) CHECK(std::ranges::all_of(*v, [](float x) { return std::isfinite(x); }));
    samples const made = torch_md_gan::generate(p, w[0], p.generator_buffers(0), real, 7);
    CHECK(made.shape == of.shape);
    CHECK(made.labels.size() == 7);
    CHECK(std::ranges::all_of(made.values, [](float v) { return v >= 0 && v <= 1; }));
  }
  CHECK_THROWS_WITH_AS((void)torch_md_gan::published({8, 8, 1}, 100, 11),
                       "the published networks are for images of 28x28x1 and of 32x32x3, not of 8x8x1",
                       std::invalid_argument);
}

}  // namespace split_gan_tests
