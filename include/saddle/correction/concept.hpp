#pragma once
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/topology/concept.hpp"

SADDLE_NAMESPACE_BEGIN

namespace name {
struct estimated : scratch_array { static constexpr char const* text = "estimated"; };  // bound to where it lies
}  // namespace name

/// What a correction asks of the exchanges.
struct needs_nothing {
  static constexpr bool conserved_sums = false;     // what is sent must come to what was given: it is added up
  static constexpr bool rounds = false;             // local steps between exchanges
  static constexpr bool exact_gossip = false;       // a graph that mixes in every step, and nothing is lost
  static constexpr bool edges = false;              // what an edge adds to one end it takes from the other
  static constexpr bool step_size = false;          // step_size_at(step, player) of the optimizer
  static constexpr bool carried_estimates = false;  // an estimator that carries one on
  static constexpr bool exact_messages = false;     // estimates are sent as they are
  static constexpr bool server = false;             // one that averages
};

/// An estimate counts as it is.
struct uncorrected {
  using needs = needs_nothing;
  template <class Run, class Estimated, int K, int Player>
  using steps = step_list<>;
  template <class Run, class Estimated, int K>
  using result = Estimated;
};

/// What is done to an estimate before it counts, so that workers that differ come to one solution.
///
/// steps<Run, Estimated, K, Player>   operations behind estimate number K of a step, which lies in Estimated
/// result<Run, Estimated, K>          where the corrected one lies
/// needs                              what it asks of the exchanges, in the words of needs_nothing
template <class C>
concept correction = requires {
  typename C::template result<run_archetype, name::g, 1>;
  {
    C::needs::conserved_sums && C::needs::rounds && C::needs::exact_gossip && C::needs::edges && C::needs::step_size &&
        C::needs::carried_estimates && C::needs::exact_messages && C::needs::server
  };
};
static_assert(correction<uncorrected>);

template <class Tp>
concept names_its_correction = requires { typename Tp::correction; };

namespace detail {
template <class Tp>
struct correction_of {
  using type = uncorrected;
};
template <class Tp>
  requires(wraps_a_topology<Tp> && !names_its_correction<Tp>)
struct correction_of<Tp> : correction_of<typename Tp::wraps> {};
template <names_its_correction Tp>
struct correction_of<Tp> {
  using type = typename Tp::correction;
};
}  // namespace detail

/// A wrapper of a topology names its `correction`.
template <class Tp>
using topology_correction = typename detail::correction_of<Tp>::type;
/// How many of the wrappers of a topology do.
template <class Tp>
inline constexpr int corrections_of = [] {
  int const own = names_its_correction<Tp> ? 1 : 0;
  if constexpr (wraps_a_topology<Tp>) return own + corrections_of<typename Tp::wraps>;
  else return own;
}();

SADDLE_NAMESPACE_END
