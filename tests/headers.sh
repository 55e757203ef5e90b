#!/bin/sh
# sh tests/headers.sh COMPILER [FOLDER...]: compiles every header under include/saddle alone, without SADDLE_BITWISE,
# which most tests have; two at a time. g++ and clang++ take the .hpp, nvcc the .cuh. Unless SADDLE_NIGHTLY is 1,
# clang++ and nvcc take only those that include the rest, and g++ leaves out what some test includes before all else
# (which shows that it stands alone where tests are compiled one by one, as they are at night),
# and of libtorch's, each of which takes 15 seconds, all but saddle/torch.hpp. The folders hold third-party headers;
# saddle.hpp gets none of them, because it promises to need nothing but the compiler. Exits with 77 where there is no
# such compiler.
set -eu

if [ "${1:-}" = --one ]; then  # one header, called below
  header=$2
  shift 2
  [ "$header" != saddle/saddle.hpp ] || set --
  for folder in "$@"; do
    shift
    set -- "$@" -isystem "$folder"
  done
  case $header in
    saddle/mpi.hpp | saddle/transport/mpi.hpp) needs=boost/mpi.hpp ;;
    saddle/torch_cuda.cuh | saddle/problem/torch_*.cuh) needs=c10/cuda/CUDAStream.h ;;
    saddle/torch.hpp | saddle/problem/torch_*) needs=torch/torch.h ;;
    *) needs= ;;
  esac
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  # Twice, which shows that it may be included twice.
  printf '#include <%s>\n#include <%s>\n' "$header" "$header" > "$folder/alone.cpp"
  case $header in
    *.cuh)
      "$COMPILER" -std=c++20 -arch=sm_90 --expt-relaxed-constexpr -Werror all-warnings \
        -Xcompiler=-Wall,-Wextra -I . "$@" -x cu -c -o "$folder/alone.o" "$folder/alone.cpp" ;;
    *)
      "$COMPILER" -std=c++20 -Wall -Wextra -Wconversion -Werror -Wfatal-errors -fsyntax-only -I . "$@" \
        "$folder/alone.cpp" ;;
  esac >"$folder/said" 2>&1 && exit 0
  case $header in *.cuh) how='-E -x cu' ;; *) how='-Wfatal-errors -fsyntax-only -x c++' ;; esac
  if [ -n "$needs" ] && ! echo "#include <$needs>" | "$COMPILER" -std=c++20 "$@" $how - >/dev/null 2>&1; then
    echo "skipped: $header, there is no $needs here that $COMPILER compiles"
    exit 0
  fi
  cat "$folder/said"
  echo "FAILED: $header alone does not compile"
  exit 1
fi

script=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)/headers.sh
name=$1
shift
COMPILER=
extension=hpp
case $name in
  *nvcc) COMPILER=$name; extension=cuh ;;
  clang++)  # concepts with constrained lambdas need 15
    for candidate in clang++-16 clang++; do
      version=$("$candidate" -dumpversion 2>/dev/null) || continue
      [ "${version%%.*}" -lt 15 ] || { COMPILER=$candidate; break; }
    done ;;
  *) COMPILER=$name ;;
esac
if [ -z "$COMPILER" ] || ! command -v "$COMPILER" >/dev/null 2>&1; then
  echo "skipped: there is no $name that is new enough here"
  exit 77
fi
export COMPILER

cd "$(dirname "$script")/../include"
depth=9
if [ "$name" != g++ ] && [ "${SADDLE_NIGHTLY:-0}" != 1 ]; then depth=1; fi
first=$(for test in ../tests/*/*.cpp; do
  case $test in
    */rejects/* | */mpi/* | */torch/* | */flags/* | */fuzz/* | */tsan/* | */two_architectures/*) ;;
    *) grep -m 1 '^#include' "$test" ;;
  esac
done)
comes_first() {  # HEADER: in a test that is compiled everywhere
  case $1 in saddle/problem/torch_*) return 0 ;; esac
  echo "$first" | grep -qxF "#include \"$1\""
}
headers=$(find saddle -maxdepth "$depth" -name "*.$extension" | sort | while read -r header; do
  [ "${SADDLE_NIGHTLY:-0}" != 1 ] && comes_first "$header" || echo "$header"
done)
count=$(echo "$headers" | grep -c . || true)
if [ "$count" -eq 0 ]; then
  echo "skipped: there are no .$extension headers"
  exit 77
fi
echo "$headers" | xargs -P 2 -I '{}' sh "$script" --one '{}' "$@"
echo "$("$COMPILER" --version | head -n 1): $count headers compile alone"
