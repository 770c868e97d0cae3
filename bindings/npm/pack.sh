#!/usr/bin/env bash
# Puts the package together: `pack.sh MODULE DIRECTORY` takes the built module and leaves what `npm publish` takes in DIRECTORY.
# The module and the licences are not committed: what cannot be reviewed is built.
set -euo pipefail
[[ $# -eq 2 ]] || { echo "usage: pack.sh MODULE DIRECTORY" >&2; exit 2; }
module=$(realpath "$1")
out=$(realpath -m "$2")
cd "$(dirname "$0")"

rm -rf "$out"
mkdir -p "$out"
cp package.json README.md ./*.mjs ./*.cjs ./*.mts ./*.cts ../../LICENSE-MIT ../../LICENSE-APACHE "$out/"
cp "$module" "$out/oracle.wasm"
node licences.js ../wasm/Cargo.toml >"$out/THIRD-PARTY.txt"
