#!/bin/sh
# sh valgrind.sh SOURCE_FOLDER SCRATCH MPICXX MPIRUN: tests/mpi/wire.cpp on three ranks under valgrind, which knows no
# AVX-512, so that it is compiled anew. Nightly, and where there is a valgrind.
set -eu
source=$1
scratch=$2
mpicxx=$3
mpirun=$4
[ "${SADDLE_NIGHTLY:-}" = 1 ] || { echo "skipped: this is for SADDLE_NIGHTLY=1"; exit 77; }
command -v valgrind >/dev/null || { echo "skipped: there is no valgrind"; exit 77; }
mkdir -p "$scratch"
"$mpicxx" -std=c++20 -O1 -g -ffp-contract=off -fno-math-errno -DSADDLE_BITWISE -I "$source/include" \
  "$source/tests/mpi/wire.cpp" -o "$scratch/wire" -lboost_mpi -lboost_serialization -lpthread
theirs=$(find /usr/share/openmpi /usr/local/share/openmpi -name openmpi-valgrind.supp 2>/dev/null | head -n 1)
"$mpirun" -n 3 valgrind -q --error-exitcode=9 --suppressions="$source/tests/mpi/valgrind.supp" \
  ${theirs:+--suppressions="$theirs"} "$scratch/wire"
echo "valgrind found nothing"
