#pragma once
#include <cstddef>
#include <cstdint>

#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/lanes/concept.hpp"
#include "saddle/lanes/quads.hpp"

SADDLE_NAMESPACE_BEGIN

/// What one warp does in an instruction. Policies are compiled for the host too, which never calls this.
struct warp {
#ifdef __CUDA_ARCH__
  static constexpr unsigned all = 0xFFFFFFFFu;
  SADDLE_HD static unsigned thread() { return threadIdx.x; }
  SADDLE_HD static void sync() { __syncwarp(); }
  SADDLE_HD static void sync_block() { __syncthreads(); }
  SADDLE_HD static std::uint32_t ballot(bool x) { return __ballot_sync(all, x); }
  SADDLE_HD static std::uint32_t max(std::uint32_t x) { return __reduce_max_sync(all, x); }
  SADDLE_HD static int sum(int x) { return __reduce_add_sync(all, x); }
  template <class T>
  SADDLE_HD static T from(T x, int lane) {
    return __shfl_sync(all, x, lane);
  }
  template <class T>
  SADDLE_HD static T across(T x, int bit) {
    return __shfl_xor_sync(all, x, bit);
  }
#else
  SADDLE_HD static unsigned thread() { return 0; }
  SADDLE_HD static void sync() {}
  SADDLE_HD static void sync_block() {}
  SADDLE_HD static std::uint32_t ballot(bool) { return 0; }
  SADDLE_HD static std::uint32_t max(std::uint32_t x) { return x; }
  SADDLE_HD static int sum(int x) { return x; }
  template <class T>
  SADDLE_HD static T from(T x, int) {
    return x;
  }
  template <class T>
  SADDLE_HD static T across(T x, int) {
    return x;
  }
#endif
};

/// Lanes threads of a block on one bucket, with the bits of every other group.
///
/// 32 lanes are one warp and never wait for another: several such groups may share a block. More lanes are
/// the whole block. Sums have an order of their own and every lane wants every result, so this is no job for
/// CUB's reductions: shuffles inside a warp, and one trip through shared memory between warps.
///
/// shape  blockDim.x is a multiple of 32 for one warp and Lanes otherwise; each group has a `storage` of its
///        own in shared memory
template <int Lanes>
class cuda_block : public quads<cuda_block<Lanes>, Lanes> {
  static_assert(Lanes >= 32 && Lanes <= 1024 && (Lanes & (Lanes - 1)) == 0,
                "a warp, or a block of a power of two of them");
  using base = quads<cuda_block<Lanes>, Lanes>;
  friend base;
  static constexpr int warps = Lanes / 32;

 public:
  struct storage {
    alignas(16) std::byte bytes[base::scratch_bytes];
  };
  SADDLE_HD explicit cuda_block(storage& shared, bool is_aligned = true) : shared_(&shared), is_aligned_(is_aligned) {}

  /// The same lanes, on a bucket that may lie anywhere.
  SADDLE_HD cuda_block unaligned() const { return cuda_block(*shared_, false); }
  SADDLE_HD bool is_aligned() const { return is_aligned_; }

  SADDLE_HD int lane() const { return static_cast<int>(warp::thread() % Lanes); }
  SADDLE_HD void sync() const {
    if constexpr (warps == 1)
      warp::sync();
    else
      warp::sync_block();
  }

  template <int Items, class F>
  SADDLE_HD void store_bits(int count, std::uint32_t* words, F f) const {
    static_assert(Items % 4 == 0, "a lane holds whole quads");
    for_each_slot<Items, Lanes, 4>([&](int k) {  // the 32 quads of a warp are one block of coordinates
      std::uint32_t word = 0;
      SADDLE_UNROLL
      for (int j = 0; j < 4; ++j) {
        std::uint32_t const all = warp::ballot(base::template at<Items>(k + j) < count && f(k + j));
        word = lane() % 32 == j ? all : word;
      }
      int const n = k / 4 * warps + lane() / 32;
      if (lane() % 32 < 4 && n * code_block < count) words[4 * n + lane() % 32] = word;
    });
  }

 private:
  template <class T>
  SADDLE_HD T sum_of_quads(T const (&t)[4]) const {
    T a[4] = {t[0], t[1], t[2], t[3]};
    if constexpr (warps > 1) {  // one column for each of the 128 places of a warp, one row a warp
      T* const rows = reinterpret_cast<T*>(scratch());
      SADDLE_UNROLL
      for (int j = 0; j < 4; ++j) rows[4 * lane() + j] = a[j];
      sync();
      for (int c = lane(); c < 128; c += Lanes) {
        T column[warps];
        SADDLE_UNROLL
        for (int w = 0; w < warps; ++w) column[w] = rows[128 * w + c];
        halve<warps, 1>(column);
        rows[c] = column[0];
      }
      sync();
      SADDLE_UNROLL
      for (int j = 0; j < 4; ++j) a[j] = rows[4 * (lane() % 32) + j];
      sync();
    }
    // A lane goes on with half of its quad and hands its partner the other half: 8 shuffles in place of 20.
    bool const high = lane() & 16, odd = lane() & 8;
    T const b0 = (high ? a[2] : a[0]) + warp::across(high ? a[0] : a[2], 16);
    T const b1 = (high ? a[3] : a[1]) + warp::across(high ? a[1] : a[3], 16);
    T c = (odd ? b1 : b0) + warp::across(odd ? b0 : b1, 8);
    c += warp::across(c, 4);
    c += warp::across(c, 2);
    c += warp::across(c, 1);
    c += warp::across(c, 16);  // places j and j + 2 of the quad
    c += warp::across(c, 8);   // 0 and 1
    return c;
  }
  template <class U>
  SADDLE_HD U max_over_lanes(U x) const {
    return over_lanes(x, [](U y) {
      if constexpr (sizeof(U) == 4) {
        return warp::max(y);
      } else {
        SADDLE_UNROLL
        for (int h = 16; h > 0; h /= 2) {
          U const other = warp::across(y, h);
          y = other > y ? other : y;
        }
        return y;
      }
    });
  }
  SADDLE_HD int sum_over_lanes(int n) const {
    return over_lanes(n, [](int m) { return warp::sum(m); });
  }
  SADDLE_HD std::uint64_t exclusive_sum(std::uint64_t x, std::uint64_t& all) const {
    std::uint64_t up_to = x;
    SADDLE_UNROLL
    for (int h = 1; h < 32; h *= 2) {
      std::uint64_t const below = warp::from(up_to, (lane() - h) & 31);
      if (lane() % 32 >= h) up_to += below;
    }
    std::uint64_t before = up_to - x;
    all = warp::from(up_to, 31);
    if constexpr (warps > 1) {
      auto* const each = reinterpret_cast<std::uint64_t*>(scratch());
      if (lane() % 32 == 0) each[lane() / 32] = all;
      sync();
      all = 0;
      SADDLE_UNROLL
      for (int w = 0; w < warps; ++w) {
        if (w == lane() / 32) before += all;
        all += each[w];
      }
      sync();
    }
    return before;
  }
  /// `combine` over the lanes of a warp, and over what that gives for all warps. 0 is neutral.
  template <class U, class F>
  SADDLE_HD U over_lanes(U x, F combine) const {
    x = combine(x);
    if constexpr (warps > 1) {
      U* const each = reinterpret_cast<U*>(scratch());
      if (lane() % 32 == 0) each[lane() / 32] = x;
      sync();
      U const one = lane() % 32 < warps ? each[lane() % 32] : U(0);
      sync();
      x = combine(one);
    }
    return x;
  }
  SADDLE_HD std::byte* scratch() const { return shared_->bytes; }

  storage* shared_;
  bool is_aligned_;
};

static_assert(cooperative_group<cuda_block<32>> && cooperative_group<cuda_block<1024>>);

SADDLE_NAMESPACE_END
