#pragma once
#include <cstdint>
#include <string>

#include "saddle/config.hpp"
#include "saddle/estimator/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// est = F(w) of all data, or est += (F(w; xi) - F(w_old; xi)) / q where a second coin, of probability q, says so.
struct page {
  static constexpr bool compares_steps = true;
  template <class T>
  struct adds_change {
    using values = uses<inout<name::est>, in<name::g>, in<name::other>>;
    T up;
    SADDLE_HD void operator()(T& est, T g, T other) const { est += up * (g - other); }
  };
  struct added_change {
    template <class T, class Run>
    static adds_change<T> at(Run const& r, iteration const&) {
      return {static_cast<T>(1 / r.optimizer.correction)};
    }
  };
  template <class At, class Draw, int Player, int>
  using steps = cat<under<refreshes, detail::full_estimate<At, Player>>,
                    step_list<when<unless<refreshes>,
                              when<corrects, take_gradient<At, name::g, Draw, Player>,
                                   take_gradient<name::earlier, name::other, Draw, Player>,
                                   local_operation<added_change, binds<>, Player>>>,
                         detail::keeps_point<At, Player>>>;
  template <int>
  using result = name::est;
};
static_assert(estimator<page>);

/// An optimizer on recursive estimates: PAGE, and with a second coin that of DREAM.
///
/// refresh     how likely a full batch is
/// correction  how likely, in the other steps, the estimate follows w; in those that do it by 1 / correction of the
///             change. At 1 in all of them
/// differs     w in step s is compared with w in step s - 1, whether the estimate followed then or not, as in DREAM
/// source      Li, Bao, Zhang, Richtarik: PAGE. ICML 2021; Chen, Ye, Luo: An Efficient Stochastic Algorithm for
///             Decentralized Nonconvex-Strongly-Concave Minimax Optimization (DREAM). AISTATS 2024
template <optimizer O>
struct recursive {
  O policy{};
  double refresh = 0.1;
  double correction = 1;

  using estimator = page;
  SADDLE_ESTIMATES_FOR(O)
  bool refreshes(std::uint64_t seed, std::int64_t step) const {
    return step == 1 || shared_coin(seed, step, coin::refresh, refresh);
  }
  bool corrects(std::uint64_t seed, std::int64_t step) const {
    return correction >= 1 || shared_coin(seed, step, coin::correction, correction);
  }
  std::string objection() const {
    return first_objection(
        {objection_unless(refresh > 0 && refresh <= 1, "recursive: refresh", "lies in (0, 1]", refresh),
         objection_unless(correction > 0 && correction <= 1, "recursive: correction", "lies in (0, 1]", correction),
         objection_to(policy)});
  }
  static std::string name() { return "page-" + O::name(); }
};
template <class O>
recursive(O) -> recursive<O>;
template <class O>
recursive(O, double) -> recursive<O>;
template <class O>
recursive(O, double, double) -> recursive<O>;

SADDLE_NAMESPACE_END
