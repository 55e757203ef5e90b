#pragma once
#include <concepts>
#include <cstdint>

#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"

SADDLE_NAMESPACE_BEGIN

/// A body has `length` and `layout` and is called as body(group, row, bucket, count) for every row (a worker, or workers
/// that share their weights) and every bucket. The calls are independent of each other.
template <class Body>
concept bucket_body = requires(Body const body) {
  { Body::length } -> std::convertible_to<int>;
  { body.layout } -> std::convertible_to<bucket_layout>;
};

/// A value that says where and how bodies run. Its engine does it, one thing after the other:
///
/// run(body, rows, first, last)       body on the buckets first ... last - 1 of each row
/// tally(body, first, last, totals)   body(group, bucket, count, counter), where counter(b) adds one to totals[b],
///                                    b < Body::bins
/// once(f)                            f()
/// exclusive_scan(in, out, n)         with +, after reserve_scan<U>(n); in and out are different arrays
/// each(n, f)                         f(i) for i = 0 ... n - 1, called by the host
/// replay(kind, f)                    f(), whose kernels are the same every time for a kind, which is any int: only
///                                    what they read has changed. What f throws is thrown, and nothing is recorded
/// forget_recordings()                kernels may be others from now on, of all kinds: pointers in them have changed
///
/// Bodies and f point to the engine's memory:
///
/// allocate<U>(n)                     an array<U> of n values, zero at first, on 64 bytes at least
/// staged<U>                          values that the host writes: resize(engine, n), [i], and publish(engine) for
///                                    kernels, which read them at there()
/// read(host, there, n), write(there, host, n), copy(to, from, n)
template <class E>
concept executor = requires(E const how) {
  typename E::engine;
  { E::in_host_memory } -> std::convertible_to<bool>;
  { typename E::engine{how} };
};

/// Of this the engines of one trainer are made, and what takes the gradients: opened() of an executor, if it has that,
/// decides what they share.
template <executor E>
E opened(E const& how) {
  if constexpr (requires { how.opened(); }) return how.opened();
  else return how;
}

/// An executor whose kernels read the memory of the host.
template <class E>
concept runs_in_host_memory = executor<E> && E::in_host_memory;

SADDLE_NAMESPACE_END
