#pragma once
#include <cstdint>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/exchange/rule.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/topology/concept.hpp"

SADDLE_NAMESPACE_BEGIN

// The pieces of which topologies make their parts of a step.

/// x - v.
struct steps_x {
  using values = uses<in<name::v>, inout<name::x>>;
  template <class T>
  SADDLE_HD void operator()(T v, T& x) const {
    x = x - v;
  }
};
/// On the average v is a gradient.
struct gives_gradient {
  using values = uses<in<name::g>, out<name::v>>;
  template <class T>
  SADDLE_HD void operator()(T g, T& v) const {
    v = g;
  }
};
struct came_is_gradient {
  using values = uses<in<name::came>, out<name::g>>;
  template <class T>
  SADDLE_HD void operator()(T came, T& g) const {
    g = came;
  }
};

template <class T>
SADDLE_HD T clamped(T x, T lo, T hi) {
  x = x < lo ? lo : x;
  return x > hi ? hi : x;
}
/// The boxes of the players, for any chain that writes N.
template <class N, class T>
struct bounds {
  using values = uses<inout<N>>;
  T lo[2], hi[2];
  struct of_one_player {
    using values = uses<inout<N>>;
    T lo, hi;
    SADDLE_HD void operator()(T& x) const { x = clamped(x, lo, hi); }
  };
  SADDLE_HD of_one_player on(bucket_facts<T> const& facts) const {
    return facts.player == 0 ? of_one_player{lo[0], hi[0]} : of_one_player{lo[1], hi[1]};
  }
};
template <class N>
struct bounded {
  template <class T, class Run>
  static bounds<N, T> at(Run const& r, iteration const&) {
    return {{r.lo[0], r.lo[1]}, {r.hi[0], r.hi[1]}};
  }
};
/// The same where a graph has combined: but between rounds that build on each other x may lie outside, and before a
/// direction that is taken afterwards.
template <class N>
struct bounded_after_rounds {
  template <class T, class Run>
  static bounds<N, T> at(Run const& r, iteration const& i) {
    T const none = from_magnitude_bits<T>(infinity_bits<T>);
    if ((!Run::amplifies || i.is_last_round()) && !r.combines_first()) return bounded<N>::template at<T>(r, i);
    return {{-none, -none}, {none, none}};
  }
};
/// Of the vectors that are points: others have no box.
template <class Subject, class Bound>
using if_point = std::conditional_t<std::is_same_v<Subject, name::w> || std::is_same_v<Subject, name::h>, Bound,
                                    make_fixed<chain<>>>;

/// What an operation on w along an estimate is bound to.
template <class G>
using from_w_along = binds<means<name::x, name::w>, means<name::g, G>>;
/// A worker's move without a message, and what else of the same arrays follows in the sweep.
template <class Make, class G, int Player, class... Then>
using step_alone = step_list<local_operation<made_in_turn<Make, make_fixed<steps_x>, bounded<name::x>, Then...>,
                                             from_w_along<G>, Player>>;

struct combines_first {
  static constexpr bool constant = true;
  template <class Run>
  static bool at(Run const& r, std::int64_t) {
    return r.combines_first();
  }
};

/// What the topologies with a graph say of a step.
template <class Slot, class Make, class Binds, int Player>
using exchange_in_graph =
    step_list<send_vector<Slot, Make, Binds, Player>,
         receive_vector<Slot,
                 made_in_turn<make_fixed<moves_to>, if_point<typename Slot::subject, bounded_after_rounds<name::x>>>,
                 binds<>, Player>>;
template <class Slot, class Make, class G, int Player>
using move_in_graph = std::conditional_t<
    std::is_same_v<typename Slot::subject, name::w>,
    step_list<when<unless<combines_first>, send_vector<Slot, Make, binds<means<name::g, G>>, Player>>,
         receive_vector<Slot, made_in_turn<make_fixed<moves_to>, bounded_after_rounds<name::x>>, binds<>, Player>,
         when<combines_first, local_operation<made_in_turn<Make, make_fixed<steps_x>, bounded<name::x>>,
                                    binds<means<name::x, name::w>, means<name::g, G>>, Player>>>,
    exchange_in_graph<Slot, Make, binds<means<name::g, G>>, Player>>;
template <class Slot, int Player>
using before_gradient_in_graph = step_list<when<combines_first, send_vector<Slot, make_fixed<stay>, binds<>, Player>>>;

SADDLE_NAMESPACE_END
