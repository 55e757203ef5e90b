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
#include "saddle/step/operation.hpp"
#include "saddle/topology/concept.hpp"

SADDLE_NAMESPACE_BEGIN

namespace name {
struct last_gradient : state_array { static constexpr char const* text = "last_gradient"; };
struct last_point : weights_array { static constexpr char const* text = "last_point"; };  // where that was taken
}  // namespace name

/// Forward-reflected-backward with a step size that adapts: w <- w - l F - l_old (F - F_old), one gradient a step, and
/// l = min(l_old, tau |w - w_old| / |F - F_old|). No constant of the problem is needed.
///
/// step_size  the first, and the largest: l falls from there to what the ratios allow, and does not rise
/// tau        below 1/2; of an operator with Lipschitz constant L, l stays above tau / L until changes are those of
///            rounding
/// workers    have one l, of their mean squares, which go along with each exchange: exact. Over gossip l is mixed, too.
///            On the average the change is that of the average, which is smaller: l is no shorter
/// noise      F and F_old are of two samples, whose difference does not fall with w - w_old: take full batches
/// bits       sqrt is exact: the same everywhere
/// source     Malitsky, Tam: A Forward-Backward Splitting Method for Monotone Inclusions Without Cocoercivity. SIAM
///            Journal on Optimization 2020
struct adaptive_forward_reflected {
  double step_size = 1, tau = 0.4;

  /// Scalars: what l is now, the squared norms of both changes, and what it was.
  static constexpr int now = 0, of_points = 1, of_gradients = 2, before = 3;

  struct change_of_point {
    using values = uses<in<name::w>, in<name::last_point>, out<name::p>>;
    template <class T>
    SADDLE_HD void operator()(T w, T last, T& p) const {
      p = (w - last) * (w - last);
    }
  };
  struct change_of_gradient {
    using values = uses<in<name::g>, in<name::last_gradient>, out<name::p>>;
    template <class T>
    SADDLE_HD void operator()(T g, T last, T& p) const {
      p = (g - last) * (g - last);
    }
  };
  /// Without a last gradient, and where nothing has changed, it stays.
  template <class T>
  struct shortens_step {
    T first, tau;
    SADDLE_HD void operator()(T* s) const {
      s[before] = s[now];
      if (s[now] == 0) {
        s[now] = first;
        return;
      }
      T const most = tau * std::sqrt(s[of_points] / s[of_gradients]);
      if (most > 0 && most < s[now]) s[now] = most;
    }
  };
  template <class Who>
  struct shortening {
    template <class T, class Run>
    static shortens_step<T> at(Run const& r, iteration const&) {
      adaptive_forward_reflected const& o = Who::of(r.optimizer);
      return {static_cast<T>(o.step_size), static_cast<T>(o.tau)};
    }
  };
  struct mixes {
    static constexpr bool constant = false;
    template <class Run>
    static bool at(Run const& r, std::int64_t step) {
      return !Run::on_average && is_exchange_step(r.topology, r.seed, step);
    }
  };
  struct reflected {
    using values = uses<in<name::g>, inout<name::last_gradient>, out<name::v>>;
    static constexpr bool passes_on_non_finite = true;
    template <class T>
    struct of_worker {
      using values = reflected::values;
      T now, before;
      SADDLE_HD void operator()(T g, T& last, T& v) const {
        v = now * g + before * (g - last);
        last = g;
      }
    };
    template <class T>
    SADDLE_HD of_worker<T> on(bucket_facts<T> const& facts) const {
      return {facts.scalars[adaptive_forward_reflected::now], facts.scalars[adaptive_forward_reflected::before]};
    }
  };
  template <int Scalar, class Op>
  using measured = measure_sum<Scalar, make_fixed<Op>, binds<>, both_players, false>;
  template <class Who>
  using steps = step_list<
      estimate<name::w, Who>,
      descend_after<Who, step_list<measured<of_points, change_of_point>, measured<of_gradients, change_of_gradient>,
                                   local_operation<make_fixed<copies<name::w, name::last_point>>>,
                                   when<mixes, mix_scalars<3>>, change_scalars<shortening<Who>>>>>;
  using estimator = one_gradient;
  template <class T>
  reflected direction(std::int64_t) const {
    return {};
  }
  std::string objection() const {
    return first_objection({objection_unless(is_finite(step_size) && step_size > 0, name() + ": step_size",
                                             "is finite and positive", step_size),
                            objection_unless(tau > 0 && tau < 0.5, name() + ": tau", "lies in (0, 1/2)", tau)});
  }
  static std::string name() { return "adaptive-forward-reflected"; }
};

static_assert(optimizer<adaptive_forward_reflected>);

SADDLE_NAMESPACE_END
