#pragma once
#include <cstdint>
#include <string>

#include "saddle/config.hpp"
#include "saddle/estimator/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// est = F(w; xi) + (1 - beta) (est - F(w_old; xi)); in the first step F(w) of all data.
struct storm {
  static constexpr bool compares_steps = true;
  template <class T>
  struct carries_on {
    using values = uses<inout<name::est>, in<name::g>, in<name::other>>;
    T kept;
    SADDLE_HD void operator()(T& est, T g, T other) const { est = g + kept * (est - other); }
  };
  struct carried_on {
    template <class T, class Run>
    static carries_on<T> at(Run const& r, iteration const&) {
      return {static_cast<T>(1 - r.optimizer.beta)};
    }
  };
  template <class At, class Draw, int Player, int>
  using steps = cat<under<refreshes, detail::full_estimate<At, Player>>,
                    step_list<when<unless<refreshes>, take_gradient<At, name::g, Draw, Player>,
                                   take_gradient<name::earlier, name::other, Draw, Player>,
                                   local_operation<carried_on, binds<>, Player>>,
                              detail::keeps_point<At, Player>>>;
  template <int>
  using result = name::est;
};
static_assert(estimator<storm>);

/// An optimizer on a momentum that is corrected by what one sample says at two points. Around tracked gossip: DM-HSGD.
///
/// beta    how much of the estimate is forgotten in a step
/// source  Cutkosky, Orabona: Momentum-Based Variance Reduction in Non-Convex SGD (STORM). NeurIPS 2019; Xian, Huang,
///         Zhang, Huang: A Faster Decentralized Algorithm for Nonconvex Minimax Problems (DM-HSGD). NeurIPS 2021
template <optimizer O>
struct hybrid_momentum {
  O policy{};
  double beta = 0.1;

  using estimator = storm;
  SADDLE_ESTIMATES_FOR(O)
  static bool refreshes(std::uint64_t, std::int64_t step) { return step == 1; }
  std::string objection() const {
    return first_objection({objection_unless(beta >= 0 && beta <= 1, "hybrid_momentum: beta", "lies in [0, 1]", beta),
                            objection_to(policy)});
  }
  static std::string name() { return "storm-" + O::name(); }
};
template <class O>
hybrid_momentum(O) -> hybrid_momentum<O>;
template <class O>
hybrid_momentum(O, double) -> hybrid_momentum<O>;

SADDLE_NAMESPACE_END
