#pragma once
#include <cstdint>
#include <string>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/estimator/concept.hpp"

SADDLE_NAMESPACE_BEGIN

namespace name {
struct snapshot : weights_array { static constexpr char const* text = "snapshot"; };  // where F_m is known in full
struct full : state_array { static constexpr char const* text = "full"; };            // and what it is there
}  // namespace name

/// g = F(w; xi) - F(u; xi) + F(u), u the snapshot.
template <batch_of_estimate Batch = all_data>
struct svrg {
  static constexpr bool repeats_samples = Batch::repeats;
  struct combine {
    using values = uses<inout<name::g>, in<name::other>, in<name::full>>;
    template <class T>
    SADDLE_HD void operator()(T& g, T other, T full) const {
      g = (g - other) + full;
    }
  };
  template <class At>
  using takes_snapshot =
      under<refreshes, cat<step_list<local_operation<make_fixed<copies<At, name::snapshot>>>>,
                           detail::mean_of_batch<Batch, name::snapshot, name::full, both_players>>>;
  template <class At, class Draw, int Player>
  using reduced = step_list<take_gradient<At, name::g, Draw, Player>,
                            take_gradient<name::snapshot, name::other, Draw, Player>,
                            local_operation<make_fixed<combine>, binds<>, Player>>;
  template <class At, class Draw, int Player, int K>
  using steps = cat<std::conditional_t<K == 0, takes_snapshot<At>, step_list<>>, reduced<At, Draw, Player>>;
  template <int>
  using result = name::g;
};
static_assert(estimator<svrg<>> && estimator<svrg<large_batch>>);

/// An optimizer on variance-reduced gradients (loopless SVRG): where a coin says so the snapshot becomes the point of
/// the step's first gradient. The estimate is unbiased, and exact at a solution that the snapshot has come to.
///
/// refresh  how likely a new snapshot is. A step takes two gradients of one sample and, on average, `refresh` full ones
/// every    in place of refresh, which is then 0: a new snapshot every so many steps
/// Batch    all_data, or a large_batch: then the problem needs no full batches, and the estimate is not exact
/// source   Kovalev, Horvath, Richtarik: Don't Jump Through Hoops and Remove Those Loops. ALT 2020; of games:
///          Alacaoglu, Malitsky: Stochastic Variance Reduction for Variational Inequality Methods. COLT 2022
template <optimizer O, batch_of_estimate Batch = all_data>
struct variance_reduced {
  O policy{};
  double refresh = 0.1;
  int every = 0;
  Batch batch{};

  using estimator = svrg<Batch>;
  SADDLE_ESTIMATES_FOR(O)
  bool refreshes(std::uint64_t seed, std::int64_t step) const {
    return begins_anew(seed, step, refresh, every);
  }
  std::string objection() const {
    return first_objection(
        {objection_to_refresh("variance_reduced", refresh, every), batch.objection(), objection_to(policy)});
  }
  static std::string name() { return "svrg-" + O::name(); }
};
template <class O>
variance_reduced(O) -> variance_reduced<O>;
template <class O>
variance_reduced(O, double) -> variance_reduced<O>;
template <class O>
variance_reduced(O, double, int) -> variance_reduced<O>;
template <class O, class Batch>
variance_reduced(O, double, int, Batch) -> variance_reduced<O, Batch>;

SADDLE_NAMESPACE_END
