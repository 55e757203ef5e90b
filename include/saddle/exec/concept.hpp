#pragma once
#include <concepts>
#include <cstdint>

#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/group/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// Calls a body on one bucket. A full one takes a copy of the code in which the length is a constant.
template <class Body, cooperative_group G>
SADDLE_HD void run_body(Body const& body, G const& g, int row, bucket const& b) {
  if (b.count == Body::length) body(g, row, b, Body::length);
  else body(g, row, b, b.count);
}

/// A body has `length` and `layout` and is called as body(group, row, bucket, count) for every row (a worker, or workers
/// that share their weights) and every bucket. The calls are independent of each other.
template <class Body>
concept bucket_body = requires(Body const body) {
  { Body::length } -> std::convertible_to<int>;
  { body.layout } -> std::convertible_to<bucket_layout>;
};

/// An executor whose kernels read the memory of the host. The trainer keeps its arrays there.
template <class E>
concept runs_in_host_memory = E::in_host_memory;

SADDLE_NAMESPACE_END
