#pragma once
#include <array>
#include <cstdint>
#include <saddle/saddle.hpp>
#include <string>

/// Of each bucket sends the coordinates above half of the largest, as their sign and their mean magnitude.
///
/// promise  delta >= 4 / (Bucket + 3), reached by one large coordinate among many of almost half its size
template <int Bucket = 128>
struct half_of_largest {
  static constexpr int bucket = Bucket;
  static constexpr double delta = 4.0 / (Bucket + 3), omega = saddle::no_omega;  // biased
  static std::string name() { return "half-of-largest<" + std::to_string(Bucket) + ">"; }

  // The message: a plane of scales, one a bucket, and a plane of codes, 2 bits a coordinate.
  template <class T>
  struct message {
    T* scale;
    std::uint8_t* codes;
  };
  template <class T>
  static constexpr std::array planes{saddle::plane{.per_bucket = sizeof(T)},
                                     saddle::plane{.bits_per_coordinate = 2}};
  template <class T>
  static constexpr std::int64_t payload(int count) {
    return static_cast<std::int64_t>(sizeof(T)) + (2 * count + 7) / 8;
  }

  // The group is the lanes that share the bucket: one on the CPU, a block on the GPU. p[k] is this lane's.
  template <saddle::cooperative_group G, class T, int Items>
  SADDLE_HD void encode(G const& g, T const (&p)[Items], T (&sent)[Items], int count, saddle::random_stream const&,
                        message<T> out) const {
    using namespace saddle;
    T const largest =
        from_magnitude_bits<T>(g.template max<Items>(count, [&](int k) { return magnitude_bits(p[k]); }));
    auto const goes = [&](int k) { return largest > 0 && magnitude(p[k]) >= largest / 2; };
    int const n = g.template count<Items>(count, goes);
    T const sum =
        g.template sum<Items>(count, [&](int k) { return goes(k) ? magnitude(p[k]) / largest : T(0); });
    T const scale = n > 0 ? largest * (sum / static_cast<T>(n)) : T(0);
    if (g.lane() == 0) *out.scale = scale;
    for_each_item<Items>(g, count, [&](int k, int) {
      sent[k] = !goes(k) ? T(0) : p[k] < 0 ? -scale : scale;
    });
    g.template store_codes<2, Items>(count, out.codes, [&](int k) {
      return !goes(k) ? 0u : p[k] < 0 ? 2u : 1u;
    });
  }
  template <saddle::cooperative_group G, class T, int Items>
  SADDLE_HD void add(G const& g, message<T> in, int count, T weight, T (&acc)[Items]) const {
    T const step = weight * *in.scale;
    g.template load_codes<2, Items>(count, in.codes, [&](int k, std::uint32_t code) {
      acc[k] += code == 0 ? T(0) : code == 1 ? step : -step;
    });
  }

  // What came from another process is looked at before it is added: null, or what is wrong with it.
  template <class T>
  char const* flaw_in(message<T> in, int) const {
    return *in.scale >= 0 && saddle::is_finite(*in.scale) ? nullptr : "the scale is negative or not finite";
  }
};
static_assert(saddle::compressor<half_of_largest<>>);
