#!/bin/sh
# sh examples/plot.sh LOG.csv [PICTURE.png]: what a training program's --log has of quality and losses, against steps and
# against bytes up. Needs gnuplot.
set -eu

log=${1:?"plot.sh: which log? sh examples/plot.sh LOG.csv [PICTURE.png]"}
picture=${2:-${log%.csv}.png}
[ -r "$log" ] || { echo "plot.sh: cannot read $log" >&2; exit 2; }
command -v gnuplot >/dev/null 2>&1 || { echo "plot.sh: there is no gnuplot (Debian: gnuplot-nox)" >&2; exit 2; }

# A column has a panel row of its own if some row has a number in it.
columns=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) name[i] = $i; n = NF; next }
  { for (i = 1; i <= n; ++i) if ($i ~ /[0-9]/) seen[i] = 1 }
  END { for (i = 1; i <= n; ++i)
          if (seen[i] && name[i] !~ /^(step|seconds|uplink_bytes|downlink_bytes|wire_bytes|exchanged_bytes|skipped_steps)$/)
            print name[i] }' "$log")
[ -n "$columns" ] || { echo "plot.sh: $log has nothing to plot" >&2; exit 2; }

rows=$(echo "$columns" | wc -l)
{
  echo "set datafile separator ','; set key off; set grid"
  echo "set terminal pngcairo size 1000,$((260 * rows)); set output '$picture'"
  echo "set multiplot layout $rows,2"
  for column in $columns; do
    case $column in
      *distance*) echo "set logscale y" ;;
      *) echo "unset logscale y" ;;
    esac
    echo "set ylabel '$column' noenhanced"
    echo "set xlabel 'steps'; plot '$log' using (column('step')):(column('$column')) with linespoints"
    echo "set xlabel 'MB up'; plot '$log' using (column('uplink_bytes')/1e6):(column('$column')) with linespoints"
  done
} | gnuplot
