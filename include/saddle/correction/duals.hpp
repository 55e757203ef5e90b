#pragma once
#include <cstdint>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/correction/concept.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/topology/concept.hpp"

SADDLE_NAMESPACE_BEGIN

namespace name {
struct dual : state_array { static constexpr char const* text = "dual"; };  // of a worker; 0 in the sum over all
}  // namespace name

/// The topology that says how duals move.
template <class Tp>
auto const& duals_of(Tp const& t) {
  if constexpr (requires { t.dual_step; }) return t;
  else return saddle::duals_of(t.topology);
}

/// An estimate counts as g + dual. Before the first of a step does, u = w - look (g + dual) is sent, and the dual moves
/// by what u differs by along the worker's edges.
struct duals {
  struct needs : needs_nothing {
    static constexpr bool edges = true, step_size = true;
  };
  template <class T>
  struct predicts {
    using values = uses<in<name::w>, in<name::estimated>, in<name::dual>, out<name::v>>;
    T look;
    SADDLE_HD void operator()(T w, T estimated, T dual, T& v) const { v = w - look * (estimated + dual); }
  };
  template <class T>
  struct predicts_of_players {
    using values = typename predicts<T>::values;
    T look[2];
    SADDLE_HD predicts<T> on(bucket_facts<T> const& facts) const { return {facts.player == 0 ? look[0] : look[1]}; }
  };
  struct predicted {
    template <class T, class Run>
    static predicts_of_players<T> at(Run const& r, iteration const& i) {
      double const look = duals_of(r.topology).look;
      auto const way = [&](int p) { return static_cast<T>(look * r.optimizer.step_size_at(i.step, p)); };
      return {{way(0), way(1)}};
    }
  };
  struct moves_dual {
    using values = uses<in<name::came>, inout<name::dual>>;
    template <class T>
    SADDLE_HD void operator()(T came, T& dual) const {
      dual += came;
    }
  };
  struct correct {
    using values = uses<in<name::estimated>, in<name::dual>, out<name::g>>;
    template <class T>
    SADDLE_HD void operator()(T estimated, T dual, T& g) const {
      g = estimated + dual;
    }
  };
  template <class Run>
  using exchanged = slot_in<typename Run::topology_type, Run, name::dual>;
  template <class Run, class Estimated>
  using along_edges = step_list<send_vector<exchanged<Run>, predicted, binds<means<name::estimated, Estimated>>>,
                                receive_vector<exchanged<Run>, make_fixed<moves_dual>>>;
  template <class Run, class Estimated, int K, int Player>
  using steps = cat<
      typename std::conditional_t<K == 0, std::type_identity<along_edges<Run, Estimated>>,
                                  std::type_identity<step_list<>>>::type,
      step_list<local_operation<make_fixed<correct>, binds<means<name::estimated, Estimated>>, Player>>>;
  template <class, class, int>
  using result = name::g;
};
static_assert(correction<duals>);

SADDLE_NAMESPACE_END
