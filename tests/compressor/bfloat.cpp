#include "saddle/compressor/bfloat.hpp"

#include <bit>
#include <cstring>

#include "contract.hpp"

using namespace contract;

template <>
inline constexpr bool contract::has_floats_range<bfloat> = true;

TEST_CASE_TEMPLATE("bfloat keeps the contract", G, SADDLE_TEST_GROUPS) {
  auto const payload = [](int count, int) { return 2 * count; };
  keeps<G, float>(bfloat{}, payload);
  keeps<G, double>(bfloat{}, payload);
}

TEST_CASE_TEMPLATE("bfloat: the upper half of the nearest float that has nothing in the lower", G, SADDLE_TEST_GROUPS) {
  for (int count : counts(512, G::lanes))
    for (auto const& [name, p] : inputs<float>(count)) {
      CAPTURE(count);
      CAPTURE(name);
      auto r = encode_on<G>(bfloat{}, p);
      int wrong = 0;
      for (int i = 0; i < count; ++i) {
        std::uint16_t code;
        std::memcpy(&code, r.message().codes + 2 * i, 2);
        wrong += std::bit_cast<std::uint32_t>(r.sent[at(i)]) != std::uint32_t{code} << 16;
        // Neighbours lie a step apart; none is nearer, and in the middle the even one goes.
        float const size = std::abs(r.sent[at(i)]);
        real const off = std::abs(real(p[at(i)]) - r.sent[at(i)]);
        real const up = real(std::bit_cast<float>(((code & 0x7FFFu) + 1) << 16)) - size;
        real const down = code & 0x7FFF ? size - real(std::bit_cast<float>(((code & 0x7FFFu) - 1) << 16)) : up;
        bool const is_last = (code & 0x7FFF) == 0x7F7F, outwards = std::abs(real(p[at(i)])) > size;
        real const step = outwards ? up : down;
        wrong += !(is_last && outwards) && (off > step / 2 || (off == step / 2 && code % 2 == 1));
        wrong += std::signbit(r.sent[at(i)]) != std::signbit(p[at(i)]);
      }
      CHECK(wrong == 0);
      CHECK(encode_on<G>(bfloat{}, r.sent).sent == r.sent);
    }
}

TEST_CASE("bfloat: beyond its range it is at the end of it") {
  float const most = std::numeric_limits<float>::max(), end = 0x1.FEp127f;
  std::vector<float> const last{most, -most, end};
  CHECK(encode_on<serial_group>(bfloat{}, last).sent == std::vector<float>{end, -end, end});
  std::vector<double> const huge{1e200, -1e39, std::numeric_limits<double>::max()}, ends{end, -end, end};
  CHECK(encode_on<serial_group>(bfloat{}, huge).sent == ends);
  CHECK(encode_on<serial_group>(bfloat{}, std::vector<double>{1e-200, 0x1p-133, 0x1p-135}).sent ==
        std::vector<double>{0, 0x1p-133, 0});
}

TEST_CASE("bfloat: a coordinate in the middle between two numbers attains delta") {
  std::vector<float> const p(512, 1 + 0x1p-8f);
  auto const r = encode_on<serial_group>(bfloat{}, p);
  CHECK(squared_error(p, r.sent) / squared_norm(p) == doctest::Approx(1 - bfloat::delta).epsilon(1e-2));
}
