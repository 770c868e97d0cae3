#!/usr/bin/env bash
# Runs every benchmark one after the other and prints its rows: the ratios of docs/performance.md. `--full` goes up to
# 10,000,000 credentials. Figures are worth what the machine's idleness is worth: nothing else should run beside it.
set -euo pipefail
cd "$(dirname "$0")/.."

main() {
    table table "$@"
    table memory "$@"
    cargo run --locked --profile bench -p enterprise-credentials-peers
    cargo bench --locked -p enterprise-credentials-host-benches
    ci/instructions.sh
}

table() {
    cargo bench --locked -p enterprise-credentials-benches --bench "$1" -- "${@:2}"
}

main "$@"
