#!/bin/sh
# sh bench/slow_link.sh [BUILD]: ranks whose links have a given bandwidth, dense messages against compressed ones. Each
# rank is in a network namespace of its own, on a bridge, behind a token bucket; needs root, iproute2 and Open MPI, and
# exits with 77 where it may not. Prints
# - a table of seconds a step and seconds to a Frechet distance, of train_gan on 4 ranks; +down: the server's answer
#   too, with qsgd8;
# - for each compressor the bandwidth below which it pays: predicted by break_even() from its bytes and from what
#   encoding and decoding take without a link, and what 2 ranks take on links of 70 and 130 % of that, with 2^22
#   parameters and gradients for nothing (bench/slow_link.cpp).
#
# SADDLE_STEPS   steps of a run for its rate (default 64)
# SADDLE_TARGET  the distance (default 1.5; empty: not measured)
# SADDLE_AT      the bandwidth at which the time to it is measured (default 100mbit)
# SADDLE_ROWS    what the table has, in place of the compressors; then there is nothing but the table. `cpoadam cpoadam-gq
#                dqgan dqgan-average dqgan+down` are DQGAN and its baselines. SADDLE_DATA: train_gan's --data
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."
build=$(realpath "${1:-build}")
program=$build/examples/train_gan
sender=$build/bench/slow_link
steps=${SADDLE_STEPS:-64}
target=${SADDLE_TARGET-1.5}
at=${SADDLE_AT:-100mbit}
data=${SADDLE_DATA:-digits}
ranks=4

skip() { echo "skipped: $*"; exit 77; }
[ "$(id -u)" -eq 0 ] || skip "namespaces need root"
for tool in ip tc unshare mpirun; do command -v $tool >/dev/null || skip "there is no $tool"; done
needed=$program
[ -n "${SADDLE_ROWS:-}" ] || needed="$program $sender $build/bench/break_even"
for one in $needed; do [ -x "$one" ] || skip "there is no $one"; done

name=saddle$$
folder=$(mktemp -d)
clean() {
  for r in 0 1 2 3; do ip netns del $name-$r 2>/dev/null || true; done
  ip link del br$$ 2>/dev/null || true
  rm -rf "$folder"
}
trap clean EXIT
trap 'exit 1' INT TERM
{ ip link add br$$ type bridge && ip link set br$$ up && ip netns add $name-0; } 2>/dev/null ||
  skip "namespaces are not allowed here"
for r in 0 1 2 3; do
  [ $r = 0 ] || ip netns add $name-$r
  ip link add v$$-$r type veth peer name eth0 netns $name-$r
  ip link set v$$-$r master br$$ up
  ip -n $name-$r addr add 10.77.0.1$r/24 dev eth0
  ip -n $name-$r link set lo up
  ip -n $name-$r link set eth0 up
done
# How mpirun starts its daemons on the other hosts.
cat >"$folder/enter" <<END
#!/bin/sh
rank=\${1#10.77.0.1}
shift
exec ip netns exec $name-\$rank unshare --uts sh -c "hostname rank\$rank; \$*"
END
chmod +x "$folder/enter"

limit() {  # BANDWIDTH of each rank's link, as tc has it
  for r in 0 1 2 3; do
    tc -n $name-$r qdisc del dev eth0 root 2>/dev/null || true
    [ "$1" = unlimited ] || tc -n $name-$r qdisc add dev eth0 root tbf rate "$1" burst 256kb latency 400ms
  done
}
launch() {  # RANKS PROGRAM ARGUMENT...
  hosts=10.77.0.10:1
  for r in $(seq 1 $(($1 - 1))); do hosts=$hosts,10.77.0.1$r:1; done
  count=$1
  shift
  OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 \
    ip netns exec $name-0 unshare --uts sh -c 'hostname rank0; exec "$@"' sh \
    mpirun -n "$count" --host "$hosts" --mca plm_rsh_agent "$folder/enter" \
    --mca btl tcp,self --mca routed direct --mca btl_tcp_if_include 10.77.0.0/24 --mca oob_tcp_if_include 10.77.0.0/24 \
    "$@"
}
train() {  # ARGUMENT...: on all ranks; leaves run.json and run.csv
  launch $ranks "$program" --data "$data" --workers $ranks --quiet --json "$folder/run.json" --log "$folder/run.csv" "$@"
}
value() { sed -n "s/.*\"$1\": \([0-9.e+-]*\).*/\1/p" "$folder/run.json"; }
per_step() {  # ARGUMENT...: seconds and bytes on wires, a step
  train --steps "$steps" --evaluate-every 0 "$@"
  awk -v s="$(value seconds)" -v w="$(value wire_bytes)" -v n="$steps" -v r=$ranks \
    'BEGIN { printf "%.6g %.6g", s / n, w / n / r }'
}
arguments() {
  case $1 in
    dense) echo "--compressor identity" ;;
    dqgan-average) echo "--method dqgan --adapts average" ;;
    dqgan+down) echo "--method dqgan --downlink qsgd8" ;;
    cpoadam | cpoadam-gq | dqgan) echo "--method $1" ;;
    *+down) echo "--compressor ${1%+down} --downlink qsgd8" ;;
    *) echo "--compressor $1" ;;
  esac
}

rows=${SADDLE_ROWS:-dense qsgd8 qsgd4 sign top-k qsgd8+down sign+down}
bandwidths="10mbit 100mbit 1gbit unlimited"
head="| | bytes a rank and step |"
line="| --- | --- |"
for b in $bandwidths; do
  head="$head $b |"
  line="$line --- |"
done
if [ -n "$target" ]; then
  head="$head seconds to distance $target at $at |"
  line="$line --- |"
fi
echo "$head"
echo "$line"
for c in $rows; do
  row=
  for b in $bandwidths; do
    limit $b
    # shellcheck disable=SC2046
    set -- $(per_step $(arguments $c))
    row="$row $(awk -v s="$1" 'BEGIN { printf "%.4f", s }') |"
    bytes=$2
    echo "$1 $2" >"$folder/$c-$b"
  done
  if [ -n "$target" ]; then
    limit "$at"
    # shellcheck disable=SC2046
    train $(arguments $c) --steps 2000 --evaluate-every 50
    reached=$(awk -F, -v t="$target" 'NR > 1 && $7 != "" && $7 + 0 <= t { print $2; exit }' "$folder/run.csv")
    row="$row ${reached:-never} |"
  fi
  echo "| $c | $(awk -v b="$bytes" 'BEGIN { printf "%.0f", b }') |$row"
done

[ -z "${SADDLE_ROWS:-}" ] || exit 0
# The dense ones are timed anew beside each compressor: the machine's speed drifts.
alone() {  # COMPRESSOR: seconds a step of encoding and decoding alone, the median of five
  for _ in 1 2 3 4 5; do OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 "$sender" "$1" 20; done |
    sort -g | sed -n '3s/ .*//p'
}
both() {  # COMPRESSOR: what two ranks take a step
  ours=$(launch 2 "$sender" "$1" 40 | cut -d' ' -f1)
  theirs=$(launch 2 "$sender" dense 40 | cut -d' ' -f1)
  awk -v o="$ours" -v t="$theirs" 'BEGIN { printf "%.4f s against %.4f s dense", o, t }'
}
echo
limit unlimited
dense_bytes=$(launch 2 "$sender" dense 4 | cut -d' ' -f2)
for c in qsgd8 qsgd4 sign top-k global-top-k; do
  bytes=$(limit unlimited; launch 2 "$sender" $c 4 | cut -d' ' -f2)
  dense_seconds=$(alone dense)
  seconds=$(alone $c)
  predicted=$("$build/bench/break_even" "$dense_bytes" "$dense_seconds" "$bytes" "$seconds")
  case $predicted in
    inf)
      limit unlimited
      echo "* $c takes $seconds s alone, dense $dense_seconds s: it pays at every bandwidth by break_even;" \
        "unlimited: $(both $c)"
      continue ;;
    0) echo "* $c pays at no bandwidth by break_even"; continue ;;
  esac
  seen=
  for part in 70 130; do  # per cent of the predicted bandwidth
    limit "$(awk -v m="$predicted" -v p=$part 'BEGIN { printf "%.0f", 10 * m * p }')kbit"
    seen="$seen at $part %: $(both $c);"
  done
  echo "* $c takes $seconds s alone, dense $dense_seconds s: it pays below $predicted Mbit/s by break_even;${seen%;}"
done
