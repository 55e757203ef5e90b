#pragma once
#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdint>

#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"

SADDLE_NAMESPACE_BEGIN

// How an engine's kernels go over buckets: what cuda::engine launches.

/// The lanes for a bucket: 16 coordinates each, so that a default bucket is one warp and needs no barrier. From 8,192
/// on tiles lie in local memory, and a lane has more: 512 lanes leave each 128 registers.
template <int Bucket>
inline constexpr int cuda_lanes = std::clamp(Bucket / 16, 32, 512);

/// Threads of a block: a group of several warps has one for itself, warps share one.
template <class Group>
inline constexpr int threads_of = Group::lanes == 32 ? 128 : Group::lanes;

/// Full buckets, which lie where a group reads quads, and all others: each kind in kernels of its own. The length is a
/// constant in the first, which take half of the registers of the second.
enum class buckets_that { are_whole, are_not };
template <int Length>
SADDLE_HD bool is_whole(bucket const& b) {
  return b.count == Length && b.begin % 4 == 0;
}

/// f(bucket) for the buckets first ... last - 1 of this kind that fall to group `mine` of `stride`.
template <buckets_that Which, int Length, class F>
SADDLE_HD void for_each_bucket(bucket_layout layout, std::int64_t first, std::int64_t last, std::int64_t mine,
                               std::int64_t stride, F f) {
  layout.length = Length;  // the same number, as a constant
  if constexpr (Which == buckets_that::are_whole) {
    for (std::int64_t i = first + mine; i < last; i += stride)
      if (bucket const b = layout.at(i); is_whole<Length>(b)) f(b);
  } else {
    std::int64_t before = 0;  // of earlier tensors: groups take turns over all of them
    for (int n = 0; n < layout.tensors(); ++n) {
      placed_tensor const t = layout.tensor_at(n);
      bucket_range r = layout.of(t);
      if (t.begin % 4 == 0) r.first = t.first_bucket + t.size / Length;  // what is left over at its end
      r = {r.first < first ? first : r.first, r.last > last ? last : r.last};
      if (r.first >= r.last) continue;
      for (std::int64_t i = r.first + (mine + stride - before % stride) % stride; i < r.last; i += stride)
        f(layout.at(i));
      before += r.last - r.first;
    }
  }
}
template <buckets_that Which, class Group, class Body, class F>
__device__ void for_each_bucket(Body const& body, std::int64_t first, std::int64_t last, F f) {
  constexpr int groups = threads_of<Group> / Group::lanes;
  int const mine = static_cast<int>(threadIdx.x) / Group::lanes;
  for_each_bucket<Which, Body::length>(body.layout, first, last, std::int64_t{blockIdx.x} * groups + mine,
                                       std::int64_t{gridDim.x} * groups, f);
}
/// How many there are, or may be where the table of tensors is the device's.
template <buckets_that Which, int Length>
std::int64_t most_buckets(bucket_layout const& layout, std::int64_t first, std::int64_t last) {
  if (layout.keeps_tensors_apart()) return last - first;
  std::int64_t others = 0;
  for_each_bucket<buckets_that::are_not, Length>(layout, first, last, 0, 1, [&](bucket const&) { ++others; });
  return Which == buckets_that::are_not ? others : last - first - others;
}

/// The library's kernel: a body on buckets of one kind of each row, a group a bucket. Tiles live in registers: one
/// block on a multiprocessor is enough, or the compiler spills some to fit one more.
template <buckets_that Which, class Group, class Body>
__global__ void __launch_bounds__(threads_of<Group>, 1)
    run_buckets(__grid_constant__ Body const body, int rows, std::int64_t first, std::int64_t last) {
  __shared__ typename Group::storage storage[threads_of<Group> / Group::lanes];
  Group const g(storage[static_cast<int>(threadIdx.x) / Group::lanes]);
  for (int row = static_cast<int>(blockIdx.y); row < rows; row += static_cast<int>(gridDim.y))
    for_each_bucket<Which, Group>(body, first, last, [&](bucket const& b) {
      if constexpr (Which == buckets_that::are_whole) body(g, row, b, Body::length);
      else body(g.unaligned(), row, b, b.count);
    });
}

/// Counts with a body into shared memory, and adds that to the totals.
template <buckets_that Which, class Group, class Body>
__global__ void __launch_bounds__(threads_of<Group>, 1)
    tally_buckets(__grid_constant__ Body const body, std::int64_t first, std::int64_t last, std::int64_t* totals) {
  __shared__ typename Group::storage storage[threads_of<Group> / Group::lanes];
  __shared__ unsigned counts[Body::bins];
  Group const g(storage[static_cast<int>(threadIdx.x) / Group::lanes]);
  for (int b = static_cast<int>(threadIdx.x); b < Body::bins; b += threads_of<Group>) counts[b] = 0;
  __syncthreads();
  auto const count_one = [&](int b) { atomicAdd(counts + b, 1u); };
  for_each_bucket<Which, Group>(body, first, last, [&](bucket const& b) {
    if constexpr (Which == buckets_that::are_whole) body(g, b, Body::length, count_one);
    else body(g.unaligned(), b, b.count, count_one);
  });
  __syncthreads();
  for (int b = static_cast<int>(threadIdx.x); b < Body::bins; b += threads_of<Group>)
    if (counts[b] != 0) atomicAdd(reinterpret_cast<unsigned long long*>(totals) + b, counts[b]);
}

template <class F>
__global__ void run_once(__grid_constant__ F const f) {
  f();
}

SADDLE_NAMESPACE_END
