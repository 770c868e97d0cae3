#!/usr/bin/env bash
# Builds the libraries and puts together what a user needs: `pack.sh DIRECTORY` leaves header, libraries and licences there.
# Needs Linux, and Node for the licences.
set -euo pipefail
[[ $# -eq 1 ]] || { echo "usage: pack.sh DIRECTORY" >&2; exit 2; }
out=$(realpath -m "$1")
cd "$(dirname "$0")"
root=$(realpath ../..)
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target/c}
name=libenterprise_credentials
# The version of the ABI: a program finds no library of another.
soname=$name.so.$(sed -n 's/^#define EC_ABI_VERSION //p' include/enterprise_credentials.h)
triple=$(rustc -vV | sed -n 's/^host: //p')
sysroot=$(rustc --print sysroot)

# A library that is an rlib as well would not be optimised across crates. Messages of panics name files.
export RUSTFLAGS="--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src=crates --remap-path-prefix=$root=."
cargo rustc --quiet --release --locked --lib --crate-type staticlib,cdylib -- -C "link-arg=-Wl,-soname,$soname"

rm -rf "$out"
mkdir -p "$out/include" "$out/lib"
cp include/enterprise_credentials.h "$out/include/"
strip --strip-debug -o "$out/lib/$name.a" "$CARGO_TARGET_DIR/release/${name}_c.a"
strip --strip-unneeded -o "$out/lib/$soname" "$CARGO_TARGET_DIR/release/${name}_c.so"
ln -s "$soname" "$out/lib/$name.so"
cp README.md ../../LICENSE-MIT ../../LICENSE-APACHE "$out/"
node ../npm/licences.js Cargo.toml "$triple" >"$out/THIRD-PARTY.txt"
# What Rust's own library is made of, as the toolchain says.
cp "$sysroot/share/doc/rust/COPYRIGHT-library.html" "$out/THIRD-PARTY-RUST.html"
