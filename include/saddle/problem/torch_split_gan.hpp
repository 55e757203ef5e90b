#pragma once
#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/number_text.hpp"
#include "saddle/core/players.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/problem/gan_batch.hpp"
#include "saddle/problem/gan_loss.hpp"
#include "saddle/problem/split_gan.hpp"
#include "saddle/problem/torch_batches.hpp"
#include "saddle/problem/torch_loss.hpp"
#include "saddle/problem/torch_players.hpp"
#include "saddle/problem/torch_scope.hpp"

SADDLE_NAMESPACE_BEGIN

struct torch_split_gan_options {
  std::vector<std::int64_t> latent{64};  // extents of one latent; of the first, `classes` are the class
  int classes = 0;                       // of an auxiliary classifier; 0: there is none
  int workers = 1;                       // where the batches do not say it
  int threads = 1;                       // of torch, in each pass
  torch_initializer initialize = {};     // called with the generator, then with the discriminator
};

/// What generated samples are made of, and of which classes they are to be, where there are some.
struct torch_latents {
  torch::Tensor values, classes;
};

/// What a loss is taken on: samples, the discriminator's outputs on them, and their classes, where there are some.
template <class Discriminator>
struct torch_split_pass {
  Discriminator& discriminator;
  torch::Tensor real, on_real, real_classes;  // none for the generator's loss
  torch::Tensor fake, on_fake, fake_classes;
  sample of = {};  // what all that is random at the discriminator is drawn by
};

/// With a classifier the first output says whether a sample is real, the others are the classes' scores.
template <class Discriminator>
torch::Tensor loss_of(gan_loss loss, torch_split_pass<Discriminator> const& p, player who) {
  if (!p.fake_classes.defined())
    return who == player::min ? torch_loss(loss, p.on_fake) : torch_loss(loss, p.on_fake, p.on_real);
  auto const misplaced = [](torch::Tensor const& on, torch::Tensor const& classes) {
    return torch::nn::functional::cross_entropy(on.slice(1, 1), classes);
  };
  torch::Tensor const fake = p.on_fake.select(1, 0), of_fake = misplaced(p.on_fake, p.fake_classes);
  if (who == player::min) return torch_loss(loss, fake) + of_fake;
  return torch_loss(loss, fake, p.on_real.select(1, 0)) + misplaced(p.on_real, p.real_classes) + of_fake;
}
template <class Loss, class Discriminator>
torch::Tensor loss_of(Loss const& loss, torch_split_pass<Discriminator> const& p, player who) {
  return loss(p, who);
}

/// A GAN of two torch modules in different places, for MD-GAN. In one place it is a problem, too.
///
/// modules  as torch_gan's; the generator makes samples of the data's extents
/// loss     a gan_loss, or a function of a torch_split_pass and a player that gives what this one minimizes
/// batches  as torch_gan's, all of one size. Labelled ones, as torch_labelled_batches, say the classes of real samples
/// classes  of an auxiliary classifier, as in acgan: the discriminator has 1 + classes outputs a sample, and both want
///          the class to be right. A generated sample's is drawn with its noise, and stands in its latent one-hot,
///          before the normals: no label travels
/// graph    of a generated batch: kept from `generate` to `pull_back`, between which the weights at this address stay as
///          they are, and made anew where that asks for another batch
/// buffers  a generator's of each batch, a discriminator's of each worker. In one place a gradient of the
///          discriminator alone leaves the generator's as they were, so that players who step in turn change them once
///          a step, as in two places
/// random, threads, promise, errors  as torch_gan's
template <class Generator, class Discriminator, class Loss, torch_batch_source Batches>
class torch_split_gan : public torch_players<Generator, Discriminator> {
  using base = torch_players<Generator, Discriminator>;

 public:
  /// Modules are given as a std::shared_ptr or a holder (TORCH_MODULE).
  template <class G, class D>
  torch_split_gan(G generator, D discriminator, Loss loss, Batches batches, torch_split_gan_options options = {})
      : base(*generator, *discriminator, torch_workers(batches, options.workers), options.initialize),
        loss_(std::move(loss)),
        batches_(std::move(batches)),
        options_(std::move(options)),
        kept_(static_cast<std::size_t>(this->workers())) {
    expects(options_.threads >= 1, "torch_split_gan: there is at least one thread");
    expects(options_.classes >= 0 && (options_.classes == 0 || (!options_.latent.empty() &&
                                                                options_.classes < options_.latent[0])),
            "torch_split_gan: the latent's first extent has room for the classes and for noise");
    torch_split_gan const trial(*this);
    extents_ = trial.extents();
  }

  int batch() const { return static_cast<int>(extents_[0]); }
  int sample_size() const { return static_cast<int>(c10::multiply_integers(extents_) / extents_[0]); }
  /// The networks, the shape of a latent, the loss and the data, as far as they are known.
  std::string identity() const {
    std::string text = "torch-split-gan " + this->structure() + "latent=" + in_words(options_.latent) +
                       " classes=" + number_text(options_.classes);
    return text + " loss=" + torch_loss_identity(loss_) + " " + torch_identity(batches_);
  }

  // In one place

  void gradient(point<float const> at, sample const& s, point<float> out) const { take(at, s, out, true, true); }
  void gradient(point<float const> at, sample const& s, point<float> out, player who) const {
    take(at, s, out, who == player::min, who == player::max);
  }
  /// What generator and discriminator minimize, on the batch of this sample. Buffers stay as they are.
  std::array<double, 2> losses(point<float const> at, sample const& s) const {
    return without_trace(s.worker, [&] {
      torch::Tensor const fake = made(at.min, s).detach();
      torch_scope scope(batch_stream(s, purpose::dropout), options_.threads);
      auto const of = [&](player who) { return loss(at.max, s, {s, {}}, fake, who, scope).template item<double>(); };
      return std::array<double, 2>{of(player::min), of(player::max)};
    });
  }

  // In two places: a split_gan

  void generate(std::span<float const> generator, sample const& noise, std::span<float> out) const {
    expect_a_batch(out.size());
    kept_pass& kept = kept_of(noise.worker);
    kept = {};
    kept = {made(generator, noise), noise, generator.data()};
    view(out).copy_(kept.fake.detach());
  }
  void pull_back(std::span<float const> generator, sample const& noise, std::span<float const> feedback,
                 std::span<float> out) const {
    expect_a_batch(feedback.size());
    kept_pass kept = std::exchange(kept_of(noise.worker), {});
    if (!kept.fake.defined() || kept.noise != noise || kept.at != generator.data())
      kept.fake = without_trace(noise.worker, [&] { return made(generator, noise); });
    torch_scope const scope(batch_stream(noise, purpose::dropout), options_.threads);
    auto& r = this->replica_of(noise.worker);
    this->look_at(r, player::min, generator);
    this->differentiate(r, player::min, kept.fake, out, false, view(feedback));
  }
  void ascend(std::span<float const> discriminator, sample const& s, generated_batch<float> const& fake,
              std::span<float> out) const {
    expect_a_batch(fake.values.size());
    torch_scope scope(batch_stream(s, purpose::dropout), options_.threads);
    torch::Tensor const value = loss(discriminator, s, fake, view(fake.values), player::max, scope);
    this->differentiate(this->replica_of(s.worker), player::max, value, out);
  }
  void feedback(std::span<float const> discriminator, sample const& s, generated_batch<float> const& fake,
                std::span<float> out) const {
    expect_a_batch(fake.values.size());
    expect_a_batch(out.size());
    torch_scope scope(batch_stream(s, purpose::dropout), options_.threads);
    torch::Tensor const x = view(fake.values).requires_grad_();
    torch::Tensor const value = loss(discriminator, s, fake, x, player::min, scope);
    view(out).copy_(torch::autograd::grad({value}, {x})[0]);
  }
  std::span<float> generator_buffers(int batch) const { return this->template buffers_of<0>(this->buffers(batch)); }
  std::span<float> discriminator_buffers(int worker) const {
    return this->template buffers_of<1>(this->buffers(worker));
  }

  /// Modules with a driver's weights and buffers, to evaluate and to keep.
  std::shared_ptr<Generator> generator(std::span<float const> w, std::span<float const> buffers = {}) const {
    return this->template module_with<0>(w, buffers);
  }
  std::shared_ptr<Discriminator> discriminator(std::span<float const> w, std::span<float const> buffers = {}) const {
    return this->template module_with<1>(w, buffers);
  }
  /// For samples of a generator, so many.
  torch_latents latents(std::int64_t count, torch::Generator random) const {
    torch::Tensor const classes = drawn_classes(count, random);
    std::vector<std::int64_t> extents{count};
    extents.insert(extents.end(), options_.latent.begin(), options_.latent.end());
    torch::Tensor const values = torch::randn(extents, random);
    if (classes.defined()) {
      std::ranges::fill(extents, 1);
      extents[0] = count;
      extents[1] = options_.classes;
      values.narrow(1, 0, options_.classes).copy_(torch::one_hot(classes, options_.classes).view(extents));
    }
    return {values, classes};
  }
  /// Of a generated batch; none without a classifier.
  torch::Tensor classes(sample const& noise) const {
    return drawn_classes(batch(), at::detail::createCPUGenerator(
                                      random_sequence(batch_stream(noise, purpose::latent)).bits()));
  }

 private:
  /// What `generate` has left for `pull_back`. A copy of the problem begins without.
  struct kept_pass {
    torch::Tensor fake = {};
    sample noise = {};
    float const* at = nullptr;

    kept_pass() = default;
    kept_pass(torch::Tensor made, sample of, float const* there) : fake(std::move(made)), noise(of), at(there) {}
    kept_pass(kept_pass const&) {}
    kept_pass(kept_pass&&) = default;
    kept_pass& operator=(kept_pass const&) { return *this = {}; }
    kept_pass& operator=(kept_pass&&) = default;
  };

  void take(point<float const> at, sample const& s, point<float> out, bool min, bool max) const {
    std::vector<float> values(static_cast<std::size_t>(c10::multiply_integers(extents_))), by_values(values.size());
    if (min) generate(at.min, s, values);
    else without_trace(s.worker, [&] { view(values).copy_(made(at.min, s).detach()); });
    generated_batch<float> const fake{s, values};
    if (max) ascend(at.max, s, fake, out.max);
    if (!min) return;
    feedback(at.max, s, fake, by_values);
    pull_back(at.min, s, by_values, out.min);
  }

  /// A batch with its graph.
  torch::Tensor made(std::span<float const> generator, sample const& noise) const {
    auto& r = this->replica_of(noise.worker);
    torch_scope scope(batch_stream(noise, purpose::latent), options_.threads);
    this->look_at(r, player::min, generator);
    return std::get<0>(r.modules)->forward(latents(batch(), scope.generator()).values);
  }
  /// A player's, where the discriminator is shown this batch, and for its own loss a real one.
  torch::Tensor loss(std::span<float const> discriminator, sample const& s, generated_batch<float> const& of,
                     torch::Tensor const& fake, player who, torch_scope& scope) const {
    auto& r = this->replica_of(s.worker);
    this->look_at(r, player::max, discriminator);
    Discriminator& d = *std::get<1>(r.modules);
    torch_split_pass<Discriminator> pass{d, {}, {}, {}, {}, {}, {}, s};
    if (who == player::max) {
      std::tie(pass.real, pass.real_classes) = real_batch(s, scope.generator());
      pass.on_real = d.forward(pass.real);
    }
    pass.fake = fake;
    pass.on_fake = d.forward(fake);
    pass.fake_classes = classes(of.noise);
    return loss_of(loss_, pass, who);
  }
  std::pair<torch::Tensor, torch::Tensor> real_batch(sample const& s, torch::Generator random) const {
    auto const drawn = batches_(s, random);
    if constexpr (requires { drawn.target; }) return {drawn.data, drawn.target};
    else return {drawn, torch::Tensor()};
  }
  torch::Tensor drawn_classes(std::int64_t count, torch::Generator random) const {
    if (options_.classes == 0) return {};
    return torch::randint(options_.classes, {count}, random, torch::kInt64);
  }
  /// f() leaves the buffers of these modules as they were.
  template <class F>
  auto without_trace(int number, F const& f) const {
    struct kept {
      std::span<float> buffers;
      std::vector<float> before{buffers.begin(), buffers.end()};
      ~kept() { std::ranges::copy(before, buffers.begin()); }
    } const restored{this->buffers(number)};
    return f();
  }

  /// Of a batch. Changes the modules' buffers.
  /// errors  std::invalid_argument: networks and data do not fit each other
  std::vector<std::int64_t> extents() const {
    torch_scope scope({}, at::get_num_threads());
    torch::NoGradGuard const no_gradients;
    auto& [g, d] = this->replica_of(0).modules;
    auto const [real, labels] = real_batch({.step = 1}, scope.generator());
    expects(real.dim() > 1 && real.numel() > 0, "torch_split_gan: a batch has samples, and a sample has values");
    expects(options_.classes == 0 || labels.defined(),
            "torch_split_gan: an auxiliary classifier takes labelled batches");
    torch::Tensor const fake = g->forward(latents(real.size(0), scope.generator()).values);
    expects(fake.sizes() == real.sizes(), [&] {
      return "torch_split_gan: the data are batches of " + in_words(real.sizes()) + ", and the generator makes " +
             in_words(fake.sizes());
    });
    if constexpr (std::is_same_v<Loss, gan_loss>) {
      torch::Tensor const on_fake = d->forward(fake);
      expects(on_fake.numel() == real.size(0) * (1 + options_.classes) &&
                  (options_.classes == 0 || on_fake.dim() == 2),
              [&] {
                return "torch_split_gan: the discriminator says " + in_words(on_fake.sizes()) + " of a batch of " +
                       number_text(real.size(0)) + ", and there are " + number_text(options_.classes) + " classes";
              });
    }
    return real.sizes().vec();
  }
  static std::string in_words(c10::IntArrayRef extents) {
    std::string text;
    for (std::int64_t const n : extents) text.append(text.empty() ? "" : "x").append(number_text(n));
    return text;
  }
  void expect_a_batch(std::size_t values) const {
    expects(static_cast<std::int64_t>(values) == c10::multiply_integers(extents_),
            "torch_split_gan: samples and feedbacks come in whole batches");
  }
  /// Not written to where the values are only read.
  torch::Tensor view(std::span<float const> values) const {
    return torch::from_blob(const_cast<float*>(values.data()), extents_, torch::kFloat32);
  }
  kept_pass& kept_of(int batch) const {
    (void)this->replica_of(batch);  // checks the number
    return kept_[static_cast<std::size_t>(batch)];
  }

  Loss loss_;
  Batches batches_;
  torch_split_gan_options options_;
  std::vector<std::int64_t> extents_;  // of a batch
  mutable std::vector<kept_pass> kept_;
};

template <class G, class D, class Loss, class Batches>
torch_split_gan(G, D, Loss, Batches, torch_split_gan_options = {})
    -> torch_split_gan<torch_module_in<G>, torch_module_in<D>, Loss, Batches>;

SADDLE_NAMESPACE_END
