#pragma once
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// Philox 4x32: 128 random bits as a function of a 128-bit counter and a 64-bit key.
///
/// promise  a bijection of the counter for every key; the published known answers
/// source   Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3. SC 2011
template <int Rounds>
SADDLE_HD void philox(std::uint32_t (&c)[4], std::uint32_t k0, std::uint32_t k1) {
  SADDLE_UNROLL
  for (int r = 0; r < Rounds; ++r) {
    std::uint64_t const a = std::uint64_t{0xD2511F53u} * c[0], b = std::uint64_t{0xCD9E8D57u} * c[2];
    std::uint32_t const n0 = static_cast<std::uint32_t>(b >> 32) ^ c[1] ^ k0;
    std::uint32_t const n2 = static_cast<std::uint32_t>(a >> 32) ^ c[3] ^ k1;
    c[1] = static_cast<std::uint32_t>(b);
    c[3] = static_cast<std::uint32_t>(a);
    c[0] = n0;
    c[2] = n2;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
}

/// Seven rounds are the fewest that pass BigCrush; encode at copy speed cannot pay for ten.
inline constexpr int philox_rounds = 7;

/// What random bits are for. Two purposes never share a counter.
enum class purpose : std::uint32_t {
  dither, data_order, initial_weights, latent, coin, graph, evaluation, compute_time, message_loss, dropout,
  partition, interpolation
};

/// Names one random stream: all that a 128-bit block depends on besides its place in the stream.
///
/// `exchange` counts every exchange of a run (a step has several) or is the step where no exchange is meant;
/// `bucket` is the index of a bucket, or whatever splits the stream further.
struct random_stream {
  std::uint64_t seed = 0;
  purpose use = purpose::dither;
  std::uint64_t exchange = 0;  // below 2^40
  std::uint32_t worker = 0;    // below 2^24
  std::uint64_t bucket = 0;    // below 2^40
};

/// Block `place` (below 2^16) of a stream.
SADDLE_HD void random_block(random_stream const& s, std::uint32_t place, std::uint32_t (&out)[4]) {
  out[0] = static_cast<std::uint32_t>(s.bucket);
  out[1] = place | static_cast<std::uint32_t>(s.use) << 16 | static_cast<std::uint32_t>(s.bucket >> 32) << 24;
  out[2] = static_cast<std::uint32_t>(s.exchange);
  out[3] = s.worker | static_cast<std::uint32_t>(s.exchange >> 32) << 24;
  philox<philox_rounds>(out, static_cast<std::uint32_t>(s.seed), static_cast<std::uint32_t>(s.seed >> 32));
}

/// The i-th block that a `random_sequence` reads. A stream has 2^16 blocks a bucket, then walks on to the next bucket.
SADDLE_HD void sequence_block(random_stream s, std::uint64_t i, std::uint32_t (&out)[4]) {
  s.bucket += i >> 16;
  random_block(s, static_cast<std::uint32_t>(i & 0xFFFF), out);
}

/// Uniform in the open interval (0, 1), 2^32 values.
SADDLE_HD double open_uniform(std::uint32_t bits) { return (bits + 0.5) * 0x1p-32; }

/// Two standard normals (Box and Muller).
SADDLE_HD void normal_pair(std::uint32_t a, std::uint32_t b, double (&out)[2]) {
  double const radius = std::sqrt(-2 * std::log(open_uniform(a)));
  double const angle = 2 * std::numbers::pi * open_uniform(b);
  out[0] = radius * std::cos(angle);
  out[1] = radius * std::sin(angle);
}

/// Coins that all workers throw alike, of a step.
enum class coin : std::uint32_t { refresh, correction, round, workers, checkpoint };
/// Heads, with probability p.
inline bool shared_coin(std::uint64_t seed, std::int64_t step, coin which, double p) {
  std::uint32_t bits[4];
  random_block({.seed = seed,
                .use = purpose::coin,
                .exchange = static_cast<std::uint64_t>(step),
                .worker = static_cast<std::uint32_t>(which)},
               0, bits);
  return open_uniform(bits[0]) < p;
}

/// Numbers drawn one after the other from a stream, on the host: data order, initial weights, latents.
class random_sequence {
 public:
  explicit random_sequence(random_stream s) : stream_(s) {}

  std::uint32_t bits() {
    if (next_ == 4) {
      sequence_block(stream_, blocks_++, block_);
      next_ = 0;
    }
    return block_[next_++];
  }
  /// Uniform in the open interval (0, 1), 2^32 values.
  double uniform() { return open_uniform(bits()); }
  /// Uniform in 0 ... n - 1, without bias.
  std::uint32_t below(std::uint32_t n) {
    std::uint64_t product = std::uint64_t{bits()} * n;
    if (static_cast<std::uint32_t>(product) < n)
      for (std::uint32_t const reject = -n % n; static_cast<std::uint32_t>(product) < reject;)
        product = std::uint64_t{bits()} * n;
    return static_cast<std::uint32_t>(product >> 32);
  }
  /// Standard normal, in pairs.
  double normal() {
    if (spare_) {
      spare_ = false;
      return pair_[1];
    }
    std::uint32_t const first = bits();
    normal_pair(first, bits(), pair_);
    spare_ = true;
    return pair_[0];
  }

 private:
  random_stream stream_;
  std::uint64_t blocks_ = 0;
  std::uint32_t block_[4] = {};
  int next_ = 4;
  bool spare_ = false;
  double pair_[2] = {};
};

SADDLE_NAMESPACE_END
