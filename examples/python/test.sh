#!/bin/sh
# sh examples/python/test.sh [FOLDER]: builds the module into FOLDER, or into a temporary one, and runs its tests; those
# of the hook where there is torch. PYTHON names another python3; without it Debian's is tried, too. Exits with 77 where
# something is missing.
set -eu
build=${1:+$(realpath -m "$1")}
CDPATH='' cd -- "$(dirname -- "$0")"

if [ -n "${PYTHON:-}" ]; then set -- "$PYTHON"; else set -- python3 /usr/bin/python3; fi
for python in "$@" ''; do
  "$python" -c 'import os, sysconfig, setuptools, pybind11, numpy
open(os.path.join(sysconfig.get_path("include"), "Python.h"))' 2>/dev/null && break
done
if [ -z "$python" ]; then
  echo "skipped: $* has no Python.h, setuptools, pybind11 or numpy" \
       "(Debian: python3-dev python3-setuptools python3-pybind11 python3-numpy)"
  exit 77
fi

if [ -z "$build" ]; then
  build=$(mktemp -d)
  trap 'rm -rf "$build"' EXIT
  trap 'exit 1' INT TERM
fi
"$python" setup.py -q build_ext --build-lib "$build" --build-temp "$build/temporary"
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$build:$PWD${PYTHONPATH:+:$PYTHONPATH}"
"$python" -W error::DeprecationWarning test_saddle.py
