#pragma once
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/step/name.hpp"

SADDLE_NAMESPACE_BEGIN

// An operation is a plain function of named numbers of one coordinate. `values` says which of them it reads and writes,
// in the order of its parameters:
//
//   struct moves_by {
//     using values = uses<in<name::came>, inout<name::x>>;
//     template <class T> SADDLE_HD void operator()(T came, T& x) const { x = x - came; }
//   };
//
// Operations that follow one another in a kernel are chained: every array is loaded once and stored once.

template <class N, bool Load, bool Store>
struct access {
  using name = N;
  static constexpr bool load = Load, store = Store;
};
template <class N>
using in = access<N, true, false>;
template <class N>
using out = access<N, false, true>;
template <class N>
using inout = access<N, true, true>;
template <class... Access>
struct uses {};
template <class... N>
struct names {};

/// What an operation may know beside its values.
template <class T>
struct bucket_facts {
  int player;
  T const* scalars;  // the worker's
  int tensor = 0;    // its number
};

// ---- Sets of accesses ----

namespace detail {

template <class N, class List>
inline constexpr bool contains = false;
template <class N, class... M>
inline constexpr bool contains<N, names<M...>> = (std::is_same_v<N, M> || ...);
template <class N, class... A>
inline constexpr bool contains<N, uses<A...>> = (std::is_same_v<N, typename A::name> || ...);

/// One access after another to the same name: what was written is not loaded any more.
template <class A, class B>
using merged = access<typename A::name, A::load || (!A::store && B::load), A::store || B::store>;
template <class Done, class A, class Rest = uses<>>
struct with_access;
template <class A, class... R>
struct with_access<uses<>, A, uses<R...>> {
  using type = uses<R..., A>;
};
template <class D, class... Ds, class A, class... R>
struct with_access<uses<D, Ds...>, A, uses<R...>> {
  using type = typename std::conditional_t<std::is_same_v<typename D::name, typename A::name>,
                                           std::type_identity<uses<R..., merged<D, A>, Ds...>>,
                                           with_access<uses<Ds...>, A, uses<R..., D>>>::type;
};
template <class List, class... A>
struct with_all {
  using type = List;
};
template <class List, class A, class... As>
struct with_all<List, A, As...> {
  using type = typename with_all<typename with_access<List, A>::type, As...>::type;
};
template <class... L>
struct joined {
  using type = uses<>;
};
template <class L>
struct joined<L> {
  using type = L;
};
template <class L, class... A, class... R>
struct joined<L, uses<A...>, R...> {
  using type = typename joined<typename with_all<L, A...>::type, R...>::type;
};

/// Accesses of one of two operations: what either loads is loaded, what either stores is stored.
template <class U, class V>
struct either;
template <class... A, class... B>
struct either<uses<A...>, uses<B...>> {
  template <class N, class... C>
  static constexpr bool loads = ((std::is_same_v<N, typename C::name> && C::load) || ...);
  template <class N, class... C>
  static constexpr bool stores = ((std::is_same_v<N, typename C::name> && C::store) || ...);
  template <class N>
  using one = access<N, loads<N, A..., B...>, stores<N, A..., B...>>;
  template <class U>
  struct with_flags;
  template <class... C>
  struct with_flags<uses<C...>> {
    using type = uses<one<typename C::name>...>;
  };
  using type = typename with_flags<typename joined<uses<A...>, uses<B...>>::type>::type;
};

template <class U, class Local>
struct arrays_in;
template <class... A, class Local>
struct arrays_in<uses<A...>, Local> {
  template <class B>
  using one = std::conditional_t<B::name::where != storage::value && !contains<typename B::name, Local>, uses<B>,
                                 uses<>>;
  using type = typename joined<uses<>, one<A>...>::type;
};

template <class U>
inline constexpr int length_of = 0;
template <class... A>
inline constexpr int length_of<uses<A...>> = sizeof...(A);

/// The values of one coordinate, by name.
template <class N, class T>
struct cell {
  T value;
};
template <class T, class... N>
struct record : cell<N, T>... {};
template <class N, class T>
SADDLE_HD T& get(cell<N, T>& c) {
  return c.value;
}
/// Of an array whose name the operation may not have: the other player's.
template <class N, class Values, class R, class T>
SADDLE_HD void put([[maybe_unused]] R& r, [[maybe_unused]] T x) {
  if constexpr (contains<N, Values>) get<N>(r) = x;
}
template <class N, class Values, class R, class T>
SADDLE_HD T take([[maybe_unused]] R& r, T otherwise) {
  if constexpr (contains<N, Values>) return get<N>(r);
  else return otherwise;
}
template <class A, class Values>
inline constexpr bool written = A::store && contains<typename A::name, Values>;

template <class T, class U, class Extra>
struct record_for;
template <class T, class... A, class... N>
struct record_for<T, uses<A...>, names<N...>> {
  using type = record<T, typename A::name..., N...>;
};
/// Those of N that U does not have.
template <class U, class... N>
struct beside {
  using type = names<>;
};
template <class U, class N, class... M>
struct beside<U, N, M...> {
  template <class L>
  struct with;
  template <class... K>
  struct with<names<K...>> {
    using type = std::conditional_t<contains<N, U> || (std::is_same_v<N, K> || ...), names<K...>, names<N, K...>>;
  };
  using type = typename with<typename beside<U, M...>::type>::type;
};

template <class Op, class R>
concept runs_on_a_record = requires(Op const op, R& r) { op.run(r); };
template <class Op, class R, class... A>
SADDLE_HD void call(Op const& op, R& r, uses<A...>) {
  op(get<typename A::name>(r)...);
}
template <class Op, class R>
SADDLE_HD void run_operation(Op const& op, R& r) {
  if constexpr (runs_on_a_record<Op, R>) op.run(r);
  else call(op, r, typename Op::values());
}

}  // namespace detail

/// The accesses of an operation to arrays. `Local` are names of arrays that stay in registers here.
template <class Op, class Local = names<>>
using arrays_of = typename detail::arrays_in<typename Op::values, Local>::type;

// ---- Chains ----

template <class... Op>
struct chain;
template <>
struct chain<> {
  using values = uses<>;
  template <class R>
  SADDLE_HD void run(R&) const {}
};
template <class Op, class... Rest>
struct chain<Op, Rest...> {
  using values = typename detail::joined<typename Op::values, typename chain<Rest...>::values>::type;
  Op first;
  chain<Rest...> rest;
  template <class R>
  SADDLE_HD void run(R& r) const {
    detail::run_operation(first, r);
    rest.run(r);
  }
};
inline chain<> in_turn() { return {}; }
template <class Op, class... Rest>
chain<Op, Rest...> in_turn(Op op, Rest... rest) {
  return {op, in_turn(rest...)};
}

/// One operation a player. Chosen once a bucket, a branch that all lanes take alike.
template <class Min, class Max>
struct of_player {
  using values = typename detail::either<typename Min::values, typename Max::values>::type;
  Min min;
  Max max;
};
template <class Min, class Max>
of_player<Min, Max> of_each_player(Min min, Max max) {
  return {min, max};
}

namespace detail {

/// An operation whose numbers depend on the bucket has on(facts), which gives the one that runs there.
template <class Op, class T>
concept depends_on_the_bucket = requires(Op const op, bucket_facts<T> const facts) { op.on(facts); };

template <class One, class... Rest>
SADDLE_HD chain<One, Rest...> prepended(One const& one, chain<Rest...> const& rest) {
  return {one, rest};
}

/// f(op), with all decided that depends on the bucket.
template <class Op, class T, class F>
SADDLE_HD void decide(Op const& op, bucket_facts<T> const& facts, F f) {
  if constexpr (depends_on_the_bucket<Op, T>) f(op.on(facts));
  else f(op);
}
template <class Op, class... Rest, class T, class F>
SADDLE_HD void decide(chain<Op, Rest...> const& all, bucket_facts<T> const& facts, F f);  // a player's may be a chain
template <class A, class B, class T, class F>
SADDLE_HD void decide(of_player<A, B> const& op, bucket_facts<T> const& facts, F f) {
  if constexpr (std::is_same_v<A, B>) saddle::detail::decide(facts.player == 0 ? op.min : op.max, facts, f);
  else if (facts.player == 0) saddle::detail::decide(op.min, facts, f);
  else saddle::detail::decide(op.max, facts, f);
}
template <class T, class F>
SADDLE_HD void decide(chain<> const& op, bucket_facts<T> const&, F f) {
  f(op);
}
template <class Op, class... Rest, class T, class F>
SADDLE_HD void decide(chain<Op, Rest...> const& all, bucket_facts<T> const& facts, F f) {
  saddle::detail::decide(all.first, facts, [&](auto const& one) SADDLE_INLINE_LAMBDA {
    saddle::detail::decide(all.rest, facts, [&](auto const& others) SADDLE_INLINE_LAMBDA {
      f(saddle::detail::prepended(one, others));
    });
  });
}

}  // namespace detail

SADDLE_NAMESPACE_END
