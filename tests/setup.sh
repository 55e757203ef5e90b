#!/bin/sh
# sh setup.sh SOURCE: what cmake/setup.sh takes for the compiler, in an environment that has nothing else.
set -eu
script=$1/cmake/setup.sh
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/bin"
for name in cmake my-clang++ my-python; do
  printf '#!/bin/sh\n' >"$folder/bin/$name"
  chmod +x "$folder/bin/$name"
done
# expect STATUS WORDS COMMAND...
expect() {
  status=$1
  words=$2
  shift 2
  code=0
  env -i "PATH=$folder/bin" "$@" >"$folder/said" 2>&1 || code=$?
  if [ "$code" != "$status" ] || { [ -n "$words" ] && ! grep -qF -- "$words" "$folder/said"; }; then
    echo "$* must end with $status and say '$words', not with $code and"
    cat "$folder/said"
    exit 1
  fi
}
expect 0 "" CXX=my-clang++ /bin/sh "$script" g++ cmake
expect 0 "" "CXX=my-clang++ -stdlib=libc++" /bin/sh "$script" g++ cmake
expect 1 "by the name your system gives them: g++" /bin/sh "$script" g++ cmake
expect 1 "by the name your system gives them: g++" CXX= /bin/sh "$script" g++ cmake
expect 1 "CXX is no-compiler, and there is no such compiler" CXX=no-compiler /bin/sh "$script" g++ cmake
expect 1 "by the name your system gives them: git" CXX=my-clang++ /bin/sh "$script" g++ git
expect 0 "" PYTHON=my-python /bin/sh "$script" python3-dev python3-numpy
expect 1 "by the name your system gives them: python3-dev python3-numpy" PYTHON=none /bin/sh "$script" \
  python3-dev python3-numpy
