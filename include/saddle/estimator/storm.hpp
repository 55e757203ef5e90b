#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "saddle/config.hpp"
#include "saddle/estimator/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// est = F(w; xi) + (1 - beta) (est - F(w_old; xi)); in the first step F(w) of a batch.
template <batch_of_estimate Batch = all_data>
struct storm {
  static constexpr bool compares_steps = true, repeats_samples = Batch::repeats;
  template <class T>
  struct carries_on {
    using values = uses<inout<name::est>, in<name::g>, in<name::other>>;
    T kept;
    SADDLE_HD void operator()(T& est, T g, T other) const { est = g + kept * (est - other); }
  };
  struct carried_on {
    template <class T, class Run>
    static auto at(Run const& r, iteration const&) {
      double const beta = r.optimizer.beta, beta_max = r.optimizer.beta_max.value_or(beta);
      return of_each_player(carries_on<T>{static_cast<T>(1 - beta)}, carries_on<T>{static_cast<T>(1 - beta_max)});
    }
  };
  template <class At, class Draw, int Player, int>
  using steps = cat<under<refreshes, detail::mean_of_batch<Batch, At, name::est, Player>>,
                    step_list<when<unless<refreshes>, take_gradient<At, name::g, Draw, Player>,
                                   take_gradient<name::earlier, name::other, Draw, Player>,
                                   local_operation<carried_on, binds<>, Player>>,
                              detail::keeps_point<At, Player>>>;
  template <int>
  using result = name::est;
};
static_assert(estimator<storm<>> && estimator<storm<large_batch>>);

/// An optimizer on a momentum that is corrected by what one sample says at two points. Around tracked gossip: DM-HSGD.
///
/// beta      how much of the estimate is forgotten in a step
/// beta_max  the same of the maximizing player; beta where it is not set
/// Batch     all_data, or a large_batch: then the problem needs no full batches
/// source    Cutkosky, Orabona: Momentum-Based Variance Reduction in Non-Convex SGD (STORM). NeurIPS 2019; Xian, Huang,
///           Zhang, Huang: A Faster Decentralized Algorithm for Nonconvex Minimax Problems (DM-HSGD). NeurIPS 2021
template <optimizer O, batch_of_estimate Batch = all_data>
struct hybrid_momentum {
  O policy{};
  double beta = 0.1;
  std::optional<double> beta_max{};
  Batch batch{};

  using estimator = storm<Batch>;
  SADDLE_ESTIMATES_FOR(O)
  static bool refreshes(std::uint64_t, std::int64_t step) { return step == 1; }
  std::string objection() const {
    return first_objection({objection_to_share("beta", beta), objection_to_share("beta_max", beta_max.value_or(beta)),
                            batch.objection(), objection_to(policy)});
  }
  static std::string name() { return "storm-" + O::name(); }

 private:
  static std::string objection_to_share(char const* field, double value) {
    bool const holds = value >= 0 && value <= 1;
    return objection_unless(holds, std::string("hybrid_momentum: ") + field, "lies in [0, 1]", value);
  }
};
template <class O>
hybrid_momentum(O) -> hybrid_momentum<O>;
template <class O>
hybrid_momentum(O, double) -> hybrid_momentum<O>;
template <class O>
hybrid_momentum(O, double, double) -> hybrid_momentum<O>;
template <class O, class Batch>
hybrid_momentum(O, double, std::optional<double>, Batch) -> hybrid_momentum<O, Batch>;

SADDLE_NAMESPACE_END
