#pragma once
#include <cstdint>
#include <type_traits>

#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// Whether a run goes on after on_report(report), which may say so, or nothing.
template <class OnReport, class Report>
bool goes_on(OnReport& on_report, Report const& report) {
  if constexpr (std::is_convertible_v<decltype(on_report(report)), bool>) {
    return static_cast<bool>(on_report(report));
  } else {
    on_report(report);
    return true;
  }
}

/// n steps of a trainer or of another driver; on_report(report) after each. It may return false to stop early. Then it
/// is asked for in every process, and where one says so all stop after the same step, at the price of a round trip a
/// step.
template <class Driver, class OnReport>
void run_steps(Driver& driver, std::int64_t n, OnReport& on_report) {
  for (std::int64_t i = 0; i < n; ++i) {
    driver.step();
    bool const more = saddle::goes_on(on_report, driver.report());
    if constexpr (std::is_convertible_v<decltype(on_report(driver.report())), bool>)
      if (driver.any(!more)) return;
  }
}

SADDLE_NAMESPACE_END
