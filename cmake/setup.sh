#!/bin/sh
# sh cmake/setup.sh PACKAGE...: sees to it that these Debian packages are there. What is missing is installed
# with apt-get where that may be done without a question; otherwise it prints the command and exits with 1. The
# compiler that CXX names, as CMake takes it, stands in for g++.
set -eu

header() {  # is this header where a compiler looks by itself?
  [ -e "/usr/include/$1" ] || [ -e "/usr/local/include/$1" ]
}
program() {
  command -v "$1" >/dev/null 2>&1
}
python_module() {  # can examples/python be built, with PYTHON or the first python3 or Debian's?
  if [ -n "${PYTHON:-}" ]; then set -- "$PYTHON"; else set -- python3 /usr/bin/python3; fi
  for python in "$@"; do
    "$python" -c 'import os, sysconfig, setuptools, pybind11, numpy
open(os.path.join(sysconfig.get_path("include"), "Python.h"))' >/dev/null 2>&1 && return
  done
  return 1
}
present() {  # by what the build uses, so that what came from elsewhere counts too
  case $1 in
    g++) [ -n "${CXX:-}" ] || program g++ ;;
    cmake | git) program "$1" ;;
    ninja-build) program ninja || program make ;;
    clang-16) program clang++-16 ;;
    libclang-rt-16-dev) [ -d /usr/lib/llvm-16/lib/clang/16/lib/linux ] ;;
    libeigen3-dev) header eigen3/Eigen/Core ;;
    doctest-dev) header doctest/doctest.h ;;
    libbenchmark-dev) header benchmark/benchmark.h ;;
    zlib1g-dev) header zlib.h ;;
    libcli11-dev) header CLI/CLI.hpp ;;
    nlohmann-json3-dev) header nlohmann/json.hpp ;;
    libboost-mpi-dev) header boost/mpi.hpp ;;
    libopenmpi-dev) program mpicxx ;;
    openmpi-bin) program mpirun ;;
    libstb-dev) header stb/stb_image_write.h ;;
    python3-dev | python3-setuptools | python3-pybind11 | python3-numpy) python_module ;;  # of one python3
    libtorch-dev) header torch/csrc/api/include/torch/torch.h ;;
    *) echo "setup.sh: does not know the package $1" >&2; exit 2 ;;
  esac
}

# CMake takes flags behind the compiler's name, too.
if [ -n "${CXX:-}" ] && ! program "$CXX" && ! program "${CXX%% *}"; then
  echo "setup.sh: CXX is $CXX, and there is no such compiler" >&2
  exit 1
fi

missing=
for package in "$@"; do
  present "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if ! program apt-get; then
  echo "saddle needs these packages of Debian 12, by the name your system gives them:$missing" >&2
  exit 1
fi

install="apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" -eq 0 ]; then
  as_root=env
elif program sudo && sudo -n true 2>/dev/null; then
  as_root='sudo -n env'
else
  echo "saddle needs some packages and may not install them itself. Run" >&2
  echo "  sudo apt-get update && sudo $install" >&2
  exit 1
fi

echo "Installing:$missing"
# An update may fail for the sake of an unrelated source; what counts is whether the packages can be had.
$as_root DEBIAN_FRONTEND=noninteractive apt-get update -q || true
if $as_root DEBIAN_FRONTEND=noninteractive $install -q; then exit 0; fi
echo "Installing failed. The command was" >&2
echo "  apt-get update && $install" >&2
exit 1
