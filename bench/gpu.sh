#!/bin/sh
# All that needs a GPU, in one go and under nine minutes: builds for sm_90, runs the CUDA tests plain and under
# compute-sanitizer, then the CUDA benchmarks and, where python3 has PyTorch, the same work through that for what is
# left of the nine minutes. Needs CMake, ninja and nvcc; doctest, Eigen, zlib and Google Benchmark may lie under .deps/
# where they are not installed;
#   sh bench/gpu.sh --collect
# fills that folder from the packages of a machine that has them. Results go to $OUT (default bench/results/); a short
# table comes last. The exit code is that of the tests. A kernel's rate is given as a share of a copy's.
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."
deps=$PWD/.deps

if [ "${1:-}" = --collect ]; then
  rm -rf "$deps"
  mkdir -p "$deps"
  # As they lie under /usr, so that their CMake packages find them; files in place of links, which may not travel.
  cd /usr
  cp -rL --parents include/doctest include/eigen3 include/benchmark include/zlib.h share/eigen3/cmake \
    lib/cmake/doctest lib/*/cmake/benchmark lib/*/libbenchmark*.so* lib/*/libbenchmark*.a lib/*/libz.a "$deps"
  for header in include/zconf.h include/*-linux-*/zconf.h; do  # it has lain in both places
    if [ -e "$header" ]; then cp "$header" "$deps/include/"; fi
  done
  du -sh "$deps"
  exit 0
fi

began=$(date +%s)
results=${OUT:-bench/results}
mkdir -p "$results"
log=$results/gpu.txt
build=build-gpu
: >"$log"
say() { echo "$@" | tee -a "$log"; }

say "date      $(date -u +%Y-%m-%d)"
say "device    $(nvidia-smi --query-gpu=name,driver_version --format=csv,noheader 2>/dev/null || echo none)"
say "compiler  $(nvcc --version | sed -n 's/.*release //p')"
say "command   sh bench/gpu.sh"

cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DSADDLE_CUDA=ON -DSADDLE_MPI=OFF \
  -DSADDLE_BUILD_EXAMPLES=OFF \
  -DCMAKE_CUDA_ARCHITECTURES="${ARCHITECTURES:-90}" -DCMAKE_PREFIX_PATH="$deps" \
  -DCMAKE_INCLUDE_PATH="$deps/include" -DCMAKE_LIBRARY_PATH="$deps/lib" >"$results/configure.txt"
cmake --build "$build" --target test_cuda step_kernels_cuda train_dqgan_cuda >"$results/build.txt" || {
  tail -n 40 "$results/build.txt"
  exit 1
}

# A sanitizer that takes too long says so and does not keep the benchmarks from running.
failed=0
run() {  # NAME SECONDS COMMAND...
  name=$1 limit=$2
  shift 2
  code=0
  timeout "$limit" "$@" >"$results/$name.txt" 2>&1 || code=$?
  case $code in
    0) say "test      $name: passed" ;;
    77) say "test      $name: skipped, no GPU" ;;
    124) say "test      $name: stopped after $limit s" ;;
    *) say "test      $name: FAILED ($code)"; tail -n 20 "$results/$name.txt"; failed=1 ;;
  esac
}
run plain 60 "$build/tests/test_cuda"
run fault 30 "$build/tests/test_cuda" --no-skip -tc="after a kernel has failed*"
for tool in memcheck racecheck initcheck synccheck; do
  if command -v compute-sanitizer >/dev/null 2>&1; then
    run "$tool" 45 compute-sanitizer --tool "$tool" --error-exitcode 1 \
      "$build/tests/test_cuda" -tce="*learns the digits*"
  else
    say "test      $tool: skipped, no compute-sanitizer"
  fi
done

if timeout 120 "$build/bench/step_kernels_cuda" --benchmark_min_time=0.2 \
  --benchmark_out="$results/step_kernels_cuda.json" \
  --benchmark_out_format=json >"$results/step_kernels_cuda.txt" 2>&1; then
  sed -n 's/^\([a-z][^ ]*\) .* of_copy=\([0-9.]*\).*/\2  \1/p' "$results/step_kernels_cuda.txt" |
    sed 's/^/of_copy   /' | tee -a "$log"
else
  say "bench     step_kernels_cuda: not run"
fi
if timeout 80 "$build/bench/train_dqgan_cuda" --benchmark_min_time=0.5 \
  --benchmark_out="$results/train_dqgan_cuda.json" \
  --benchmark_out_format=json >"$results/train_dqgan_cuda.txt" 2>&1; then
  sed -n 's/^\([a-z][^ ]*\) .* us\/step=\([^ ]*\).*/\2  \1/p' "$results/train_dqgan_cuda.txt" |
    sed 's/^/us a step /' | tee -a "$log"
else
  say "bench     train_dqgan_cuda: not run"
fi
if ! python3 -c 'import torch' >"$results/torch_gan.txt" 2>&1; then
  say "bench     torch_gan: skipped, python3 has no torch"
elif left=$((began + 540 - $(date +%s))); [ "$left" -lt 30 ]; then
  say "bench     torch_gan: skipped, no time left"
else
  code=0
  timeout "$left" python3 bench/train/torch_gan.py >"$results/torch_gan.txt" 2>&1 || code=$?
  grep -E '^(of_copy|us a step|not run) ' "$results/torch_gan.txt" | tee -a "$log"
  case $code in
    0) ;;
    77) say "bench     torch_gan: skipped, no GPU" ;;
    124) say "bench     torch_gan: stopped after $left s" ;;
    *) say "bench     torch_gan: FAILED ($code)"; tail -n 20 "$results/torch_gan.txt" ;;
  esac
fi
exit $failed
