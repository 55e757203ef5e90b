#pragma once
#include <algorithm>
#include <cstdint>
#include <string>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/counter_rng.hpp"

SADDLE_NAMESPACE_BEGIN

/// unbiased: values are sent times count / K, so that the expectation is exact; plain: as they are, a contraction.
enum class scaling { unbiased, plain };

/// Sends K coordinates of each bucket, drawn without replacement. Their places are not sent: they are a function of the
/// sender's random stream, from which the receiver draws them again (and takes as long as the sender to do so).
///
/// message  min(K, count) values in ascending place
/// payload  min(K, count) sizeof(T) bytes a bucket
/// promise  plain: delta = K / Bucket; a value is either sent or kept, to the bit
///          unbiased: omega = Bucket / K - 1, where values times Bucket / K are finite numbers (larger ones are sent as
///          the largest); contracts with delta = 1 - omega where that is positive. Bare on a server, never over gossip,
///          whose public copies such a variance blows up: there, as under error feedback, plain is the one to take
/// places   those of the K largest keys: 16 random bits, and in case of a tie the place, counted from a random one. So
///          ties prefer none: every place is sent with a probability within 2^-32 of K / count
/// source   Stich, Cordonnier, Jaggi: Sparsified SGD with Memory. NeurIPS 2018
template <int Bucket = 512, int K = 64, scaling Scaling = scaling::unbiased>
struct random_k {
  static_assert(is_bucket_length(Bucket), "random_k: a bucket has 128, 256, ... or 65,536 coordinates");
  static_assert(1 <= K && K <= Bucket, "random_k sends at least one coordinate and at most the bucket");
  static constexpr int bucket = Bucket;
  static constexpr double omega = Scaling == scaling::unbiased ? static_cast<double>(Bucket) / K - 1 : no_omega;
  static constexpr double delta =
      Scaling == scaling::unbiased ? std::max(0.0, 1 - omega) : static_cast<double>(K) / Bucket;
  static std::string name() {
    return "random-k<" + std::to_string(Bucket) + "," + std::to_string(K) +
           (Scaling == scaling::unbiased ? ",unbiased>" : ",plain>");
  }

  template <class T>
  struct message {
    T* value;
  };
  template <class T>
  static constexpr std::array planes{plane{.per_bucket = K * static_cast<int>(sizeof(T))}};
  template <class T>
  static constexpr std::int64_t payload(int count) {
    return static_cast<std::int64_t>(sizeof(T)) * drawn(count);
  }

  template <cooperative_group G, class T, int Items>
  SADDLE_HD void encode(G const& g, T const (&p)[Items], T (&sent)[Items], int count, random_stream const& random,
                        message<T> out) const {
    T const up = Scaling == scaling::unbiased ? static_cast<T>(count) / static_cast<T>(drawn(count)) : T(1);
    for_each_item<Items>(g, count, [&](int k, int) { sent[k] = T(0); });
    for_each_drawn<Items>(g, count, random, [&](int k, int n) {
      T const size = saturated(magnitude(p[k]) * up);
      out.value[n] = sent[k] = p[k] < 0 ? -size : size;
    });
  }
  template <cooperative_group G, class T, int Items>
  SADDLE_HD void add(G const& g, message<T> in, int count, random_stream const& random, T weight, T (&acc)[Items]) const {
    for_each_drawn<Items>(g, count, random, [&](int k, int n) { acc[k] += weight * in.value[n]; });
  }
  template <class T>
  static char const* flaw_in(message<T> in, int count) {
    return all_finite(in.value, drawn(count)) ? nullptr : "a value is not finite";
  }

 private:
  SADDLE_HD static constexpr int drawn(int count) { return count < K ? count : K; }

  /// f(k, n) for the slots of this lane that are drawn, n counting those of all lanes in ascending place.
  template <int Items, cooperative_group G, class F>
  SADDLE_HD static void for_each_drawn(G const& g, int count, random_stream const& random, F f) {
    std::uint32_t last[4];  // the stream's last block: the coordinates have the first ones
    random_block(random, 0xFFFF, last);
    int const first = static_cast<int>(std::uint64_t{last[0]} * static_cast<std::uint32_t>(count) >> 32);
    std::uint16_t r[Items];
    std::uint32_t key[Items];
    g.random(random, r);
    for_each_item<Items>(g, count, [&](int k, int i) {
      auto const turned = static_cast<std::uint32_t>(i < first ? i - first + count : i - first);
      key[k] = std::uint32_t{r[k]} << 16 | turned;
    });
    // `many` keys lie at or above `low`, `few` at or above `high`. No two are equal, so that some `low` leaves as many
    // as are wanted; and they are spread evenly, so that a straight line finds it in about four steps.
    int const wanted = drawn(count);
    std::uint32_t low = 0;
    std::uint64_t high = std::uint64_t{1} << 32;
    for (int many = count, few = 0; many > wanted;) {
      auto const step = static_cast<std::uint32_t>((high - low) * static_cast<std::uint32_t>(many - wanted) /
                                                   static_cast<std::uint32_t>(many - few));
      std::uint32_t const middle = low + (step > 0 ? step : 1);
      int const n = g.template count<Items>(count, [&](int k) { return key[k] >= middle; });
      if (n >= wanted) low = middle, many = n;
      else high = middle, few = n;
    }
    g.template compact<Items>(
        count, [&](int k) { return key[k] >= low; }, [&](int k, int, int n) { f(k, n); });
  }
};

static_assert(compressor<random_k<>> && is_unbiased<random_k<>> && !contracts<random_k<>>);
static_assert(contracts<random_k<512, 64, scaling::plain>> && !is_unbiased<random_k<512, 64, scaling::plain>>);

SADDLE_NAMESPACE_END
