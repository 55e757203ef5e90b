#pragma once
#include <cmath>
#include <cstdint>
#include <string>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/objection.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/step/norm.hpp"
#include "saddle/step/operation.hpp"

SADDLE_NAMESPACE_BEGIN

/// Extragradient with a step size that adapts to what the worker has seen, eta = D / sqrt(G^2 + sum of Z^2) with
/// Z^2 = (|h - w|^2 + |h - w_new|^2) / (5 eta^2) in each step so far. No constant of the problem is needed.
///
/// diameter      D, how far the solution may be
/// initial_norm  G, a guess of the norms of gradients. One that is far too low throws w far away in the first step,
///               unless a box holds it
/// weight        1 / eta of the next step, for a server where workers count by weight: its mean is then that of F. An
///               equal mean is that of eta F, which is zero elsewhere
/// bits          sqrt is exact: the same everywhere
/// source        Liao, Shen, Duan, Kolar, Tao: Local AdaGrad-Type Algorithm for Stochastic Convex-Concave Optimization
///               (LocalAdaSEG). Machine Learning 2022; alone: Bach, Levy: A Universal Algorithm for Variational
///               Inequalities Adaptive to Smoothness and Noise. COLT 2019
struct adaptive_extragradient {
  double diameter = 1, initial_norm = 1;
  sampling second = sampling::independent;

  /// Scalars: of the weights, the sum of Z^2, the step size.
  static constexpr int sum = 2, step_size = 3;
  static_assert(sum != mean_weight && sum != own_weight);

  struct second_sample {
    static int of(adaptive_extragradient const& o) { return o.second == sampling::independent ? 1 : 0; }
  };
  template <class T>
  struct begins {
    T diameter, squared_norm;
    SADDLE_HD void operator()(T* s) const { s[step_size] = diameter / std::sqrt(squared_norm + s[sum]); }
  };
  template <class T>
  struct weighs {
    T diameter, squared_norm;
    SADDLE_HD void operator()(T* s) const {
      s[mean_weight] = s[own_weight] = std::sqrt(squared_norm + s[sum]) / diameter;
    }
  };
  template <class Who, template <class> class Op>
  struct with_constants {
    template <class T, class Run>
    static Op<T> at(Run const& r, iteration const&) {
      adaptive_extragradient const& o = Who::of(r.optimizer);
      return {static_cast<T>(o.diameter), static_cast<T>(o.initial_norm * o.initial_norm)};
    }
  };
  /// Z^2, of the step inside of the box.
  template <class T>
  struct squares_of_moves {
    using values = uses<in<name::g>, in<name::h>, in<name::w>, out<name::p>>;
    T lo[2], hi[2];
    struct of_bucket {
      using values = squares_of_moves::values;
      T step, per_square, lo, hi;
      SADDLE_HD void operator()(T g, T h, T w, T& p) const {
        T next = w - step * g;
        next = next < lo ? lo : next;
        next = next > hi ? hi : next;
        p = ((h - w) * (h - w) + (h - next) * (h - next)) * per_square;
      }
    };
    SADDLE_HD of_bucket on(bucket_facts<T> const& facts) const {
      T const step = facts.scalars[step_size];
      return {step, T(1) / (T(5) * step * step), lo[facts.player], hi[facts.player]};
    }
  };
  struct inside_of_boxes {
    template <class T, class Run>
    static squares_of_moves<T> at(Run const& r, iteration const&) {
      return {{r.lo[0], r.lo[1]}, {r.hi[0], r.hi[1]}};
    }
  };
  struct along_scaled_gradient {
    using values = uses<in<name::g>, out<name::v>>;
    static constexpr bool passes_on_non_finite = true;
    template <class T>
    SADDLE_HD along_gradient<T> on(bucket_facts<T> const& facts) const {
      return {facts.scalars[step_size]};
    }
  };
  struct ahead_along_scaled_gradient {
    using values = uses<in<name::base>, in<name::g>, out<name::h>>;
    template <class T>
    SADDLE_HD ahead_along_gradient<T> on(bucket_facts<T> const& facts) const {
      return {facts.scalars[step_size]};
    }
  };
  template <class Who>
  using steps = step_list<
      change_scalars<with_constants<Who, begins>>, estimate<name::w, Who>, look_ahead<Who>, others_stay<Who>,
      estimate<name::h, Who, second_sample>,
      descend_after<Who, step_list<measure_sum<sum, inside_of_boxes>, weigh_worker<with_constants<Who, weighs>>>>>;
  using estimator = one_gradient;
  template <class T>
  along_scaled_gradient direction(std::int64_t) const {
    return {};
  }
  template <class T>
  ahead_along_scaled_gradient ahead(std::int64_t) const {
    return {};
  }
  std::string objection() const {
    return first_objection({objection_unless(is_finite(diameter) && diameter > 0, name() + ": diameter",
                                             "is finite and positive", diameter),
                            objection_unless(is_finite(initial_norm) && initial_norm > 0, name() + ": initial_norm",
                                             "is finite and positive", initial_norm)});
  }
  static std::string name() { return "adaptive-extragradient"; }
};

static_assert(optimizer<adaptive_extragradient>);

SADDLE_NAMESPACE_END
