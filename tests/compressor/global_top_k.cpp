#include "saddle/compressor/global_top_k.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>

using namespace saddle;

TEST_CASE("global_top_k: a decimal fraction keeps exactly ceil or floor of it, at least one") {
  // k / unit of n coordinates, in integers; what `fraction` holds is the nearest double.
  for (std::int64_t const unit : {10, 100, 1000, 10000, 100000})
    for (std::int64_t k = 1; k <= unit; k += unit > 1000 ? 7 : 1) {
      global_top_k<> const up{static_cast<double>(k) / static_cast<double>(unit)}, down{up.fraction, kept_count::floor};
      int wrong = 0;
      for (std::int64_t const n : {std::int64_t{1}, unit / 10, unit, 3 * unit, 7 * unit, std::int64_t{999}, std::int64_t{100000},
                                   std::int64_t{1387024}}) {
        auto const one_at_least = [](std::int64_t all) { return all < 1 ? 1 : all; };
        wrong += up.kept(n) != one_at_least((k * n + unit - 1) / unit);
        wrong += down.kept(n) != one_at_least(k * n / unit);
      }
      CHECK(wrong == 0);
    }
  CHECK(global_top_k<>{0.07}.kept(100) == 7);
  CHECK(global_top_k<>{0.0700001}.kept(100) == 8);
  CHECK(global_top_k<>{1e-9}.kept(100) == 1);
  CHECK(global_top_k<>{1}.kept(100) == 100);
  CHECK(global_top_k<>{0.5}.kept(0) == 0);
  auto const floor_of = [](double fraction, std::int64_t n) {
    return global_top_k<>{fraction, kept_count::floor}.kept(n);
  };
  CHECK(floor_of(0.07, 100) == 7);
  CHECK(floor_of(0.29, 100) == 29);
  CHECK(floor_of(0.0699999, 100) == 6);
  CHECK(floor_of(1e-9, 100) == 1);
  CHECK(floor_of(1, 100) == 100);
  CHECK(floor_of(0.5, 0) == 0);
}
