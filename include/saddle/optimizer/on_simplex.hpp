#pragma once
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/objection.hpp"
#include "saddle/core/players.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"

SADDLE_NAMESPACE_BEGIN

/// Which players a constraint is for.
enum class constrains { both, min, max };

namespace detail {

/// The nearest point whose coordinates are at least `floor` and sum to 1: x = max(x - shift, floor). Newton's method on
/// the shift, from below, with the largest coordinate as the origin: each turn leaves fewer above the floor, until their
/// number stays. A point that is there but for rounding remains as it is, to the bit.
template <class T>
struct onto_simplex {
  T floor, tolerance;

  template <class Vector>
  SADDLE_HD void operator()(Vector const& x) const {
    T const even = T(1) / static_cast<T>(x.size()), least = floor < even ? floor : even;
    T const left = T(1) - static_cast<T>(x.size()) * least;  // what is not spent on floors
    if (!(left > 0)) return x.become([&](T) { return even; });
    T const largest = x.largest();
    T cut = -left;
    for (std::int64_t before = x.size() + 1;;) {
      std::int64_t const above = x.count([&](T v) { return v - largest > cut; });
      if (above == before) break;
      before = above;
      T const sum = x.sum([&](T v) { return v - largest > cut ? v - largest : T(0); });
      T const next = (sum - left) / static_cast<T>(above);
      if (!(next > cut)) break;
      cut = next;
    }
    T const height = largest - least;
    if (magnitude(height + cut) <= tolerance * height && x.count([&](T v) { return v < least; }) == 0) return;
    x.become([&](T v) { return least + (v - largest > cut ? v - largest - cut : T(0)); });
  }
};
template <class Who>
struct projection_of {
  template <class T, class Run>
  static onto_simplex<T> at(Run const& r, iteration const&) {
    return {static_cast<T>(Who::of(r.optimizer).floor), 8 * std::numeric_limits<T>::epsilon()};
  }
};
template <class Who, int Player>
struct is_constrained {
  static constexpr bool constant = true;
  template <class Run>
  static bool at(Run const& r, std::int64_t) {
    auto const& o = Who::of(r.optimizer);
    static_assert(requires { o.constrained; },
                  "on_simplex goes around all of an optimizer: on_simplex{clip_by_norm{...}}, not inside of it");
    return o.constrained == constrains::both ||
           o.constrained == (Player == 0 ? constrains::min : constrains::max);
  }
};

template <class Who, class Array, int Player>
struct projected {
  using type =
      step_list<when<is_constrained<Who, Player>, vector_operation<for_absent<projection_of<Who>>, Array, Player>>>;
};
template <class Who, class Array>
struct projected<Who, Array, both_players> {
  using type = cat<typename projected<Who, Array, 0>::type, typename projected<Who, Array, 1>::type>;
};

/// A list with a projection behind each move and each look-ahead.
template <class Who, class L>
struct projecting;
template <class Who, class Op>
struct with_projection {
  using type = step_list<Op>;
};
template <class Who, class W, class Subject>
struct with_projection<Who, descend<W, Subject>> {
  using type = cat<step_list<descend<W, Subject>>, typename projected<Who, Subject, W::player>::type>;
};
template <class Who, class W>
struct with_projection<Who, descend_and_keep<W>> {
  using type = cat<step_list<descend_and_keep<W>>, typename projected<Who, name::w, W::player>::type>;
};
template <class Who, class W, class Along>
struct with_projection<Who, look_ahead<W, Along>> {
  using type = cat<step_list<look_ahead<W, Along>>, typename projected<Who, name::h, W::player>::type>;
};
template <class Who, class C, class... Op>
struct with_projection<Who, when<C, Op...>> {
  using type = saddle::under<C, typename projecting<Who, step_list<Op...>>::type>;
};
template <class Who, class N, class... Op>
struct with_projection<Who, repeat<N, Op...>> : repeated<N, typename projecting<Who, step_list<Op...>>::type> {};
template <class Who, class... Op>
struct projecting<Who, step_list<Op...>> {
  using type = cat<step_list<>, typename with_projection<Who, Op>::type...>;
};

}  // namespace detail

/// An optimizer whose players stay on the probability simplex, coordinates >= floor that sum to 1: whatever moves w, or
/// looks ahead, is followed by the Euclidean projection.
///
/// where       behind the exchange: w = P(together(w - v)). With a server all project the mean, over gossip each worker
///             projects its own
/// players     all those that `constrained` names, of a per_player inside as well
/// floor       1 / n where it is above that: of n coordinates no point has more
/// exact       for directions with one step size for all coordinates of a player (sgda, extragradient, omd): fixed
///             points are solutions. Adam's directions scale each coordinate, and with them the fixed points are others
/// start       the problem's: the first gradient is taken there, even if it is not on the simplex
/// cost        one group of lanes (on the CPU a thread) goes over all of the player's coordinates a few times
/// source      the projection: Michelot: A Finite Algorithm for Finding the Projection of a Point onto the Canonical
///             Simplex of R^n. 1986; Condat: Fast Projection onto the Simplex and the l1 Ball. 2016
template <optimizer O>
struct on_simplex {
  static_assert(!facts_of_steps<O>::averages_vectors,
                "on_simplex: this method moves from its look-ahead, and projected would come to another point");
  O policy{};
  constrains constrained = constrains::both;
  double floor = 0;

  template <class Who>
  using steps = typename detail::projecting<Who, typename O::template steps<inside_of_policy<Who>>>::type;
  using estimator = typename O::estimator;
  template <class T>
  auto direction(std::int64_t step) const {
    return policy.template direction<T>(step);
  }
  template <class T>
  auto ahead(std::int64_t step) const
    requires detail::has_an_ahead<O>
  {
    return policy.template ahead<T>(step);
  }
  on_simplex paced(int n) const
    requires can_be_paced<O>
  {
    return {policy.paced(n), constrained, floor};
  }
  double step_size_at(std::int64_t step, int player) const
    requires says_its_step_size<O>
  {
    return policy.step_size_at(step, player);
  }
  std::string objection() const {
    return first_objection({objection_unless(floor >= 0 && floor <= 1, "on_simplex: floor", "lies in [0, 1]", floor),
                            objection_to(policy)});
  }
  static std::string name() { return "on-simplex-" + O::name(); }
};
template <class O>
on_simplex(O) -> on_simplex<O>;
template <class O>
on_simplex(O, constrains) -> on_simplex<O>;
template <class O>
on_simplex(O, constrains, double) -> on_simplex<O>;

SADDLE_NAMESPACE_END
