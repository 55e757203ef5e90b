#pragma once
#include <cstdint>
#include <type_traits>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/feedback.hpp"
#include "saddle/core/running_sum.hpp"
#include "saddle/exchange/rule.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/step/norm.hpp"
#include "saddle/topology/concept.hpp"
#include "saddle/topology/graph.hpp"

SADDLE_NAMESPACE_BEGIN

/// v becomes how far x has come from the anchor, where all agreed last. Where x never left, the bits are those of v.
struct way_from_anchor {
  using values = uses<in<name::anchor>, in<name::x>, inout<name::v>>;
  template <class T>
  SADDLE_HD void operator()(T anchor, T x, T& v) const {
    v = (anchor - x) + v;
  }
};

namespace detail {

/// A worker's weight over the mean of the weights.
template <class T>
SADDLE_HD T share_of(bucket_facts<T> const& facts) {
  return facts.scalars[own_weight] / facts.scalars[mean_weight];
}
template <class T>
struct times_share {
  using values = uses<inout<name::v>>;
  T share;
  SADDLE_HD void operator()(T& v) const { v = share * v; }
};
/// v becomes what a worker of this weight has of the mean.
struct weighed {
  using values = uses<inout<name::v>>;
  template <class T>
  SADDLE_HD times_share<T> on(bucket_facts<T> const& facts) const {
    return {share_of(facts)};
  }
};

/// Numbers of each player.
template <class T, template <class> class Op>
struct in_units {
  using values = typename Op<T>::values;
  T unit[2] = {};
  SADDLE_HD Op<T> on(bucket_facts<T> const& facts) const { return {facts.player == 0 ? unit[0] : unit[1]}; }
};
/// Differences to what is known, in units of the step size, so that they settle where gradients do, whatever the
/// schedule. Where that is 0 nothing is sent.
template <class T>
struct change_in_units {
  using values = uses<in<name::v>, in<name::copy>, in<name::rest>, out<name::p>>;
  T per_unit;
  SADDLE_HD void operator()(T v, T copy, T rest, T& p) const {
    p = per_unit > 0 ? (v * per_unit - copy) - rest : T(0);
  }
};
template <class T>
struct sum_in_units {
  using values = uses<in<name::acc>, inout<name::sum>, out<name::came>>;
  T unit;
  SADDLE_HD void operator()(T acc, T& sum, T& came) const { came = unit * (sum += acc); }
};
template <bool OnAverage>
struct unit_of_step_size {
  /// The step size and its inverse, both 0 where it has none.
  template <class T, class Run>
  static void of(Run const& r, std::int64_t step, int player, T& unit, T& per_unit) {
    unit = per_unit = T(1);
    if constexpr (!OnAverage) {
      double const eta = r.optimizer.step_size_at(step, player);
      T const inverse = eta > 0 ? static_cast<T>(1 / eta) : T(0);
      bool const has_inverse = is_finite(inverse);
      unit = has_inverse ? static_cast<T>(eta) : T(0);
      per_unit = has_inverse ? inverse : T(0);
    }
  }
};
template <bool OnAverage>
struct gives_change {
  template <class T, class Run>
  static in_units<T, change_in_units> at(Run const& r, iteration const& i) {
    in_units<T, change_in_units> op;
    T unit;
    for (int p = 0; p < 2; ++p) unit_of_step_size<OnAverage>::of(r, i.step, p, unit, op.unit[p]);
    return op;
  }
};
template <bool OnAverage>
struct adds_up {
  template <class T, class Run>
  static in_units<T, sum_in_units> at(Run const& r, iteration const& i) {
    in_units<T, sum_in_units> op;
    T per_unit;
    for (int p = 0; p < 2; ++p) unit_of_step_size<OnAverage>::of(r, i.step, p, op.unit[p], per_unit);
    return op;
  }
};

struct keeps_running_sum {
  using values = uses<in<name::sent>, inout<name::copy>, inout<name::rest>>;
  template <class T>
  SADDLE_HD void operator()(T sent, T& copy, T& rest) const {
    running_sum<T> known{copy, rest};
    known.add(sent);
    copy = known.value;
    rest = known.rest;
  }
};
struct takes_back_from_sum {
  using values = uses<in<name::sent>, inout<name::copy>, inout<name::rest>>;
  template <class T>
  SADDLE_HD void operator()(T sent, T& copy, T& rest) const {
    keeps_running_sum()(-sent, copy, rest);
  }
};
struct owes_again {
  using values = uses<in<name::sent>, inout<name::e>>;
  template <class T>
  SADDLE_HD void operator()(T sent, T& e) const {
    e += sent;
  }
};
/// Of p = u + e the way that x has come is still in x; the direction waits in the memory.
struct owes_the_direction_again {
  using values = uses<in<name::sent>, inout<name::e>, in<name::anchor>, in<name::x>>;
  template <class T>
  SADDLE_HD void operator()(T sent, T& e, T anchor, T x) const {
    e = (e + sent) - (anchor - x);
  }
};
struct owes_the_weighed_direction_again {
  using values = owes_the_direction_again::values;
  template <class T>
  struct of_share {
    using values = owes_the_direction_again::values;
    T share;
    SADDLE_HD void operator()(T sent, T& e, T anchor, T x) const { e = (e + sent) - share * (anchor - x); }
  };
  template <class T>
  SADDLE_HD of_share<T> on(bucket_facts<T> const& facts) const {
    return {share_of(facts)};
  }
};

/// By what is kept.
template <feedback Kept, bool Anchored, bool OnAverage>
struct operations_of_averaging {
  using gives = make_fixed<gives_v>;
  using otherwise = std::conditional_t<Anchored, chain<stay, way_from_anchor, gives_v>, chain<stay, gives_v>>;
  using keeps = chain<>;
  using arrives = make_fixed<takes_sum>;
  using undoes = chain<>;
};
template <bool Anchored, bool OnAverage>
struct operations_of_averaging<feedback::error, Anchored, OnAverage> {
  using gives = make_fixed<gives_v_and_owed>;
  using otherwise =
      std::conditional_t<Anchored, chain<stay, way_from_anchor, gives_v_and_owed>, chain<stay, gives_v_and_owed>>;
  using keeps = keeps_what_was_not_sent;
  using arrives = make_fixed<takes_sum>;
  using undoes = std::conditional_t<Anchored, owes_the_direction_again, owes_again>;
};
template <bool Anchored, bool OnAverage>
struct operations_of_averaging<feedback::difference, Anchored, OnAverage> {
  using gives = gives_change<OnAverage>;
  using otherwise = chain<>;
  using keeps = keeps_running_sum;
  using arrives = adds_up<OnAverage>;
  using undoes = takes_back_from_sum;
};

/// The same of v times the share of a worker.
template <class Averaging, bool Anchored, bool Weighted>
struct weighing : Averaging {};
template <class Averaging>
struct weighing<Averaging, false, true> : Averaging {
  using gives = made_in_turn<make_fixed<weighed>, typename Averaging::gives>;
};
template <class Averaging>
struct weighing<Averaging, true, true> : Averaging {
  template <class O>
  struct after_way {
    using type = O;
  };
  template <class... Op>
  struct after_way<chain<stay, way_from_anchor, Op...>> {
    using type = chain<stay, way_from_anchor, weighed, Op...>;
  };
  using gives = made_in_turn<make_fixed<weighed>, typename Averaging::gives>;
  using otherwise = typename after_way<typename Averaging::otherwise>::type;
  using undoes = std::conditional_t<std::is_same_v<typename Averaging::undoes, owes_the_direction_again>,
                                    owes_the_weighed_direction_again, typename Averaging::undoes>;
};

}  // namespace detail

/// Parameter server: everyone hears the mean of what those who take part sent. With error memory, p = v + e and
/// e = p - C(p). With differences, p = v - copy and copy += C(p): as what is sent goes to zero and the copies do not, a
/// copy of one number would soon stand still, while the sum of the averages, which goes to zero too, does not.
///
/// Anchored    x is where a worker has gone on its own, and what is sent leads from the anchor there
/// OnAverage   v is a gradient, and what is kept in units of it
/// Integrates  what is averaged is added up somewhere: of who does not take part it is a change of 0
/// Weighted    v is a worker's times its weight over the mean of the weights
template <feedback Kept, bool Anchored = false, bool OnAverage = false,
          bool Integrates = Kept == feedback::difference, bool Weighted = false>
struct server_average
    : detail::weighing<detail::operations_of_averaging<Kept, Anchored, OnAverage>, Anchored, Weighted> {
  using becomes = moves_by;
  static constexpr bool averages = true, mixes_copies = false, repeats = false, integrates = Integrates,
                        conserves = Kept != feedback::difference, anchored = Anchored;
  template <class Tp>
  static std::vector<edge> hears(Tp const& topology, std::int64_t step, int round, int worker, int workers) {
    return sources_of(topology, step, round, worker, workers);
  }
};

static_assert(exchange_rule<server_average<feedback::none>> && exchange_rule<server_average<feedback::error, true>> &&
              exchange_rule<server_average<feedback::difference>>);

SADDLE_NAMESPACE_END
