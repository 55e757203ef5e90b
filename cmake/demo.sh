#!/bin/sh
# The main job, from nothing: sets up, builds and runs DQGAN on real handwritten digits.
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."

sh cmake/setup.sh g++ cmake ninja-build libeigen3-dev zlib1g-dev libcli11-dev nlohmann-json3-dev libstb-dev
# Neither tests nor benchmarks, whose libraries it does not install; a build folder that has them keeps them.
options=
[ -e build/CMakeCache.txt ] || options='-D SADDLE_BUILD_TESTS=OFF -D SADDLE_BUILD_BENCH=OFF'
. cmake/configure.sh

cmake --build build --parallel "$jobs" --target train_gan
build/examples/train_gan --method dqgan --data digits --workers 4 --compressor qsgd8 --topology server \
  --samples build/digits.png --log build/digits.csv --json build/digits.json

echo
echo "picture: $PWD/build/digits.png"
echo "log:     $PWD/build/digits.csv"
