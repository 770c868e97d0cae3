#!/usr/bin/env bash
# Builds the wheel as it is published: `pack.sh DIRECTORY` leaves it in DIRECTORY, with the licences of what it bundles. pip
# fetches maturin for it, and the wheel is for every Linux whose C library is as old as the symbols that it needs, or newer.
set -euo pipefail
[[ $# -eq 1 ]] || { echo "usage: pack.sh DIRECTORY" >&2; exit 2; }
out=$(realpath -m "$1")
cd "$(dirname "$0")"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$(realpath ../..)/target/python}

rm -rf "$out"
python3 licences.py
python3 -m pip wheel --quiet --no-deps --config-settings=build-args="--compatibility pypi" --wheel-dir "$out" .
