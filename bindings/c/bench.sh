#!/usr/bin/env bash
# Commands a second through the C library, linked statically and not, beside the native core: the same requests, in turns, in one
# run. ci/c.sh leaves the libraries. Prints the median of five rounds.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=5
work=target/c/check

main() {
    local round
    gcc -std=c99 -O2 "-I$work/package/include" bindings/c/examples/bench.c -o "$work/bench-static" \
        "$work/package/lib/libenterprise_credentials.a" -lpthread -ldl -lm
    gcc -std=c99 -O2 "-I$work/package/include" bindings/c/examples/bench.c -o "$work/bench-shared" \
        "-L$work/package/lib" "-Wl,-rpath,$PWD/$work/package/lib" -lenterprise_credentials
    CARGO_TARGET_DIR=target/wasm CARGO_PROFILE_RELEASE_OPT_LEVEL=3 \
        cargo build --quiet --release --locked --manifest-path bindings/wasm/Cargo.toml --example native
    cp target/wasm/release/examples/native "$work/bench-native"
    node bindings/npm/workload.mjs >"$work/workload"
    rm -f "$work"/times-*
    for ((round = 0; round < rounds; round++)); do
        time_of static
        time_of shared
        time_of native
    done
    [[ $(cut -d' ' -f1,3 "$work"/times-* | sort -u | wc -l) == 1 ]] || { echo "they answer differently" >&2; exit 1; }
    median static
    median shared
    median native
}

time_of() { "$work/bench-$1" <"$work/workload" >>"$work/times-$1"; }

median() {
    sort -n -k2 "$work/times-$1" | awk -v name="$1" -v middle=$(((rounds + 1) / 2)) \
        'NR == middle { printf "%s: %d requests, %d a second\n", name, $1, $1 * 1e9 / $2 }'
}

main
