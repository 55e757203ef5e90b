#pragma once
#include <string>
#include <type_traits>

#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/exchange/lists.hpp"
#include "saddle/exchange/mixing.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/topology/concept.hpp"

SADDLE_NAMESPACE_BEGIN

namespace name {
struct mixed_max : weights_array { static constexpr char const* text = "mixed_max"; };  // its maximizing part alone
}  // namespace name

/// Gossip that compresses the minimizing player alone: the maximizing one, a few weights mostly, is mixed as it is, by
/// the same matrix.
///
/// order   its part is mixed before the gradient of a move is taken, and moved afterwards: in a trainer's weights it is
///         not mixed yet, and a projection of the optimizer's comes before the message
/// bytes   of the maximizing player: those of identity
template <topology Tp>
struct exact_max {
  static_assert(!topology_has_server<Tp> && !topology_amplifies<Tp>,
                "exact_max goes around gossip: a server, and accelerated gossip, send both players alike");
  Tp topology{};

  using wraps = Tp;
  using max_slot = slot<name::mixed_max, mixing, identity, exact_downlink>;
  using mixes_max =
      step_list<send_vector<max_slot, make_fixed<stay>, binds<means<name::x, name::w>>, 1>,
                receive_vector<max_slot, make_fixed<moves_to>, binds<>, 1>,
                local_operation<make_fixed<copies<name::mixed_max, name::w>>, binds<>, 1>>;
  template <class Subject, class Make, class G>
  using moves_max = step_list<local_operation<made_in_turn<Make, make_fixed<steps_x>, bounded<name::x>>,
                                              binds<means<name::x, Subject>, means<name::g, G>>, 1>>;

  template <class Run, class Subject, class Make, class G, int Player, bool KeepsMoved>
  using move = cat<
      typename std::conditional_t<Player == 1, std::type_identity<step_list<>>,
                                  detail::move_in<Tp, Run, Subject, Make, G, 0, KeepsMoved>>::type,
      std::conditional_t<Player == 0, step_list<>, moves_max<Subject, Make, G>>>;
  template <class Run, int Player>
  using before_gradient =
      cat<typename std::conditional_t<Player == 1, std::type_identity<step_list<>>,
                                      detail::before_gradient_in<Tp, Run, 0>>::type,
          std::conditional_t<Player == 0, step_list<>, mixes_max>>;

  std::string name() const { return "exact-max-" + topology.name(); }
};
template <class Tp>
exact_max(Tp) -> exact_max<Tp>;

SADDLE_NAMESPACE_END
