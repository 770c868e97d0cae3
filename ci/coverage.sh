#!/usr/bin/env bash
# Lines and branches of the core that its own tests take. Needs cargo-llvm-cov, and LLVM's tools of rustc's version (Debian's llvm-22).
# `ci/coverage.sh` prints the table, `ci/coverage.sh --text` the sources with their counts.
set -euo pipefail
cd "$(dirname "$0")/.."
llvm=${LLVM:-/usr/lib/llvm-22/bin}
export LLVM_COV="$llvm/llvm-cov" LLVM_PROFDATA="$llvm/llvm-profdata"
# Counting branches is not stable in rustc yet.
export RUSTC_BOOTSTRAP=1

targets=(--lib --example embedding)
for test in audit corrupt_history differential large_states laws outcomes queries rest_contract rules snapshot vocabulary wire; do
    targets+=(--test "$test")
done
cargo llvm-cov --no-report --branch --locked --profile mutants -p enterprise-credentials "${targets[@]}"
cargo llvm-cov report --branch --profile mutants --ignore-filename-regex '/(testkit|tests|examples)/' "$@"
