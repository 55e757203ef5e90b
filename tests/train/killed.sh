#!/bin/sh
# sh killed.sh PROGRAM TIMES [MPIRUN...]: train_gan saves after every step and is killed at random moments, TIMES times,
# some of them while it saves; under mpirun one of its ranks. Each time it continues from its checkpoint. Every second
# time it is left to save once before. At the end its weights are those of a run that was left alone, and the last
# process has made fewer steps.
set -eu
program=$1
times=$2
[ -n "$program" ] || { echo "skipped: train_gan was not built"; exit 77; }
[ "${SADDLE_NIGHTLY:-}" != 1 ] || [ $# -gt 2 ] || times=50
shift 2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
steps=$((200 + 60 * times))
run() {  # to the end, from the checkpoint if there is one
  resume=
  [ ! -e run.saddle ] || resume="--resume run.saddle"
  # shellcheck disable=SC2086
  "$@" "$program" --data ring8 --hidden 128,128 --workers 3 --steps $steps --evaluate-every 0 --quiet \
    --checkpoint run.saddle --every 1 --json run.json $resume
}
value() { sed -n "s/.*\"$1\": \"\{0,1\}\([0-9a-f]*\).*/\1/p" "$2"; }
milliseconds() { echo $(($(date +%s%N) / 1000000)); }

begin=$(milliseconds)
run "$@"
spent=$(($(milliseconds) - begin))
mv run.json whole.json
rm run.saddle

killed=0
saving=0
while [ $killed -lt "$times" ]; do
  touch started
  run "$@" >/dev/null 2>&1 &
  started=$!
  # The start, and up to 100 of the steps.
  if [ $((killed % 2)) = 0 ]; then
    waited=0
    until [ run.saddle -nt started ] || [ $waited = 6000 ]; do
      sleep 0.01
      waited=$((waited + 1))
    done
  else
    sleep 0.05
  fi
  sleep "$(awk -v seed="$killed$$" -v all=$spent -v n=$steps \
    'BEGIN { srand(seed); print rand() * 100 / n * all / 1000 }')"
  pkill -KILL -n -f "^$program --data ring8" || break  # it was done before it could be killed
  wait $started || true
  for part in run.saddle.*.part; do
    [ ! -e "$part" ] || saving=$((saving + 1))
    rm -f "$part"
  done
  killed=$((killed + 1))
done
[ -e run.saddle ] || { echo "no checkpoint was written in $killed runs"; exit 1; }
run "$@"

echo "killed $killed times, $saving of them while saving;" \
  "the last process made $(value steps_executed run.json) of $steps steps"
[ "$(value digest run.json)" = "$(value digest whole.json)" ] || { echo "the weights differ"; exit 1; }
[ "$(value steps run.json)" = $steps ] || { echo "it ended at another step"; exit 1; }
[ "$(value steps_executed run.json)" -lt $steps ] || { echo "nothing was resumed"; exit 1; }
[ $killed -gt 0 ] || { echo "nothing was killed"; exit 1; }
