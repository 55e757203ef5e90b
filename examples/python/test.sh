#!/bin/sh
# sh examples/python/test.sh [FOLDER]: builds the module into FOLDER, or into a temporary one, and runs its tests; those
# of the hook where there is torch. PYTHON names another python3. Exits with 77 where something is missing.
set -eu
build=${1:+$(realpath -m "$1")}
CDPATH='' cd -- "$(dirname -- "$0")"
python=${PYTHON:-python3}

skip() {
  echo "skipped: $* (Debian: python3-dev python3-setuptools python3-pybind11 python3-numpy)"
  exit 77
}
command -v "$python" >/dev/null || skip "there is no $python"
for module in setuptools pybind11 numpy; do
  "$python" -c "import $module" 2>/dev/null || skip "$python has no $module"
done
"$python" -c 'import os, sysconfig; open(os.path.join(sysconfig.get_path("include"), "Python.h"))' 2>/dev/null ||
  skip "$python has no Python.h"

if [ -z "$build" ]; then
  build=$(mktemp -d)
  trap 'rm -rf "$build"' EXIT
  trap 'exit 1' INT TERM
fi
"$python" setup.py -q build_ext --build-lib "$build" --build-temp "$build/temporary"
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$build:$PWD${PYTHONPATH:+:$PYTHONPATH}"
"$python" -W error::DeprecationWarning test_saddle.py
