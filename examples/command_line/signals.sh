#!/bin/sh
# sh signals.sh "ARGUMENTS" PROGRAM [MPIRUN...]: each signal that ends a run ends it with all its outputs, under mpirun
# those that it passes on, and what is left can be continued. In one process also: a second signal, ignored ones, a
# closed pipe, and a terminal.
set -eu
arguments=$1
program=$2
[ -n "$program" ] || { echo "skipped: the program was not built"; exit 77; }
shift 2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
outputs="--json out.json --samples out.png --log out.csv --checkpoint run.saddle"

fail() {
  echo "$*"
  cat out.txt errors.txt 2>/dev/null
  exit 1
}
# In the background of a shell a program ignores Ctrl-C; a child of env that resets it does not.
start() {
  rm -f out.* errors.txt run.saddle
  # shellcheck disable=SC2086
  env --default-signal=INT,HUP "$@" "$program" $arguments --steps 100000000 --evaluate-every 0 $outputs \
    >out.txt 2>errors.txt &
  run=$!
  for _ in $(seq 600); do
    if grep -q '^writes' out.txt; then break; fi
    kill -0 "$run" 2>/dev/null || fail "it does not start"
    sleep 0.1
  done
  sleep 0.2
}
expect_outputs() {
  for file in out.json out.png out.csv run.saddle; do
    [ -s $file ] || fail "$1: no $file"
  done
  [ "$(find . -type f | wc -l)" = 6 ] || fail "$1 has left $(ls -A)"
  grep -q '"steps": [1-9]' out.json || fail "$1: no steps in the JSON"
}

under_mpirun=$#
signals="INT TERM HUP USR1 USR2 XCPU"
[ $under_mpirun = 0 ] || signals="INT TERM USR1"
for signal in $signals; do
  start "$@"
  kill -"$signal" "$run"
  code=0
  wait "$run" || code=$?
  case $signal in INT) expected=130 ;; TERM) expected=143 ;; HUP) expected=129 ;; USR1) expected=138 ;;
    USR2) expected=140 ;; XCPU) expected=152 ;; esac
  # Open MPI has a status of its own after Ctrl-C.
  if [ $under_mpirun = 0 ]; then [ $code = $expected ] || fail "after SIG$signal the status is $code, not $expected"
  else [ $code != 0 ] || fail "after SIG$signal to mpirun the status is 0"; fi
  expect_outputs "SIG$signal"
  grep -q '^stopped by SIG.*--resume run.saddle continues' out.txt || fail "SIG$signal: nothing says that it stopped"
done
steps=$(sed -n 's/.*"steps": \([0-9]*\).*/\1/p' out.json)
# shellcheck disable=SC2086
"$program" $arguments --steps $((steps + 2)) --quiet --resume run.saddle --json resumed.json || fail "it cannot be resumed"
# shellcheck disable=SC2086
"$program" $arguments --steps $((steps + 2)) --quiet --json whole.json
digest() { sed -n 's/.*"digest": "\([0-9a-f]*\).*/\1/p' "$1"; }
[ "$(digest resumed.json)" = "$(digest whole.json)" ] || fail "the resumed run has other weights"
rm resumed.json whole.json
[ $under_mpirun = 0 ] || exit 0

# Twice at once is one wish; twice with some time between is the end, whatever the run does.
start
kill -HUP "$run"
kill -HUP "$run"
code=0
wait "$run" || code=$?
[ $code = 129 ] || fail "after two SIGHUP at once the status is $code"
expect_outputs "two SIGHUP at once"
mkfifo pipe  # that nobody reads: the run waits there at its end
outputs="--json pipe --checkpoint run.saddle"
start
kill -INT "$run"
sleep 0.5
kill -0 "$run" || fail "it did not wait for a reader of its pipe"
kill -INT "$run"
code=0
wait "$run" || code=$?
[ $code = 130 ] || fail "after Ctrl-C twice the status is $code"
[ -s run.saddle ] || fail "after Ctrl-C the checkpoint was not the first to be saved"
rm pipe
outputs="--json out.json --samples out.png --log out.csv --checkpoint run.saddle"

# What was ignored stays ignored, as under nohup.
# shellcheck disable=SC2086
(trap '' HUP; exec "$program" $arguments --steps 2000 --quiet --json out.json) >out.txt 2>errors.txt &
run=$!
sleep 0.3
kill -HUP "$run" 2>/dev/null || true
code=0
wait "$run" || code=$?
[ $code = 0 ] || fail "SIGHUP under nohup: $code"

# A reader that goes away: the run goes on, and all outputs are written.
rm -f out.* errors.txt run.saddle
# shellcheck disable=SC2086
{ code=0; "$program" $arguments --steps 400 --evaluate-every 1 $outputs 2>errors.txt || code=$?; echo $code >code; } |
  head -1 >out.txt
[ "$(cat code)" = 0 ] || fail "with a closed pipe the status is $(cat code)"
rm code
expect_outputs "a closed pipe"
grep -q '"steps": 400,' out.json || fail "with a closed pipe the run ended early"
[ ! -s errors.txt ] || fail "with a closed pipe there are errors"

# A terminal that is narrow: no line is longer, and one line is written again and again.
command -v script >/dev/null || exit 0
# shellcheck disable=SC2086
TERM=xterm script -qec "stty cols 40; $program $arguments --steps 3000 --evaluate-every 1000" /dev/null >out.txt
tr '\r' '\n' <out.txt | grep '^.\[Kstep ' >shown || fail "no progress on a terminal"
awk 'length($0) > 3 + 39 { exit 1 }' shown || fail "a line of progress is too long for 40 columns"
