#include <doctest/doctest.h>

#include <vector>

#include "../lanes/check_answers.hpp"
#include "saddle/executor/cuda_check.cuh"
#include "saddle/executor/device_vector.cuh"
#include "saddle/lanes/cuda_block.cuh"

namespace {

/// A group for each question; groups of one warp share their blocks.
template <int Lanes>
inline constexpr int groups_per_block = Lanes == 32 ? 4 : 1;

template <int Lanes, class T, int Bucket>
__global__ void __launch_bounds__(Lanes* groups_per_block<Lanes>)
    ask(int n, contract::question<T, Bucket> const* questions, contract::answer<T, Bucket, Lanes>* answers) {
  __shared__ typename saddle::cuda_block<Lanes>::storage storage[groups_per_block<Lanes>];
  int const group = static_cast<int>(threadIdx.x) / Lanes;
  int const i = static_cast<int>(blockIdx.x) * groups_per_block<Lanes> + group;
  if (i < n) contract::evaluate(saddle::cuda_block<Lanes>(storage[group]), questions[i], answers[i]);
}

template <int Lanes, class T, int Bucket>
void check_block() {
  auto const questions = contract::questions<T, Bucket>();
  auto answers = contract::blank<T, Bucket, Lanes>(questions.size());
  saddle::device_vector<contract::question<T, Bucket>> const q(questions.begin(), questions.end());
  saddle::device_vector<contract::answer<T, Bucket, Lanes>> a(answers.begin(), answers.end());
  int const n = static_cast<int>(questions.size()), groups = groups_per_block<Lanes>;
  ask<Lanes, T, Bucket><<<static_cast<unsigned>((n + groups - 1) / groups), Lanes * groups>>>(
      n, saddle::pointer_to(q), saddle::pointer_to(a));
  saddle::cuda_check(cudaGetLastError());
  saddle::cuda_check(cudaDeviceSynchronize());
  thrust::copy(a.begin(), a.end(), answers.begin());
  check_answers(questions, answers);
}

}  // namespace

TEST_CASE("a warp keeps the contract of a group") {
  check_block<32, float, 128>();
  check_block<32, float, 512>();
  check_block<32, double, 512>();
  check_block<32, double, 1024>();
}

TEST_CASE("a block keeps the contract of a group") {
  check_block<64, float, 1024>();
  check_block<128, double, 1024>();
  check_block<256, float, 2048>();
  check_block<512, double, 8192>();  // its tiles lie in local memory
  check_block<1024, float, 16384>();
}

TEST_CASE("a failed call names the error and the line") {
  try {
    saddle::cuda_check(cudaErrorInvalidValue);
    FAIL("did not throw");
  } catch (saddle::cuda_error const& e) {
    CHECK(e.code == cudaErrorInvalidValue);
    CHECK(std::string(e.what()).find("cudaErrorInvalidValue") != std::string::npos);
    CHECK(std::string(e.what()).find("group.cu") != std::string::npos);
  }
}
