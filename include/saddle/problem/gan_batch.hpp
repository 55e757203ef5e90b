#pragma once
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/problem/dense_algebra.hpp"

SADDLE_NAMESPACE_BEGIN

/// What a worker draws its batches from: `count` samples from `first` on, in the order of its problem.
struct data_part {
  int first, count;
};

inline void shuffle(std::vector<int>& order, random_sequence& random) {
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[random.below(static_cast<std::uint32_t>(i))]);
}

/// The one fixed random order of all, without a seed: the parts are the same in every run.
inline std::vector<int> order_of_data(int samples) {
  std::vector<int> order(static_cast<std::size_t>(samples));
  std::iota(order.begin(), order.end(), 0);
  random_sequence random({.use = purpose::data_order});
  shuffle(order, random);
  return order;
}

/// Parts of equal size +-1.
SADDLE_HD data_part part_of(int samples, int workers, int worker) {
  int const size = samples / workers, longer = samples % workers;
  return {worker * size + (worker < longer ? worker : longer), size + (worker < longer)};
}

/// The parts of all workers, as kernels read them.
struct worker_parts {
  int samples, workers;
  int const* begin;  // data_parts::begin in memory of the kernel, or null: parts of equal size +-1

  SADDLE_HD data_part of(int worker) const {
    return begin ? data_part{begin[worker], begin[worker + 1] - begin[worker]} : part_of(samples, workers, worker);
  }
};

/// Where the random numbers of a batch stand: its latents (purpose::latent), in the order of their columns,
/// are the normals of that sequence; its real samples (purpose::data_order) the numbers below the count of
/// the worker's part.
SADDLE_HD random_stream batch_stream(sample const& s, purpose use) {
  // Draws are far apart: a long batch walks on.
  return {s.seed, use, static_cast<std::uint64_t>(s.step), static_cast<std::uint32_t>(s.worker),
          static_cast<std::uint64_t>(s.draw) << 20};
}

/// f(j, share) for the j-th interpolate of a gradient penalty: how far it lies from its real sample towards its
/// generated one, uniform in (0, 1), as a function of the sample alone.
template <class F>
void each_interpolation(sample const& s, int batch, F const& f) {
  random_sequence random(batch_stream(s, purpose::interpolation));
  for (int j = 0; j < batch; ++j) f(j, random.uniform());
}

/// What the j-th call (from 0) of `random_sequence::below(n)` gives.
SADDLE_HD std::uint32_t nth_below(random_stream const& s, std::uint32_t n, int j) {
  std::uint32_t const reject = -n % n;
  for (std::uint64_t block = 0;; ++block) {
    std::uint32_t bits[4];
    sequence_block(s, block, bits);
    for (std::uint32_t const b : bits) {
      std::uint64_t const product = std::uint64_t{b} * n;
      if (static_cast<std::uint32_t>(product) >= reject && j-- == 0)
        return static_cast<std::uint32_t>(product >> 32);
    }
  }
}

/// Which samples of a worker's part a batch takes. Numbers are drawn in parallel, as if none were rejected;
/// where one was, as happens to one batch in thousands or millions, each reader draws on its own, one after
/// the other.
struct batch_picks {
  std::int32_t* drawn;     // one for each sample of the batch
  std::int32_t* rejected;  // not 0: `drawn` are not the picks. Whoever read the last pick writes 0

  SADDLE_HD void draw(sample const& s, int count, int batch, int block) const {
    std::uint32_t const n = static_cast<std::uint32_t>(count), reject = -n % n;
    std::uint32_t bits[4];
    sequence_block(batch_stream(s, purpose::data_order), static_cast<std::uint64_t>(block), bits);
    SADDLE_UNROLL
    for (int k = 0; k < 4; ++k) {
      if (4 * block + k >= batch) return;
      std::uint64_t const product = std::uint64_t{bits[k]} * n;
      if (static_cast<std::uint32_t>(product) < reject) *rejected = 1;
      drawn[4 * block + k] = static_cast<std::int32_t>(product >> 32);
    }
  }
  SADDLE_HD int of(sample const& s, int count, int j) const {
    if (*rejected == 0) return drawn[j];
    return static_cast<int>(
        nth_below(batch_stream(s, purpose::data_order), static_cast<std::uint32_t>(count), j));
  }
};

/// Draws a batch: call i writes two latents, or four picks if i is not below `pairs()`.
template <class T>
struct draw_batch {
  sample const* s;
  dense<T> latents;  // latent x batch
  batch_picks picks;
  worker_parts parts;

  SADDLE_HD int pairs() const { return (latents.rows * latents.columns + 1) / 2; }
  SADDLE_HD int blocks() const { return (latents.columns + 3) / 4; }
  SADDLE_HD void operator()(int i) const {
    assert(s->worker >= 0 && s->worker < parts.workers);
    if (i >= pairs()) return picks.draw(*s, parts.of(s->worker).count, latents.columns, i - pairs());
    std::uint32_t bits[4];
    sequence_block(batch_stream(*s, purpose::latent), static_cast<std::uint64_t>(i / 2), bits);
    double z[2];
    if (i % 2 == 0)
      normal_pair(bits[0], bits[1], z);
    else
      normal_pair(bits[2], bits[3], z);
    for (int k = 0; k < 2 && 2 * i + k < latents.rows * latents.columns; ++k)
      latents((2 * i + k) % latents.rows, (2 * i + k) / latents.rows) = static_cast<T>(z[k]);
  }
};

SADDLE_NAMESPACE_END
