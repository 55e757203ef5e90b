#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "saddle/codec/codec.hpp"
#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/aligned.hpp"
#include "saddle/core/bad_message.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/lanes/serial.hpp"

SADDLE_NAMESPACE_BEGIN

/// Whether a compressor keeps what the concept promises, tried on inputs that hurt; for tests of compressors:
///
///   CHECK(saddle::testing::broken_promise(my_compressor<>{}) == "");
namespace testing {

template <class C>
inline constexpr int bucket_of = C::bucket == any_bucket ? 512 : C::bucket;

inline std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

// ---- Inputs that hurt ----

template <class T>
struct input {
  std::string name;
  std::vector<T> p;
};

template <class T>
std::vector<T> small_integers(std::uint64_t seed, int count) {  // many ties, many zeros
  random_sequence r({.seed = seed, .use = purpose::evaluation});
  std::vector<T> p(at(count));
  for (T& x : p) x = static_cast<T>(static_cast<int>(r.below(5)) - 2);
  return p;
}
template <class T>
std::vector<T> normals(std::uint64_t seed, int count, double scale = 1) {
  random_sequence r({.seed = seed, .use = purpose::evaluation, .bucket = 1 << 20});
  std::vector<T> p(at(count));
  for (T& x : p) x = static_cast<T>(scale * r.normal());
  return p;
}
/// (1, a, -a, a, ...)
template <class T>
std::vector<T> one_and(int count, double a) {
  std::vector<T> p(at(count));
  for (int i = 0; i < count; ++i) p[at(i)] = static_cast<T>(i == 0 ? 1 : i % 2 ? a : -a);
  return p;
}

/// No coordinate decides alone, so that a few draws show the variance.
template <class T>
std::vector<input<T>> dense_inputs(int count) {
  return {{"small integers", small_integers<T>(1, count)},
          {"other small integers", small_integers<T>(2, count)},
          {"normal", normals<T>(1, count)},
          {"normal, 1e-25", normals<T>(2, count, 1e-25)},
          {"normal, 1e25", normals<T>(3, count, 1e25)}};
}
template <class T>
std::vector<input<T>> other_inputs(int count) {
  using limits = std::numeric_limits<T>;
  std::vector<T> const zeros(at(count), T(0));
  std::vector<T> first = zeros, last = zeros, largest = small_integers<T>(4, count);
  first.front() = T(-3);
  last.back() = T(0.1);
  for (T& x : largest) x *= limits::max() / 2;
  std::vector<input<T>> all{{"zeros", zeros},
                            {"negative zeros", std::vector<T>(at(count), T(-0.0))},
                            {"constant", std::vector<T>(at(count), T(1))},
                            {"negative constant", std::vector<T>(at(count), T(-0.1))},
                            {"first alone", first},
                            {"last alone", last},
                            {"one and many", one_and<T>(count, 1 / (1 + std::sqrt(count)))},
                            {"the largest numbers", largest},
                            {"constant, the largest number", std::vector<T>(at(count), -limits::max())}};
  for (double const a : {0.01, 0.2499, 0.4999, 0.5, 0.75, 0.999})
    all.push_back({"one and many, " + std::to_string(a), one_and<T>(count, a)});
  // Denormals of a few digits, up to the smallest normal numbers.
  for (int digits = 2; digits <= limits::digits; digits += 5) {
    T const unit = static_cast<T>(std::ldexp(limits::denorm_min(), digits - 2));
    std::vector<T> some = small_integers<T>(3, count), many = normals<T>(6, count, 1.5);
    for (T& x : some) x *= 3 * limits::denorm_min() + unit;
    for (T& x : many) x *= unit;
    all.push_back({"denormals, " + std::to_string(digits) + " digits", some});
    all.push_back({"normal denormals, " + std::to_string(digits) + " digits", many});
    all.push_back({"constant denormals, " + std::to_string(digits) + " digits", std::vector<T>(at(count), unit)});
  }
  if (sizeof(T) == 8) {
    all.push_back({"normal, 1e-200", normals<T>(4, count, 1e-200)});
    all.push_back({"normal, 1e200", normals<T>(5, count, 1e200)});
  }
  return all;
}
template <class T>
std::vector<input<T>> inputs(int count) {
  std::vector<input<T>> all = dense_inputs<T>(count);
  for (input<T>& one : other_inputs<T>(count)) all.push_back(std::move(one));
  return all;
}

// ---- Measures, in a type whose squares neither overflow nor vanish ----

using real = long double;

template <class T>
real squared_norm(std::vector<T> const& x) {
  real sum = 0;
  for (T v : x) sum += real(v) * real(v);
  return sum;
}
template <class T>
real squared_error(std::vector<T> const& x, std::vector<T> const& y) {
  real sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += (real(x[i]) - real(y[i])) * (real(x[i]) - real(y[i]));
  return sum;
}
/// What rounding may add to the norm of an error: see the promises of a compressor.
template <class T>
real rounding_of(std::vector<T> const& p, int bucket = 512) {
  using limits = std::numeric_limits<T>;
  return 32 * limits::epsilon() * std::sqrt(squared_norm(p)) +
         real(limits::denorm_min()) * static_cast<real>(bucket) * std::sqrt(static_cast<real>(p.size()));
}

struct mean {
  static constexpr int draws = 200;
  real sum = 0, squares = 0;
  void add(real x) { sum += x, squares += x * x; }
  real value() const { return sum / draws; }
  real five_sigma(real least_variance = 0) const {
    return 5 * std::sqrt(std::max(least_variance, squares / draws - value() * value()) / draws);
  }
};

// ---- The promises ----

/// Of which vectors a compressor promises more than finite numbers: none of their coordinates but zeros is smaller, and
/// their norm is not larger.
struct domain {
  double smallest = 0, largest = std::numeric_limits<double>::max();

  template <class T>
  bool holds(std::vector<T> const& p) const {
    bool const small = std::any_of(p.begin(), p.end(), [&](T x) { return x != 0 && std::abs(double{x}) < smallest; });
    return !small && std::sqrt(squared_norm(p)) <= std::min(real(largest), real(std::numeric_limits<T>::max()) * 1e18L);
  }
};

/// One compressor with one scalar.
template <class C, class T>
class contract_check {
 public:
  contract_check(C const& c, domain const& promised) : c_(c), promised_(promised), codec_(c) {}

  /// The sentence of the first broken promise, or nothing.
  std::string run() {
    constexpr int length = bucket_of<C>;
    for (int const count : {1, 3, 16, 127, length - 1, length, length + 1, 2 * length}) {
      std::string why = check_all(dense_inputs<T>(count), count > 15, true);
      // Many draws of many inputs: not where a bucket is all but full, and not of two.
      if (why.empty()) why = check_all(other_inputs<T>(count), false, count != length - 1 && count != 2 * length);
      if (!why.empty()) return why;
    }
    return check_garbage();
  }

 private:
  std::vector<T> decoded(std::vector<T> const& p, std::uint64_t exchange) {
    std::vector<T> out(p.size());
    codec_.compress(p, {.seed = 5, .exchange = exchange});
    codec_.decompress(codec_.take(), out);
    return out;
  }

  std::string check_all(std::vector<input<T>> const& all, bool is_dense, bool draws) {
    for (auto const& [name, p] : all) {
      std::string why = check(p, is_dense, draws);
      if constexpr (!selects_globally<C>)
        if (why.empty() && p.size() <= static_cast<std::size_t>(bucket_of<C>)) why = check_bucket(p);
      if (!why.empty())
        return why + " (" + std::to_string(p.size()) + " coordinates of " + std::to_string(sizeof(T)) + " bytes: " +
               name + ")";
    }
    return "";
  }
  std::string check(std::vector<T> const& p, bool is_dense, bool draws) {
    std::vector<T> one, other;
    try {
      one = decoded(p, 0);
      other = decoded(p, 1);
    } catch (bad_message const& e) {
      return std::string("flaw_in refuses what encode wrote: ") + e.what();
    }
    for (T const x : one)
      if (!is_finite(x)) return "a finite vector decodes to a number that is not finite";
    real const size = std::sqrt(squared_norm(p));
    if (size == 0 && squared_norm(one) != 0) return "zeros do not decode to zeros";
    if (size == 0 || !promised_.holds(p)) return "";
    real const rounding = rounding_of(p, bucket_of<C>);
    if (one == other && !is_unbiased<C> && !adds_with_the_stream<C>) {
      if (contracts<C> && std::sqrt(squared_error(p, one)) > std::sqrt(real(1 - delta_of<C>)) * size + rounding)
        return "delta = " + std::to_string(delta_of<C>) + " is too large, this input leaves " +
               std::to_string(static_cast<double>(1 - squared_error(p, one) / (size * size)));
      return "";
    }
    if (is_exact<C>)
      return std::sqrt(std::max(squared_error(p, one), squared_error(p, other))) <= rounding
                 ? "" : "delta = 1 and omega = 0 are stated, and something of this input is lost";
    bool const is_denormal = size < 1000 * real(std::numeric_limits<T>::min());  // too few digits for a mean
    if (!draws || (is_denormal && !contracts<C>)) return "";
    mean along, across, error;
    for (int j = 0; j < mean::draws; ++j) {
      std::vector<T> const sent = decoded(p, static_cast<std::uint64_t>(j));
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
    real const slack = 1e-4L + rounding / size;  // 2^-17 of a level, and T
    // What matters may happen in few of many draws, or in none: what is promised then stands for what was seen.
    real const rare = is_dense ? 0 : is_unbiased<C> ? omega_of<C> : delta_of<C>;
    if (contracts<C> && error.value() > real(1 - delta_of<C>) * (1 + 1e-4L) + error.five_sigma(rare) + 2 * slack)
      return "delta = " + std::to_string(delta_of<C>) + " is too large, on average this input leaves " +
             std::to_string(static_cast<double>(1 - error.value()));
    if (!is_unbiased<C> || is_denormal) return "";
    if (std::abs(along.value()) > along.five_sigma(rare) + slack ||
        std::abs(across.value()) > across.five_sigma(rare) + slack)
      return "omega is stated, but the mean over the random bits is not the vector";
    if (error.value() > omega_of<C> * (1 + 1e-4L) + error.five_sigma() + slack)
      return "omega = " + std::to_string(omega_of<C>) + " is too small, the variance of this input is " +
             std::to_string(static_cast<double>(error.value()));
    return "";
  }

  /// One bucket between two others: `sent` is what decodes, and nothing is written outside of the bucket's own parts.
  std::string check_bucket(std::vector<T> const& p) {
    constexpr int length = bucket_of<C>;
    int const count = static_cast<int>(p.size());
    bucket_layout const layout{{length + count, length}, length};
    bucket const b = layout.at(1);
    random_stream const random{.seed = 9, .exchange = 3, .worker = 1, .bucket = 1};
    aligned_vector<std::byte> bytes[2];
    std::vector<T> first;
    for (int n = 0; n < 2; ++n) {
      bytes[n].assign(at(planes_bytes<C, T>(layout, c_)), static_cast<std::byte>(n == 0 ? 0xA5 : 0x5A));
      auto const out = message_at<C, T>(planes_at<C, T>(layout, bytes[n].data(), c_), b);
      T tile[length], v[length], sent[length], sum[length] = {};
      std::fill_n(tile, length, std::numeric_limits<T>::quiet_NaN());  // absent places count for nothing
      std::fill_n(v, length, std::numeric_limits<T>::quiet_NaN());
      for (int i = 0; i < count; ++i) {
        tile[i] = p[at(i)];
        v[i] = p[at(i)] * T(std::array{1.0, 0.0, -0.5, -1.0}[at(i % 4)]);
      }
      encode_tile(c_, serial_group{}, tile, v, sent, count, random, out);
      add_decoded(c_, serial_group{}, out, count, random, T(1), sum);
      for (int i = 0; i < count; ++i)
        if (!(sent[i] == sum[i])) return "`sent` is not what the message decodes to";
      if (c_.flaw_in(out, count) != nullptr) return "flaw_in refuses what encode wrote";
      if (n == 0) first.assign(sent, sent + count);
      else if (!std::equal(first.begin(), first.end(), sent)) return "equal random bits do not give equal messages";
    }
    std::int64_t begin = 0, written = 0;
    std::vector<bool> own(bytes[0].size());
    for (int n = 0; n < plane_count<C>; ++n) {
      plane const one = C::template planes<T>[at(n)];
      std::int64_t const part = one.per_bucket + one.bits_per_coordinate * round_up(count, code_block) / 8;
      std::int64_t const from = begin + one.per_bucket + b.begin * one.bits_per_coordinate / 8;
      for (std::int64_t i = from; i < from + part; ++i) own[at(i)] = true;
      begin += plane_bytes<C, T>(layout, n, c_);
    }
    for (std::size_t i = 0; i < own.size(); ++i) {
      bool const untouched = bytes[0][i] == std::byte{0xA5} && bytes[1][i] == std::byte{0x5A};
      if (!own[i] && !untouched) return "encode writes outside of the bucket's part of a plane";
      if (own[i] && !untouched && bytes[0][i] != bytes[1][i]) return "encode leaves bits of a byte that it writes";
      written += !untouched;
    }
    if (written < C::template payload<T>(count)) return "payload is more than what encode writes";
    return "";
  }

  /// Whatever came, flaw_in refuses it or it decodes to finite numbers.
  std::string check_garbage() {
    constexpr int length = bucket_of<C>;
    std::vector<T> const p = normals<T>(1, 2 * length - 5);
    compressed const good = codec_.compress(p, dither_key{});
    random_sequence random({.seed = 3, .use = purpose::evaluation});
    for (int round = 0; round < 200; ++round) {
      std::vector<std::byte> bad(good.bytes().begin(), good.bytes().end());
      constexpr std::size_t head = sizeof(compressed_header);
      for (int change = 0; change < 4; ++change)
        bad[head + random.below(static_cast<std::uint32_t>(bad.size() - head))] = std::byte(random.below(256));
      if (round % 2 == 0) {
        T const infinite = from_magnitude_bits<T>(infinity_bits<T>);
        auto const place = random.below(static_cast<std::uint32_t>((bad.size() - head) / sizeof(T)));
        std::memcpy(bad.data() + head + place * sizeof(T), &infinite, sizeof(T));
      }
      compressed_header h;
      std::memcpy(&h, bad.data(), head);
      h.message.checksum = checksum_of(h, std::span<std::byte const>(bad).subspan(head));
      std::memcpy(bad.data(), &h, head);
      std::vector<T> out(p.size());
      try {
        codec_.decompress(bad, out);
      } catch (bad_message const&) {
        continue;
      }
      for (T const x : out)
        if (!is_finite(x)) return "flaw_in lets pass what does not decode to finite numbers";
    }
    return "";
  }

  C c_;
  domain promised_;
  codec<C, T> codec_;
};

/// The first promise that c breaks with float or double, as a sentence; empty if it keeps all that was tried: messages
/// decode to `sent`, to finite numbers and within delta and omega, buckets keep to their parts of a message, and flaw_in
/// refuses what would not decode. Statistical promises are tried within five standard deviations.
///
/// errors  std::invalid_argument: a field of the compressor is out of range
template <compressor C>
std::string broken_promise(C const& c = {}, domain const& promised = {}) {
  std::string const why = contract_check<C, float>(c, promised).run();
  return why.empty() ? contract_check<C, double>(c, promised).run() : why;
}

}  // namespace testing

SADDLE_NAMESPACE_END
