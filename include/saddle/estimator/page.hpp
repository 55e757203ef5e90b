#pragma once
#include <cstdint>
#include <string>

#include "saddle/config.hpp"
#include "saddle/estimator/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// est = F(w) of a batch, or est += (F(w; xi) - F(w_old; xi)) / q where a second coin, of probability q, says so.
template <batch_of_estimate Batch = all_data>
struct page {
  static constexpr bool compares_steps = true, repeats_samples = Batch::repeats;
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
  using steps = cat<under<refreshes, detail::mean_of_batch<Batch, At, name::est, Player>>,
                    step_list<when<unless<refreshes>,
                              when<corrects, take_gradient<At, name::g, Draw, Player>,
                                   take_gradient<name::earlier, name::other, Draw, Player>,
                                   local_operation<added_change, binds<>, Player>>>,
                         detail::keeps_point<At, Player>>>;
  template <int>
  using result = name::est;
};
static_assert(estimator<page<>> && estimator<page<large_batch>>);

/// An optimizer on recursive estimates: PAGE, with a period SPIDER, and with a second coin that of DREAM.
///
/// refresh     how likely a batch is that begins the estimate anew
/// correction  how likely, in the other steps, the estimate follows w; in those that do it by 1 / correction of the
///             change. At 1 in all of them
/// every       in place of refresh, which is then 0: a batch every so many steps
/// Batch       all_data, or a large_batch: then the problem needs no full batches, and the estimate is not exact
/// differs     w in step s is compared with w in step s - 1, whether the estimate followed then or not, as in DREAM
/// source      Li, Bao, Zhang, Richtarik: PAGE. ICML 2021; Fang, Li, Lin, Zhang: SPIDER. NeurIPS 2018; Chen, Ye, Luo:
///             An Efficient Stochastic Algorithm for Decentralized Nonconvex-Strongly-Concave Minimax Optimization
///             (DREAM). AISTATS 2024
template <optimizer O, batch_of_estimate Batch = all_data>
struct recursive {
  O policy{};
  double refresh = 0.1;
  double correction = 1;
  int every = 0;
  Batch batch{};

  using estimator = page<Batch>;
  SADDLE_ESTIMATES_FOR(O)
  bool refreshes(std::uint64_t seed, std::int64_t step) const {
    return begins_anew(seed, step, refresh, every);
  }
  bool corrects(std::uint64_t seed, std::int64_t step) const {
    return correction >= 1 || shared_coin(seed, step, coin::correction, correction);
  }
  std::string objection() const {
    return first_objection(
        {objection_to_refresh("recursive", refresh, every),
         objection_unless(correction > 0 && correction <= 1, "recursive: correction", "lies in (0, 1]", correction),
         batch.objection(), objection_to(policy)});
  }
  static std::string name() { return "page-" + O::name(); }
};
template <class O>
recursive(O) -> recursive<O>;
template <class O>
recursive(O, double) -> recursive<O>;
template <class O>
recursive(O, double, double) -> recursive<O>;
template <class O>
recursive(O, double, double, int) -> recursive<O>;
template <class O, class Batch>
recursive(O, double, double, int, Batch) -> recursive<O, Batch>;

SADDLE_NAMESPACE_END
