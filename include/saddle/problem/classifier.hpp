#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/number_text.hpp"
#include "saddle/core/players.hpp"
#include "saddle/core/samples.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/problem/convolutional.hpp"
#include "saddle/problem/gan_batch.hpp"
#include "saddle/problem/partition.hpp"

SADDLE_NAMESPACE_BEGIN

/// What a network of classes sees of a sample: bounded data in [0, 1], others as they are.
template <class T>
void see(samples const& of, int sample, T* to) {
  std::ranges::transform(of[sample], to, [&](float v) {
    return of.bounds ? of.bounds->to_unit(static_cast<T>(v)) : static_cast<T>(v);
  });
}

/// From outputs to probabilities of the classes; returns the logarithm of what they were divided by.
/// errors  std::invalid_argument for no outputs
template <class T>
T softmax(std::span<T> outputs) {
  expects(!outputs.empty(), "softmax: there is a class or more");
  T const largest = std::ranges::max(outputs);
  T sum = 0;
  for (T& v : outputs) sum += v = std::exp(v - largest);
  for (T& v : outputs) v /= sum;
  return largest + std::log(sum);
}

/// Calls take(index of the sample, layers, column) with each sample's layers.
/// errors  std::invalid_argument for weights or samples of another size
template <class T, class Take>
void for_each_sample(convolutional<T> const& network, std::span<T const> w, samples const& of, Take take) {
  expect_whole(of, "classifier");
  expects(static_cast<std::int64_t>(w.size()) == network.size(), [&] {
    return "classifier: " + number_text(w.size()) + " weights for a network of " + number_text(network.size());
  });
  expects(of.shape == network.input(), [&] {
    return "classifier: samples of " + shape_text(of.shape) + " for a network of " + shape_text(network.input());
  });
  constexpr int at_once = 64;
  auto layers = network.storage(at_once);
  for (int done = 0; done < of.count; done += at_once) {
    int const count = std::min(at_once, of.count - done);
    for (int j = 0; j < count; ++j) see(of, done + j, layers.front().col(j).data());
    network.forward(w, layers, count);
    for (int j = 0; j < count; ++j) take(done + j, layers, j);
  }
}

/// What the last hidden layer makes of samples: as many samples, 1 x width x 1. Without a hidden layer what enters the
/// last one.
template <class T>
samples features(convolutional<T> const& network, std::type_identity_t<std::span<T const>> w, samples const& of) {
  auto const& widths = network.dense().widths;
  samples out{.count = of.count, .shape = {1, widths[widths.size() - 2], 1}, .labels = of.labels};
  for_each_sample(network, w, of, [&](int, auto const& layers, int j) {
    for (T const v : layers[layers.size() - 2].col(j)) out.values.push_back(static_cast<float>(v));
  });
  return out;
}

/// The probabilities of the classes: as many samples, 1 x classes x 1.
template <class T>
samples posteriors(convolutional<T> const& network, std::type_identity_t<std::span<T const>> w, samples const& of) {
  samples out{.count = of.count, .shape = {1, network.outputs(), 1}, .labels = of.labels};
  for_each_sample(network, w, of, [&](int, auto& layers, int j) {
    std::span<T> const p(layers.back().col(j).data(), static_cast<std::size_t>(network.outputs()));
    softmax(p);
    for (T const v : p) out.values.push_back(static_cast<float>(v));
  });
  return out;
}

/// The share of samples whose class has the largest output, the first of equals.
/// errors  std::invalid_argument for samples that are not labelled, or none
template <class T>
double accuracy(convolutional<T> const& network, std::type_identity_t<std::span<T const>> w, samples const& of) {
  expects(of.count > 0 && of.labels.size() == static_cast<std::size_t>(of.count),
          "accuracy: takes samples, each with a label");
  int right = 0;
  for_each_sample(network, w, of, [&](int i, auto const& layers, int j) {
    auto const outputs = layers.back().col(j);
    right += std::ranges::max_element(outputs) - outputs.begin() == of.labels[static_cast<std::size_t>(i)];
  });
  return static_cast<double>(right) / of.count;
}

struct classifier_options {
  std::vector<int> filters = {};     // of the convolutions; none: a perceptron
  int kernel = 5;                    // a convolution's width and height
  std::vector<int> hidden = {128};   // widths of the dense layers before the last one
  int batch = 32;                    // samples a worker and gradient
  int workers = 1;
  data_partition partition = iid{};  // or label_shards, dirichlet. Averages do not weight by sizes of parts
  std::optional<truncated_normal> initial = {};  // weights; where it is not set He and Glorot, biases zero
};

/// Learns the classes of labelled samples: a plain minimization of the mean cross-entropy, -log p(label | sample).
///
/// shape    weights as in `convolutional`; classes 0 ... the largest label
/// workers  each has its own part of the data, as in `mlp_gan`, and draws its batches from it with replacement, as a
///          function of the sample alone
/// promise  a gradient's bits depend neither on the number of threads nor on where the spans lie in memory; on the
///          instruction set that Eigen was compiled for they do
/// errors   std::invalid_argument for sizes that do not fit, a sample without a label, data that are not finite
template <class T = float>
class classifier {
 public:
  using scalar = T;

  classifier(samples const& labelled, classifier_options options)
      : options_(std::move(options)),
        network_(labelled.shape, options_.filters, options_.kernel, options_.hidden, classes_of(labelled)),
        parts_(parts_of(options_.partition, labelled.count, labelled.labels, options_.workers, "classifier")),
        seen_(labelled.shape.size(), labelled.count) {
    expects(options_.batch > 0, "classifier: the batch is positive");
    if (options_.initial) {
      auto const [deviation, bias] = *options_.initial;
      expects(std::isfinite(deviation) && deviation > 0 && std::isfinite(bias),
              "classifier: initial has a positive deviation and a finite bias");
    }
    for (int j = 0; j < labelled.count; ++j) {
      int const i = parts_.order[static_cast<std::size_t>(j)];
      see(labelled, i, seen_.col(j).data());
      labels_.push_back(labelled.labels[static_cast<std::size_t>(i)]);
    }
    for (int m = 0; m < options_.workers; ++m)
      scratch_.push_back({network_.storage(options_.batch), network_.storage(options_.batch),
                          std::vector<std::uint8_t>(static_cast<std::size_t>(options_.batch))});
    identity_ = "classifier " + network_.identity() + " batch=" + number_text(options_.batch) +
                " parts=" + number_text(options_.workers) + partition_identity(options_.partition) + " " +
                data_identity(labelled, true);
  }

  players sizes() const { return {network_.size(), 0}; }
  int workers() const { return options_.workers; }
  std::vector<tensor> tensors(player who) const {
    return who == player::min ? network_.tensors() : std::vector<tensor>{};
  }
  /// The network, what a batch is, the data and their labels.
  std::string identity() const { return identity_; }
  convolutional<T> const& network() const { return network_; }

  /// Which samples, by their index in the data, this worker draws from.
  std::span<int const> shard(int worker) const { return parts_.shard(worker); }

  void initial(std::uint64_t seed, point<T> w) const {
    check(w.min);
    random_sequence const random({.seed = seed, .use = purpose::initial_weights});
    if (options_.initial) network_.initial(random, w.min, *options_.initial);
    else network_.initial(random, w.min);
  }

  void gradient(point<T const> at, sample s, point<T> out) const {
    check(out.min);
    scratch& k = outputs(at, s);
    for (int j = 0; j < options_.batch; ++j) {
      auto slope = k.slopes.back().col(j);
      slope = k.values.back().col(j);
      softmax(std::span<T>(slope.data(), static_cast<std::size_t>(slope.size())));
      slope(k.labels[static_cast<std::size_t>(j)]) -= 1;
      slope /= static_cast<T>(options_.batch);
    }
    network_.gradient(at.min, k.values, k.slopes, out.min);
  }

  /// What is minimized, on the batch of this sample.
  double loss(point<T const> at, sample s) const {
    scratch& k = outputs(at, s);
    double sum = 0;
    for (int j = 0; j < options_.batch; ++j) {
      auto z = k.values.back().col(j);
      T const chosen = z(k.labels[static_cast<std::size_t>(j)]);
      sum += static_cast<double>(softmax(std::span<T>(z.data(), static_cast<std::size_t>(z.size()))) - chosen);
    }
    return sum / options_.batch;
  }

 private:
  /// One worker's.
  struct scratch {
    typename convolutional<T>::per_layer values, slopes;
    std::vector<std::uint8_t> labels;
  };

  static int classes_of(samples const& labelled) {
    expect_data(labelled, "classifier");
    expects(!labelled.labels.empty(), "classifier: the data have no labels");
    return 1 + std::ranges::max(labelled.labels);
  }
  void check(std::span<T const> w) const {
    expects(static_cast<std::int64_t>(w.size()) == network_.size(),
            "classifier: there must be one span, of the network's size");
  }

  /// Runs the network forward on the batch: the outputs stand in values.back().
  scratch& outputs(point<T const> at, sample s) const {
    check(at.min);
    auto const [first, count] = parts_.of(s.worker);
    scratch& k = scratch_[static_cast<std::size_t>(s.worker)];
    random_sequence order(batch_stream(s, purpose::data_order));
    for (int j = 0; j < options_.batch; ++j) {
      int const pick = first + static_cast<int>(order.below(static_cast<std::uint32_t>(count)));
      k.values.front().col(j) = seen_.col(pick);
      k.labels[static_cast<std::size_t>(j)] = labels_[static_cast<std::size_t>(pick)];
    }
    network_.forward(at.min, k.values, options_.batch);
    return k;
  }

  classifier_options options_;
  convolutional<T> network_;
  data_parts parts_;
  batch_columns<T> seen_;             // in the order of the parts, a sample a column
  std::vector<std::uint8_t> labels_;  // the same
  std::string identity_;
  mutable std::vector<scratch> scratch_;
};

static_assert(problem<classifier<float>> && names_its_tensors<classifier<float>>);

SADDLE_NAMESPACE_END
