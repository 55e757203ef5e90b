#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/schedule.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"

SADDLE_NAMESPACE_BEGIN

/// Extragradient: h = w - eta F(w), w <- w - eta F(h). Two gradients a step; only the second is sent, unless the
/// look-ahead is averaged as well.
///
/// second   both gradients are taken on one sample: on a bilinear game whose matrix is drawn anew the method converges
///          with one sample and diverges with two, whatever the step (Mishchenko et al.: Revisiting Stochastic
///          Extragradient. AISTATS 2020). Analyses with unbiased steps draw two: sampling::independent
/// extrapolation_step_size   how far it looks, gamma in w - eta F(w - gamma F(w)); step_size where it is not set
/// promise  converges on the bilinear game iff eta sigma < 1
/// source   Korpelevich 1976; Juditsky, Nemirovski, Tauvel 2011 (stochastic)
template <extrapolation From>
struct basic_extragradient {
  schedule step_size = 1e-3;
  sampling second = sampling::same;
  std::optional<schedule> extrapolation_step_size{};

  struct second_sample {
    static int of(basic_extragradient const& o) { return o.second == sampling::independent ? 1 : 0; }
  };
  template <class Who>
  using steps = cat<std::conditional_t<
                        From == extrapolation::local,
                        step_list<estimate<name::w, Who>, look_ahead<Who>, others_stay<Who>>,
                        step_list<estimate<name::w, Who>, stays<Who>, descend<Who, name::h>, others_stay<Who>>>,
                    step_list<estimate<name::h, Who, second_sample>, descend<Who>>>;
  using estimator = one_gradient;
  template <class T>
  along_gradient<T> direction(std::int64_t step) const {
    return {static_cast<T>(step_size(step))};
  }
  template <class T>
  ahead_along_gradient<T> ahead(std::int64_t step) const {
    return {static_cast<T>(extrapolation_step_size.value_or(step_size)(step))};
  }
  basic_extragradient paced(int n) const {
    basic_extragradient slower{step_size.paced(n), second};
    if (extrapolation_step_size) slower.extrapolation_step_size = extrapolation_step_size->paced(n);
    return slower;
  }
  double step_size_at(std::int64_t step, int) const { return step_size(step); }
  std::string objection() const {
    std::string const why = step_size.objection(name() + ": step_size");
    if (!why.empty() || !extrapolation_step_size) return why;
    if (From == extrapolation::averaged)
      return name() + ": both halves are exchanged with one step size, and extrapolation_step_size is set";
    return extrapolation_step_size->objection(name() + ": extrapolation_step_size");
  }
  static std::string name() { return From == extrapolation::local ? "extragradient" : "averaged-extragradient"; }
};

using extragradient = basic_extragradient<extrapolation::local>;
using averaged_extragradient = basic_extragradient<extrapolation::averaged>;

static_assert(optimizer<extragradient> && optimizer<averaged_extragradient>);

SADDLE_NAMESPACE_END
