#!/usr/bin/env bash
# The npm package as its users have it: packed, installed, and used by `import`, by `require`, in workers, by TypeScript and in
# Chromium, without a bundler; and the recipe for fast-check, which must catch a wrong core. ci/wasm.sh builds the module before.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8

module=$PWD/target/wasm/oracle.wasm
work=$PWD/target/npm
check=$work/check
chromium=${CHROMIUM:-/usr/bin/chromium}
wrong_cores=(CompletesTwice GuestsAreMembers WaitsForTheJob)
. ci/installing.sh
. ci/listening.sh
export ORACLE_GUIDE=$PWD/docs/oracle.md
export ORACLE_CORPUS=$PWD/corpus/corpus.jsonl

main() {
    if [[ ! -f $module ]]; then
        printf 'npm: skipped 3 checks of the package: ci/wasm.sh left no module\n'
        return
    fi
    install_missing "$chromium" chromium node nodejs npm npm
    bindings/npm/pack.sh "$module" "$work/package"
    (cd "$work" && npm pack --silent ./package >/dev/null)
    installed
    (cd "$check" && timeout 300 node --test package.test.mjs)
    (cd "$check" && timeout 120 node browser.mjs "$chromium" node_modules/enterprise-credentials)
    recipe
}

# A project that depends on the package, as others install it.
installed() {
    rm -rf "$check"
    mkdir -p "$check"
    cp bindings/npm/test/* "$check/"
    (cd "$check" && timeout 180 npm ci --silent --no-audit --no-fund)
    (cd "$check" && timeout 60 npm install --silent --no-audit --no-fund --no-save "$work"/enterprise-credentials-*.tgz)
}

# The suite that a stranger would write: it passes where the oracle itself is asked, and fails for each of some wrong cores.
recipe() {
    local wrong
    program_with_wrong_cores
    cp recipes/fast-check/*.mjs ci/npm/seed.mjs "$check/"
    listen
    asks || { cat "$work/recipe.log"; fail "the recipe for fast-check refuses the oracle itself"; }
    stop_listening
    for wrong in "${wrong_cores[@]}"; do
        listen --wrong "$wrong"
        ! asks || fail "the recipe for fast-check does not see what is wrong with $wrong"
        stop_listening
        grep -q "Counterexample: " "$work/recipe.log" || { cat "$work/recipe.log"; fail "it fails for another reason"; }
        printf 'npm: fast-check catches %s\n%s\n' "$wrong" "$(grep "Counterexample: " "$work/recipe.log")"
    done
}

# With a fixed seed: a wrong core is caught each time or never.
asks() {
    (
        cd "$check"
        SERVICE=$address NODE_OPTIONS=--import=./seed.mjs timeout 120 node --test revoke.test.mjs
    ) >"$work/recipe.log" 2>&1
}

fail() {
    printf 'npm: %s\n' "$1" >&2
    exit 1
}

main
