#!/bin/sh
# All tests, from nothing: sets up, builds everything and runs every test.
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."

sh cmake/setup.sh g++ cmake ninja-build libeigen3-dev doctest-dev libbenchmark-dev zlib1g-dev libcli11-dev \
  nlohmann-json3-dev libstb-dev libboost-mpi-dev libopenmpi-dev openmpi-bin clang-16 libclang-rt-16-dev git
# Large, and needed by the tests of saddle::torch alone: without it they are left out.
sh cmake/setup.sh libtorch-dev || echo "Going on without libtorch"
# Needed by the test of the Python module alone: without them it is skipped.
sh cmake/setup.sh python3-dev python3-setuptools python3-pybind11 python3-numpy ||
  echo "Going on without the Python module"
options='-D SADDLE_BUILD_TESTS=ON -D SADDLE_BUILD_BENCH=ON -D SADDLE_BUILD_EXAMPLES=ON'
. cmake/configure.sh

cmake --build build --parallel "$jobs"
exec ctest --test-dir build --output-on-failure --no-tests=error --parallel 2
