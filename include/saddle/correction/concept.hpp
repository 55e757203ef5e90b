#pragma once
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/step/list.hpp"
#include "saddle/topology/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// An estimate counts as it is.
struct uncorrected {
  template <class Run, class Estimated, int K, int Player>
  using steps = list<>;
  template <class Run, class Estimated, int K>
  using result = Estimated;
};

/// What is done to an estimate before it counts, so that workers that differ come to one solution.
///
/// steps<Run, Estimated, K, Player>   operations behind estimate number K of a step, which lies in Estimated
/// result<Run, Estimated, K>          where the corrected one lies
template <class C>
concept correction = requires { typename C::template result<run_archetype, name::g, 1>; };

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

SADDLE_NAMESPACE_END
