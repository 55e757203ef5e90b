#!/bin/sh
# The demo, from nothing: sets up, builds one program, and trains DQGAN on real handwritten digits.
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."

sh cmake/setup.sh g++ cmake ninja-build libeigen3-dev zlib1g-dev libstb-dev
# Neither tests nor benchmarks, whose libraries it does not install; a build folder that has them keeps them.
options=
[ -e build/CMakeCache.txt ] || options='-D SADDLE_BUILD_TESTS=OFF -D SADDLE_BUILD_BENCH=OFF'
. cmake/configure.sh

cmake --build build --parallel "$jobs" --target digits
(cd build && examples/digits)

cat <<END
picture: $PWD/build/digits.png

What to try next:
  the program itself, 100 lines       examples/15_digits.cpp
  any other composition               sh cmake/setup.sh libcli11-dev nlohmann-json3-dev && cmake --preset native &&
                                      cmake --build build --target train_gan && build/examples/train_gan --help
  your own problem, policies, torch   examples/README.md
END
