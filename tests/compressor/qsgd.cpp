#include "saddle/compressor/qsgd.hpp"

#include <set>

#include "contract.hpp"

using namespace contract;

template <int Bucket, int Bits, rounding Rounding>
inline constexpr bool contract::needs_the_norm<qsgd<Bucket, Bits, Rounding, norm::euclidean>> = true;

namespace {

/// Bits a code, little-endian: the lowest places of a byte first.
template <int Bits>
int code_of(std::uint8_t const* codes, int i) {
  return codes[i * Bits / 8] >> (i * Bits % 8) & ((1 << Bits) - 1);
}

template <class T>
real norm_of(std::vector<T> const& p, norm which) {
  if (which == norm::euclidean) return std::sqrt(squared_norm(p));
  real most = 0;
  for (T x : p) most = std::max(most, std::abs(real(x)));
  return most;
}

/// Every code against the definition: level floor(|p| s / norm + u), s at most, and a bit for the sign.
template <class T, int Bucket, int Bits, rounding Rounding, norm Norm>
void follows_the_definition(qsgd<Bucket, Bits, Rounding, Norm> const& c) {
  using limits = std::numeric_limits<T>;
  int const s = (1 << (Bits - 1)) - 1;
  random_stream const random{.seed = 77, .exchange = 5, .worker = 3, .bucket = 8};
  CAPTURE(c.name());
  CHECK(c.levels == s);
  for (int count : counts(Bucket))
    for (auto const& [name, p] : inputs<T>(count)) {
      CAPTURE(count);
      CAPTURE(name);
      auto r = encode_on<serial_group>(c, p, random);
      real const length = norm_of(p, Norm);
      T const unit = *r.message().unit;
      real const largest = std::min(length, real(limits::max())) / s;
      CHECK(std::abs(unit - largest) <= 8 * limits::epsilon() * largest + limits::denorm_min());
      if (length == 0) CHECK(unit == 0);
      real const levels_error = 8 * limits::epsilon() * s;
      int wrong = 0, up = 0;
      for (int i = 0; i < count; ++i) {
        int const code = code_of<Bits>(r.message().codes, i), level = code & s;
        real const u = Rounding == rounding::dithered ? dither_of(Bucket, random, i) : real(0.5);
        real const target = (length > 0 ? std::abs(real(p[at(i)])) * s / length : 0) + u;
        auto const naive = [s](real x) { return std::min(s, static_cast<int>(std::floor(x))); };
        wrong += level < naive(target - levels_error) || level > naive(target + levels_error);
        wrong += (code > s) != (p[at(i)] < 0);
        wrong += r.sent[at(i)] != (code > s ? -1 : 1) * (static_cast<T>(level) * unit);
        up += level > 0;
      }
      CHECK(wrong == 0);
      if (Norm == norm::max && length > 0) CHECK(up > 0);  // the largest is never lost
    }
}

/// What one bucket decodes to under a dither.
template <class C, class T>
void encode_scripted(C const& c, std::vector<T> const& p, int dither, T* sent_to) {
  constexpr int length = bucket_of<C>;
  T tile[length] = {}, sent[length] = {}, unit;
  std::uint8_t codes[length] = {};
  std::copy(p.begin(), p.end(), tile);
  scripted_group g;
  g.bits = static_cast<std::uint16_t>(dither);
  c.encode(g, tile, sent, static_cast<int>(p.size()), random_stream{}, {&unit, codes});
  std::copy_n(sent, p.size(), sent_to);
}

/// The expectation over all 2^16 dithers, exactly: E C(p) = p up to 2^-17 of a level. Returns E |p - C(p)|^2 / |p|^2.
template <class C, class T>
double is_unbiased_exactly(C const& c, norm which, std::vector<T> const& p) {
  std::vector<double> mean(p.size());
  std::vector<T> sent(p.size());
  double error = 0;
  for (int dither = 0; dither < 65536; ++dither) {
    encode_scripted(c, p, dither, sent.data());
    for (std::size_t i = 0; i < p.size(); ++i) {
      mean[i] += sent[i] / 65536.0;
      error += (double(p[i]) - sent[i]) * (double(p[i]) - sent[i]) / 65536;
    }
  }
  double const unit = static_cast<double>(norm_of(p, which)) / C::levels;
  double const allowed = unit * (0x1p-17 * (1 + 1e-9) + 4 * C::levels * double(std::numeric_limits<T>::epsilon()));
  double worst = 0;
  for (std::size_t i = 0; i < p.size(); ++i) worst = std::max(worst, std::abs(mean[i] - p[i]));
  CHECK(worst <= allowed);
  return error / static_cast<double>(squared_norm(p));
}

}  // namespace

TEST_CASE_TEMPLATE("qsgd keeps the contract", G, SADDLE_TEST_GROUPS) {
  auto const all = [](auto const& c, int bits) {
    auto const payload = [bits](int count, int scalar) { return scalar + (bits * count + 7) / 8; };
    keeps<G, float>(c, payload);
    if (bits != 4) keeps<G, double>(c, payload);
  };
  all(qsgd<128, 2>{}, 2);
  all(qsgd<512, 4>{}, 4);
  all(qsgd<512, 8>{}, 8);
  all(qsgd<512, 2, rounding::nearest>{}, 2);
  all(qsgd<128, 4, rounding::nearest>{}, 4);
  all(qsgd<512, 8, rounding::nearest>{}, 8);
  all(qsgd<128, 4, rounding::dithered, norm::euclidean>{}, 4);
  all(qsgd<512, 8, rounding::nearest, norm::euclidean>{}, 8);
}

TEST_CASE_TEMPLATE("qsgd: levels, signs and places of the codes follow the definition", T, float, double) {
  follows_the_definition<T>(qsgd<512, 2>{});
  follows_the_definition<T>(qsgd<128, 4>{});
  follows_the_definition<T>(qsgd<512, 8>{});
  follows_the_definition<T>(qsgd<128, 2, rounding::nearest>{});
  follows_the_definition<T>(qsgd<512, 4, rounding::nearest>{});
  follows_the_definition<T>(qsgd<128, 8, rounding::nearest>{});
  follows_the_definition<T>(qsgd<512, 2, rounding::dithered, norm::euclidean>{});
  follows_the_definition<T>(qsgd<128, 8, rounding::nearest, norm::euclidean>{});
}

TEST_CASE("qsgd: a level that rounds past the last one is the last one, not a negative zero") {
  qsgd<128, 8> const c;
  int reached = 0;
  for (float const x : normals<float>(6, 2000)) {
    std::vector<float> const p{x, -x};
    float sent[2];
    encode_scripted(c, p, 65535, sent);
    CHECK(sent[0] == -sent[1]);
    CHECK(std::abs(sent[0] - x) <= 4e-7f * std::abs(x));
    float const per_level = 127 / magnitude(x);
    reached += magnitude(x) * per_level + 65535.5f * 0x1p-16f >= 128;  // without the clamp
  }
  CHECK(reached > 0);
}

TEST_CASE_TEMPLATE("qsgd: unbiased, with the variance omega at its worst input", T, float, double) {
  auto const worst = [](auto const& c, int bucket) {  // (1, t / s, ...) with t = 1 / (1 + sqrt(1 + (B - 1) / s^2))
    int const s = c.levels;
    double const m = (bucket - 1.0) / (s * s), t = 1 / (1 + std::sqrt(1 + m));
    double const omega = (std::sqrt(1 + m) - 1) / 2;
    double const seen = is_unbiased_exactly(c, norm::max, one_and<T>(bucket, t / s));
    CHECK(c.omega == doctest::Approx(omega).epsilon(1e-12));
    CHECK(seen == doctest::Approx(omega).epsilon(1e-3));
    CHECK(c.delta == doctest::Approx(std::max(0.0, 1 - omega)).epsilon(1e-12));
  };
  worst(qsgd<128, 2>{}, 128);
  worst(qsgd<128, 4>{}, 128);
  worst(qsgd<256, 8>{}, 256);
  for (int count : {1, 3, 17, 128}) {
    CHECK(is_unbiased_exactly(qsgd<128, 4>{}, norm::max, normals<T>(8, count)) <= qsgd<128, 4>::omega);
    CHECK(is_unbiased_exactly(qsgd<128, 8>{}, norm::max, small_integers<T>(8, count)) <= qsgd<128, 8>::omega);
    using published = qsgd<128, 4, rounding::dithered, norm::euclidean>;
    CHECK(is_unbiased_exactly(published{}, norm::euclidean, normals<T>(9, count)) <= published::omega);
  }
}

TEST_CASE("qsgd: the published omega of the Euclidean norm, and which of all contract") {
  using four = qsgd<128, 4, rounding::dithered, norm::euclidean>;
  using eight = qsgd<128, 8, rounding::dithered, norm::euclidean>;
  CHECK(four::omega == doctest::Approx(std::sqrt(128.0) / 7));
  CHECK(eight::omega == doctest::Approx(128.0 / (127 * 127)));
  CHECK(qsgd<512, 4>::omega == doctest::Approx(1.19).epsilon(1e-3));
  CHECK(qsgd<512, 8>::omega == doctest::Approx(0.0079).epsilon(1e-2));
  CHECK_FALSE(contracts<qsgd<512, 4>>);
  CHECK(contracts<qsgd<256, 4>>);
  CHECK_FALSE(is_unbiased<qsgd<512, 4, rounding::nearest>>);
}

TEST_CASE("qsgd: rounded to nearest, (1, a, a, ...) just below half a level attains delta") {
  auto const worst = [](auto const& c) {
    using C = std::remove_cvref_t<decltype(c)>;
    auto const p = one_and<double>(C::bucket, 0.5 / C::levels * (1 - 1e-9));
    auto const r = encode_on<serial_group>(c, p);
    double const left = static_cast<double>(squared_error(p, r.sent) / squared_norm(p));
    CHECK(left == doctest::Approx(1 - C::delta).epsilon(1e-6));
  };
  worst(qsgd<128, 2, rounding::nearest>{});
  worst(qsgd<512, 4, rounding::nearest>{});
  worst(qsgd<512, 8, rounding::nearest>{});
}

TEST_CASE_TEMPLATE("qsgd: what nearest rounding decoded is encoded again to itself, up to rounding", T, float, double) {
  for (int count : {1, 17, 512})
    for (auto const& [name, p] : inputs<T>(count)) {
      CAPTURE(count);
      CAPTURE(name);
      auto const r = encode_on<serial_group>(qsgd<512, 4, rounding::nearest>{}, p);
      auto const twice = encode_on<serial_group>(qsgd<512, 4, rounding::nearest>{}, r.sent);
      CHECK(std::sqrt(squared_error(r.sent, twice.sent)) <= rounding_of(r.sent));
    }
}

TEST_CASE("qsgd: every exchange, worker, bucket, seed and coordinate has dither of its own") {
  std::vector<float> const p = one_and<float>(512, 0.5 / 7);  // every coordinate but the first rounds by its dither
  std::set<std::vector<float>> seen;
  for (int i = 0; i < 5; ++i) {
    random_stream s{.seed = 1, .exchange = 10, .worker = 10, .bucket = 10};
    if (i == 1) ++s.seed;
    if (i == 2) ++s.exchange;
    if (i == 3) ++s.worker;
    if (i == 4) ++s.bucket;
    auto const r = encode_on<serial_group>(qsgd<512, 4>{}, p, s);
    CHECK(encode_on<serial_group>(qsgd<512, 4>{}, p, s).sent == r.sent);
    seen.insert(r.sent);
    int up = 0;
    for (float x : r.sent) up += x != 0;
    CHECK(up > 200);  // not one threshold for all
    CHECK(up < 312);
  }
  CHECK(seen.size() == 5);
}
