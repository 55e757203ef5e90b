#pragma once
#include <cstdint>
#include <string>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"

SADDLE_NAMESPACE_BEGIN

/// AdaComp: sends the coordinates that the fresh direction v pushes over the bucket's largest. Of p = v + e go those
/// with |p + v| >= max |p|, as their sign and one magnitude; how many that are is the data's choice. The rest is owed.
///
/// message  scale: one T a bucket, the mean magnitude of what goes; count: 16 bits a bucket; pairs: room for min(Room,
///          count) a bucket, place in the bucket and sign in 16 bits, in ascending place, then zeros
/// payload  sizeof(T) + 2 + 2 min(Room, count) bytes a bucket, however many pairs there are: the message has one length
/// room     where more should go than fit, those with the largest |p| do, of equal ones the lower place
/// promise  delta = 1 / (n (Bucket - n + 1)) with n = min(Room, (Bucket + 1) / 2), whatever v is
/// differs  from the paper in what makes it a contraction: the scale is the bucket's and not the layer's, the mean of
///          what goes and not of the maxima; and the largest always goes, even where v takes from it
/// source   Chen, Choi, Brand, Agrawal, Zhang, Gopalakrishnan: AdaComp. AAAI 2018
template <int Bucket = 512, int Room = 16>
struct adacomp_residual {
  static_assert(is_bucket_length(Bucket), "adacomp_residual: a bucket has 128, 256, ... or 65,536 coordinates");
  static_assert(1 <= Room && Room <= Bucket, "adacomp_residual has room for 1 to Bucket coordinates");
  static_assert(Bucket <= 32768, "adacomp_residual has 15 bits for a place in the bucket");
  static constexpr int bucket = Bucket;

 private:
  static constexpr double worst = Room < (Bucket + 1) / 2 ? Room : (Bucket + 1) / 2;

 public:
  static constexpr double delta = 1 / (worst * (Bucket - worst + 1)), omega = no_omega;
  static std::string name() {
    return "adacomp-residual<" + std::to_string(Bucket) + "," + std::to_string(Room) + ">";
  }

  template <class T>
  struct message {
    T* scale;
    std::uint16_t* count;
    std::uint16_t* pair;
  };
  template <class T>
  static constexpr std::array planes{plane{.per_bucket = sizeof(T)}, plane{.per_bucket = 2},
                                     plane{.per_bucket = 2 * Room}};
  template <class T>
  static constexpr std::int64_t payload(int count) {
    return static_cast<std::int64_t>(sizeof(T)) + 2 + 2 * room(count);
  }

  template <cooperative_group G, class T, int Items>
  SADDLE_HD void encode(G const& g, T const (&p)[Items], T const (&v)[Items], T (&sent)[Items], int count,
                        random_stream const&, message<T> out) const {
    T const largest = largest_magnitude(g, count, p);
    bits_of<T> keys[Items];  // the magnitude of what should go, 0 for the others
    for_each_item<Items>(g, count, [&](int k, int) {
      bits_of<T> const most = magnitude_bits(largest), size = magnitude_bits(p[k]);
      bits_of<T> const pushed = magnitude_bits(p[k] + v[k]);
      keys[k] = ((pushed >= most) | (size == most)) ? size : bits_of<T>{0};
    });
    auto const key = [&](int k) { return keys[k]; };
    int const wanted = g.template count<Items>(count, [&](int k) { return keys[k] > 0; });
    int const n = wanted < room(count) ? wanted : room(count);
    threshold<bits_of<T>> limit{0, wanted};
    if (wanted > n) limit = kth_largest<Items>(g, count, n, key);

    for_each_item<Items>(g, count, [&](int k, int) { sent[k] = T(0); });
    compact_largest<Items>(g, count, limit.key, n - limit.above, key, [&](int k, int i, int j) {
      out.pair[j] = static_cast<std::uint16_t>(i | (p[k] < 0 ? 0x8000 : 0));
      sent[k] = p[k];
    });
    for_each_item<Items>(g, room(count), [&](int, int j) {
      if (j >= n) out.pair[j] = 0;
    });
    T const up = unscaling(largest);
    T const sum = g.template sum<Items>(count, [&](int k) { return magnitude(sent[k]) * up; });
    T const scale = n > 0 ? saturated(sum / static_cast<T>(n) / up) : T(0);
    if (g.lane() == 0) {
      *out.scale = scale;
      *out.count = static_cast<std::uint16_t>(n);
    }
    for_each_item<Items>(g, count, [&](int k, int) {
      T const value = sent[k] < 0 ? -scale : scale;
      sent[k] = sent[k] != 0 ? value : T(0);
    });
  }
  template <cooperative_group G, class T, int Items>
  SADDLE_HD void add(G const& g, message<T> in, int, T weight, T (&acc)[Items]) const {
    T const step = weight * *in.scale;
    g.template scatter<Items>(
        *in.count, [&](int j) { return in.pair[j] & 0x7FFF; }, [&](int j) { return in.pair[j] >> 15 ? -step : step; },
        acc);
  }
  template <class T>
  char const* flaw_in(message<T> in, int count) const {
    if (!(*in.scale >= 0 && is_finite(*in.scale))) return "the scale is negative or not finite";
    if (*in.count > room(count)) return "there are more pairs than room";
    for (int j = 0; j < *in.count; ++j)
      if (int const i = in.pair[j] & 0x7FFF; i >= count || (j > 0 && i <= (in.pair[j - 1] & 0x7FFF)))
        return "the indices of a bucket do not ascend or leave it";
    return nullptr;
  }

 private:
  SADDLE_HD static constexpr int room(int count) { return count < Room ? count : Room; }
};

static_assert(compressor<adacomp_residual<>> && contracts<adacomp_residual<>> && !is_unbiased<adacomp_residual<>>);

SADDLE_NAMESPACE_END
