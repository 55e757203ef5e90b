#include "saddle/compressor/scaled_sign.hpp"

#include "contract.hpp"

using namespace contract;

TEST_CASE_TEMPLATE("scaled_sign keeps the contract", G, SADDLE_TEST_GROUPS) {
  auto const payload = [](int count, int scalar) { return scalar + (count + 7) / 8; };
  keeps<G, float>(scaled_sign<128>{}, payload);
  keeps<G, float>(scaled_sign<512>{}, payload);
  keeps<G, double>(scaled_sign<512>{}, payload);
}

TEST_CASE_TEMPLATE("scaled_sign: the mean magnitude, and bit b of word j for place 4 b + j of a block", T, float,
                   double) {
  scaled_sign<512> const c;
  for (int count : counts(512))
    for (auto const& [name, p] : inputs<T>(count)) {
      CAPTURE(count);
      CAPTURE(name);
      auto r = encode_on<serial_group>(c, p);
      real sum = 0;
      for (T x : p) sum += std::abs(real(x));
      T const scale = *r.message().scale;
      CHECK(std::abs(scale - sum / count) <=
            8 * std::numeric_limits<T>::epsilon() * (sum / count) + 512 * real(std::numeric_limits<T>::denorm_min()));
      int wrong = 0;
      for (int i = 0; i < count; ++i) {
        bool const positive = p[at(i)] >= 0;  // zeros of both signs too
        wrong += r.sent[at(i)] != (positive ? scale : -scale);
        std::uint32_t const word = r.message().positive[i / 128 * 4 + i % 4];
        wrong += (word >> (i % 128 / 4) & 1u) != (positive ? 1u : 0u);
      }
      CHECK(wrong == 0);

      // sign(0) = +-1, so that the error is what the mean leaves: |p|^2 - |p|_1^2 / count
      real const left = squared_norm(p) - sum * sum / count;
      CHECK(std::abs(squared_error(p, r.sent) - left) <=
            64 * std::numeric_limits<T>::epsilon() * squared_norm(p) + rounding_of(p) * rounding_of(p));

      auto const twice = encode_on<serial_group>(c, r.sent);
      CHECK(std::sqrt(squared_error(r.sent, twice.sent)) <= rounding_of(r.sent));
    }
}

TEST_CASE("scaled_sign: one coordinate alone attains delta = 1 / Bucket") {
  std::vector<double> p(512);
  p[100] = -1;
  auto const r = encode_on<serial_group>(scaled_sign<512>{}, p);
  CHECK(std::abs(squared_error(p, r.sent) - (1 - real(scaled_sign<512>::delta))) < 1e-15);
  CHECK(r.sent[0] == 1.0 / 512);
  CHECK(r.sent[100] == -1.0 / 512);
}
