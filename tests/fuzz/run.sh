#!/bin/sh
# sh tests/fuzz/run.sh PROGRAM COMPRESSOR: lets libFuzzer look for 2 seconds, or 60 where SADDLE_NIGHTLY is 1. An input
# that breaks the program stays beside it. Exits with 77 where there is no such program, for want of a clang with libFuzzer.
set -eu
if [ ! -x "$1" ]; then
  echo "skipped: $1 was not built, there is no clang with libFuzzer here"
  exit 77
fi
seconds=2
[ "${SADDLE_NIGHTLY:-}" != 1 ] || seconds=60
export SADDLE_FUZZED="$2"
exec "$1" -max_total_time=$seconds -timeout=10 -error_exitcode=1 -max_len=1024 -len_control=0 -print_final_stats=1 \
  -artifact_prefix="$1-$2-"
