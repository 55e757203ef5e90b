#pragma once
#include <cstdint>
#include <string>

#include "saddle/config.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/schedule.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"

SADDLE_NAMESPACE_BEGIN

namespace name {
struct past : optimizer_state { static constexpr char const* text = "past"; };  // the gradient of the step before
}  // namespace name

/// Optimistic gradient descent ascent at the weights: w <- w - eta (2 F(w) - F(w_old)), the gradient of the step before
/// kept.
///
/// omd      is the same method in other variables where a worker is alone: this w moves as its look-ahead does. Over a
///          graph omd mixes w and looks ahead from there, which is another one
/// start    the first step is a plain one: there is nothing to be optimistic about yet
/// promise  converges on the bilinear game iff eta sigma < 1 / sqrt 3
/// source   Daskalakis, Ilyas, Syrgkanis, Zeng: Training GANs with Optimism. ICLR 2018
struct ogda {
  schedule step_size = 1e-3;

  template <class T>
  struct along_both_gradients {
    using values = uses<in<name::g>, inout<name::past>, out<name::v>>;
    static constexpr bool passes_on_non_finite = true;
    T now, before;
    SADDLE_HD void operator()(T g, T& past, T& v) const {
      v = now * g - before * past;
      past = g;
    }
  };
  template <class Who>
  using steps = step_list<estimate<name::w, Who>, descend<Who>>;
  using estimator = one_gradient;
  template <class T>
  along_both_gradients<T> direction(std::int64_t step) const {
    double const eta = step_size(step);
    bool const first = step == 1;
    return {static_cast<T>(first ? eta : 2 * eta), static_cast<T>(first ? 0 : eta)};
  }
  ogda paced(int n) const { return {step_size.paced(n)}; }
  double step_size_at(std::int64_t step, int) const { return step_size(step); }
  std::string objection() const { return step_size.objection("ogda: step_size"); }
  static std::string name() { return "ogda"; }
};

static_assert(optimizer<ogda>);

SADDLE_NAMESPACE_END
