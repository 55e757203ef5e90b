#include <cstdio>

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "saddle/executor/cuda_check.cuh"

int main(int argc, char** argv) {
  if (!saddle::has_cuda_device()) {
    std::puts("skipped: no CUDA device");
    return 77;
  }
  return doctest::Context(argc, argv).run();
}
