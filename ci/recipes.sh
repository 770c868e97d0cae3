#!/usr/bin/env bash
# The recipes for suites that ask over HTTP, as their readers run them: each passes where the service is the oracle itself,
# and fails for each of some wrong cores. ci/npm.sh runs the recipe for fast-check. Needs Python with venv, and Cargo.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8

work=$PWD/target/recipes
proptest=(cargo test --quiet --locked --manifest-path recipes/proptest/Cargo.toml --target-dir "$work/proptest")
. ci/listening.sh

main() {
    mkdir -p "$work"
    program_with_wrong_cores
    listen
    export ORACLE=$address
    schemathesis_is_there
    # Building is not what has a time limit.
    "${proptest[@]}" --no-run
    recipe schemathesis 'The oracle says\|Who may do what' OwnersOnly EnterpriseOwnersEverywhere WaitsForTheJob
    recipe proptest 'minimal failing input' CompletesTwice GuestsAreMembers WaitsForTheJob
}

# In an environment of its own, with all versions pinned.
schemathesis_is_there() {
    local python=$work/python
    [[ -x $python/bin/pytest ]] || python3 -m venv "$python" || fail "needed: apt-get install python3-venv"
    "$python/bin/pip" install --quiet --disable-pip-version-check -r recipes/schemathesis/requirements.txt
}

# Runs a recipe against the oracle itself and each wrong core, whose report must hold these words.
recipe() {
    local name=$1 words=$2 wrong
    shift 2
    listen
    "of_$name" || { cat "$work/$name.log"; fail "$name refuses the oracle itself"; }
    stop_listening
    for wrong in "$@"; do
        listen --wrong "$wrong"
        ! "of_$name" || fail "$name does not see what is wrong with $wrong"
        grep -q "$words" "$work/$name.log" || { cat "$work/$name.log"; fail "$name fails for another reason"; }
        printf 'recipes: %s catches %s\n%s\n' "$name" "$wrong" "$(grep -m 1 -A 2 "$words" "$work/$name.log")"
        stop_listening
    done
}

# What it leaves behind is no part of the recipe.
of_schemathesis() {
    rm -rf "$work/schemathesis"
    cp -r recipes/schemathesis "$work/"
    (
        cd "$work/schemathesis"
        SERVICE=$address OPENAPI=../../../docs/openapi.json timeout 120 "$work/python/bin/pytest" -q
    ) >"$work/schemathesis.log" 2>&1
}

# With a fixed seed, as that of schemathesis has by itself: a wrong core is caught each time or never.
of_proptest() {
    SERVICE=$address PROPTEST_RNG_SEED=1 timeout 300 "${proptest[@]}" >"$work/proptest.log" 2>&1
}

fail() {
    printf 'recipes: %s\n' "$1" >&2
    exit 1
}

main
