#!/usr/bin/env bash
# The oracle as a WebAssembly module: its bounds and ownership natively, then the artefact itself. It imports nothing, which
# proves that it can reach nothing; it exports what its documentation lists; it is small; and two builds of one checkout are
# the same bytes. Needs Debian's rustc-web, of the workspace's Rust or later: where the archive has an older one, the checks of the
# artefact are counted as skipped. The module is left in target/wasm/oracle.wasm.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8

checks_of_artefact=5
bytes_max=460000
# The first two are constants that Rust's linker adds.
exports="__data_end __heap_base abi_version alloc begin_after call free last_handle last_panic memory"
manifest=bindings/wasm/Cargo.toml
built=$PWD/target/wasm
again=$PWD/target/wasm-again
. ci/installing.sh

main() {
    export CARGO_TARGET_DIR=$built
    cargo fmt --manifest-path "$manifest" --check
    cargo clippy --manifest-path "$manifest" --all-targets --locked --quiet -- -D warnings
    cargo test --manifest-path "$manifest" --locked

    install_toolchain
    if ! recent_enough; then
        printf 'wasm: skipped %d checks of the artefact: rustc-web is %s here, and %s is needed\n' \
            "$checks_of_artefact" "$(version_of_rustc_web)" "$(rust_version)"
        return
    fi
    bindings/wasm/build.sh "$built/oracle.wasm"
    look "$built/oracle.wasm"
    same_again
    printf 'wasm: %d checks of the artefact hold\n' "$checks_of_artefact"
}

install_toolchain() {
    local sources
    sources=$(/usr/bin/rustc --print sysroot 2>/dev/null || true)/lib/rustlib/src/rust/library/core
    install_missing /usr/bin/rustc rustc-web /usr/bin/cargo cargo-web "$sources" rust-web-src wasm-ld-19 lld-19 node nodejs
}

rust_version() { sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml | head -n 1; }
version_of_rustc_web() { /usr/bin/rustc --version | cut -d' ' -f2; }

recent_enough() {
    printf '%s\n%s\n' "$(rust_version)" "$(version_of_rustc_web)" | sort --check=quiet --version-sort
}

look() {
    local seen bytes
    bytes=$(stat --format %s "$1")
    seen=$(node -e '
        const { readFileSync } = require("node:fs");
        const module = new WebAssembly.Module(readFileSync(process.argv[1]));
        console.log(WebAssembly.Module.imports(module).length);
        const { memory } = new WebAssembly.Instance(module).exports;
        memory.grow(1024 - memory.buffer.byteLength / 65536);
        try { memory.grow(1); console.log("unbounded"); } catch { console.log("64 MiB"); }
        console.log(WebAssembly.Module.exports(module).map(({ name }) => name).sort().join(" "));' "$1")
    [[ $(head -n 1 <<<"$seen") == 0 ]] || fail "the module imports something"
    [[ $(sed -n 2p <<<"$seen") == "64 MiB" ]] || fail "the memory grows beyond 64 MiB"
    [[ $(tail -n 1 <<<"$seen") == "$exports" ]] || fail "the module exports: $(tail -n 1 <<<"$seen")"
    documented
    [[ $bytes -lt $bytes_max ]] || fail "the module has $bytes bytes, and $bytes_max are too many"
    printf 'wasm: 0 imports; exports %s; at most 64 MiB of memory; %d bytes, %d after gzip\n' "$exports" "$bytes" "$(gzip -9 <"$1" | wc -c)"
}

# What bindings/wasm/src/lib.rs says of the exports.
documented() {
    local names
    names=$(sed -n 's/^\/\/! | `\([a-z_]*\).*/\1/p' bindings/wasm/src/lib.rs | sort | paste -sd ' ')
    [[ "__data_end __heap_base $names" == "$exports" ]] || fail "bindings/wasm/src/lib.rs documents these exports: $names"
}

# Everything compiled again.
same_again() {
    rm -rf "$again"
    CARGO_TARGET_DIR=$again/build bindings/wasm/build.sh "$again/oracle.wasm"
    cmp "$built/oracle.wasm" "$again/oracle.wasm" || fail "two builds differ"
    rm -rf "$again"
}

fail() {
    printf 'wasm: %s\n' "$1" >&2
    exit 1
}

main
