#!/bin/sh
# sh bench/compile_time.sh [COMPILER...]: what saddle costs to compile, for g++, clang++ and nvcc where they are, at the
# flags of a Release build that takes saddle as a package. CPU seconds (user and system, the best of 3) and the size of
# the object file of
# - saddle.hpp alone;
# - the README's first program, examples/01_smallest.cpp;
# - the same where saddle::compiled has the part that no policy changes, and that part, compiled once;
# - the program with a second trainer that differs in the optimizer, and with one that differs in optimizer, compressor
#   and topology: rows that start with + are the difference to the first program.
# Prints a table in Markdown. SADDLE_TRIES=1 takes one measurement in place of the best of 3; SADDLE_INCLUDE another
# include folder, of an older version for example, if it still compiles these programs.
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."
include=${SADDLE_INCLUDE:-include}
tries=${SADDLE_TRIES:-3}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM

if [ $# -eq 0 ]; then
  clang=clang++
  command -v clang++-16 >/dev/null && clang=clang++-16  # Debian's clang++ is too old
  set -- g++ "$clang" nvcc
fi

echo '#include <saddle/saddle.hpp>' > "$scratch/header.cpp"
cp examples/01_smallest.cpp "$scratch/program.cpp"
second() {  # OPTIMIZER COMPRESSION TOPOLOGY
  cat examples/01_smallest.cpp
  cat <<END
double second() {
  using namespace saddle;
  trainer t{bilinear<>::random(5, 0.3, 4, 1), $1{.step_size = 0.2}, $2, $3, loopback{.workers = 4}, cpu{}};
  t.run(2000);
  return t.weights(0).min[0];
}
END
}
second optimistic_adam 'error_feedback{qsgd<512, 8>{}}' 'parameter_server<>{}' > "$scratch/optimizer.cpp"
second optimistic_adam 'error_feedback{top_k<>{}}' 'gossip{.graph = ring(4)}' > "$scratch/all.cpp"

cpu_time() {  # COMMAND...: appends the CPU seconds of its processes to $scratch/seconds
  times > "$scratch/before"
  "$@"
  times > "$scratch/after"
  # The second line of `times` is of the children: 0m1.23s 0m0.45s.
  awk 'function seconds(t) { split(t, part, "m"); return 60 * part[1] + part[2] }
       FNR == 2 { sum[++n] = seconds($1) + seconds($2) }
       END { printf "%.2f\n", sum[2] - sum[1] }' "$scratch/before" "$scratch/after" >> "$scratch/seconds"
}
measure() {  # SOURCE COMMAND...: sets best and size
  source=$scratch/$1.cpp
  shift
  : > "$scratch/seconds"
  try=0
  while [ $try -lt "$tries" ]; do
    cpu_time "$@" -I "$include" -c "$source" -o "$scratch/object"
    try=$((try + 1))
  done
  best=$(sort -n "$scratch/seconds" | head -n 1)
  size=$(wc -c < "$scratch/object")
}
row() {  # NAME SECONDS BYTES
  awk -v who="$label" -v name="$1" -v seconds="$2" -v bytes="$3" \
    'BEGIN { printf "| %s | %s | %.2f | %.0f |\n", who, name, seconds, bytes / 1024 }'
}
minus() { awk -v a="$1" -v b="$2" 'BEGIN { print a - b }'; }

echo '| compiler | what | CPU seconds | object, KiB |'
echo '| --- | --- | ---: | ---: |'
for compiler in "$@"; do
  command -v "$compiler" >/dev/null || continue
  case $compiler in
    *nvcc)
      label="nvcc $("$compiler" --version | sed -n 's/.*release \([0-9.]*\).*/\1/p')"
      flags='-std=c++20 -O3 -DNDEBUG -arch=sm_90 --expt-relaxed-constexpr -x cu' ;;
    *)
      label="$(basename "$compiler") $("$compiler" -dumpfullversion 2>/dev/null || "$compiler" -dumpversion)"
      flags='-std=c++20 -O3 -DNDEBUG -pthread' ;;
  esac
  # shellcheck disable=SC2086
  set_of() { measure "$1" "$compiler" $flags; }
  set_of header
  row 'saddle.hpp' "$best" "$size"
  set_of program
  row 'first program' "$best" "$size"
  seconds_of_program=$best size_of_program=$size
  if [ -e "$include/saddle/compiled.cpp" ]; then
    flags="$flags -DSADDLE_COMPILED"
    set_of program
    row 'first program, with saddle::compiled' "$best" "$size"
    cp "$include/saddle/compiled.cpp" "$scratch/compiled.cpp"
    set_of compiled
    row 'saddle::compiled' "$best" "$size"
    flags=${flags% -DSADDLE_COMPILED}
  fi
  set_of optimizer
  row '+ another optimizer' "$(minus "$best" "$seconds_of_program")" $((size - size_of_program))
  set_of all
  row '+ another optimizer, compressor and topology' "$(minus "$best" "$seconds_of_program")" \
    $((size - size_of_program))
done
