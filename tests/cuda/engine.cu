#include <doctest/doctest.h>

#include "../executor/engine_contract.hpp"
#include "saddle/executor/cuda.cuh"

TEST_CASE("the device's engine keeps the contract of engines, on its own stream and on a given one") {
  engine_contract::check(saddle::cuda{});
  cudaStream_t stream;
  saddle::cuda_check(cudaStreamCreate(&stream));
  engine_contract::check(saddle::cuda{.stream = stream});
  saddle::cuda_check(cudaStreamDestroy(stream));
}
