#!/bin/sh
# sh tests/cuda/emulated.sh SCRATCH [PROGRAM...]: the CUDA tests and examples under an emulator, which takes the place
# of the CUDA runtime and executes the PTX of the kernels on the CPU. It finds accesses out of bounds, reads of what
# nothing has written, races, and what streams and captures do not allow, on orders of threads that look for trouble.
#
# The emulator's sources are in $SADDLE_CUDA_EMULATOR, ../shared/emulator beside this project if that is not set. Each
# PROGRAM has PTX for compute capability 9.0 and the shared runtime: a build of tests/cuda, or an example. Without one
# all of them are compiled here. SADDLE_NIGHTLY=1: all tests, on three orders of threads; otherwise those of a few
# seconds, on one.
# Exits with 77 where there is no emulator or no nvcc.
set -eu

source=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
emulator=${SADDLE_CUDA_EMULATOR:-$source/../shared/emulator}
if [ ! -e "$emulator/Makefile" ]; then
  echo "skipped: there is no emulator in $emulator"
  exit 77
fi
nvcc=$(command -v "${CUDACXX:-nvcc}" || true)
if [ -z "$nvcc" ]; then
  echo "skipped: there is no nvcc"
  exit 77
fi
mkdir -p "$1"
scratch=$(CDPATH='' cd -- "$1" && pwd)
shift

toolkit=$(readlink -f "$nvcc")
make -s -C "$emulator" CUDA="${toolkit%/bin/nvcc}" BUILD="$scratch/emulator" all >"$scratch/emulator.txt" 2>&1 || {
  cat "$scratch/emulator.txt"
  exit 1
}

compile() {  # OUTPUT SOURCE...
  output=$1
  shift
  objects=
  for file in "$@"; do
    object=$scratch/$(basename "$file" .cu).o
    echo "compiles $file"
    "$nvcc" -std=c++20 -O3 -gencode arch=compute_90,code=compute_90 -cudart shared --expt-relaxed-constexpr \
      --fmad=false -Xcompiler=-ffp-contract=off,-fno-math-errno -DSADDLE_BITWISE -DEIGEN_NO_CUDA \
      -DSADDLE_SOURCE_DIR="\"$source\"" -I "$source/include" -isystem /usr/include/eigen3 -c -o "$object" "$file"
    objects="$objects $object"
  done
  # shellcheck disable=SC2086
  "$nvcc" -cudart shared -o "$output" $objects -lcublas -lz
}
if [ $# -eq 0 ]; then
  compile "$scratch/test_cuda" "$source"/tests/cuda/*.cu
  set -- "$scratch/test_cuda"
  for file in "$source"/examples/*_on_the_gpu.cu; do
    compile "$scratch/$(basename "$file" .cu)" "$file"
    set -- "$@" "$scratch/$(basename "$file" .cu)"
  done
fi

failed=0
run() {  # NAME VARIABLE=VALUE... PROGRAM ARGUMENT...
  name=$1
  shift
  began=$(date +%s)
  code=0
  env LD_LIBRARY_PATH="$scratch/emulator${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" SADDLE_SMALL_DEVICE=1 "$@" \
    >"$scratch/$name.txt" 2>&1 || code=$?
  # 77 would be a program that has not found the emulator, and a filter may have left no test.
  if [ "$code" -ne 0 ] || grep -q 'test cases: *0 ' "$scratch/$name.txt"; then
    echo "FAILED ($code) after $(($(date +%s) - began)) s: $name"
    tail -n 40 "$scratch/$name.txt"
    failed=1
  else
    echo "passed in $(($(date +%s) - began)) s: $name"
  fi
}
# CUB's scan hands values of 16 bytes from block to block behind a flag, which the check of global memory takes for a
# race.
scans='*across buckets*,*contract of engines*'
after_a_fault='after a kernel has failed*'
slow='*across buckets give*,*up to rounding*,*digits*'
for program in "$@"; do
  [ -n "$program" ] || continue  # a build without the examples
  name=$(basename "$program")
  case $name in
    test_cuda) ;;
    *)
      run "$name" EMU_SEED=1 EMU_INITCHECK=1 "$program"
      continue ;;
  esac
  run fault EMU_ERROR_EXIT=0 "$program" --no-skip -tc="$after_a_fault"
  seeds=1 left_out=$slow
  if [ "${SADDLE_NIGHTLY:-0}" = 1 ]; then seeds='1 2 3' left_out=; fi
  for seed in $seeds; do
    run "seed-$seed" EMU_SEED="$seed" EMU_INITCHECK=1 EMU_RACECHECK=1 "$program" -tce="$left_out"
  done
  run lazy EMU_LAZY=1 "$program" -tce="$left_out"
  run global-races EMU_RACECHECK=2 "$program" -tce="$left_out${left_out:+,}$scans"
done
exit $failed
