#pragma once
#include <cstdint>
#include <string>

#include "saddle/config.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/schedule.hpp"
#include "saddle/optimizer/sgda.hpp"

SADDLE_NAMESPACE_BEGIN

/// Extragradient: h = w - eta F(w), w <- w - eta F(h). Two gradients a step; only the second is sent, unless the
/// look-ahead is averaged as well.
///
/// second   both gradients are taken on one sample: on a bilinear game whose matrix is drawn anew the method converges
///          with one sample and diverges with two, whatever the step (Mishchenko et al.: Revisiting Stochastic
///          Extragradient. AISTATS 2020). Analyses with unbiased steps draw two: sampling::independent
/// promise  converges on the bilinear game iff eta sigma < 1
/// source   Korpelevich 1976; Juditsky, Nemirovski, Tauvel 2011 (stochastic)
template <extrapolation From>
struct basic_extragradient {
  schedule step_size = 1e-3;
  sampling second = sampling::same;

  template <class T>
  struct rule : sgda::rule<T> {
    using steps_by = sgda::rule<T>;
    static constexpr bool writes_ahead = false;
    static constexpr extrapolation from = From;
    SADDLE_HD T look_ahead(T w, T past) const { return w - past; }
  };
  template <class T>
  rule<T> at(std::int64_t step, int) const {
    return {{static_cast<T>(step_size(step))}};
  }
  static constexpr int phases() { return 2; }
  phase at_phase(int k) const {
    if (k == 0) return {.commits = false, .exchanges = From == extrapolation::averaged};
    return {.at_h = true, .draw = second == sampling::independent ? 1 : 0};
  }
  basic_extragradient paced(int n) const { return {step_size.paced(n), second}; }
  double step_size_at(std::int64_t step, int) const { return step_size(step); }
  std::string objection() const { return step_size.objection(name() + ": step_size"); }
  static std::string name() { return From == extrapolation::local ? "extragradient" : "averaged-extragradient"; }
};

using extragradient = basic_extragradient<extrapolation::local>;
using averaged_extragradient = basic_extragradient<extrapolation::averaged>;

static_assert(optimizer<extragradient> && optimizer<averaged_extragradient>);

SADDLE_NAMESPACE_END
