#pragma once
#include <cstdint>
#include <string>

#include "saddle/config.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/schedule.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"

SADDLE_NAMESPACE_BEGIN

/// Simultaneous gradient descent ascent: w <- w - eta F(w). Diverges on the bilinear game, slowly.
struct sgda {
  schedule step_size = 1e-3;

  template <class Who>
  using steps = step_list<estimate<name::w, Who>, descend<Who>>;
  using estimator = one_gradient;
  template <class T>
  along_gradient<T> direction(std::int64_t step) const {
    return {static_cast<T>(step_size(step))};
  }
  sgda paced(int n) const { return {step_size.paced(n)}; }
  double step_size_at(std::int64_t step, int) const { return step_size(step); }
  std::string objection() const { return step_size.objection("sgda: step_size"); }
  static std::string name() { return "sgda"; }
};

static_assert(optimizer<sgda>);

SADDLE_NAMESPACE_END
