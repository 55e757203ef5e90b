#pragma once
#include <cstdint>

#include "saddle/config.hpp"
#include "saddle/core/players.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/step/operation.hpp"

SADDLE_NAMESPACE_BEGIN

// What an optimizer writes its step with, beside the operations and conditions of step/.
//
// Who says whose step it is: an optimizer writes its list once, and wrappers put their players into it.
//
//   Who::player             both_players, 0 or 1
//   Who::of(optimizer)      the optimizer inside of the run's that takes the step
//   Who::step(optimizer, i) how many steps that one has taken, with this one
//   Who::draw(optimizer, i, n)   the number of the sample that it calls n

/// The run's optimizer itself.
struct whole {
  static constexpr int player = both_players;
  template <class O>
  static O const& of(O const& o) {
    return o;
  }
  template <class O>
  static std::int64_t step(O const&, iteration const& i) {
    return i.step;
  }
  template <class O>
  static int draw(O const&, iteration const&, int n) {
    return n;
  }
};
/// The optimizer that a policy goes around and takes the steps of.
template <class Who>
struct inside_of_policy : Who {
  template <class O>
  static auto const& of(O const& o) {
    return Who::of(o).policy;
  }
};
/// Two that step at once, one a player. Samples are those of the second.
template <class Min, class Max>
struct both_of {
  static constexpr int player = both_players;
  template <class O>
  static int draw(O const& o, iteration const& i, int n) {
    return Max::draw(o, i, n);
  }
};

/// The number of a sample: fixed, or the optimizer's choice, Number::of(optimizer).
template <int N>
struct sample_number {
  template <class O>
  static int of(O const&) {
    return N;
  }
};

/// An estimate of the mean operator at an array. The estimator and the correction say how it comes about.
template <class At, class Who, class Number = sample_number<0>>
struct estimate {};
/// Subject := together(Subject - the direction). The topology says how.
template <class Who, class Subject = name::w>
struct descend {};
/// The same of w, after a list of operations, measurements and scalars: in it name::g is the estimate, or with a server
/// that adapts on the average this.
template <class Who, class First>
struct descend_after {};
/// The same of w by a server, and the mean by which all moved is kept.
template <class Who>
struct descend_and_keep {};
/// h from w along an array, the latest estimate if it is not named. What is owed is the run's business.
template <class Who, class Along = void>
struct look_ahead {};
/// As Along: no array, the optimizer's state says where. Its g is what a worker owes where that is a gradient, else 0.
struct own_state {};
/// Where one player looks ahead, the other one stays where it is: its part of h is w.
template <class Who>
struct others_stay {};
template <class Who>
struct stays {};
/// Any vector := together(it - Make).
template <class Subject, class Make, class Binds = binds<>>
struct together {};
/// A vector that a server averages as it is: Give leaves v, Take sees came. C void: by the run's compressor.
template <class Subject, class C, class Give, class Take, class Binds = binds<>>
struct average_of {};
/// The same, exactly, where the workers meet: in each step, or at the end of a round.
template <class Subject, class Give, class Take, class Binds = binds<>>
struct average_of_round {};
/// A state that each worker has of its own goes along with w: where w is exchanged, it becomes the mean of those of all
/// workers with a server, or is mixed with those of the neighbours.
template <class Who, class Subject>
struct agree_on {};
/// The squared norm of a player's estimate is added to a scalar of the worker.
template <int Scalar, int Player>
struct add_squared_norm {};
/// In a descend_after: how much a worker counts in a weighted mean. Make, called with its scalars, leaves that in those
/// numbered mean_weight and own_weight (step/norm.hpp). Without a server that weights, nothing.
template <class Make>
struct weigh_worker {};
/// Measures each player's squared norm of the latest estimate into the scalars from first_norm on. With a server that
/// adapts on the average: of the average, and for a look-ahead of the worker's own gradient.
template <class Who>
struct measure_norm {};

/// A direction that is finite though the gradient is not, as a sign would be, becomes what is reported: not a number. To
/// all others it is what it was, to the bit. Directions that need no such help say so: `passes_on_non_finite`.
struct no_direction_without_gradient {
  using values = uses<in<name::g>, inout<name::v>>;
  template <class T>
  SADDLE_HD void operator()(T g, T& v) const {
    v -= SADDLE_AS_WRITTEN(g) - g;
  }
};
namespace detail {
template <class Op>
inline constexpr bool passes_on_non_finite = requires { requires Op::passes_on_non_finite; };
template <class Min, class Max>
inline constexpr bool passes_on_non_finite<of_player<Min, Max>> = passes_on_non_finite<Min> && passes_on_non_finite<Max>;
template <class Op>
auto reporting(Op op) {
  if constexpr (passes_on_non_finite<Op>) return op;
  else return in_turn(op, no_direction_without_gradient());
}
}  // namespace detail

/// The operation that an optimizer's direction, or look-ahead, is in this step.
template <class Who>
struct direction_of {
  template <class T, class Run>
  static auto at(Run const& r, iteration const& i) {
    return detail::reporting(Who::of(r.optimizer).template direction<T>(Who::step(r.optimizer, i)));
  }
};
template <class A, class B>
struct direction_of<both_of<A, B>> {
  template <class T, class Run>
  static auto at(Run const& r, iteration const& i) {
    return of_each_player(direction_of<A>::template at<T>(r, i), direction_of<B>::template at<T>(r, i));
  }
};
template <class Who>
struct ahead_of {
  template <class T, class Run>
  static auto at(Run const& r, iteration const& i) {
    return Who::of(r.optimizer).template ahead<T>(Who::step(r.optimizer, i));
  }
};
template <class A, class B>
struct ahead_of<both_of<A, B>> {
  template <class T, class Run>
  static auto at(Run const& r, iteration const& i) {
    return of_each_player(ahead_of<A>::template at<T>(r, i), ahead_of<B>::template at<T>(r, i));
  }
};
namespace detail {
/// Of the optimizer that chose the number, inside of all that wrap it.
template <class Number, class O>
int number_of(O const& o) {
  if constexpr (requires { Number::of(o); }) return Number::of(o);
  else return number_of<Number>(o.policy);
}
}  // namespace detail
template <class Who, class Number>
struct drawn_by {
  template <class Run>
  static int at(Run const& r, iteration const& i) {
    return Who::draw(r.optimizer, i, detail::number_of<Number>(Who::of(r.optimizer)));
  }
};
template <class A, class B, class Number>
struct drawn_by<both_of<A, B>, Number> {
  template <class Run>
  static int at(Run const& r, iteration const& i) {
    return B::draw(r.optimizer, i, detail::number_of<Number>(A::of(r.optimizer)));
  }
};

SADDLE_NAMESPACE_END
