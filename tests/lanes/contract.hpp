#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "saddle/core/bits.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/lanes/concept.hpp"
#include "saddle/lanes/serial.hpp"

// What every group must give, to the bit: all collectives on one bucket (evaluate), the same from its
// definition (expected), and where two differ (difference). Nothing of a test framework, so that it also runs
// in kernels and under the thread sanitizer.
namespace contract {

using saddle::bits_of;

/// One bucket, and what to ask about it.
template <class T, int Bucket>
struct question {
  T x[Bucket];
  int count, wanted;  // wanted: for kth_largest
  int pairs;          // for scatter: distinct places in no order
  std::uint16_t at[Bucket];
  T value[Bucket];
  saddle::random_stream random;
};

/// What every lane must know.
template <class T>
struct scalars {
  T sum, sum_of_tiny;
  bits_of<T> max, key;
  int count, above, chosen;
};
/// What lies in memory, or in tiles. Filled with `untouched` first, which stays where nothing may be written.
template <int Bits, int Bucket>
struct coded {
  std::uint8_t bytes[Bucket * Bits / 8];
  std::uint16_t loaded[Bucket];
};
template <class T, int Bucket>
struct tiles {
  alignas(16) std::uint32_t words[Bucket / 32];
  std::uint8_t bits[Bucket];
  coded<2, Bucket> two;
  coded<4, Bucket> four;
  coded<8, Bucket> eight;
  coded<16, Bucket> sixteen;
  std::uint16_t random[Bucket], chosen[Bucket], slots[Bucket];  // compact: place and slot's place of the n-th
  T scattered[Bucket];
};
inline constexpr unsigned char untouched = 0xA5;
template <class T>
inline constexpr T beyond = std::numeric_limits<T>::infinity();
template <class T>
inline constexpr T smallest = std::numeric_limits<T>::min();

template <class T, int Bucket, int Lanes>
struct answer {
  scalars<T> of[Lanes];
  tiles<T, Bucket> in;
};

template <class T>
SADDLE_HD bool positive(T x) {
  return x > 0;
}
template <class T>
SADDLE_HD std::uint32_t code_of(T x, int bits) {
  return static_cast<std::uint32_t>((saddle::magnitude_bits(x) * 0x9E3779B1u) >> 16) & ((1u << bits) - 1);
}

template <int Items, int Bits, class G, class T, int Bucket>
SADDLE_HD void store_and_load(G const& g, int count, T const (&x)[Items], coded<Bits, Bucket>& out) {
  g.template store_codes<Bits, Items>(count, out.bytes, [&](int k) { return code_of(x[k], Bits); });
  g.sync();
  g.template load_codes<Bits, Items>(count, out.bytes, [&](int k, std::uint32_t code) {
    out.loaded[saddle::place<Items, G::lanes>(g.lane(), k)] = static_cast<std::uint16_t>(code);
  });
}

/// All collectives of a group on one bucket.
template <class G, class T, int Bucket>
SADDLE_HD void evaluate(G const& g, question<T, Bucket> const& q, answer<T, Bucket, G::lanes>& a) {
  constexpr int Items = Bucket / G::lanes;
  auto const place = [&](int k) { return saddle::place<Items, G::lanes>(g.lane(), k); };
  T x[Items], acc[Items];
  for (int k = 0; k < Items; ++k) x[k] = beyond<T>;  // no collective may look beyond count
  saddle::for_each_item<Items>(g, q.count, [&](int k, int i) { x[k] = q.x[i]; });
  auto const key = [&](int k) { return saddle::magnitude_bits(x[k]); };
  tiles<T, Bucket>& in = a.in;

  scalars<T>& mine = a.of[g.lane()];
  mine.sum = g.template sum<Items>(q.count, [&](int k) { return x[k]; });
  mine.sum_of_tiny = g.template sum<Items>(q.count, [&](int k) { return x[k] * smallest<T>; });
  mine.max = g.template max<Items>(q.count, key);
  mine.count = g.template count<Items>(q.count, [&](int k) { return positive(x[k]); });
  auto const limit = saddle::kth_largest<Items>(g, q.count, q.wanted, key);
  mine.key = limit.key;
  mine.above = limit.above;

  g.template store_bits<Items>(q.count, in.words, [&](int k) { return positive(x[k]); });
  g.sync();
  g.template load_bits<Items>(q.count, in.words, [&](int k, std::uint32_t bit) {
    in.bits[place(k)] = static_cast<std::uint8_t>(bit);
  });
  store_and_load<Items>(g, q.count, x, in.two);
  store_and_load<Items>(g, q.count, x, in.four);
  store_and_load<Items>(g, q.count, x, in.eight);
  store_and_load<Items>(g, q.count, x, in.sixteen);

  if constexpr (Items >= 4) {
    std::uint16_t r[Items];
    g.random(q.random, r);
    for (int k = 0; k < Items; ++k) in.random[place(k)] = r[k];
  }

  mine.chosen = g.template compact<Items>(
      q.count, [&](int k) { return positive(x[k]); },
      [&](int k, int i, int n) {
        in.chosen[n] = static_cast<std::uint16_t>(i);
        in.slots[n] = static_cast<std::uint16_t>(place(k));
      });

  for (int k = 0; k < Items; ++k) acc[k] = -T(0);
  saddle::for_each_item<Items>(g, q.count, [&](int k, int) { acc[k] = x[k]; });
  g.template scatter<Items>(
      q.pairs, [&](int n) { return int{q.at[n]}; }, [&](int n) { return q.value[n]; }, acc);
  for (int k = 0; k < Items; ++k) in.scattered[place(k)] = acc[k];
}

// ---- The same from the definitions ----

template <class T>
struct magnitudes {
  T const* x;
  SADDLE_HD bits_of<T> operator()(int k) const { return saddle::magnitude_bits(x[k]); }
};

/// Absent places are zero; the upper half is added to the lower until one place remains.
template <class T>
T halving_tree(std::vector<T> a, std::size_t bucket) {
  a.resize(bucket, T(0));
  for (std::size_t h = bucket / 2; h > 0; h /= 2)
    for (std::size_t i = 0; i < h; ++i) a[i] += a[i + h];
  return a[0];
}

template <int Bits, class T, int Bucket>
void expect_codes(question<T, Bucket> const& q, coded<Bits, Bucket>& out) {
  int const whole_quads = (q.count + 3) / 4 * 4;
  std::fill(out.bytes, out.bytes + whole_quads * Bits / 8, std::uint8_t{0});
  for (int i = 0; i < q.count; ++i) {
    out.loaded[i] = static_cast<std::uint16_t>(code_of(q.x[i], Bits));
    for (int bit = 0; bit < Bits; ++bit)
      if (out.loaded[i] >> bit & 1) {
        std::uint8_t& byte = out.bytes[(i * Bits + bit) / 8];
        byte = static_cast<std::uint8_t>(byte | 1 << (i * Bits + bit) % 8);
      }
  }
}

template <class T, int Bucket>
answer<T, Bucket, 1> expected(question<T, Bucket> const& q) {
  answer<T, Bucket, 1> a;
  std::memset(static_cast<void*>(&a), untouched, sizeof a);
  scalars<T>& s = a.of[0];
  tiles<T, Bucket>& in = a.in;
  std::vector<T> x(q.x, q.x + q.count), tiny = x;
  for (T& one : tiny) one *= smallest<T>;
  std::vector<bits_of<T>> keys;
  for (T const one : x) keys.push_back(saddle::magnitude_bits(one));

  s.sum = halving_tree(x, Bucket);
  s.sum_of_tiny = halving_tree(tiny, Bucket);
  s.max = *std::max_element(keys.begin(), keys.end());
  s.count = static_cast<int>(std::count_if(x.begin(), x.end(), positive<T>));
  // Several keys split alike: which one is found is the search's own business, but one and the same for all
  // groups.
  auto const limit =
      saddle::kth_largest<Bucket>(saddle::serial_group{}, q.count, q.wanted, magnitudes<T>{q.x});
  s.key = limit.key;
  s.above = limit.above;

  std::fill(in.words, in.words + (q.count + 127) / 128 * 4, 0u);
  int n = 0;
  for (int i = 0; i < q.count; ++i) {
    bool const bit = positive(q.x[i]);
    in.words[i / 128 * 4 + i % 4] |= static_cast<std::uint32_t>(bit) << (i % 128 / 4);
    in.bits[i] = bit;
    if (bit) in.chosen[n] = in.slots[n] = static_cast<std::uint16_t>(i), ++n;
  }
  s.chosen = n;
  expect_codes(q, in.two);
  expect_codes(q, in.four);
  expect_codes(q, in.eight);
  expect_codes(q, in.sixteen);

  for (int i = 0; i < Bucket; ++i) {
    int const half = i / (Bucket / 2), in_half = i % (Bucket / 2);
    std::uint32_t four[4];
    saddle::random_block(q.random, static_cast<std::uint32_t>(in_half / 4), four);
    in.random[i] = static_cast<std::uint16_t>(four[2 * half + i % 4 / 2] >> (16 * (i % 2)));
    in.scattered[i] = i < q.count ? q.x[i] : -T(0);
  }
  for (int p = 0; p < q.pairs; ++p) in.scattered[q.at[p]] += q.value[p];
  return a;
}

template <class T>
bool same(T const& a, T const& b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}
/// Names the first thing that is not the same to the bit; empty if there is none.
template <class T, int Bucket, int Lanes>
std::string difference(answer<T, Bucket, 1> const& a, answer<T, Bucket, Lanes> const& b) {
  for (int l = 0; l < Lanes; ++l) {
    auto const on_lane = [&](char const* what) {
      return std::string(what) + " on lane " + std::to_string(l);
    };
    scalars<T> const &s = a.of[0], &t = b.of[l];
    if (!same(s.sum, t.sum)) return on_lane("sum");
    if (!same(s.sum_of_tiny, t.sum_of_tiny)) return on_lane("sum of tiny numbers");
    if (s.max != t.max) return on_lane("max");
    if (s.count != t.count) return on_lane("count");
    if (s.key != t.key || s.above != t.above) return on_lane("kth_largest");
    if (s.chosen != t.chosen) return on_lane("compact's number");
  }
  if (!same(a.in.words, b.in.words)) return "store_bits";
  if (!same(a.in.bits, b.in.bits)) return "load_bits";
  if (!same(a.in.two.bytes, b.in.two.bytes)) return "store_codes<2>";
  if (!same(a.in.four.bytes, b.in.four.bytes)) return "store_codes<4>";
  if (!same(a.in.eight.bytes, b.in.eight.bytes)) return "store_codes<8>";
  if (!same(a.in.sixteen.bytes, b.in.sixteen.bytes)) return "store_codes<16>";
  if (!same(a.in.two.loaded, b.in.two.loaded)) return "load_codes<2>";
  if (!same(a.in.four.loaded, b.in.four.loaded)) return "load_codes<4>";
  if (!same(a.in.eight.loaded, b.in.eight.loaded)) return "load_codes<8>";
  if (!same(a.in.sixteen.loaded, b.in.sixteen.loaded)) return "load_codes<16>";
  if (!same(a.in.random, b.in.random)) return "random";
  if (!same(a.in.chosen, b.in.chosen)) return "compact's places";
  if (!same(a.in.slots, b.in.slots)) return "compact's slots";
  if (!same(a.in.scattered, b.in.scattered)) return "scatter";
  return "";
}

/// kth_largest by its promise, against a sort.
template <class T, int Bucket>
bool splits_well(question<T, Bucket> const& q, scalars<T> const& s) {
  std::vector<bits_of<T>> keys;
  for (int i = 0; i < q.count; ++i) keys.push_back(saddle::magnitude_bits(q.x[i]));
  std::sort(keys.rbegin(), keys.rend());
  auto const above = std::count_if(keys.begin(), keys.end(), [&](auto key) { return key > s.key; });
  auto const at_least = std::count_if(keys.begin(), keys.end(), [&](auto key) { return key >= s.key; });
  return above == s.above && above <= q.wanted && q.wanted <= at_least;
}

/// Buckets around every boundary: of a quad, a block, the bucket; few values with many ties, and values of
/// all sizes.
template <class T, int Bucket>
std::vector<question<T, Bucket>> questions() {
  std::vector<question<T, Bucket>> all;
  saddle::random_sequence draw({.seed = 17, .bucket = Bucket});
  for (int const count : {1, 2, 3, 4, 5, 127, 128, 129, Bucket - 1, Bucket}) {
    if (count > Bucket || (count >= Bucket - 1 && !all.empty() && all.back().count >= count)) continue;
    for (bool const ties : {true, false}) {
      question<T, Bucket> q{};
      q.count = count;
      for (int i = 0; i < count; ++i) {
        T const size = static_cast<T>(std::exp(12 * draw.uniform() - 6));
        q.x[i] = ties ? static_cast<T>(draw.below(5)) - 2 : draw.below(2) ? size : -size;
      }
      if (!ties) q.x[count / 2] = -T(0);
      q.wanted = 1 + static_cast<int>(draw.below(static_cast<std::uint32_t>(ties ? count : (count + 7) / 8)));
      std::vector<std::uint16_t> places(static_cast<std::size_t>(count));
      for (std::size_t i = 0; i < places.size(); ++i) {  // shuffled as it grows
        std::size_t const j = draw.below(static_cast<std::uint32_t>(i + 1));
        places[i] = places[j];
        places[j] = static_cast<std::uint16_t>(i);
      }
      q.pairs = static_cast<int>(draw.below(static_cast<std::uint32_t>(count + 1)));
      for (int n = 0; n < q.pairs; ++n) {
        q.at[n] = places[static_cast<std::size_t>(n)];
        q.value[n] = static_cast<T>(draw.normal());
      }
      q.random = saddle::random_stream{draw.bits(), saddle::purpose::dither, 5, 3, draw.bits()};
      all.push_back(q);
    }
  }
  return all;
}

/// An answer for each question, full of `untouched`.
template <class T, int Bucket, int Lanes>
std::vector<answer<T, Bucket, Lanes>> blank(std::size_t n) {
  std::vector<answer<T, Bucket, Lanes>> all(n);
  std::memset(static_cast<void*>(all.data()), untouched, n * sizeof all[0]);
  return all;
}

}  // namespace contract
