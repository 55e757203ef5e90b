#pragma once
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "../groups.hpp"
#include "../nightly.hpp"
#include "saddle/compressor/concept.hpp"
#include "saddle/core/aligned.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/testing/compressor_contract.hpp"

// What every compressor promises. The test of each policy runs this first, and adds what is the policy's own.
namespace contract {

using namespace saddle;
using namespace saddle::testing;

/// Groups need not agree to the bit where the compiler may contract products and sums.
#ifdef SADDLE_BITWISE
inline constexpr bool is_bitwise = true;
#else
inline constexpr bool is_bitwise = false;
#endif

// ---- One bucket, there and back ----

/// A message whose bucket 1 was encoded. It has buckets before and after it, which nobody may touch.
template <class C, class T>
struct outcome {
  bucket_layout layout;
  aligned_vector<std::byte> bytes;
  std::vector<T> sent;
  std::vector<T> decoded;   // added with weight 1 onto zeros
  std::vector<T> added[2];  // added with weights[] onto ramp()

  bucket middle() const { return layout.at(1); }
  typename C::template message<T> message() {
    return message_at<C, T>(planes_at<C, T>(layout, bytes.data()), middle());
  }
};

inline constexpr double weights[2] = {0.3, -0.5};
template <class T>
T ramp(int i) {
  return T(i % 7 - 3);
}

/// For those who look at the fresh part of p: in turn all of p, nothing, what takes half of it away, what turns it.
template <class T>
std::vector<T> some_directions(std::vector<T> v) {
  for (std::size_t i = 0; i < v.size(); ++i) v[i] *= T(std::array{1.0, 0.0, -0.5, -1.0}[i % 4]);
  return v;
}

template <class G, class C, class T>
outcome<C, T> encode_beside(std::vector<T> const& fresh, C const& c, std::vector<T> const& p,
                            random_stream const& random = {}, int fill = 0xA5) {
  constexpr int length = bucket_of<C>, items = length / G::lanes;
  int const count = static_cast<int>(p.size());
  outcome<C, T> r{.layout = {{length + count, length}, length}, .bytes = {}, .sent = p, .decoded = p, .added = {p, p}};
  r.bytes.assign(at(planes_bytes<C, T>(r.layout)), static_cast<std::byte>(fill));
  auto const out = r.message();
  T const *const from = p.data(), *const fresh_from = fresh.data();
  T *const sent_to = r.sent.data(), *const decoded_to = r.decoded.data();
  T* const added_to[2] = {r.added[0].data(), r.added[1].data()};
  run_on<G>([&](auto const& g) {
    T tile[items], v[items], sent[items], sum[items] = {}, one[items] = {}, two[items] = {};
    std::fill_n(tile, items, std::numeric_limits<T>::quiet_NaN());  // absent places count for nothing
    std::fill_n(v, items, std::numeric_limits<T>::quiet_NaN());
    for_each_item<items>(g, count, [&](int k, int i) {
      tile[k] = from[i];
      v[k] = fresh_from[i];
      one[k] = two[k] = ramp<T>(i);
    });
    encode_tile(c, g, tile, v, sent, count, random, out);
    g.sync();
    add_decoded(c, g, out, count, random, T(1), sum);
    add_decoded(c, g, out, count, random, T(weights[0]), one);
    add_decoded(c, g, out, count, random, T(weights[1]), two);
    for_each_item<items>(g, count, [&](int k, int i) {
      sent_to[i] = sent[k];
      decoded_to[i] = sum[k];
      added_to[0][i] = one[k];
      added_to[1][i] = two[k];
    });
  });
  return r;
}

template <class G, class C, class T>
outcome<C, T> encode_on(C const& c, std::vector<T> const& p, random_stream const& random = {}, int fill = 0xA5) {
  return encode_beside<G>(some_directions(p), c, p, random, fill);
}

/// What of p the message says.
template <class C, class T>
std::vector<T> sent_of(C const& c, std::vector<T> const& p, random_stream const& random) {
  constexpr int length = bucket_of<C>;
  int const count = static_cast<int>(p.size());
  bucket_layout const layout{{count, 0}, length};
  static aligned_vector<std::byte> bytes;
  bytes.resize(at(planes_bytes<C, T>(layout)));
  T tile[length], sent[length];
  std::copy(p.begin(), p.end(), tile);
  encode_tile(c, serial_group{}, tile, tile, sent, count, random,
              message_at<C, T>(planes_at<C, T>(layout, bytes.data()), layout.at(0)));
  return {sent, sent + count};
}

// ---- Random bits ----

/// Of the places 4 n ... 4 n + 3 and the same in the second half: block n of the stream, 16 bits each.
inline std::uint16_t random_bits_of(int bucket, random_stream const& s, int i) {
  std::uint32_t word[4];
  int const half = bucket / 2, j = i % half;
  random_block(s, static_cast<std::uint32_t>(j / 4), word);
  return static_cast<std::uint16_t>(word[i / half * 2 + j % 4 / 2] >> (j % 2 * 16));
}
inline long double dither_of(int bucket, random_stream const& s, int i) {
  return (random_bits_of(bucket, s, i) + 0.5L) / 65536;
}
/// One lane whose random bits are what the test says, the same for all coordinates.
struct scripted_group : serial_group {
  std::uint16_t bits;
  template <int Items>
  void random(random_stream const&, std::uint16_t (&r)[Items]) const {
    std::fill_n(r, Items, bits);
  }
};

/// Threads wait for each other most of their time: by day they get a few.
inline std::vector<int> counts(int bucket, int lanes = 1) {
  if (lanes > 1 && !is_nightly()) return {1, 5, 17, bucket - 1, bucket};
  return {1, 2, 3, 4, 5, 15, 16, 17, 127, 128, bucket == 128 ? 64 : 129, bucket - 1, bucket};
}

// ---- The promises ----

/// Bytes of bucket b's part of plane n.
template <class C, class T>
std::int64_t part_bytes(bucket const& b, int n) {
  plane const one = C::template planes<T>[at(n)];
  return one.per_bucket + one.bits_per_coordinate * round_up(b.count, code_block) / 8;
}

/// Both messages say the same, carry their payload, and nothing was written outside of the bucket's own parts.
template <class C, class T>
void writes_its_own_part(outcome<C, T>& a, outcome<C, T>& b) {  // filled with A5 and 5A before
  std::vector<bool> own(a.bytes.size(), false);
  std::int64_t begin = 0;
  for (int n = 0; n < plane_count<C>; ++n) {
    plane const one = C::template planes<T>[at(n)];
    std::int64_t const first = begin + one.per_bucket + a.middle().begin * one.bits_per_coordinate / 8;
    for (std::int64_t i = 0; i < part_bytes<C, T>(a.middle(), n); ++i) own[at(first + i)] = true;
    begin += plane_bytes<C, T>(a.layout, n);
  }
  REQUIRE(at(begin) == a.bytes.size());
  std::int64_t stray = 0, unequal = 0, written = 0;
  for (std::size_t i = 0; i < own.size(); ++i) {
    bool const untouched = a.bytes[i] == std::byte{0xA5} && b.bytes[i] == std::byte{0x5A};
    stray += !own[i] && !untouched;
    unequal += own[i] && !untouched && a.bytes[i] != b.bytes[i];
    written += own[i] && !untouched;
  }
  CHECK(stray == 0);
  CHECK(unequal == 0);
  CHECK(written >= C::template payload<T>(a.middle().count));
}

template <class C, class T>
void adds_with_weights(outcome<C, T> const& r) {
  using limits = std::numeric_limits<T>;
  for (int w = 0; w < 2; ++w) {
    real most = 0;
    for (std::size_t i = 0; i < r.sent.size(); ++i) {
      real const from = ramp<T>(static_cast<int>(i)), what = real(T(weights[w])) * r.sent[i];
      real const allowed = 4 * limits::epsilon() * (std::abs(from) + std::abs(what)) + 256 * real(limits::denorm_min());
      most = std::max(most, std::abs(r.added[w][i] - (from + what)) / allowed);
    }
    CHECK(most <= 1);
  }
}

/// Specialized by those that may do in few of many draws what matters (random_k sends a coordinate): where the test's
/// draws may have missed it, the promised variance stands for the one seen.
template <class C>
inline constexpr bool acts_rarely = false;

/// E C(p) = p and E |p - C(p)|^2 <= omega |p|^2 over the streams, within 5 standard deviations of the mean.
template <class C, class T>
void is_unbiased_over_streams(C const& c, std::vector<T> const& p) {
  real const size = std::sqrt(squared_norm(p));
  if (size < 1000 * real(std::numeric_limits<T>::min())) return;  // a denormal scale cannot be unbiased
  mean along, across, error;
  for (int j = 0; j < mean::draws; ++j) {
    auto const sent = sent_of(c, p, {.seed = 5, .exchange = static_cast<std::uint64_t>(j)});
    real a = 0, b = 0;
    for (std::size_t i = 0; i < p.size(); ++i) {
      real const d = real(sent[i]) - p[i];
      a += d * p[i];
      b += i % 3 == 0 ? d : -d;
    }
    along.add(a / size / size);
    across.add(b / size / std::sqrt(static_cast<real>(p.size())));
    error.add(squared_error(p, sent) / (size * size));
  }
  real const rounding = 1e-4;  // 2^-17 of a level, and float
  real const promised = acts_rarely<C> ? omega_of<C> : 0;
  CHECK(std::abs(along.value()) <= along.five_sigma(promised) + rounding);
  CHECK(std::abs(across.value()) <= across.five_sigma(promised) + rounding);
  CHECK(error.value() <= omega_of<C> * (1 + 1e-4) + error.five_sigma());
}
/// E |p - C(p)|^2 <= (1 - delta) |p|^2 in the same way.
template <class C, class T>
void contracts_over_streams(C const& c, std::vector<T> const& p) {
  real const size = std::sqrt(squared_norm(p));
  if (size == 0) return;
  mean error;
  for (int j = 0; j < mean::draws; ++j) {
    auto const sent = sent_of(c, p, {.seed = 5, .exchange = static_cast<std::uint64_t>(j)});
    error.add(squared_error(p, sent) / (size * size));
  }
  real const promised = acts_rarely<C> ? delta_of<C> : 0;
  CHECK(error.value() <= real(1 - delta_of<C>) * (1 + 1e-4) + error.five_sigma(promised));
}

/// The message's planes lie one after the other on 16 bytes, the buckets' parts in them too, and payloads add up.
template <class C, class T>
void lays_out_messages() {
  constexpr int length = bucket_of<C>;
  for (std::int64_t min : {0, 1, 127, 129, length, length + 1, 3 * length - 1})
    for (std::int64_t max : {0, 1, 128, length - 1, 2 * length}) {
      bucket_layout const l{{min, max}, length};
      aligned_vector<std::byte> bytes(at(planes_bytes<C, T>(l)) + 1);
      message_planes const planes = planes_at<C, T>(l, bytes.data());
      std::byte* end = bytes.data();
      for (int n = 0; n < plane_count<C>; ++n) {
        CHECK(planes.begin[n] == end);
        CHECK(reinterpret_cast<std::uintptr_t>(end) % 16 == 0);
        std::byte* part = end;
        for (std::int64_t i = 0; i < l.buckets(); ++i) {
          plane const one = C::template planes<T>[at(n)];
          CHECK(part == planes.begin[n] + i * one.per_bucket + l.at(i).begin * one.bits_per_coordinate / 8);
          part += part_bytes<C, T>(l.at(i), n);
        }
        end += plane_bytes<C, T>(l, n);
        CHECK(part <= end);
        CHECK(end - part < 16);
      }
      CHECK(end == bytes.data() + bytes.size() - 1);
      std::int64_t payload[2] = {};
      for (std::int64_t i = 0; i < l.buckets(); ++i) payload[l.at(i).player] += C::template payload<T>(l.at(i).count);
      CHECK(payload_bytes<C, T>(l, 0) == payload[0]);
      CHECK(payload_bytes<C, T>(l, 1) == payload[1]);
      CHECK(payload_bytes<C, T>(l) == payload[0] + payload[1]);
    }
}

/// Specialized by those that promise nothing but finite numbers where |p| is too large for a number.
template <class C>
inline constexpr bool needs_the_norm = false;

/// Specialized by those that promise nothing but finite numbers of what a normal float cannot hold.
template <class C>
inline constexpr bool has_floats_range = false;
template <class T>
bool is_in_floats_range(std::vector<T> const& p) {
  using limits = std::numeric_limits<float>;
  return std::all_of(p.begin(), p.end(), [](T x) {
    return x == 0 || (std::abs(x) >= T(limits::min()) && std::abs(x) <= T(limits::max()));
  });
}

/// Specialized by those that are biased and contract only on average over the dither.
template <class C>
inline constexpr bool contracts_on_average = false;

/// payload(count, bytes of T) is the formula that the policy documents.
template <class G, class T, class C, class F>
void keeps(C const& c, F payload) {
  static_assert(compressor<C>);
  CAPTURE(C::name());
  CAPTURE(sizeof(T));
  constexpr bool draws = is_unbiased<C> && !is_exact<C>;
  if constexpr (G::lanes == 1 && sizeof(T) == 4)
    CHECK(broken_promise(c, has_floats_range<C> || needs_the_norm<C>
                                ? domain{has_floats_range<C> ? std::numeric_limits<float>::min() : 0.0,
                                         std::numeric_limits<float>::max()}
                                : domain{}) == "");
  random_stream const random{.seed = 9, .exchange = 3, .worker = 1, .bucket = 1};
  if (G::lanes == 1) lays_out_messages<C, T>();
  for (int count : counts(bucket_of<C>, G::lanes)) {
    CAPTURE(count);
    CHECK(C::template payload<T>(count) == payload(count, static_cast<int>(sizeof(T))));
    for (auto const& [name, p] : inputs<T>(count)) {
      CAPTURE(name);
      auto r = encode_on<G>(c, p, random);
      CHECK(std::all_of(r.sent.begin(), r.sent.end(), [](T x) { return std::isfinite(x); }));
      CHECK(r.decoded == r.sent);
      if constexpr (G::lanes > 1 && is_bitwise) {  // all else follows from what one lane promises
        auto const one_lane = encode_on<serial_group>(c, p, random);
        CHECK(r.sent == one_lane.sent);
        CHECK(r.bytes == one_lane.bytes);
        CHECK(r.added[0] == one_lane.added[0]);
        CHECK(r.added[1] == one_lane.added[1]);
        continue;
      }
      adds_with_weights(r);
      auto again = encode_on<G>(c, p, random, 0x5A);
      CHECK(again.sent == r.sent);
      writes_its_own_part(r, again);
      if (squared_norm(p) == 0) CHECK(squared_norm(r.sent) == 0);
      if (needs_the_norm<C> && squared_norm(p) > real(std::numeric_limits<T>::max()) * std::numeric_limits<T>::max())
        continue;
      if (has_floats_range<C> && !is_in_floats_range(p)) continue;
      if (draws && name.starts_with("one and many, ")) continue;  // rare events, which broken_promise allows for
      // Hundreds of draws each.
      if ((draws || contracts_on_average<C>) && count != 3 && count != 17 && count != bucket_of<C> && !is_nightly())
        continue;
      if constexpr (draws)
        is_unbiased_over_streams(c, p);
      else if constexpr (contracts_on_average<C>)
        contracts_over_streams(c, p);
      else
        CHECK(std::sqrt(squared_error(p, r.sent)) <=
              std::sqrt(real(1 - delta_of<C>) * squared_norm(p)) + (is_exact<C> ? 0 : rounding_of(p, bucket_of<C>)));
    }
  }
}

}  // namespace contract
