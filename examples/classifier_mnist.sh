#!/bin/sh
# sh examples/classifier_mnist.sh PROGRAM: trains the classifier on MNIST, which is not here but in the folder that
# SADDLE_MNIST names, and wants 98 % or more of the test set. Exits with 77 without it.
set -eu

if [ -z "${SADDLE_MNIST:-}" ]; then
  echo "skipped: SADDLE_MNIST does not name a folder with MNIST"
  exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$1" "idx:$SADDLE_MNIST" "$folder/mnist.classifier" > "$folder/log" || { cat "$folder/log"; exit 1; }
cat "$folder/log"
tail -n 1 "$folder/log" | grep -Eq '^(98|99|100)\.'
