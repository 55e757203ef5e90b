# Sourced by demo.sh and test.sh in the project's root: configures build/, with their `options`, and sets `jobs`.

# One job a processor, but 2 GB for each: the compiler takes that much for a file with Eigen in it.
jobs=$(nproc)
memory=$(awk '/^MemAvailable:/ { print int($2 / 2097152) }' /proc/meminfo)
if [ "$jobs" -gt "${memory:-1}" ]; then jobs=${memory:-1}; fi
if [ "$jobs" -lt 1 ]; then jobs=1; fi

# Ninja where it is; an existing build folder keeps its generator.
if [ -z "${CMAKE_GENERATOR:-}" ] && [ ! -e build/CMakeCache.txt ] && command -v ninja >/dev/null 2>&1; then
  export CMAKE_GENERATOR=Ninja
fi
# shellcheck disable=SC2086
cmake --preset native $options
