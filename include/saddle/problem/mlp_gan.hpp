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
#include "saddle/core/bits.hpp"
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

struct mlp_gan_options {
  std::vector<int> generator{128, 128};      // widths of the hidden layers
  std::vector<int> discriminator{128, 128};  // the same; leaky ReLU of slope 0.2
  int latent = 32;
  int batch = 32;  // real samples, and as many generated ones, a worker and gradient
  gan_loss loss = gan_loss::non_saturating;
  double r1 = 0;  // adds r1/2 mean |grad_x D(x)|^2 over the real samples to the discriminator's loss
  /// Adds this times the mean of (|grad_x D(x)| - 1)^2 over interpolates, each between a real and a generated sample:
  /// 10 in WGAN-GP. On the host
  double gradient_penalty = 0;
  double generator_leak = 0;  // slope below zero of the generator's hidden units; 0 is ReLU
  int workers = 1;
  data_partition partition = iid{};  // or label_shards, dirichlet. Averages do not weight by sizes of parts
};

/// A GAN of two perceptrons: the generator minimizes, the discriminator (or critic) maximizes.
///
/// shape    weights of a player as in `perceptron`: W_1, b_1, W_2, b_2, ...; generator latent -> ... ->
///          sample, discriminator sample -> ... -> 1
/// units    networks see bounded data in [-1, 1] (R1 is in these units) and generate through tanh;
///          unbounded data are seen as they are, and the generator's last layer is linear
/// workers  each has its own part of the data, by `partition`, and draws its batches from it with replacement, as a
///          function of the sample alone. All count equally in averages, whatever the sizes of their parts, where
///          FedAvg weights by samples
/// promise  a gradient's bits depend neither on the number of threads nor on where the spans lie in memory; on the
///          instruction set that Eigen was compiled for they do
/// errors   std::invalid_argument for sizes that do not fit, data that are not finite
/// source   R1: Mescheder, Geiger, Nowozin: Which training methods for GANs do actually converge? ICML 2018. Gradient
///          penalty: Gulrajani et al.: Improved Training of Wasserstein GANs. NeurIPS 2017
template <class T = float>
class mlp_gan {
 public:
  using scalar = T;
  using matrix = batch_columns<T>;

  mlp_gan(samples const& real, mlp_gan_options options)
      : options_(std::move(options)),
        shape_(real.shape),
        bounds_(real.bounds),
        real_(real, options_.workers, options_.partition, "mlp_gan") {
    expects(options_.latent > 0 && options_.batch > 0, "mlp_gan: latent and batch are positive");
    expects(options_.r1 >= 0 && is_finite(options_.r1) && options_.generator_leak >= 0 &&
                options_.generator_leak < 1,
            "mlp_gan: r1 is finite and not negative, the generator's leak is in [0, 1)");
    expects(options_.gradient_penalty >= 0 && is_finite(options_.gradient_penalty),
            "mlp_gan: gradient_penalty is finite and not negative");

    generator_ = perceptron<T>::between(options_.latent, options_.generator, shape_.size(),
                                        static_cast<T>(options_.generator_leak));
    discriminator_ = perceptron<T>::between(shape_.size(), options_.discriminator, 1, T(0.2));
    for (int m = 0; m < options_.workers; ++m)
      scratch_.emplace_back(generator_, discriminator_, options_.batch, options_.gradient_penalty > 0);
    identity_ = "mlp-gan " + generator_.identity() + " " + discriminator_.identity() +
                " loss=" + number_text(static_cast<int>(options_.loss)) + " r1=" + number_text(options_.r1) +
                (options_.gradient_penalty > 0 ? " gp=" + number_text(options_.gradient_penalty) : "") +
                " batch=" + number_text(options_.batch) + " parts=" + number_text(options_.workers) +
                partition_identity(options_.partition) + " " + data_identity(real, takes_labels(options_.partition));
  }

  players sizes() const { return {generator_.size(), discriminator_.size()}; }
  int workers() const { return options_.workers; }
  /// The networks, what a batch is, and the data; labels where the partition goes by them.
  std::string identity() const { return identity_; }
  mlp_gan_options const& options() const { return options_; }
  std::vector<tensor> tensors(player who) const {
    return who == player::min ? generator_.tensors() : discriminator_.tensors();
  }

  /// Which samples, by their index in the data, this worker draws from.
  std::span<int const> shard(int worker) const { return real_.shard(worker); }
  data_parts const& parts() const { return real_.parts(); }
  /// All samples as the networks see them, one a column, in the order of the parts.
  matrix const& real() const { return real_.columns(); }
  bool bounded() const { return bounds_.has_value(); }
  perceptron<T> const& network(player who) const {
    return who == player::min ? generator_ : discriminator_;
  }

  void initial(std::uint64_t seed, point<T> w) const {
    check({w.min, w.max});
    initial_weights(generator_, discriminator_, seed, w);
  }

  void gradient(point<T const> at, sample s, point<T> out) const {
    check({out.min, out.max});
    scratch& k = outputs(at, s, true);
    min_gradient(at, k, out.min);  // first: the other one overwrites what both need
    max_gradient(at.max, s, k, out.max);
  }

  void gradient(point<T const> at, sample s, point<T> out, player who) const {
    expects(
        static_cast<std::int64_t>(out.of(static_cast<int>(who)).size()) == sizes().of(static_cast<int>(who)),
        "mlp_gan: a gradient must have the player's size");
    scratch& k = outputs(at, s, who == player::max);
    if (who == player::min)
      min_gradient(at, k, out.min);
    else
      max_gradient(at.max, s, k, out.max);
  }

  // What a split_gan does, with the bits of `gradient`. Samples are as the networks see them.

  int batch() const { return options_.batch; }
  int sample_size() const { return shape_.size(); }
  void generate(std::span<T const> generator, sample noise, std::span<T> out) const {
    check(generator, generator_);
    expects(is_batch(out.size()), "mlp_gan: the output must have room for exactly one batch");
    scratch& k = scratch_of(noise.worker);
    generate(generator, noise, k);
    std::copy_n(k.g_values.back().data(), out.size(), out.data());
  }
  void pull_back(std::span<T const> generator, sample noise, std::span<T const> feedback, std::span<T> out) const {
    check(generator, generator_);
    check(out, generator_);
    expects(is_batch(feedback.size()), "mlp_gan: there must be feedbacks on exactly one batch");
    scratch& k = scratch_of(noise.worker);
    std::ranges::copy(feedback, k.g_slopes.back().data());
    pull_back(generator, k, out);
  }
  void ascend(std::span<T const> discriminator, sample s, generated_batch<T> const& fake, std::span<T> out) const {
    check(out, discriminator_);
    scratch& k = see(discriminator, s, fake);
    draw_real(discriminator, s, k);
    max_gradient(discriminator, s, k, out);
  }
  void feedback(std::span<T const> discriminator, sample s, generated_batch<T> const& fake, std::span<T> out) const {
    expects(is_batch(out.size()), "mlp_gan: the output must have room for the feedbacks on exactly one batch");
    scratch& k = see(discriminator, s, fake);
    Eigen::Map<matrix> by_samples(out.data(), shape_.size(), options_.batch);
    feedback(discriminator, k, by_samples);
  }

  /// What generator and discriminator minimize, on the batch of this sample; penalties are in the second.
  std::array<double, 2> losses(point<T const> at, sample s) const {
    scratch& k = outputs(at, s, true);
    double min = 0, max = 0;
    for (int j = 0; j < options_.batch; ++j) {
      T const real = k.d_values.back()(0, j), fake = k.d_values.back()(0, options_.batch + j);
      min += static_cast<double>(generator_on_fake(options_.loss, fake).value);
      max += static_cast<double>(discriminator_on_real(options_.loss, real).value +
                                 discriminator_on_fake(options_.loss, fake).value);
    }
    if (options_.r1 > 0) {
      discriminator_.backward(at.max, k.d_values, k.d_slopes, 0, 0, options_.batch);
      max += options_.r1 / 2 * static_cast<double>(k.d_slopes.front().leftCols(options_.batch).squaredNorm());
    }
    if (options_.gradient_penalty > 0) {
      interpolate(at.max, s, k);
      for (int j = 0; j < options_.batch; ++j)
        max += options_.gradient_penalty *
               std::pow(static_cast<double>(k.d_slopes.front().col(2 * options_.batch + j).norm()) - 1, 2);
    }
    return {min / options_.batch, max / options_.batch};
  }

  /// Samples in the units of the data from a generator's weights.
  samples generate(std::span<T const> generator_weights, int count, std::uint64_t seed) const {
    expects(static_cast<std::int64_t>(generator_weights.size()) == generator_.size() && count > 0,
            "mlp_gan: it takes the generator's weights and a positive count");
    samples out{.count = count, .shape = shape_, .bounds = bounds_};
    out.values.reserve(static_cast<std::size_t>(count) * static_cast<std::size_t>(shape_.size()));
    random_sequence random({.seed = seed, .use = purpose::evaluation});
    constexpr int at_once = 256;
    auto values = generator_.storage(at_once);
    for (int done = 0; done < count; done += at_once) {
      for (T& z : values.front().reshaped()) z = static_cast<T>(random.normal());
      generator_.forward(generator_weights, values, 0, at_once);
      if (bounds_) values.back() = values.back().array().tanh();
      for (int j = 0; j < std::min(at_once, count - done); ++j)
        for (T const v : values.back().col(j))
          out.values.push_back(static_cast<float>(bounds_ ? bounds_->from_signed_unit(v) : v));
    }
    return out;
  }

 private:
  using vector = Eigen::Matrix<T, Eigen::Dynamic, 1>;

  /// One worker's: generated samples stand right of the real ones, and right of them what lies between.
  struct scratch {
    typename perceptron<T>::per_layer g_values, g_slopes;  // batch columns
    typename perceptron<T>::per_layer d_values, d_slopes, tangents;  // up to three times that; d_slopes are of the
                                                                     // output itself
    vector ones, weights;

    scratch(perceptron<T> const& g, perceptron<T> const& d, int batch, bool interpolates)
        : g_values(g.storage(batch)),
          g_slopes(g.storage(batch)),
          d_values(d.storage((interpolates ? 3 : 2) * batch)),
          d_slopes(d.storage((interpolates ? 3 : 2) * batch)),
          tangents(d.storage((interpolates ? 3 : 1) * batch)),
          ones(vector::Ones(batch)),
          weights(vector::Zero(d_values.front().cols())) {
      d_slopes.back().setOnes();
    }
  };

  void check(point<T const> w) const {
    expects(static_cast<std::int64_t>(w.min.size()) == generator_.size() &&
                static_cast<std::int64_t>(w.max.size()) == discriminator_.size(),
            "mlp_gan: there must be one span a player, of the player's size");
  }
  static void check(std::span<T const> w, perceptron<T> const& network) {
    expects(static_cast<std::int64_t>(w.size()) == network.size(), "mlp_gan: a span must have the player's size");
  }
  bool is_batch(std::size_t values) const {
    return values == static_cast<std::size_t>(shape_.size()) * static_cast<std::size_t>(options_.batch);
  }
  scratch& scratch_of(int worker) const {
    expects(worker >= 0 && worker < options_.workers, "mlp_gan: there is no such worker");
    return scratch_[static_cast<std::size_t>(worker)];
  }

  /// Runs both networks forward on the batch: the outputs stand in d_values.back().
  scratch& outputs(point<T const> at, sample s, bool on_real) const {
    check(at);
    scratch& k = scratch_of(s.worker);
    generate(at.min, s, k);
    k.d_values.front().middleCols(options_.batch, options_.batch) = k.g_values.back();
    // The halves are separate products, so that one player's gradient has the bits of the whole.
    discriminator_.forward(at.max, k.d_values, options_.batch, options_.batch);
    if (on_real) draw_real(at.max, s, k);
    return k;
  }
  void generate(std::span<T const> generator, sample s, scratch& k) const {
    random_sequence latents(batch_stream(s, purpose::latent));
    for (T& z : k.g_values.front().reshaped()) z = static_cast<T>(latents.normal());
    generator_.forward(generator, k.g_values, 0, options_.batch);
    if (bounds_) k.g_values.back().array() = k.g_values.back().array().tanh();
  }
  void draw_real(std::span<T const> discriminator, sample s, scratch& k) const {
    real_.draw(s, options_.batch, [&](int j, int column) { k.d_values.front().col(j) = real_.columns().col(column); });
    discriminator_.forward(discriminator, k.d_values, 0, options_.batch);
  }
  /// The discriminator's outputs on a batch that came from elsewhere.
  scratch& see(std::span<T const> discriminator, sample s, generated_batch<T> const& fake) const {
    check(discriminator, discriminator_);
    expects(is_batch(fake.values.size()), "mlp_gan: there must be exactly one generated batch");
    scratch& k = scratch_of(s.worker);
    std::ranges::copy(fake.values, k.d_values.front().col(options_.batch).data());
    discriminator_.forward(discriminator, k.d_values, options_.batch, options_.batch);
    return k;
  }

  void min_gradient(point<T const> at, scratch& k, std::span<T> out) const {
    feedback(at.max, k, k.g_slopes.back());
    pull_back(at.min, k, out);
  }
  /// From the outputs on a generated batch to the derivatives by its samples, one a column.
  template <class Columns>
  void feedback(std::span<T const> discriminator, scratch& k, Columns& by_samples) const {
    int const batch = options_.batch;
    discriminator_.backward(discriminator, k.d_values, k.d_slopes, 0, batch, batch);
    for (int j = 0; j < batch; ++j) {
      T const slope =
          generator_on_fake(options_.loss, k.d_values.back()(0, batch + j)).slope / static_cast<T>(batch);
      by_samples.col(j) = slope * k.d_slopes.front().col(batch + j);
    }
  }
  /// From these, in g_slopes.back(), to the generator's gradient.
  void pull_back(std::span<T const> generator, scratch& k, std::span<T> out) const {
    if (bounds_) k.g_slopes.back().array() *= 1 - k.g_values.back().array().square();
    generator_.backward(generator, k.g_values, k.g_slopes, 1, 0, options_.batch);
    generator_.weight_gradient(k.g_values, k.g_slopes, k.ones, out);
  }

  /// D's derivatives by the input at points between the real and the generated samples.
  void interpolate(std::span<T const> discriminator, sample const& s, scratch& k) const {
    int const batch = options_.batch;
    auto& x = k.d_values.front();
    each_interpolation(s, batch, [&](int j, double share) {
      x.col(2 * batch + j) = x.col(j) + static_cast<T>(share) * (x.col(batch + j) - x.col(j));
    });
    discriminator_.forward(discriminator, k.d_values, 2 * batch, batch);
    discriminator_.backward(discriminator, k.d_values, k.d_slopes, 0, 2 * batch, batch);
  }

  /// Between its kinks D is linear in x: with d_l = dD/dz_l and the tangents t_l of the direction dD/dx,
  /// the gradient of |dD/dx|^2 / 2 by W_l is d_l t_{l-1}', next to slope * d_l a_{l-1}' of the loss: one
  /// product takes both. A function f of |dD/dx| has f' / |dD/dx| times these tangents.
  void max_gradient(std::span<T const> discriminator, sample const& s, scratch& k, std::span<T> out) const {
    int const batch = options_.batch;
    bool const penalty = options_.r1 > 0, between = options_.gradient_penalty > 0;
    for (int j = 0; j < batch; ++j) {
      auto const& d = k.d_values.back();
      k.weights(j) = discriminator_on_real(options_.loss, d(0, j)).slope / static_cast<T>(batch);
      k.weights(batch + j) =
          discriminator_on_fake(options_.loss, d(0, batch + j)).slope / static_cast<T>(batch);
    }
    discriminator_.backward(discriminator, k.d_values, k.d_slopes, penalty ? 0 : 1, 0, batch);
    discriminator_.backward(discriminator, k.d_values, k.d_slopes, 1, batch, batch);
    if (penalty) {
      k.tangents.front().leftCols(batch) = static_cast<T>(options_.r1 / batch) * k.d_slopes.front().leftCols(batch);
      discriminator_.tangent(discriminator, k.d_values, k.tangents, 0, batch);
    }
    if (between) {
      interpolate(discriminator, s, k);
      T const twice = static_cast<T>(2 * options_.gradient_penalty / batch);
      for (int j = 2 * batch; j < 3 * batch; ++j) {
        auto const slope = k.d_slopes.front().col(j);
        T const norm = slope.norm();
        k.tangents.front().col(j) = (norm > 0 ? twice * (norm - 1) / norm : T(0)) * slope;
      }
      discriminator_.tangent(discriminator, k.d_values, k.tangents, 2 * batch, batch);
    }
    for (std::size_t l = 0; l + 1 < k.d_values.size(); ++l) {
      for (int j = 0; j < 2 * batch; ++j) k.d_values[l].col(j) *= k.weights(j);
      if (penalty) k.d_values[l].leftCols(batch) += k.tangents[l].leftCols(batch);
      if (between) k.d_values[l].rightCols(batch) = k.tangents[l].rightCols(batch);
    }
    discriminator_.weight_gradient(k.d_values, k.d_slopes, k.weights, out);
  }

  mlp_gan_options options_;
  sample_shape shape_;
  std::optional<range> bounds_;
  perceptron<T> generator_, discriminator_;
  real_batches<T> real_;
  std::string identity_;
  mutable std::vector<scratch> scratch_;
};

static_assert(problem<mlp_gan<float>> && splits_by_player<mlp_gan<float>> && split_gan<mlp_gan<float>>);

SADDLE_NAMESPACE_END
