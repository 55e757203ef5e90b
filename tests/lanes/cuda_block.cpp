// cuda_block on a machine without a GPU: every thread of the block is a std::thread, and the few instructions
// that the group asks a warp for are played by barriers. tests/cuda/group.cu runs the same contract on the
// device.
#include <doctest/doctest.h>

#include <algorithm>
#include <barrier>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include "check_answers.hpp"
#include "saddle/executor/concept.hpp"
#include "saddle/lanes/quads.hpp"

namespace {

/// One warp: a place for each lane's value, and where its lanes meet.
struct played_warp {
  std::barrier<> meeting{32};
  std::uint64_t value[32];
};
thread_local struct { unsigned x; } threadIdx;
thread_local played_warp* own_warp;
thread_local std::barrier<>* own_block;

/// f(values of all lanes), when all have given theirs.
template <class T, class F>
auto together(T x, F f) {
  own_warp->value[threadIdx.x % 32] = __builtin_bit_cast(saddle::bits_of<T>, x);
  own_warp->meeting.arrive_and_wait();
  auto const result = f(own_warp->value);
  own_warp->meeting.arrive_and_wait();
  return result;
}
template <class T>
T __shfl_sync(unsigned, T x, int lane) {
  return together(x, [&](std::uint64_t const* of) {
    return __builtin_bit_cast(T, static_cast<saddle::bits_of<T>>(of[lane]));
  });
}
template <class T>
T __shfl_xor_sync(unsigned all, T x, int bit) {
  return __shfl_sync(all, x, static_cast<int>(threadIdx.x % 32) ^ bit);
}
std::uint32_t __ballot_sync(unsigned, bool x) {
  return together(x ? 1u : 0u, [](std::uint64_t const* of) {
    std::uint32_t bits = 0;
    for (int l = 0; l < 32; ++l) bits |= static_cast<std::uint32_t>(of[l]) << l;
    return bits;
  });
}
std::uint32_t __reduce_max_sync(unsigned, std::uint32_t x) {
  return together(
      x, [](std::uint64_t const* of) { return static_cast<std::uint32_t>(*std::max_element(of, of + 32)); });
}
int __reduce_add_sync(unsigned, int x) {
  return together(x, [](std::uint64_t const* of) {
    int sum = 0;
    for (int l = 0; l < 32; ++l) sum += static_cast<int>(of[l]);
    return sum;
  });
}
void __syncwarp() { own_warp->meeting.arrive_and_wait(); }
void __syncthreads() { own_block->arrive_and_wait(); }

}  // namespace

#define __CUDA_ARCH__ 900  // only the instructions of cuda_block.cuh ask for it from here on
#include "saddle/lanes/cuda_block.cuh"
#undef __CUDA_ARCH__

namespace {

template <int Lanes, class T, int Bucket>
void check_block() {
  auto const questions = contract::questions<T, Bucket>();
  auto answers = contract::blank<T, Bucket, Lanes>(questions.size());
  {
    std::vector<played_warp> warps(Lanes / 32);
    std::barrier<> block(Lanes);
    typename saddle::cuda_block<Lanes>::storage storage;
    std::vector<std::jthread> threads;
    for (unsigned l = 0; l < Lanes; ++l)
      threads.emplace_back([&, l] {
        threadIdx.x = l;
        own_warp = &warps[l / 32];
        own_block = &block;
        saddle::cuda_block<Lanes> const g(storage);
        for (std::size_t i = 0; i < questions.size(); ++i) contract::evaluate(g, questions[i], answers[i]);
      });
  }
  check_answers(questions, answers);
}

}  // namespace

TEST_CASE("a warp and a block, played by threads, keep the contract of a group") {
  check_block<32, float, 128>();
  check_block<32, float, 512>();
  check_block<32, double, 1024>();
  check_block<64, float, 1024>();
  check_block<128, double, 512>();
}

namespace {

/// Doubles its bucket and tells whether it lies on 16 bytes.
struct doubling_body {
  static constexpr int length = 512;
  float* x;
  bool* in_quads;

  template <class G>
  void operator()(G const& g, int, saddle::bucket const& b, int count) const {
    saddle::sweep<length / G::lanes>(g, count, [](int, float& v) { v *= 2; }, saddle::changes(x + b.begin));
    *in_quads = g.is_aligned();
  }
};

}  // namespace

TEST_CASE("a bucket is swept in quads if it is full and begins with one, and nothing beside it is touched") {
  for (std::int64_t const begin : {0, 1, 2, 3, 4, 127, 128})
    for (int const count : {1, 3, 4, 5, 127, 128, 509, 511, 512}) {
      std::vector<float> x(1024, 1), expected = x;
      std::fill_n(expected.begin() + begin, count, 2.0f);
      typename saddle::cuda_block<32>::storage storage;
      for (threadIdx.x = 0; threadIdx.x < 32; ++threadIdx.x) {
        bool in_quads;
        doubling_body const body{x.data(), &in_quads};
        saddle::cuda_block<32> const g(storage);
        saddle::bucket const b{0, begin, count, 0};
        if (count == 512 && begin % 4 == 0) body(g, 0, b, 512);  // as the kernels of whole buckets do, and the others
        else body(g.unaligned(), 0, b, count);
        CHECK(in_quads == (count == 512 && begin % 4 == 0));
      }
      CHECK(x == expected);
    }
}
