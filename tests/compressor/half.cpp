#include "saddle/compressor/half.hpp"

#include <cstring>

#include "contract.hpp"

using namespace contract;

namespace {

/// How many of the codes are not the scaled coordinate's nearest number of 11 bits, 2^-24 the smallest of all.
template <class G, class T>
void rounds_to_eleven_bits(half<512> const& c) {
  for (int count : counts(512, G::lanes))
    for (auto const& [name, p] : inputs<T>(count)) {
      CAPTURE(count);
      CAPTURE(name);
      auto r = encode_on<G>(c, p);
      T const unit = *r.message().unit;
      T largest = 0;
      for (T x : p) largest = std::max(largest, std::abs(x));
      int exponent;
      CHECK(std::frexp(unit, &exponent) == 0.5);  // a power of two
      bool const upper_end = largest >= std::ldexp(T(1), std::numeric_limits<T>::max_exponent - 1);
      real const top = real(largest) / unit;
      if (largest >= std::numeric_limits<T>::min()) {
        CHECK(top >= (upper_end ? 32768 : 16384));
        CHECK(top < (upper_end ? 65536 : 32768));
      }
      int wrong = 0;
      for (int i = 0; i < count; ++i) {
        auto const scaled = static_cast<double>(real(p[at(i)]) / unit);
        int place;
        std::frexp(scaled, &place);
        double const step = std::ldexp(1, std::max(place - 11, -24));
        double const nearest = std::min(std::nearbyint(std::abs(scaled) / step) * step, 65504.0);  // ties to even
        double const decoded = static_cast<double>(real(r.sent[at(i)]) / unit);
        // A double is rounded to a float first: half of that one's last place more or less may tip the scale.
        double const tie = sizeof(T) == 8 ? 0x1p-24 * std::abs(scaled) : 0;
        bool const near_tie = std::abs(std::abs(std::abs(scaled) - nearest) - step / 2) <= tie;
        wrong += std::abs(std::abs(decoded) - nearest) > (near_tie ? step : 0);
        wrong += decoded * scaled < 0;
      }
      CHECK(wrong == 0);
    }
}

}  // namespace

TEST_CASE_TEMPLATE("half keeps the contract", G, SADDLE_TEST_GROUPS) {
  auto const payload = [](int count, int scalar) { return scalar + 2 * count; };
  keeps<G, float>(half<128>{}, payload);
  keeps<G, float>(half<512>{}, payload);
  keeps<G, double>(half<512>{}, payload);
}

TEST_CASE_TEMPLATE("half: the nearest number of 11 bits, the largest at the upper end", G, SADDLE_TEST_GROUPS) {
  rounds_to_eleven_bits<G, float>(half<512>{});
  rounds_to_eleven_bits<G, double>(half<512>{});
}

TEST_CASE("half: two bytes a coordinate, lowest first") {
  auto r = encode_on<serial_group>(half<128>{}, std::vector<float>{1, -1.5f, 0, 0x1p-38f, 0x1p-39f});
  CHECK(*r.message().unit == 0x1p-14f);
  std::uint16_t code[5];
  std::memcpy(code, r.message().codes, sizeof code);
  CHECK(std::vector<int>(code, code + 5) == std::vector<int>{0x7400, 0xF600, 0, 1, 0});  // 2^14, -1.5 2^14, 0, 2^-24, 0
}

TEST_CASE_TEMPLATE("half: where T ends, so does half precision", T, float, double) {
  T const most = std::numeric_limits<T>::max();
  auto const r = encode_on<serial_group>(half<128>{}, std::vector<T>{most, -most, most / 2, most / 4});
  for (int i = 0; i < 4; ++i) CHECK(std::isfinite(r.sent[at(i)]));
  T const unit = std::ldexp(T(1), std::numeric_limits<T>::max_exponent - 16);
  CHECK(r.sent == std::vector<T>{65504 * unit, -65504 * unit, 32768 * unit, 16384 * unit});
}

TEST_CASE("half: a coordinate in the middle between two numbers attains delta") {
  std::vector<double> const p(512, 1 + 0x1p-11);
  auto const r = encode_on<serial_group>(half<512>{}, p);
  CHECK(squared_error(p, r.sent) / squared_norm(p) == doctest::Approx(1 - half<512>::delta).epsilon(2e-3));
}
