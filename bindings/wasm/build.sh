#!/usr/bin/env bash
# Builds the module: `build.sh FILE` leaves it in FILE. The target of Rust is built along, from the sources of core and
# alloc, so that no rustup is needed: Debian's `rustc-web cargo-web rust-web-src lld-19` have all there is to it.
# RUSTC, CARGO and WASM_LD name other ones, if their sources are there too.
# The bytes depend on the toolchain, the sources and the directory of the checkout: Cargo names the core's symbols by its
# path, and the linker orders some functions by these names.
set -euo pipefail
[[ $# -eq 1 ]] || { echo "usage: build.sh FILE" >&2; exit 2; }
out=$(realpath -m "$1")
cd "$(dirname "$0")"
root=$(realpath ../..)
export RUSTC=${RUSTC:-/usr/bin/rustc}
export RUSTC_BOOTSTRAP=1
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target/wasm}
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=${WASM_LD:-wasm-ld-19}
cargo=${CARGO:-/usr/bin/cargo}

sysroot=$("$RUSTC" --print sysroot)
registry=${CARGO_HOME:-$HOME/.cargo}
# Messages of panics name files.
flags=(
    "--remap-path-prefix=$sysroot/lib/rustlib/src/rust=rust"
    "--remap-path-prefix=$(realpath "$sysroot/lib/rustlib/src/rust")=rust"
    "--remap-path-prefix=$registry/registry/src=crates"
    "--remap-path-prefix=$root=."
    # Messages of panics name no place: each call that may panic would carry one. They still say what happened.
    -Zlocation-detail=none
    # No answer shows what `Debug` writes, and whatever is reached through a trait object would bring its own along.
    -Zfmt-debug=shallow
    # The linker leaves five bytes for each address and each function's number, unless it is told to write what is needed.
    -Clink-arg=--compress-relocations
)
CARGO_ENCODED_RUSTFLAGS=$(printf '%s\x1f' "${flags[@]}")
export CARGO_ENCODED_RUSTFLAGS=${CARGO_ENCODED_RUSTFLAGS%$'\x1f'}

# A library that is an rlib as well would not be optimised across crates.
target=wasm32-unknown-unknown
"$cargo" rustc --quiet --release --locked --target "$target" --lib --crate-type cdylib \
    -Zbuild-std=core,alloc -Zbuild-std-features=optimize_for_size
mkdir -p "$(dirname "$out")"
cp "$CARGO_TARGET_DIR/$target/release/enterprise_credentials_wasm.wasm" "$out"
