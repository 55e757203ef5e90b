#pragma once
#include <concepts>
#include <cstddef>
#include <memory>
#include <tuple>
#include <type_traits>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/executor/concept.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/topology/concept.hpp"
#include "saddle/problem/any_problem.hpp"
#include "saddle/run/composition.hpp"
#include "saddle/transport/concept.hpp"

SADDLE_NAMESPACE_BEGIN

namespace detail {

/// The coordinate type of a problem; double for what is none, so that a trainer can say what is wrong with it.
template <class P>
struct scalar_of {
  using type = double;
};
template <names_its_scalar P>
struct scalar_of<P> {
  using type = typename P::scalar;
};

template <class... A>
inline constexpr bool has_an_executor = (executor<A> || ...);
template <class... A>
inline constexpr bool has_a_transport = (transport<A> || ...);
/// Whether behind a problem there are three arguments or five, or one more with settings at the end.
template <class Settings, class... A>
inline constexpr bool are_so_many = [] {
  constexpr std::size_t n = sizeof...(A);
  if constexpr (n == 4 || n == 6) return std::same_as<std::tuple_element_t<n - 1, std::tuple<A...>>, Settings>;
  else return n == 0 || n == 3 || n == 5;
}();

template <class P, class Executor>
constexpr bool check_problem() {
  if constexpr (!names_its_scalar<P>) {
    static_assert(names_its_scalar<P>, "the 1st argument must be a problem: it has `using scalar = float;` or double");
    return false;
  } else if constexpr (!executor<Executor>) {
    return false;
  } else if constexpr (runs_in_host_memory<Executor>) {
    static_assert(problem<P>, "the 1st argument must be a problem: it has `sizes()`, `initial(seed, w)` and "
                              "`gradient(at, sample, out)`, all of them const");
    return problem<P>;
  } else {
    static_assert(problem_for<P, Executor>,
                  "the 1st argument must be a problem, of the host or of the device: it has `sizes()`, "
                  "`initial(seed, w)` and `gradient(...)`, all of them const");
    return problem_for<P, Executor>;
  }
}

template <class Tr, class Executor>
constexpr bool check_place() {
  static_assert(transport<Tr>, "behind the policies comes a transport: loopback{.workers = 4}, simulated{...} or mpi{}");
  static_assert(executor<Executor>, "behind the transport comes an executor: cpu{} or cuda{}");
  return transport<Tr> && executor<Executor>;
}

/// Whether a trainer can be made of these arguments; a sentence for each that is not what stands in its place.
template <class P, class O, class C, class Tp, class Tr, class Executor>
constexpr bool check_arguments() {
  constexpr bool swapped = !optimizer<O> && !compression<C> && optimizer<C> && compression<O>;
  static_assert(!swapped, "the optimizer comes before the compressor: "
                          "trainer{problem, optimizer, compressor, topology, transport, executor}");
  if constexpr (swapped) {
    return false;
  } else {
    static_assert(optimizer<O>, "the 2nd argument must be an optimizer: sgda{}, omd{}, adam{} or your own");
    static_assert(compression<C>, "the 3rd argument must be a compressor: identity{}, error_feedback{...} or your own");
    static_assert(topology<Tp>, "the 4th argument must be a topology: parameter_server{}, gossip{.graph = ring(4)}, "
                                "local_steps{...} or your own");
    return check_problem<P, Executor>() && check_place<Tr, Executor>() && optimizer<O> && compression<C> &&
           topology<Tp>;
  }
}

/// The same for a composition in place of the three policies.
template <class P, class S, class Tr, class Executor>
constexpr bool check_arguments_with_composition() {
  static_assert(composition<S>, "the 2nd argument must be a composition, with `optimizer`, `compressor` and `topology`; "
                                "or the arguments are problem, optimizer, compressor, topology, transport, executor");
  return check_problem<P, Executor>() && check_place<Tr, Executor>() && composition<S>;
}

/// What is missing, or too much.
template <class... A>
constexpr void check_number_of_arguments() {
  constexpr bool placed = has_a_transport<A...>, executes = has_an_executor<A...>;
  static_assert(placed, "the transport is missing: loopback{.workers = 4}, simulated{...} or mpi{} before the executor");
  static_assert(executes || !placed, "the executor is missing: cpu{} or cuda{} behind the transport");
  static_assert(!executes || !placed,
                "a trainer takes problem, optimizer, compressor, topology, transport, executor, or problem, composition, "
                "transport, executor; settings may follow");
}

/// Stands for arguments of a driver that are too few, too many, or without a transport.
template <std::size_t>
struct number_of_arguments {};
template <class P>
inline constexpr bool is_number_of_arguments = false;
template <std::size_t N>
inline constexpr bool is_number_of_arguments<number_of_arguments<N>> = true;

/// The connection, where there is one.
template <class Tr>
std::unique_ptr<communicator> connected(Tr const& how) {
  if constexpr (transport<Tr>) return how.connect();
  else return nullptr;
}

}  // namespace detail

SADDLE_NAMESPACE_END
