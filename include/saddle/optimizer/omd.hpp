#pragma once
#include <cstdint>
#include <string>

#include "saddle/config.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/schedule.hpp"
#include "saddle/optimizer/sgda.hpp"

SADDLE_NAMESPACE_BEGIN

/// Optimistic mirror descent, the single-call past extragradient:
///   h_t = w_{t-1} - eta g_{t-1},  g_t = F(h_t),  w_t = w_{t-1} - eta g_t.
///
/// It keeps no state: when w has moved, the gradient is still in its buffer, and h is written from it. The first
/// step is taken at h = w_0, so that it is no double step.
/// promise  converges on the bilinear game iff eta sigma < 1 / sqrt 3
/// source   Popov 1980; Daskalakis, Ilyas, Syrgkanis, Zeng: Training GANs with Optimism. ICLR 2018
template <extrapolation From>
struct basic_omd {
  schedule step_size = 1e-3;

  template <class T>
  struct rule : sgda::rule<T> {
    using steps_by = sgda::rule<T>;
    static constexpr bool writes_ahead = true;
    static constexpr extrapolation from = From;
    SADDLE_HD T recall(T gradient, stateless const&) const { return this->step_size * gradient; }
    SADDLE_HD T look_ahead(T w, T past) const { return w - past; }
  };
  template <class T>
  rule<T> at(std::int64_t step, int) const {
    return {{static_cast<T>(step_size(step))}};
  }
  phase at_phase(int) const { return {.at_h = true}; }
  static std::string name() { return From == extrapolation::local ? "omd" : "averaged-omd"; }
};

using omd = basic_omd<extrapolation::local>;
/// Looks ahead along the average that was just exchanged: no bias on workers with different data.
using averaged_omd = basic_omd<extrapolation::averaged>;

static_assert(optimizer<omd> && optimizer<averaged_omd>);

SADDLE_NAMESPACE_END
