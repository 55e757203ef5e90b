#pragma once
#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/number_text.hpp"
#include "saddle/core/players.hpp"
#include "saddle/core/samples.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/problem/gan_batch.hpp"
#include "saddle/problem/gan_loss.hpp"
#include "saddle/problem/partition.hpp"
#include "saddle/problem/perceptron.hpp"
#include "saddle/problem/real_batches.hpp"
#include "saddle/problem/split_gan.hpp"

SADDLE_NAMESPACE_BEGIN

/// The defaults are MD-GAN's perceptrons for MNIST: 716,560 and 670,219 coordinates on samples of 784 values.
struct acgan_options {
  std::vector<int> generator{512, 512};      // widths of the hidden layers; leaky ReLU of slope 0.2, all of them
  std::vector<int> discriminator{512, 512};
  int latent = 100;  // the class among them
  int classes = 10;
  int batch = 10;  // real samples, and as many generated ones, a worker and gradient
  int workers = 1;
  data_partition partition = iid{};  // or label_shards, dirichlet. Averages do not weight by sizes of parts
  gan_loss loss = gan_loss::non_saturating;  // of real or not, beside the classes'; MD-GAN's paper: saturating
};

/// An auxiliary-classifier GAN of two perceptrons: the discriminator also says of which class a sample is, and both
/// players want it to be right.
///
/// shape    weights of a player as in `perceptron`; generator latent -> ... -> sample, discriminator sample -> ... ->
///          real or not, then one score a class
/// losses   those of `loss` on the first output, which both players add the classes' to: discriminator
///          - log p(class | real) - log p(class | fake), generator - log p(class | fake); means over the batch
/// noise    a generated sample's class is drawn with its noise and stands in it one-hot, before the normals: whoever
///          knows what the noise was drawn by knows the class, and no label travels
/// workers  each has its own part of the data, as in `mlp_gan`, and networks see them as there
/// errors   std::invalid_argument for sizes or labels that do not fit
/// source   Odena, Olah, Shlens: Conditional Image Synthesis with Auxiliary Classifier GANs. ICML 2017; the sizes:
///          Hardy, Le Merrer, Sericola: MD-GAN. IPDPS 2019
template <class T = float>
class acgan {
 public:
  using scalar = T;
  using matrix = batch_columns<T>;

  acgan(samples const& real, acgan_options options)
      : options_(std::move(options)),
        shape_(real.shape),
        bounds_(real.bounds),
        real_(real, options_.workers, options_.partition, "acgan") {
    expects(options_.batch > 0 && options_.classes > 0 && options_.classes < options_.latent,
            "acgan: a batch is not empty, and there are more latents than classes");
    expects(options_.classes <= 256, "acgan: there are no more than 256 classes");
    expects(!real.labels.empty(), "acgan: the data have no labels");
    for (std::uint8_t const c : real.labels)
      expects(c < options_.classes, [&] {
        return "acgan: a sample is of class " + number_text(c) + ", and there are " + number_text(options_.classes) +
               " classes, from 0 on";
      });
    labels_.resize(static_cast<std::size_t>(real.count));
    for (int j = 0; j < real.count; ++j)
      labels_[static_cast<std::size_t>(j)] = real.labels[static_cast<std::size_t>(real_.index_of(j))];
    generator_ = perceptron<T>::between(options_.latent, options_.generator, shape_.size(), T(0.2));
    discriminator_ =
        perceptron<T>::between(shape_.size(), options_.discriminator, 1 + options_.classes, T(0.2));
    for (int m = 0; m < options_.workers; ++m) scratch_.emplace_back(*this);
    identity_ = "acgan " + generator_.identity() + " " + discriminator_.identity() +
                " classes=" + number_text(options_.classes) + " batch=" + number_text(options_.batch) +
                " parts=" + number_text(options_.workers) + partition_identity(options_.partition) +
                " loss=" + number_text(static_cast<int>(options_.loss)) + " " + data_identity(real, true);
  }

  players sizes() const { return {generator_.size(), discriminator_.size()}; }
  int workers() const { return options_.workers; }
  int batch() const { return options_.batch; }
  int sample_size() const { return shape_.size(); }
  /// The networks, what a batch is, the data and their labels.
  std::string identity() const { return identity_; }
  acgan_options const& options() const { return options_; }
  std::vector<tensor> tensors(player who) const {
    return who == player::min ? generator_.tensors() : discriminator_.tensors();
  }
  std::span<int const> shard(int worker) const { return real_.shard(worker); }
  /// Floating-point operations of each pass, those of the layers' products: two for a multiplication and its addition.
  /// What is done once a unit, activations and losses, is left out. `gradient` of both players is a pass of each kind.
  per_pass operations() const {
    std::int64_t const b = options_.batch;
    perceptron<T> const &g = generator_, &d = discriminator_;
    return {.generate = 2 * b * g.multiply_adds(1),
            .pull_back = 2 * b * (g.multiply_adds(2) + g.size()),
            .ascend = 4 * b * (d.multiply_adds(1) + d.multiply_adds(2) + d.size()),
            .feedback = 4 * b * d.multiply_adds(1)};
  }
  /// The classes of a generated batch.
  std::vector<int> classes(sample const& noise) const {
    random_sequence random(batch_stream(noise, purpose::latent));
    return classes(random, options_.batch);
  }

  void initial(std::uint64_t seed, point<T> w) const {
    check(w.min, generator_);
    check(w.max, discriminator_);
    initial_weights(generator_, discriminator_, seed, w);
  }

  // In one place

  void gradient(point<T const> at, sample s, point<T> out) const { gradient(at, s, out, true, true); }
  void gradient(point<T const> at, sample s, point<T> out, player who) const {
    gradient(at, s, out, who == player::min, who == player::max);
  }
  /// What generator and discriminator minimize, on the batch of this sample.
  std::array<double, 2> losses(point<T const> at, sample s) const {
    scratch& k = scratch_of(s.worker);
    make(at.min, s, k);
    see(at.max, s, made(s, k), k);
    auto const mean = [&](int first, auto const& of_output) {
      double sum = 0;
      for (int j = first; j < first + options_.batch; ++j)
        sum += static_cast<double>(of_output(k.d_values.back()(0, j)).value) + class_loss(k, j);
      return sum / options_.batch;
    };
    int const fake = options_.batch;
    return {mean(fake, on_made()), mean(0, on_real()) + mean(fake, on_fake())};
  }

  // In two places: a split_gan

  void generate(std::span<T const> generator, sample noise, std::span<T> out) const {
    expects(out.size() == batch_values(), "acgan: the output must have room for exactly one batch");
    scratch& k = scratch_of(noise.worker);
    make(generator, noise, k);
    std::copy_n(k.g_values.back().data(), out.size(), out.data());
  }
  void pull_back(std::span<T const> generator, sample noise, std::span<T const> feedback, std::span<T> out) const {
    expects(feedback.size() == batch_values(), "acgan: there must be feedbacks on exactly one batch");
    scratch& k = scratch_of(noise.worker);
    std::ranges::copy(feedback, k.g_slopes.back().data());
    pull_back(generator, k, out);
  }
  void ascend(std::span<T const> discriminator, sample s, generated_batch<T> const& fake, std::span<T> out) const {
    check(out, discriminator_);
    scratch& k = scratch_of(s.worker);
    see(discriminator, s, fake, k);
    slopes(k, 0, on_real());
    slopes(k, options_.batch, on_fake());
    discriminator_.backward(discriminator, k.d_values, k.d_slopes, 1, 0, 2 * options_.batch);
    discriminator_.weight_gradient(k.d_values, k.d_slopes, k.ones, out);
  }
  void feedback(std::span<T const> discriminator, sample s, generated_batch<T> const& fake, std::span<T> out) const {
    expects(out.size() == batch_values(), "acgan: the output must have room for the feedbacks on exactly one batch");
    scratch& k = scratch_of(s.worker);
    see(discriminator, fake, k);
    int const batch = options_.batch;
    discriminator_.forward(discriminator, k.d_values, batch, batch);
    slopes(k, batch, on_made());
    discriminator_.backward(discriminator, k.d_values, k.d_slopes, 0, batch, batch);
    std::copy_n(k.d_slopes.front().col(batch).data(), out.size(), out.data());
  }

  /// Samples in the units of the data from a generator's weights, with the classes that they were to be of.
  samples generate(std::span<T const> generator_weights, int count, std::uint64_t seed) const {
    check(generator_weights, generator_);
    expects(count > 0, "acgan: the count must be positive");
    samples out{.count = count, .shape = shape_, .bounds = bounds_};
    random_sequence random({.seed = seed, .use = purpose::evaluation});
    constexpr int at_once = 256;
    auto values = generator_.storage(at_once);
    for (int done = 0; done < count; done += at_once) {
      auto const labels = classes(random, at_once);
      run_generator(generator_weights, random, labels, values);
      for (int j = 0; j < std::min(at_once, count - done); ++j) {
        for (T const v : values.back().col(j))
          out.values.push_back(static_cast<float>(bounds_ ? bounds_->from_signed_unit(v) : v));
        out.labels.push_back(static_cast<std::uint8_t>(labels[static_cast<std::size_t>(j)]));
      }
    }
    return out;
  }

 private:
  using vector = Eigen::Matrix<T, Eigen::Dynamic, 1>;
  auto on_real() const {
    return [loss = options_.loss](T d) { return discriminator_on_real(loss, d); };
  }
  auto on_fake() const {
    return [loss = options_.loss](T d) { return discriminator_on_fake(loss, d); };
  }
  auto on_made() const {
    return [loss = options_.loss](T d) { return generator_on_fake(loss, d); };
  }

  /// A generator works in the first ones, for the batch of a number, a discriminator in the rest, for a worker:
  /// generated samples stand right of the real ones.
  struct scratch {
    typename perceptron<T>::per_layer g_values, g_slopes;
    vector g_ones;

    typename perceptron<T>::per_layer d_values, d_slopes;
    std::vector<int> labels;
    vector ones;

    explicit scratch(acgan const& of)
        : g_values(of.generator_.storage(of.options_.batch)),
          g_slopes(of.generator_.storage(of.options_.batch)),
          g_ones(vector::Ones(of.options_.batch)),
          d_values(of.discriminator_.storage(2 * of.options_.batch)),
          d_slopes(of.discriminator_.storage(2 * of.options_.batch)),
          labels(2 * static_cast<std::size_t>(of.options_.batch)),
          ones(vector::Ones(2 * of.options_.batch)) {}
  };

  void gradient(point<T const> at, sample const& s, point<T> out, bool min, bool max) const {
    scratch& k = scratch_of(s.worker);
    make(at.min, s, k);
    generated_batch<T> const fake = made(s, k);
    if (max) ascend(at.max, s, fake, out.max);
    if (!min) return;
    feedback(at.max, s, fake, {k.g_slopes.back().data(), batch_values()});
    pull_back(at.min, k, out.min);
  }

  static void check(std::span<T const> w, perceptron<T> const& network) {
    expects(static_cast<std::int64_t>(w.size()) == network.size(), "acgan: a span must have the player's size");
  }
  std::size_t batch_values() const {
    return static_cast<std::size_t>(options_.batch) * static_cast<std::size_t>(shape_.size());
  }
  scratch& scratch_of(int worker) const {
    expects(worker >= 0 && worker < options_.workers, "acgan: there is no such worker");
    return scratch_[static_cast<std::size_t>(worker)];
  }

  std::vector<int> classes(random_sequence& random, int count) const {
    std::vector<int> drawn(static_cast<std::size_t>(count));
    for (int& c : drawn) c = static_cast<int>(random.below(static_cast<std::uint32_t>(options_.classes)));
    return drawn;
  }
  /// A sample a column, of these classes.
  void run_generator(std::span<T const> generator, random_sequence& random, std::vector<int> const& labels,
                     typename perceptron<T>::per_layer& values) const {
    matrix& z = values.front();
    int const count = static_cast<int>(labels.size()), classes = options_.classes;
    z.topRows(classes).setZero();
    for (int j = 0; j < count; ++j) {
      z(labels[static_cast<std::size_t>(j)], j) = 1;
      for (int i = classes; i < options_.latent; ++i) z(i, j) = static_cast<T>(random.normal());
    }
    generator_.forward(generator, values, 0, count);
    if (bounds_) values.back() = values.back().array().tanh();
  }
  void make(std::span<T const> generator, sample const& noise, scratch& k) const {
    check(generator, generator_);
    random_sequence random(batch_stream(noise, purpose::latent));
    auto const labels = classes(random, options_.batch);
    run_generator(generator, random, labels, k.g_values);
  }
  generated_batch<T> made(sample const& noise, scratch const& k) const {
    return {noise, {k.g_values.back().data(), batch_values()}};
  }
  /// From the derivatives by the samples, in g_slopes.back(), to the generator's gradient.
  void pull_back(std::span<T const> generator, scratch& k, std::span<T> out) const {
    check(generator, generator_);
    check(out, generator_);
    if (bounds_) k.g_slopes.back().array() *= 1 - k.g_values.back().array().square();
    generator_.backward(generator, k.g_values, k.g_slopes, 1, 0, options_.batch);
    generator_.weight_gradient(k.g_values, k.g_slopes, k.g_ones, out);
  }

  /// Brings a generated batch before the discriminator.
  void see(std::span<T const> discriminator, generated_batch<T> const& fake, scratch& k) const {
    check(discriminator, discriminator_);
    expects(fake.values.size() == batch_values(), "acgan: there must be exactly one generated batch");
    std::ranges::copy(fake.values, k.d_values.front().col(options_.batch).data());
    std::ranges::copy(classes(fake.noise), k.labels.begin() + options_.batch);
  }
  /// And a real one, and runs it on both: the outputs stand in d_values.back().
  void see(std::span<T const> discriminator, sample const& s, generated_batch<T> const& fake, scratch& k) const {
    see(discriminator, fake, k);
    real_.draw(s, options_.batch, [&](int j, int column) {
      k.d_values.front().col(j) = real_.columns().col(column);
      k.labels[static_cast<std::size_t>(j)] = labels_[static_cast<std::size_t>(column)];
    });
    discriminator_.forward(discriminator, k.d_values, 0, 2 * options_.batch);
  }
  /// -log of the probability that the scores give to the right class.
  double class_loss(scratch const& k, int j) const {
    auto const scores = k.d_values.back().col(j).tail(options_.classes);
    T const most = scores.maxCoeff();
    return static_cast<double>(std::log((scores.array() - most).exp().sum()) + most -
                               scores(k.labels[static_cast<std::size_t>(j)]));
  }
  /// Derivatives by the outputs on the batch from column `first` on, of the means of `of_output` and the class's loss.
  template <class Loss>
  void slopes(scratch& k, int first, Loss const& of_output) const {
    for (int j = first; j < first + options_.batch; ++j) {
      auto const outputs = k.d_values.back().col(j);
      auto by_outputs = k.d_slopes.back().col(j);
      auto by_scores = by_outputs.tail(options_.classes);
      by_outputs(0) = of_output(outputs(0)).slope;
      by_scores = (outputs.tail(options_.classes).array() - outputs.tail(options_.classes).maxCoeff()).exp();
      by_scores /= by_scores.sum();
      by_scores(k.labels[static_cast<std::size_t>(j)]) -= 1;
      by_outputs /= static_cast<T>(options_.batch);
    }
  }

  acgan_options options_;
  sample_shape shape_;
  std::optional<range> bounds_;
  real_batches<T> real_;
  std::vector<int> labels_;  // a column of the real samples each
  perceptron<T> generator_, discriminator_;
  std::string identity_;
  mutable std::vector<scratch> scratch_;
};

static_assert(problem<acgan<float>> && splits_by_player<acgan<float>> && split_gan<acgan<float>>);

SADDLE_NAMESPACE_END
