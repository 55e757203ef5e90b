#pragma once
#include <cstdint>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/core/players.hpp"
#include "saddle/step/operation.hpp"

SADDLE_NAMESPACE_BEGIN

// A step is a list of operations, known at compile time. Policies write parts of it; nothing else knows their order.

template <class... Op>
struct step_list {};

namespace detail {
template <class... L>
struct concatenated;
template <>
struct concatenated<> {
  using type = step_list<>;
};
template <class... A>
struct concatenated<step_list<A...>> {
  using type = step_list<A...>;
};
template <class... A, class... B, class... R>
struct concatenated<step_list<A...>, step_list<B...>, R...> {
  using type = typename concatenated<step_list<A..., B...>, R...>::type;
};
}  // namespace detail
/// Lists, one after the other.
template <class... L>
using cat = typename detail::concatenated<L...>::type;

/// A name that operations use, and the array that it means here.
template <class N, class Array>
struct means {};
template <class... M>
struct binds {};

/// Where a run is: the step from 1 on, how often this part of it has been repeated, and the round of an exchange.
struct iteration {
  std::int64_t step = 1;
  int repetition = 0;
  int round = 0, rounds = 1;
  bool is_last_round() const { return round + 1 == rounds; }
};

// ---- What a step consists of ----
//
// Make says how the operation of a step is made from a run's policies: template <class T> Make::at(run, iteration),
// on the host, in double. Binds are means<...>, besides which each name means the array of its own text. Local are
// names of arrays that stay in registers.

/// F_m at an array, into one. Draw::at(run, iteration) is the number of the sample.
template <class At, class Into, class Draw, int Player = both_players>
struct take_gradient {};
/// An operation on every coordinate of every worker; once a process, where all that it reads is the same for all.
template <class Make, class Binds = binds<>, int Player = both_players, class Local = names<>>
struct local_operation {};
/// An operation on a player's part of an array as a whole, by one group of lanes: called with a player_vector.
template <class Make, class Array, int Player>
struct vector_operation {};
/// Make leaves v; the slot's rule makes p of it, and the slot's compressor a message.
template <class Slot, class Make, class Binds = binds<>, int Player = both_players, class Local = names<>>
struct send_vector {};
/// What came is `came`, and Make says what becomes of it.
template <class Slot, class Make, class Binds = binds<>, int Player = both_players, class Local = names<>>
struct receive_vector {};
/// Scalar number `Scalar` of every worker grows by the sum, over a player's coordinates, of what Make leaves as p; or
/// becomes that sum, whether it is finite or not.
template <int Scalar, class Make, class Binds = binds<>, int Player = both_players, bool Grows = true>
struct measure_sum {};
/// Scalar number `Scalar` of every tensor of every worker becomes the sum over its coordinates.
template <int Scalar, class Make, class Binds = binds<>, int Player = both_players>
struct measure_tensors {};
/// So many scalars of the workers, from `First` on, are combined with the weights of a topology's exchange.
template <int Scalars, int First = 0>
struct mix_scalars {};
/// Make is called with the scalars of every worker that is there, and may change them.
template <class Make>
struct change_scalars {};
/// Only in steps where Condition::at(run, step); one that is the same in all steps says `constant`.
template <class Condition, class... Op>
struct when {};
namespace detail {
template <class Condition, class L>
struct under;
template <class Condition, class... Op>
struct under<Condition, step_list<Op...>> {
  using type = step_list<when<Condition, Op...>>;
};
}  // namespace detail
/// All of a list under a condition.
template <class Condition, class L>
using under = typename detail::under<Condition, L>::type;
/// Count::at(run) times, one after the other.
template <class Count, class... Op>
struct repeat {};
namespace detail {
template <class Count, class L>
struct repeated;
template <class Count, class... Op>
struct repeated<Count, step_list<Op...>> {
  using type = step_list<repeat<Count, Op...>>;
};
}  // namespace detail

struct always {
  static constexpr bool constant = true;
  template <class Run>
  static bool at(Run const&, std::int64_t) {
    return true;
  }
};
struct never {
  static constexpr bool constant = true;
  template <class Run>
  static bool at(Run const&, std::int64_t) {
    return false;
  }
};
template <class Condition>
struct unless {
  static constexpr bool constant = Condition::constant;
  template <class Run>
  static bool at(Run const& r, std::int64_t step) {
    return !Condition::at(r, step);
  }
};
template <class A, class B>
struct both_hold {
  static constexpr bool constant = A::constant && B::constant;
  template <class Run>
  static bool at(Run const& r, std::int64_t step) {
    return A::at(r, step) && B::at(r, step);
  }
};

/// An operation that is the same in every step.
template <class Op>
struct make_fixed {
  template <class T, class Run>
  static Op at(Run const&, iteration const&) {
    return {};
  }
};
template <class... Make>
struct made_in_turn {
  template <class T, class Run>
  static auto at(Run const& r, iteration const& i) {
    return in_turn(Make::template at<T>(r, i)...);
  }
};
/// An operation of workers too that are not there in a step.
template <class Make>
struct for_absent : Make {};
/// And of all whose exchange was skipped.
template <class Make>
struct in_any_case : Make {};
template <class Make>
inline constexpr bool is_for_absent = false;
template <class Make>
inline constexpr bool is_for_absent<for_absent<Make>> = true;
template <class Make>
inline constexpr bool is_for_absent<in_any_case<Make>> = true;
template <class Make>
inline constexpr bool is_in_any_case = false;
template <class Make>
inline constexpr bool is_in_any_case<in_any_case<Make>> = true;

/// A number of a sample: samples with equal numbers are the same within a step.
template <int Number>
struct sample_draw {
  template <class Run>
  static int at(Run const&, iteration const&) {
    return Number;
  }
};

/// to = from.
template <class From, class To>
struct copies {
  using values = uses<in<From>, out<To>>;
  template <class T>
  SADDLE_HD void operator()(T from, T& to) const {
    to = from;
  }
};

namespace detail {
template <class B, class... More>
struct with_binds;
template <class... M, class... More>
struct with_binds<binds<M...>, More...> {
  using type = binds<M..., More...>;
};
template <class Op, class... More>
struct bound_to {
  using type = Op;
};
template <class Make, class B, int Player, class Local, class... More>
struct bound_to<local_operation<Make, B, Player, Local>, More...> {
  using type = local_operation<Make, typename with_binds<B, More...>::type, Player, Local>;
};
template <int Scalar, class Make, class B, int Player, bool Grows, class... More>
struct bound_to<measure_sum<Scalar, Make, B, Player, Grows>, More...> {
  using type = measure_sum<Scalar, Make, typename with_binds<B, More...>::type, Player, Grows>;
};
template <int Scalar, class Make, class B, int Player, class... More>
struct bound_to<measure_tensors<Scalar, Make, B, Player>, More...> {
  using type = measure_tensors<Scalar, Make, typename with_binds<B, More...>::type, Player>;
};
template <class Condition, class... Op, class... More>
struct bound_to<when<Condition, Op...>, More...> {
  using type = when<Condition, typename bound_to<Op, More...>::type...>;
};
template <class L, class... More>
struct all_bound_to;
template <class... Op, class... More>
struct all_bound_to<step_list<Op...>, More...> {
  using type = step_list<typename bound_to<Op, More...>::type...>;
};
}  // namespace detail
/// A list whose operations and measurements mean more arrays than they say.
template <class L, class... More>
using binding = typename detail::all_bound_to<L, More...>::type;

/// The Make of a direction that waits for a list: operations on name::g, the estimate, or the average of all.
template <class First, class Make>
struct made_after : Make {
  using first = First;
};
namespace detail {
template <class Make>
struct list_before {
  using type = step_list<>;
};
template <class First, class Make>
struct list_before<made_after<First, Make>> {
  using type = First;
};
}  // namespace detail

// ---- The list as the run reads it: flat, each operation with its condition and with what repeats it ----

struct done_once {
  template <class Run>
  static int at(Run const&) {
    return 1;
  }
};
template <class Condition, class Count, int Group, class Op>
struct list_item {};

namespace detail {

template <class A, class B>
struct met {
  using type = both_hold<A, B>;
};
template <class B>
struct met<always, B> {
  using type = B;
};
template <class A>
struct met<A, always> {
  using type = A;
};
template <>
struct met<always, always> {
  using type = always;
};

/// Groups are numbered by the place of their first operation, so that two repetitions of one list are two groups.
template <int Place, class Condition, class Count, int Group, class... Op>
struct flattened {
  using type = step_list<>;
  static constexpr int end = Place;
};
template <int Place, class C, class N, int Group, class Op, class... R>
struct flattened<Place, C, N, Group, Op, R...> {
  using rest = flattened<Place + 1, C, N, Group, R...>;
  using type = cat<step_list<list_item<C, N, Group, Op>>, typename rest::type>;
  static constexpr int end = rest::end;
};
template <int Place, class C, class N, int Group, class D, class... Op, class... R>
struct flattened<Place, C, N, Group, when<D, Op...>, R...> {
  using inner = flattened<Place, typename met<C, D>::type, N, Group, Op...>;
  using rest = flattened<inner::end, C, N, Group, R...>;
  using type = cat<typename inner::type, typename rest::type>;
  static constexpr int end = rest::end;
};
template <int Place, class C, class N, int Group, class... Op, class... R>
struct flattened<Place, C, N, Group, when<never, Op...>, R...> : flattened<Place, C, N, Group, R...> {};
template <int Place, class C, class N, int Group, class M, class... Op, class... R>
struct flattened<Place, C, N, Group, repeat<M, Op...>, R...> {
  static_assert(std::is_same_v<N, done_once>, "a repetition inside of a repetition");
  using inner = flattened<Place, C, M, Place + 1, Op...>;
  using rest = flattened<inner::end, C, N, Group, R...>;
  using type = cat<typename inner::type, typename rest::type>;
  static constexpr int end = rest::end;
};
template <class L>
struct flat_list;
template <class... Op>
struct flat_list<step_list<Op...>> : flattened<0, always, done_once, 0, Op...> {};

template <class N, class B>
struct array_meant {
  using type = N;
};
template <class N, class M, class... R>
struct array_meant<N, binds<M, R...>> : array_meant<N, binds<R...>> {};
template <class N, class A, class... R>
struct array_meant<N, binds<means<N, A>, R...>> {
  using type = A;
};

}  // namespace detail

template <class L>
using flat = typename detail::flat_list<L>::type;

SADDLE_NAMESPACE_END
