#pragma once
#include <cstdint>
#include <type_traits>

#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// n steps of a trainer or of another driver; on_report(report) after each. It may return false to stop early. Then it
/// is asked for in every process, and where one says so all stop after the same step, at the price of a round trip a
/// step.
template <class Driver, class OnReport>
void run_steps(Driver& driver, std::int64_t n, OnReport& on_report) {
  for (std::int64_t i = 0; i < n; ++i) {
    driver.step();
    if constexpr (std::is_convertible_v<decltype(on_report(driver.report())), bool>) {
      if (driver.any(!on_report(driver.report()))) return;
    } else {
      on_report(driver.report());
    }
  }
}

SADDLE_NAMESPACE_END
