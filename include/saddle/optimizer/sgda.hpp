#pragma once
#include <cstdint>
#include <string>

#include "saddle/config.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/schedule.hpp"

SADDLE_NAMESPACE_BEGIN

/// Simultaneous gradient descent ascent: w <- w - eta F(w). Diverges on the bilinear game, slowly.
struct sgda {
  schedule step_size = 1e-3;

  template <class T>
  struct rule {
    using state = stateless;
    static constexpr bool writes_ahead = false;
    T step_size;
    SADDLE_HD T direction(T gradient, state&) const { return step_size * gradient; }
  };
  template <class T>
  rule<T> at(std::int64_t step, int) const {
    return {static_cast<T>(step_size(step))};
  }
  static constexpr int phases() { return 1; }
  static constexpr phase at_phase(int) { return {}; }
  sgda paced(int n) const { return {step_size.paced(n)}; }
  double step_size_at(std::int64_t step, int) const { return step_size(step); }
  std::string objection() const { return step_size.objection("sgda: step_size"); }
  static std::string name() { return "sgda"; }
};

static_assert(optimizer<sgda>);

SADDLE_NAMESPACE_END
