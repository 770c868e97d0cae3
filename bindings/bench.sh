#!/usr/bin/env bash
# Commands a second through each carrier of the oracle beside the native core: the same requests, in turns, in one run. Prints the
# median of five rounds. ci/wasm.sh, ci/python.sh and ci/c.sh leave what it runs; `cargo build --release -p
# enterprise-credentials-host` the program.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=5
work=$PWD/target/carriers
c=$PWD/target/c/check/package
carriers=(native c-static c-shared python-texts python-dictionaries module-in-node module-in-wasmtime pipe)

main() {
    local round carrier
    build
    for ((round = 0; round < rounds; round++)); do
        for carrier in "${carriers[@]}"; do
            "$carrier" <"$work/workload" >>"$work/times-$carrier"
        done
    done
    # In dictionaries no bytes are counted.
    [[ $(cat "$work"/times-* | cut -d' ' -f3 | sort -u | grep -vxc 18804) == 1 ]] || { echo "they answer differently" >&2; exit 1; }
    for carrier in "${carriers[@]}"; do
        median "$carrier"
    done
}

build() {
    rm -rf "$work"
    mkdir -p "$work"
    gcc -std=c99 -O2 "-I$c/include" bindings/c/examples/bench.c -o "$work/bench-static" \
        "$c/lib/libenterprise_credentials.a" -lpthread -ldl -lm
    gcc -std=c99 -O2 "-I$c/include" bindings/c/examples/bench.c -o "$work/bench-shared" \
        "-L$c/lib" "-Wl,-rpath,$c/lib" -lenterprise_credentials
    CARGO_TARGET_DIR=target/wasm CARGO_PROFILE_RELEASE_OPT_LEVEL=3 \
        cargo build --quiet --release --locked --manifest-path bindings/wasm/Cargo.toml --example native
    cp target/wasm/release/examples/native "$work/bench-native"
    node bindings/npm/workload.mjs >"$work/workload"
}

native() { "$work/bench-native"; }
c-static() { "$work/bench-static"; }
c-shared() { "$work/bench-shared"; }
python-texts() { target/python-check/venv/bin/python bindings/python/asking.py call_text; }
python-dictionaries() { target/python-check/venv/bin/python bindings/python/asking.py call; }
module-in-node() { node bindings/npm/asking.mjs target/wasm/oracle.wasm; }
module-in-wasmtime() { as_a_whole target/c/python/bin/python bindings/wasm/examples/pipe.py target/wasm/oracle.wasm; }
pipe() { as_a_whole target/release/enterprise-credentials oracle; }

# A program that answers one request a line, from its start to its end.
as_a_whole() {
    local begun answers
    begun=$(date +%s%N)
    "$@" >"$work/answers"
    answers=$(wc -l <"$work/answers")
    echo "$answers $(($(date +%s%N) - begun)) $(($(wc -c <"$work/answers") - answers))"
}

median() {
    sort -n -k2 "$work/times-$1" | awk -v name="$1" -v middle=$(((rounds + 1) / 2)) \
        'NR == middle { printf "%s: %d requests, %d a second\n", name, $1, $1 * 1e9 / $2 }'
}

main
