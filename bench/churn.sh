#!/bin/sh
# sh bench/churn.sh PROGRAM [PUSHES]: AdaComp's server and 12 workers over real processes that are stopped, killed and
# started, while the server goes on (bench/churn.cpp). Prints the server's lines, and what happened between them:
# - a rank with 3 workers is stopped for 3 s, which is longer than the deadline, and goes on: its workers are left
#   behind, and what they push when they are back is applied as stale as it is, or refused;
# - another rank is killed: the server goes on with the workers that are left;
# - all are killed, and started from the checkpoint on 4 ranks, then on 8: the workers pull anew.
# Exits with 1 where one of these is not to be seen in the lines, or the classifier ends below 90 %.
#
# A rank that was killed is survived under Open MPI with --enable-recovery, without which mpirun ends the job. It is not
# replaced: with --max-restarts, too, its workers stay away (Open MPI 4.1.4), so that a whole job is started instead.
set -eu
program=$1
pushes=${2:-6000}
command -v mpirun >/dev/null || { echo "skipped: there is no mpirun"; exit 77; }
folder=$(mktemp -d)
log=$folder/log
job=
end() {
  [ -z "$job" ] || kill -9 "$job" $(cat "$folder"/*.pid) 2>/dev/null || true
  rm -rf "$folder"
}
trap end EXIT
trap 'exit 1' INT TERM
fail() { echo "churn: $*"; cat "$folder/errors"; exit 1; }
happens() { echo "$*" >>"$log"; }
start() {  # RANKS PUSHES
  happens "$1 ranks are started"
  rm -f "$folder"/*.pid
  OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 \
    OMPI_MCA_mpi_yield_when_idle=1 mpirun --enable-recovery -n "$1" "$program" "$folder" "$2" >>"$log" \
    2>>"$folder/errors" &
  job=$!
}
# A line that comes after the latest event; its numbers are $1 seconds ... $7 workers left behind. Waits for 60 s.
await() {  # CONDITION of awk
  tries=0
  until awk '/[a-z]/ { found = 0; next } '"$1"' { found = 1 } END { exit !found }' "$log"; do
    tries=$((tries + 1))
    [ $tries -lt 600 ] || fail "there is no line with $1"
    sleep 0.1
  done
}
signal() { kill "-$1" "$(cat "$folder/$2.pid")"; }

start 5 $((10 * pushes))
await "\$2 >= $pushes / 6"
signal STOP 2
happens "rank 2 is stopped"
await '$7 == 3'
sleep 1
signal CONT 2
happens "rank 2 goes on"
await '$7 == 0'
await "\$2 >= $pushes / 3"
signal KILL 3
happens "rank 3 is killed"
await '$7 == 3'
sleep 1
happens "all are killed"
kill -9 "$job" $(cat "$folder"/*.pid) 2>/dev/null || true
wait "$job" 2>/dev/null || true
start 4 $((pushes * 5 / 6))
await '$5 >= 12'
wait "$job" || fail "the run on 4 ranks has failed"
start 8 "$pushes"
wait "$job" || fail "the run on 8 ranks has failed"
job=
await '$5 >= 24'
await "\$2 >= $pushes && \$3 >= 0.9"
echo "seconds pushes accuracy refused lost largest-staleness left-behind"
cat "$log"
