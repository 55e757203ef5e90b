#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "saddle/codec/codec.hpp"
#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/executor/concept.hpp"
#include "saddle/executor/cpu.hpp"

SADDLE_NAMESPACE_BEGIN

/// The number of a vector: of a std::vector, an array or a span of them.
template <class V>
using number_in = std::remove_cv_t<typename decltype(std::span(std::declval<V&>()))::element_type>;
template <class V>
concept vector_of_numbers = std::is_same_v<number_in<V>, float> || std::is_same_v<number_in<V>, double>;

// One vector there and back, by hand. A codec does the same in memory that it keeps.
//
//   auto const message = compress(qsgd<512, 8>{}, gradient, {.seed = 1, .exchange = step, .sender = worker});
//   send(message.bytes());
//   decompress(qsgd<512, 8>{}, received, gradient);
//
// A compressor that draws random bits (qsgd, natural, random_k) wants to be told which; others, top_k for instance, are
// called without: compress(top_k<>{}, gradient). With an executor after the key the vectors lie in its memory:
// compress(c, gradient, key, cuda{}).

/// errors  std::invalid_argument: a coordinate is not finite, a field of the compressor or of the key is out of range
template <compression C, vector_of_numbers V, executor Executor = cpu>
compressed compress(C const& c, V const& v, dither_key const& key, Executor const& on = {}) {
  static_assert(!has_memory<C>, "error_feedback needs a memory: compress(c, v, memory, key)");
  codec<C, number_in<V>, Executor> once(c, on);
  if constexpr (!has_memory<C>) once.compress(v, key);
  return once.take();
}
template <compression C, vector_of_numbers V>
compressed compress(C const& c, V const& v) {
  static_assert(!draws_random_bits<wire_compressor<C>>,
                "this compressor draws random bits, and equal keys draw equal ones: say which message it is, "
                "compress(c, v, {.seed = 1, .exchange = step, .sender = worker})");
  return compress(c, v, dither_key{});
}

/// With error feedback: compresses v + memory, and leaves in memory what the message does not say.
template <compression C, vector_of_numbers V, vector_of_numbers Memory, executor Executor = cpu>
compressed compress(C const& c, V const& v, Memory&& memory, dither_key const& key, Executor const& on = {}) {
  static_assert(has_memory<C>, "a memory comes with error feedback: compress(error_feedback{c}, v, memory, key)");
  codec<C, number_in<V>, Executor> once(c, on);
  if constexpr (has_memory<C>) once.compress(v, memory, key);
  return once.take();
}
template <compression C, vector_of_numbers V, vector_of_numbers Memory>
compressed compress(C const& c, V const& v, Memory&& memory) {
  static_assert(!draws_random_bits<wire_compressor<C>>,
                "this compressor draws random bits, and equal keys draw equal ones: say which message it is, "
                "compress(c, v, memory, {.seed = 1, .exchange = step, .sender = worker})");
  return compress(c, v, memory, dither_key{});
}

/// to = decoded.
///
/// promise  whatever the bytes are, nothing outside of them is read, and what is written is finite
/// errors   bad_message: they are not a vector of this length, compressed by this compressor
template <compression C, vector_of_numbers V, executor Executor = cpu>
void decompress(C const& c, std::span<std::byte const> bytes, V&& to, Executor const& on = {}) {
  codec<C, number_in<V>, Executor>(c, on).decompress(bytes, to);
}
/// to += weight * decoded.
template <compression C, vector_of_numbers V, executor Executor = cpu>
void decompress_add(C const& c, std::span<std::byte const> bytes, number_in<V> weight, V&& to,
                    Executor const& on = {}) {
  codec<C, number_in<V>, Executor>(c, on).add(bytes, weight, to);
}
/// The decoded vector, of the length that the message says: decompress<float>(c, bytes).
template <class T, compression C>
std::vector<T> decompress(C const& c, std::span<std::byte const> bytes) {
  std::vector<T> to(static_cast<std::size_t>(coordinates_in<T>(c, bytes)));
  decompress(c, bytes, to);
  return to;
}

SADDLE_NAMESPACE_END
