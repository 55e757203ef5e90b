#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/number_text.hpp"
#include "saddle/problem/gan_batch.hpp"

SADDLE_NAMESPACE_BEGIN

// Partitions: how the samples of a data set are divided among the workers. Another seed gives another partition of the
// same kind; it does not depend on the run's seed.

/// Independent and identically distributed: parts of equal size +-1 of one fixed random order. Needs no labels.
struct iid {};

/// Few classes per worker: samples are sorted by label and cut into workers x per_worker shards, which are dealt at
/// random. Parts are of equal size +-1.
/// source  McMahan, Moore, Ramage, Hampson, Aguera y Arcas: Communication-Efficient Learning of Deep Networks from
///         Decentralized Data. AISTATS 2017
struct label_shards {
  int per_worker = 2;
  std::uint64_t seed = 0;
};

/// For each class, the workers' shares are drawn from the symmetric Dirichlet(alpha), and each sample of the class goes
/// to a worker with the probability of its share. Below 1 few workers have most of a class; a large alpha is near iid.
/// Parts are of unequal sizes.
///
/// promise  no part is empty: a worker that got no sample takes one from the largest part
/// source   Yurochkin et al.: Bayesian Nonparametric Federated Learning of Neural Networks. ICML 2019; Hsu, Qi, Brown:
///          Measuring the Effects of Non-Identical Data Distribution for Federated Visual Classification. 2019
/// differs  code for these papers often cuts a class at its shares; here each sample is an independent draw
struct dirichlet {
  double alpha = 0.5;
  std::uint64_t seed = 0;
};

using data_partition = std::variant<iid, label_shards, dirichlet>;

inline bool takes_labels(data_partition const& how) { return !std::holds_alternative<iid>(how); }

/// "iid", "shards:2" or "dirichlet:0.3"; with ",seed=7" where that is not 0.
inline std::string partition_text(data_partition const& how) {
  auto const with_seed = [](std::string text, std::uint64_t seed) {
    return seed == 0 ? text : text.append(",seed=").append(number_text(seed));
  };
  if (auto const* const s = std::get_if<label_shards>(&how))
    return with_seed(std::string("shards:").append(number_text(s->per_worker)), s->seed);
  if (auto const* const d = std::get_if<dirichlet>(&how))
    return with_seed(std::string("dirichlet:").append(number_text(d->alpha)), d->seed);
  return "iid";
}
/// For the identity of a problem, which says nothing of the default.
inline std::string partition_identity(data_partition const& how) {
  return takes_labels(how) ? std::string(" partition=").append(partition_text(how)) : std::string();
}

/// A data set that is divided: indices of samples, those of the first worker first.
struct data_parts {
  std::vector<int> order;  // each sample once
  std::vector<int> begin;  // where each worker's samples begin in `order`, and the end

  int workers() const { return static_cast<int>(begin.size()) - 1; }
  data_part of(int worker) const {
    expects(worker >= 0 && worker < workers(), "data_parts: there is no such worker");
    auto const m = static_cast<std::size_t>(worker);
    return {begin[m], begin[m + 1] - begin[m]};
  }
  /// Which samples this worker draws from.
  std::span<int const> shard(int worker) const {
    auto const [first, count] = of(worker);
    return std::span(order).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
  }
};

/// Draws the owners of the samples of one class. Samples that go to workers with the probabilities of shares from
/// Dirichlet(alpha) have the distribution of a Polya urn: sample t, from 0 on, goes to a uniform worker with
/// probability workers alpha / (workers alpha + t), otherwise to the owner of a random earlier sample. So no gamma
/// variate is needed, which would underflow at a small alpha, and no function that differs from machine to machine.
/// source  Blackwell, MacQueen: Ferguson Distributions Via Polya Urn Schemes. Annals of Statistics 1973
inline void polya_urn(std::span<int> owners, int workers, double alpha, random_sequence& random) {
  for (std::size_t t = 0; t < owners.size(); ++t) {
    double const u = random.uniform();
    bool const anew = t == 0 || u * static_cast<double>(t) < workers * alpha * (1 - u);
    owners[t] = anew ? static_cast<int>(random.below(static_cast<std::uint32_t>(workers)))
                     : owners[random.below(static_cast<std::uint32_t>(t))];
  }
}

/// Divides so many samples, with these labels, among the workers: a function of its arguments, equal on all machines.
/// Labels are integers; iid does not read them.
/// errors  std::invalid_argument: more workers than samples, not one label for each sample, in the name of `who`; no
///         shard or more shards than samples; an alpha that is not positive and finite
template <class Label>
data_parts parts_of(data_partition const& how, int samples, std::vector<Label> const& labels, int workers,
                    char const* who) {
  expects(workers >= 1 && workers <= samples,
          [&] { return std::string(who) + ": there are from one worker to one a sample"; });
  data_parts out{order_of_data(samples), std::vector<int>(static_cast<std::size_t>(workers) + 1)};
  auto const count = [&](int worker) -> int& { return out.begin[static_cast<std::size_t>(worker) + 1]; };
  auto const add_up = [&] { std::partial_sum(out.begin.begin(), out.begin.end(), out.begin.begin()); };
  if (!takes_labels(how)) {
    for (int m = 0; m < workers; ++m) count(m) = part_of(samples, workers, m).count;
    add_up();
    return out;
  }

  expects(labels.size() == out.order.size(), [&] {
    return std::string(who) + ": the partition " + partition_text(how) + " goes by labels, and " +
           (labels.empty() ? "the data have none" : "there is not one for each sample");
  });
  auto const label = [&](int sample) { return labels[static_cast<std::size_t>(sample)]; };
  std::ranges::stable_sort(out.order, {}, label);  // in a class at random, as before
  std::vector<int> owners;                         // of the samples in this order
  if (auto const* const cut = std::get_if<label_shards>(&how)) {
    int const each = cut->per_worker;
    expects(each >= 1 && each <= samples / workers,
            "label_shards: there is at least one shard per worker, and there are no more shards than samples");
    std::vector<int> dealt(static_cast<std::size_t>(workers * each));  // shard number i of worker m is m each + i
    std::iota(dealt.begin(), dealt.end(), 0);
    random_sequence random({.seed = cut->seed, .use = purpose::partition});
    shuffle(dealt, random);
    for (int const d : dealt)
      owners.insert(owners.end(),
                    static_cast<std::size_t>(part_of(part_of(samples, workers, d / each).count, each, d % each).count),
                    d / each);
  } else {
    dirichlet const& d = std::get<dirichlet>(how);
    expects(d.alpha > 0 && is_finite(d.alpha), "dirichlet: alpha is positive and finite");
    random_sequence random({.seed = d.seed, .use = purpose::partition});
    owners.resize(out.order.size());
    for (std::size_t first = 0, end = 0; first < owners.size(); first = end) {
      while (end < owners.size() && label(out.order[end]) == label(out.order[first])) ++end;
      polya_urn(std::span(owners).subspan(first, end - first), workers, d.alpha, random);
    }
  }
  for (int const m : owners) ++count(m);
  for (int m = 0; m < workers; ++m) {
    if (count(m) > 0) continue;
    auto const largest = static_cast<int>(std::ranges::max_element(out.begin) - out.begin.begin()) - 1;
    *std::ranges::find(owners, largest) = m;
    --count(largest), ++count(m);
  }
  add_up();
  std::vector<int> at(out.begin), sorted(std::exchange(out.order, {}));
  out.order.resize(sorted.size());
  for (std::size_t i = 0; i < sorted.size(); ++i)
    out.order[static_cast<std::size_t>(at[static_cast<std::size_t>(owners[i])]++)] = sorted[i];
  return out;
}

/// How different the parts are: the total variation distance between the labels' distribution at a worker and that of
/// all samples, averaged over the workers. 0: all are alike; 1 - 1/C: each has one of C equally frequent classes.
/// errors  std::invalid_argument: not one label for each sample
template <class Label>
double label_distance(data_parts const& parts, std::vector<Label> const& labels) {
  expects(labels.size() == parts.order.size() && !labels.empty(), "label_distance: takes one label for each sample");
  std::map<Label, std::vector<double>> shares;  // of each class: the workers', then all samples'
  for (int m = 0; m <= parts.workers(); ++m) {
    std::span<int const> const part = m < parts.workers() ? parts.shard(m) : std::span(parts.order);
    for (int const i : part) {
      auto& of_class = shares[labels[static_cast<std::size_t>(i)]];
      of_class.resize(parts.begin.size());
      of_class[static_cast<std::size_t>(m)] += 1 / static_cast<double>(part.size());
    }
  }
  double sum = 0;
  for (auto const& [label, share] : shares)
    for (double const s : share) sum += std::abs(s - share.back());
  return sum / 2 / parts.workers();
}

SADDLE_NAMESPACE_END
