#include "saddle/compressor/natural.hpp"

#include "contract.hpp"

using namespace contract;

namespace {

/// The power of two at or below x > 0.
real power_below(real x) {
  int exponent;
  std::frexp(x, &exponent);
  return std::ldexp(real(1), exponent - 1);
}

/// Every code against the definition: the power below, or the next one if the mantissa and the dither reach it.
template <class G, class T>
void follows_the_definition() {
  using limits = std::numeric_limits<T>;
  random_stream const random{.seed = 77, .exchange = 5, .worker = 3, .bucket = 8};
  for (int count : counts(512, G::lanes))
    for (auto const& [name, p] : inputs<T>(count)) {
      CAPTURE(count);
      CAPTURE(name);
      auto r = encode_on<G>(natural<>{}, p, random);
      real largest = 0;
      for (T x : p) largest = std::max(largest, std::abs(real(x)));
      real const above = largest > 0 ? 2 * power_below(largest) : 0;  // a long double is never at its end
      T const top = *r.message().top;
      CHECK(top == (above > limits::max() ? limits::max() : static_cast<T>(above)));
      int wrong = 0;
      for (int i = 0; i < count; ++i) {
        int const code = r.message().codes[i], n = code & 127;
        real const share = largest > 0 ? std::abs(real(p[at(i)])) / above : 0, lowest = std::ldexp(real(1), -126);
        real const below = share < lowest ? 0 : power_below(share), step = share < lowest ? lowest : below;
        real const reached = (share - below) / step + dither_of(512, random, i);
        real const near = sizeof(T) == 8 ? std::ldexp(real(1), -23) : 0;  // a double is rounded to a float first
        real const sent = n == 0 ? 0 : std::ldexp(real(1), n - 127);
        wrong += !(sent == below && reached < 1 + near) && !(sent == below + step && reached >= 1 - near);
        wrong += (code > 127) != (p[at(i)] < 0);
        wrong += r.sent[at(i)] != (code > 127 ? -1 : 1) * top * static_cast<T>(sent);
      }
      CHECK(wrong == 0);
    }
}

/// The expectation over all 2^16 dithers, and E |p - C(p)|^2 / |p|^2.
template <class T>
struct moments {
  std::vector<double> mean;
  double error = 0;

  explicit moments(std::vector<T> const& p) : mean(p.size()) {
    T tile[128] = {}, sent[128] = {}, top;
    std::uint8_t codes[128];
    std::copy(p.begin(), p.end(), tile);
    real const size = squared_norm(p);
    for (int bits = 0; bits < 65536; ++bits) {
      scripted_group const g{{}, static_cast<std::uint16_t>(bits)};
      natural<128>{}.encode(g, tile, sent, static_cast<int>(p.size()), random_stream{}, {&top, codes});
      for (std::size_t i = 0; i < p.size(); ++i) {
        mean[i] += sent[i] / 65536.0;
        error += static_cast<double>((real(p[i]) - sent[i]) * (real(p[i]) - sent[i]) / size / 65536);
      }
    }
  }
};

}  // namespace

TEST_CASE_TEMPLATE("natural keeps the contract", G, SADDLE_TEST_GROUPS) {
  auto const payload = [](int count, int scalar) { return scalar + count; };
  keeps<G, float>(natural<128>{}, payload);
  keeps<G, float>(natural<512>{}, payload);
  keeps<G, double>(natural<512>{}, payload);
}

TEST_CASE_TEMPLATE("natural: one of the powers of two around each magnitude, by its dither", G, SADDLE_TEST_GROUPS) {
  follows_the_definition<G, float>();
  follows_the_definition<G, double>();
}

TEST_CASE_TEMPLATE("natural: unbiased up to 2^-17 of a coordinate, with a variance of at most an eighth", T, float,
                   double) {
  std::vector<T> const worst{T(4) / 3};
  for (auto const& p : {normals<T>(8, 20), worst, small_integers<T>(1, 128), normals<T>(9, 20, 1e-30)}) {
    moments<T> const m(p);
    for (std::size_t i = 0; i < p.size(); ++i)
      CHECK(std::abs(m.mean[i] - p[i]) <= (0x1p-17 + 0x1p-23) * std::abs(static_cast<double>(p[i])));
    CHECK(m.error <= natural<>::omega * (1 + 1e-4));
    if (p.size() == 1) CHECK(m.error >= natural<>::omega * (1 - 1e-4));
  }
}

TEST_CASE("natural: what is too small for a power of its own goes to the lowest or to zero, unbiased") {
  std::vector<float> const p{0.75f, 0x1p-126f, 0x1p-127f, 0x3p-128f, 0x1p-130f, 0};  // top = 1
  moments<float> const m(p);
  for (std::size_t i = 1; i < p.size(); ++i) CHECK(m.mean[i] == p[i]);
}

TEST_CASE_TEMPLATE("natural: powers of two come through as they are, and twice is once", T, float, double) {
  std::vector<T> powers;
  for (int e = 0; e < 126; ++e) powers.push_back(std::ldexp(T(e % 3 ? 1 : -1), e - 100));
  for (std::uint64_t j = 0; j < 20; ++j)
    CHECK(encode_on<serial_group>(natural<128>{}, powers, random_stream{.exchange = j}).sent == powers);
  for (int count : counts(512))
    for (auto const& [name, p] : inputs<T>(count)) {
      CAPTURE(name);
      auto once = encode_on<serial_group>(natural<>{}, p);
      if (*once.message().top < std::numeric_limits<T>::max() / 2)  // then its own power above is a number
        CHECK(encode_on<serial_group>(natural<>{}, once.sent, random_stream{.exchange = 1}).sent == once.sent);
    }
}

TEST_CASE_TEMPLATE("natural: where the next power is no number, the largest number stands for it", T, float, double) {
  T const most = std::numeric_limits<T>::max();
  std::vector<T> const p{most, -most / 2, std::ldexp(most, -5)};
  int up = 0;
  for (std::uint64_t j = 0; j < 200; ++j) {
    auto const r = encode_on<serial_group>(natural<128>{}, p, random_stream{.exchange = j});
    up += r.sent[0] == most;
    for (std::size_t i = 0; i < p.size(); ++i)
      CHECK((r.sent[i] == p[i] || r.sent[i] == p[i] / 2));
  }
  CHECK(up == 200);  // but for 2^-24 of the draws
}
