#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "saddle/compressor/planes.hpp"
#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/feedback.hpp"
#include "saddle/lanes/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// Which coordinates of a whole vector are sent: those with a magnitude (as bits) above `limit`, and of those at it the
/// `ties` of lowest index.
template <class T>
struct selection {
  bits_of<T> limit = 0;
  std::int64_t ties = 0;
};

/// A compressor for buckets of any length (identity) says bucket = any_bucket.
inline constexpr int any_bucket = 0;

/// What a compressor states that does not contract, or that is biased.
inline constexpr double no_delta = 0;
inline constexpr double no_omega = std::numeric_limits<double>::infinity();

/// As constants.
template <class C>
concept states_delta = requires { typename std::bool_constant<(static_cast<double>(C::delta) == no_delta)>; };
template <class C>
concept states_omega = requires { typename std::bool_constant<(static_cast<double>(C::omega) == no_omega)>; };
/// delta: |p - C(p)|^2 <= (1 - delta) |p|^2 for every p (in expectation over the dither), or no_delta.
template <class C>
inline constexpr double delta_of = [] {
  if constexpr (states_delta<C>) return static_cast<double>(C::delta);
  else return no_delta;
}();
/// omega: E C(p) = p and E |p - C(p)|^2 <= omega |p|^2, or no_omega.
template <class C>
inline constexpr double omega_of = [] {
  if constexpr (states_omega<C>) return static_cast<double>(C::omega);
  else return no_omega;
}();

template <class C>
concept contracts = delta_of<C> > 0;
template <class C>
concept is_unbiased = omega_of<C> < no_omega;
template <class C>
concept is_exact = delta_of<C> == 1 && omega_of<C> == 0;

template <class C>
concept compressor_has_a_name = requires {
  { C::name() } -> std::convertible_to<std::string>;
};
constexpr bool is_bucket_length(int n) { return n >= code_block && n <= 65536 && is_power_of_two(n); }
template <class C>
concept has_a_bucket = C::bucket == any_bucket || is_bucket_length(C::bucket);
template <class C>
concept lays_out_a_message = requires {
  typename C::template message<float>;
  { C::template payload<float>(1) } -> std::convertible_to<std::int64_t>;
} && plane_count<C> >= 1 && plane_count<C> <= most_planes;
/// message<T> has a pointer for each of planes<T>, in their order.
template <class C>
concept has_a_pointer_for_each_plane =
    std::is_aggregate_v<typename C::template message<float>> &&
    sizeof(typename C::template message<float>) == static_cast<std::size_t>(plane_count<C>) * sizeof(void*);
/// One that promises nothing says so, and whoever uses it knows: see heuristic.
template <class C>
inline constexpr bool promises_nothing = requires { requires C::promises_nothing; };
template <class C>
concept contracts_or_is_unbiased = contracts<C> || is_unbiased<C> || promises_nothing<C>;
template <class C>
concept promises_what_can_be = delta_of<C> >= 0 && delta_of<C> <= 1 && omega_of<C> >= 0;
/// One with fields says which of their values it refuses: objection() is the sentence, or empty; a char const* may be
/// null.
template <class C>
concept checks_its_fields = std::is_empty_v<C> || requires(C const c) {
  { c.objection() } -> std::convertible_to<std::string>;
};
template <class C>
concept encodes_a_tile =
    requires(C const c, group_archetype const g, float const (&p)[512], float (&sent)[512], random_stream s,
             typename C::template message<float> out) { c.encode(g, p, sent, 512, s, out); };
/// Of a compressor that selects across buckets: encode_selected(g, p, sent, count, which, ties_before, out) is called
/// when out.start[0] holds how many pairs the earlier buckets send, and `ties_before` how many of their keys lie at the
/// threshold.
template <class C>
concept encodes_what_was_selected =
    requires(C const c, group_archetype const g, float const (&p)[512], float (&sent)[512], selection<float> which,
             std::int64_t ties_before, typename C::template message<float> out) {
      c.encode_selected(g, p, sent, 512, which, ties_before, out);
    };
/// Of a compressor that looks at what is fresh in p = v + e: encode takes the direction v too. It needs error feedback
/// on a parameter server, where p is that sum.
template <class C>
concept encodes_beside_the_direction =
    requires(C const c, group_archetype const g, float const (&p)[512], float const (&v)[512], float (&sent)[512],
             random_stream s, typename C::template message<float> out) { c.encode(g, p, v, sent, 512, s, out); };
template <class C>
concept encodes = encodes_a_tile<C> || encodes_beside_the_direction<C> || encodes_what_was_selected<C>;
template <class C>
concept encodes_in_one_way = static_cast<int>(encodes_a_tile<C>) + static_cast<int>(encodes_beside_the_direction<C>) +
                                 static_cast<int>(encodes_what_was_selected<C>) ==
                             1;
template <class C>
concept adds_from_the_message = requires(C const c, group_archetype const g, typename C::template message<float> in,
                                         float (&acc)[512]) { c.add(g, in, 512, 1.0f, acc); };
/// Of a compressor whose messages leave out what the random bits say that they were written with (random_k: its
/// places): add takes the sender's stream too.
template <class C>
concept adds_with_the_stream = requires(C const c, group_archetype const g, typename C::template message<float> in,
                                        random_stream s, float (&acc)[512]) { c.add(g, in, 512, s, 1.0f, acc); };
template <class C>
concept adds_what_it_decodes = adds_from_the_message<C> || adds_with_the_stream<C>;
template <class C>
concept adds_in_one_way = adds_from_the_message<C> != adds_with_the_stream<C>;
/// A bucket among those that pairs were selected from together: all of a message, or a tensor's.
struct selected_bucket {
  std::int64_t begin, end;  // of these pairs among the message's, which its planes have room for
  bool first, last;
};
template <class C>
concept finds_flaws_in_a_bucket = requires(C const c, typename C::template message<float> in) {
  { c.flaw_in(in, 512) } -> std::same_as<char const*>;
};
template <class C>
concept finds_flaws_in_a_selected_bucket =
    requires(C const c, typename C::template message<float> in, selected_bucket which) {
      { c.flaw_in(in, 512, which) } -> std::same_as<char const*>;
    };
template <class C>
concept finds_flaws = finds_flaws_in_a_bucket<C> || finds_flaws_in_a_selected_bucket<C>;
template <class C>
inline constexpr bool has_planes_of_pairs = [] {
  bool some = false;
  for (plane const& one : C::template planes<float>) some = some || one.per_pair > 0;
  return some;
}();
template <class C>
concept keeps_a_number_of_coordinates = requires(C const c, std::int64_t n) {
  { c.kept({n}) } -> std::same_as<std::int64_t>;  // in braces: an int would lose some
};
/// A compressor that selects across buckets has all four of kept(n), encode_selected, planes with per_pair and flaw_in
/// of a selected_bucket; others have none of them.
template <class C>
concept selects_globally_or_not_at_all =
    keeps_a_number_of_coordinates<C> == selects_globally<C> && encodes_what_was_selected<C> == selects_globally<C> &&
    has_planes_of_pairs<C> == selects_globally<C> && finds_flaws_in_a_selected_bucket<C> == selects_globally<C>;

/// Turns a tile of coordinates into a part of a message and back.
///
/// bucket, name(), planes<T>, message<T>, payload<T>(count)   the shape on the wire; payload in bytes
/// delta and omega                                            what it promises; no_delta or no_omega, but not both
/// objection()                                                of one with fields: what is wrong with them, or empty
/// encode(g, p, sent, count, stream, out)   p is finite; writes the message of one bucket and fills `sent` with exactly
///                                          what decoding gives, so that sender and receivers hold the same bits; or
///                                          encode(g, p, v, sent, count, stream, out) with the fresh direction
/// add(g, in, count, weight, acc)           acc += weight * decoded; or add(g, in, count, stream, weight, acc) with the
///                                          stream that the message was encoded with
/// flaw_in(in, count)                       on the host, of a bucket from another process: null if add may decode it and
///                                          all it gives is finite, or what is wrong. It reads nothing but the bucket's
///                                          own part; one that selects across buckets gets a selected_bucket, too
///
/// Promises hold up to rounding in T: 32 of its epsilons of |p|, and, as a scale that is a denormal has few digits, up
/// to `bucket` of its smallest numbers a coordinate. A compressor that promises less says of which numbers.
///
/// What a compressor does follows from what it has; nothing is taken for granted where a name is missing. Whether it
/// keeps its promises, saddle/testing/compressor_contract.hpp finds out.
template <class C>
concept compressor = std::is_trivially_copyable_v<C> && compressor_has_a_name<C> && has_a_bucket<C> &&
                     lays_out_a_message<C> && has_a_pointer_for_each_plane<C> && states_delta<C> && states_omega<C> &&
                     promises_what_can_be<C> && contracts_or_is_unbiased<C> && checks_its_fields<C> && encodes<C> &&
                     encodes_in_one_way<C> && adds_what_it_decodes<C> && adds_in_one_way<C> && finds_flaws<C> &&
                     selects_globally_or_not_at_all<C>;

/// Encodes p, whose fresh part is v: the direction of this step, or on a server the average of those that came.
template <compressor C, cooperative_group G, class T, int Items, class Message>
SADDLE_HD void encode_tile(C const& c, G const& g, T const (&p)[Items], [[maybe_unused]] T const (&v)[Items],
                           T (&sent)[Items], int count, random_stream const& random, Message const& out) {
  if constexpr (encodes_beside_the_direction<C>) c.encode(g, p, v, sent, count, random, out);
  else c.encode(g, p, sent, count, random, out);
}
/// acc += weight * decoded, `random` being the stream that the message was encoded with.
template <compressor C, cooperative_group G, class Message, class T, int Items>
SADDLE_HD void add_decoded(C const& c, G const& g, Message const& in, int count, [[maybe_unused]] random_stream const& random,
                           T weight, T (&acc)[Items]) {
  if constexpr (adds_with_the_stream<C>) c.add(g, in, count, random, weight, acc);
  else c.add(g, in, count, weight, acc);
}

template <class C>
concept names_what_it_wraps = requires { typename C::wrapped; };
template <class C>
concept names_what_it_keeps = requires { C::keeps; };

/// What is kept beside a compressor. A wrapper (error_feedback, ef21) names it `keeps`, and the compressor `wrapped`.
template <class C>
inline constexpr feedback feedback_of = [] {
  if constexpr (names_what_it_wraps<C> && names_what_it_keeps<C>) return C::keeps;
  else return feedback::none;
}();
template <class C>
inline constexpr bool has_memory = feedback_of<C> != feedback::none;

/// What goes on the wire: the compressor itself, or the one inside the wrapper.
template <class C>
struct on_the_wire {
  using type = C;
};
template <class C>
  requires has_memory<C>
struct on_the_wire<C> {
  using type = typename C::wrapped;
};
template <class C>
using wire_compressor = typename on_the_wire<C>::type;

template <class C>
wire_compressor<C> const& unwrapped(C const& c) {
  if constexpr (has_memory<C>) return c.compressor;
  else return c;
}

/// A wrapper has `wrapped`, `keeps`, which is not feedback::none, a field `compressor`, a name, and, if what it keeps is
/// an error, a field subtract_in_look_ahead.
template <class C>
concept has_the_compressor_that_it_names = requires(C c) {
  { (c.compressor) } -> std::same_as<typename C::wrapped&>;
};
template <class C>
concept says_what_its_memory_does = feedback_of<C> != feedback::error || requires(C const c) {
  { c.subtract_in_look_ahead } -> std::convertible_to<std::optional<bool>>;
};
template <class C>
concept wraps_a_compressor = names_what_it_wraps<C> && names_what_it_keeps<C> && has_memory<C> &&
                             has_the_compressor_that_it_names<C> && compressor_has_a_name<C> &&
                             says_what_its_memory_does<C>;
/// Half a wrapper would send as if nothing was kept.
template <class C>
concept wraps_wholly_or_not_at_all = (!names_what_it_wraps<C> && !names_what_it_keeps<C>) || wraps_a_compressor<C>;

/// A compressor, or one with what is kept beside it.
template <class C>
concept compression = wraps_wholly_or_not_at_all<C> && compressor<wire_compressor<C>>;

SADDLE_NAMESPACE_END
