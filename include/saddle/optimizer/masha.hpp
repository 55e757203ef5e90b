#pragma once
#include <cstdint>
#include <string>
#include <type_traits>

#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/core/objection.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/schedule.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"

SADDLE_NAMESPACE_BEGIN

namespace name {
struct reference : weights_array { static constexpr char const* text = "reference"; };  // u, the same for all
struct own_at_reference : state_array { static constexpr char const* text = "own_at_reference"; };    // F_m(u)
struct mean_at_reference : state_array { static constexpr char const* text = "mean_at_reference"; };  // their mean
struct sampled_at_reference : scratch_array {  // F_m(u; xi)
  static constexpr char const* text = "sampled_at_reference";
};
}  // namespace name

/// What an operator at the look-ahead is compared with: that of all data at the reference point, or of the same sample.
enum class masha_difference { to_full, of_one_sample };

/// MASHA1 with an unbiased compressor, MASHA2 with error_feedback: extragradient around a reference point u whose full
/// operator F(u) all know. h = tau w + (1 - tau) u - eta F(u); w = h - eta mean of C(F_m(h) - F_m(u)). What is
/// compressed goes to zero at the solution, so that workers that differ come to it exactly.
///
/// tau       1 - tau is how likely, by a coin that all throw alike, u becomes w: then F_m(u) is sent as it is. Bytes of
///           both kinds are equal where that is the share of what the compressor sends
/// Of        of_one_sample: what is sent is F_m(h; xi) - F_m(u; xi), so that noise of samples goes to zero, too
///           (VR-MASHA). A step takes one more gradient
/// topology  a server in every step, whose workers are all there
/// source    Beznosikov, Richtarik, Diskin, Ryabinin, Gasnikov: Distributed Methods with Compressed Communication for
///           Solving Variational Inequalities, with Theoretical Guarantees. NeurIPS 2022
template <masha_difference Of>
struct basic_masha {
  schedule step_size = 1e-3;
  double tau = 0.9;

  using at_reference = std::conditional_t<Of == masha_difference::to_full, name::own_at_reference,
                                          name::sampled_at_reference>;
  template <class Who>
  struct renews_reference {
    static constexpr bool constant = false;
    template <class Run>
    static bool at(Run const& r, std::int64_t step) {
      basic_masha const& o = Who::of(r.optimizer);
      return step == 1 || shared_coin(r.seed, step, coin::refresh, 1 - o.tau);
    }
  };
  struct gives_own {
    using values = uses<in<name::own_at_reference>, out<name::v>>;
    template <class T>
    SADDLE_HD void operator()(T own, T& v) const {
      v = own;
    }
  };
  struct takes_mean {
    using values = uses<in<name::came>, out<name::x>>;
    template <class T>
    SADDLE_HD void operator()(T came, T& x) const {
      x = came;
    }
  };
  template <class T>
  struct difference {
    using values = uses<in<name::g>, in<at_reference>, out<name::v>>;
    static constexpr bool passes_on_non_finite = true;
    T step;
    SADDLE_HD void operator()(T g, T own, T& v) const { v = step * (g - own); }
  };
  struct moves_from_look_ahead {
    using values = uses<in<name::came>, in<name::h>, out<name::x>>;
    template <class T>
    SADDLE_HD void operator()(T came, T h, T& x) const {
      x = h - came;
    }
  };
  /// From w itself, whatever is owed.
  template <class T>
  struct ahead_of_reference {
    using values = uses<in<name::w>, in<name::reference>, in<name::mean_at_reference>, out<name::h>>;
    T step, tau;
    SADDLE_HD void operator()(T w, T u, T mean, T& h) const { h = (tau * w + (T(1) - tau) * u) - step * mean; }
  };
  template <class Who>
  using steps =
      cat<step_list<when<renews_reference<Who>, local_operation<make_fixed<copies<name::w, name::reference>>>,
                         take_gradient<name::reference, name::own_at_reference, sample_draw<full_batch>>,
                         average_of<name::mean_at_reference, identity, make_fixed<gives_own>, make_fixed<takes_mean>>>,
                    look_ahead<Who>, estimate<name::h, Who>>,
          std::conditional_t<Of == masha_difference::to_full, step_list<>,
                             step_list<take_gradient<name::reference, name::sampled_at_reference,
                                                     drawn_by<Who, sample_number<0>>>>>,
          step_list<average_of<name::w, void, direction_of<Who>, make_fixed<moves_from_look_ahead>>>>;
  using estimator = one_gradient;
  template <class T>
  difference<T> direction(std::int64_t step) const {
    return {static_cast<T>(step_size(step))};
  }
  template <class T>
  ahead_of_reference<T> ahead(std::int64_t step) const {
    return {static_cast<T>(step_size(step)), static_cast<T>(tau)};
  }
  basic_masha paced(int n) const { return {step_size.paced(n), tau}; }
  std::string objection() const {
    return first_objection({step_size.objection("masha: step_size"),
                            objection_unless(tau >= 0 && tau < 1, "masha: tau", "lies in [0, 1)", tau)});
  }
  static std::string name() { return Of == masha_difference::to_full ? "masha" : "variance-reduced-masha"; }
};
using masha = basic_masha<masha_difference::to_full>;
using variance_reduced_masha = basic_masha<masha_difference::of_one_sample>;

static_assert(optimizer<masha> && optimizer<variance_reduced_masha>);

SADDLE_NAMESPACE_END
