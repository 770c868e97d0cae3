#!/usr/bin/env bash
# Has others check what we seal: a log of 100,000 events, its checkpoints and proofs, with Go's packages for transparency logs
# (Debian's `golang-golang-x-mod-dev`) and without a line of ours; and shows that they refuse 1,000 alterations.
set -euo pipefail
cd "$(dirname "$0")/.."

events=100000
positions=(1 2 3 32768 32769 65536 65537 77777 98304 99999 100000)
older=(1 2 1023 1024 50000 65536 65537 98304 99999)
work=$PWD/target/seal
program=target/release/enterprise-credentials
sign=target/release/examples/sign
log=$work/log.jsonl
. ci/installing.sh

main() {
    # Nothing from a registry.
    install_missing go golang-go /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog golang-golang-x-mod-dev
    cargo build --release --quiet --locked -p enterprise-credentials-host
    cargo build --release --quiet --locked -p enterprise-credentials-seal --example sign
    rm -rf "$work"
    mkdir -p "$work"
    seal
    GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$work/cache go run ci/seal/main.go "$work"
}

# As a host would: with a key, a log that grows, and a checkpoint of it now and then.
seal() {
    local position size
    "$program" seal key "$work/secret.key" --log credentials.example.com
    "$program" seal key "$work/secret.key" --public --enterprise octo-corp >"$work/key.vkey"
    "$program" generate --members 8000 --credentials 40000 >"$work/generated.jsonl"
    head -n "$events" "$work/generated.jsonl" >"$log"
    for size in "${older[@]}" "$events"; do
        "$sign" "$work/secret.key" octo-corp "$size" <"$log" >"$work/$size.checkpoint"
    done
    for position in "${positions[@]}"; do
        "$program" seal prove "$log" --position "$position" --checkpoint "$work/$events.checkpoint" >"$work/$position.line"
    done
    for size in "${older[@]}"; do
        "$program" seal prove "$log" --from "$work/$size.checkpoint" --checkpoint "$work/$events.checkpoint" >"$work/$size.growth"
    done
}

fail() {
    printf 'seal: %s\n' "$1" >&2
    exit 1
}

main
