#pragma once
#include <cstdint>
#include <string>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/core/objection.hpp"
#include "saddle/estimator/concept.hpp"
#include "saddle/estimator/svrg.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/schedule.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"

SADDLE_NAMESPACE_BEGIN

/// F(u) at the snapshot u, and behind it svrg's estimates at other points.
struct svrg_from_snapshot {
  template <class At, class Draw, int Player, int K>
  using steps = std::conditional_t<
      K == 0, under<refreshes, detail::mean_of_batch<all_data, name::snapshot, name::full, both_players>>,
      svrg<>::reduced<At, Draw, Player>>;
  template <int K>
  using result = std::conditional_t<K == 0, name::full, name::g>;
};
static_assert(estimator<svrg_from_snapshot>);

/// Variance-reduced extragradient of games: from b = (1 - p) w + p u, h = b - eta F(u), then
/// w = b - eta (F(h; xi) - F(u; xi) + F(u)); and u becomes w at a coin of probability p. A step takes two gradients of
/// one sample and, on average, p full ones; variance_reduced{extragradient{}}, which is SVRE, takes four and p.
///
/// refresh  p. With n samples it is about 2 / n, and eta 0.99 sqrt(p) / L
/// one h    a worker's own look-ahead: workers that differ need a tracker, on a server, too
/// source   Alacaoglu, Malitsky: Stochastic Variance Reduction for Variational Inequality Methods. COLT 2022
struct svrg_extragradient {
  schedule step_size = 1e-3;
  double refresh = 0.1;

  /// x - v = (1 - p) x + p u - eta g.
  template <class T>
  struct along_gradient_to_snapshot {
    using values = uses<in<name::g>, in<name::x>, in<name::snapshot>, out<name::v>>;
    static constexpr bool passes_on_non_finite = true;
    T step, pull;
    SADDLE_HD void operator()(T g, T x, T u, T& v) const { v = step * g - pull * (u - x); }
  };
  template <class T>
  struct ahead_of_snapshot {
    using values = uses<in<name::base>, in<name::g>, in<name::snapshot>, out<name::h>>;
    T step, pull;
    SADDLE_HD void operator()(T base, T g, T u, T& h) const { h = base - (step * g - pull * (u - base)); }
  };
  template <class Who>
  using steps = step_list<when<refreshes, local_operation<make_fixed<copies<name::w, name::snapshot>>>>,
                          estimate<name::snapshot, Who>, look_ahead<Who>, estimate<name::h, Who>, descend<Who>>;
  using estimator = svrg_from_snapshot;
  using estimates_for = estimates_for_itself;
  template <class T>
  along_gradient_to_snapshot<T> direction(std::int64_t step) const {
    return {static_cast<T>(step_size(step)), static_cast<T>(refresh)};
  }
  template <class T>
  ahead_of_snapshot<T> ahead(std::int64_t step) const {
    return {static_cast<T>(step_size(step)), static_cast<T>(refresh)};
  }
  bool refreshes(std::uint64_t seed, std::int64_t step) const { return begins_anew(seed, step, refresh, 0); }
  svrg_extragradient paced(int n) const { return {step_size.paced(n), refresh}; }
  double step_size_at(std::int64_t step, int) const { return step_size(step); }
  std::string objection() const {
    return first_objection(
        {step_size.objection("svrg_extragradient: step_size"), objection_to_refresh("svrg_extragradient", refresh, 0)});
  }
  static std::string name() { return "svrg-from-snapshot-extragradient"; }
};
static_assert(optimizer<svrg_extragradient>);

SADDLE_NAMESPACE_END
