#pragma once
#include <string>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/correction/control_variates.hpp"
#include "saddle/exchange/lists.hpp"
#include "saddle/exchange/server_average.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/topology/concept.hpp"

SADDLE_NAMESPACE_BEGIN

namespace name {
struct u : scratch_array { static constexpr char const* text = "u"; };  // what a worker came with to a round
struct z : scratch_array { static constexpr char const* text = "z"; };  // its mean direction since the last round
struct round_start : weights_array { static constexpr char const* text = "round_start"; };  // where that one ended
}  // namespace name

namespace detail {

/// c moves by how far the round took w, in units of the gradient.
template <class T>
struct moves_c {
  using values = uses<in<name::u>, in<name::w>, inout<name::c>>;
  T scale;
  SADDLE_HD void operator()(T u, T w, T& c) const { c += scale * (u - w); }
};
template <class T>
struct leaves_mean_direction {
  using values = uses<in<name::round_start>, in<name::w>, out<name::z>, out<name::u>>;
  T scale;
  SADDLE_HD void operator()(T start, T w, T& z, T& u) const { u = z = scale * (start - w); }
};
/// z is mixed now, u not.
struct moves_c_to_neighbours {
  using values = uses<in<name::z>, in<name::u>, inout<name::c>>;
  template <class T>
  SADDLE_HD void operator()(T z, T u, T& c) const {
    c += z - u;
  }
};
/// 1 over the length of a round, in steps of the optimizer. 0 where it does not move.
template <template <class> class Op>
struct per_round {
  template <class T, class Run>
  static in_units<T, Op> at(Run const& r, iteration const& i) {
    in_units<T, Op> op;
    for (int p = 0; p < 2; ++p) {
      double const way = steps_between_exchanges(r.topology) * r.optimizer.step_size_at(i.step, p);
      op.unit[p] = way > 0 ? static_cast<T>(1 / way) : T(0);
    }
    return op;
  }
};

/// A round of the local_steps inside.
template <class Tp, class Run, class Make, class G, int Player>
struct round_in {
  using type = typename round_in<typename Tp::wraps, Run, Make, G, Player>::type;
};
template <class Tp, class Run, class Make, class G, int Player>
  requires requires { typename Tp::template round<Run, name::w, Make, G, Player, false>; }
struct round_in<Tp, Run, Make, G, Player> {
  using type = typename Tp::template round<Run, name::w, Make, G, Player, false>;
};

}  // namespace detail

/// Control variates around local_steps: a worker adds c to its gradients, so that all drift alike between rounds. A
/// round moves c by how the exchange moved w, over the steps since the last one.
///
/// a server   SCAFFOLD, or ProxSkip where a coin ends the rounds (local_steps::probability): c needs no message
/// a graph    K-GT: the mean directions of a round are exchanged, too
/// units      of the step size now: let schedules change little within a round
/// errors     without local_steps, and for what a tracker refuses, it does not compile
/// source     Karimireddy et al.: SCAFFOLD. ICML 2020; Zhang, Choudhury, Stich, Loizou: Communication-Efficient
///            Gradient Descent-Ascent Methods for Distributed Variational Inequalities (ProxSkip-VIP). 2023; Liu, Lin,
///            Koloskova, Stich: Decentralized Gradient Tracking with Local Steps (K-GT). 2023
template <topology Tp>
struct controlled {
  Tp topology{};

  using wraps = Tp;
  using correction = control_variates;

  template <class Run, class G, int Player>
  using meeting = typename detail::round_in<Tp, Run, make_fixed<stay>, G, Player>::type;
  template <class Run, class G, int Player>
  using round_on_server = cat<step_list<local_operation<make_fixed<copies<name::w, name::u>>>>, meeting<Run, G, Player>,
                              step_list<local_operation<detail::per_round<detail::moves_c>>>>;
  template <class Run, class G, int Player>
  using round_in_graph =
      cat<step_list<local_operation<detail::per_round<detail::leaves_mean_direction>>>,
          together_in<Tp, Run, name::z, make_fixed<stay>>,
          step_list<local_operation<make_fixed<detail::moves_c_to_neighbours>>>, meeting<Run, G, Player>,
          step_list<local_operation<make_fixed<copies<name::w, name::round_start>>>>>;
  template <class Run, class, class Make, class G, int Player, bool>
  using move = cat<
      step_alone<Make, G, Player>,
      under<topology_exchanges<Tp>,
            typename std::conditional_t<topology_has_server<Tp>, std::type_identity<round_on_server<Run, G, Player>>,
                                        std::type_identity<round_in_graph<Run, G, Player>>>::type>>;

  void check(int, bool, bool) const {
    expects(!combines_before_it_adapts(topology),
            "controlled: a round ends a worker's own steps: use gossip_order::adapt_then_combine");
    expects(keeps_the_mean(topology),
            "controlled: control variates need a doubly stochastic matrix, and this one moves the mean");
  }
  std::string name() const { return "controlled-" + topology.name(); }
};
template <class Tp>
controlled(Tp) -> controlled<Tp>;

SADDLE_NAMESPACE_END
