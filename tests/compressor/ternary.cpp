#include "saddle/compressor/ternary.hpp"

#include "contract.hpp"

using namespace contract;

TEST_CASE_TEMPLATE("ternary keeps the contract", G, SADDLE_TEST_GROUPS) {
  auto const payload = [](int count, int scalar) { return scalar + (2 * count + 7) / 8; };
  keeps<G, float>(ternary<256>{}, payload);
  keeps<G, double>(ternary<>{}, payload);
}

TEST_CASE_TEMPLATE("ternary: the largest magnitude, its opposite or nothing, with the probability |p| / s", G,
                   SADDLE_TEST_GROUPS) {
  int const draws = G::lanes == 1 ? 4000 : 100;
  for (int count : {1, 5, 127, 512}) {
    auto const p = normals<float>(3, count);
    float s = 0;
    for (float x : p) s = std::max(s, std::abs(x));
    std::vector<int> taken(p.size());
    int wrong = 0;
    for (int j = 0; j < draws; ++j) {
      auto const r = encode_on<G>(ternary<>{}, p, random_stream{.seed = 2, .exchange = static_cast<std::uint64_t>(j)});
      for (std::size_t i = 0; i < p.size(); ++i) {
        bool const sent = r.sent[i] != 0;
        wrong += r.sent[i] != (sent ? std::copysign(s, p[i]) : 0);
        taken[i] += sent;
      }
    }
    CHECK(wrong == 0);
    for (std::size_t i = 0; i < p.size(); ++i) {
      double const chance = std::abs(p[i]) / s, sigma = std::sqrt(chance * (1 - chance) / draws);
      CHECK(std::abs(static_cast<double>(taken[i]) / draws - chance) <= 5 * sigma + 1e-2 / draws);
    }
  }
}

TEST_CASE("ternary: omega is reached by one large coordinate among many of the worst size") {
  int const bucket = 128, draws = 20000;
  double const a = 1 / (1 + std::sqrt(bucket));
  auto const p = one_and<double>(bucket, a);
  double error = 0;
  for (int j = 0; j < draws; ++j)
    error += static_cast<double>(squared_error(
        p, encode_on<serial_group>(ternary<bucket>{}, p, random_stream{.exchange = static_cast<std::uint64_t>(j)}).sent));
  CHECK(ternary<bucket>::omega == doctest::Approx((std::sqrt(bucket) - 1) / 2));
  CHECK(error / draws / static_cast<double>(squared_norm(p)) == doctest::Approx(ternary<bucket>::omega).epsilon(0.01));
}
