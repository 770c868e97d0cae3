#!/usr/bin/env bash
# The Python package as its users have it: built by pip, installed into a fresh virtual environment, asked all of the corpus, and
# type-checked; and the recipes for Hypothesis and pytest, which must catch wrong cores behind HTTP.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8

package=$PWD/bindings/python
manifest=$package/Cargo.toml
work=$PWD/target/python-check
venv=$work/venv
wrong_cores=(CompletesTwice GuestsAreMembers WaitsForTheJob)
export PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1
export CORPUS=$PWD/corpus/corpus.jsonl
# As maturin builds what Python imports: so it is built once.
export PYO3_BUILD_EXTENSION_MODULE=1
. ci/installing.sh
. ci/listening.sh

main() {
    program_with_wrong_cores
    export CARGO_TARGET_DIR=$PWD/target/python
    install_missing python:ensurepip python3-venv
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' || fail "needed: Python 3.10 or later"
    rm -rf "$work"
    mkdir -p "$work"
    cargo fmt --manifest-path "$manifest" --check
    cargo clippy --manifest-path "$manifest" --all-targets --locked --quiet -- -D warnings
    installed
    read_over
    tested
    recipes
}

installed() {
    local wheel contents file
    "$package/pack.sh" "$work/wheel"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --requirement "$package/test/requirements.txt" "$work"/wheel/*.whl
    wheel=("$work"/wheel/*.whl)
    printf 'python: %s, %d bytes\n' "$(basename "${wheel[0]}")" "$(stat --format %s "${wheel[0]}")"
    contents=$(python3 -m zipfile --list "${wheel[0]}")
    for file in LICENSE-APACHE LICENSE-MIT THIRD-PARTY.txt RUST-STANDARD-LIBRARY.html; do
        grep -q "licences/$file" <<<"$contents" || fail "the wheel has no $file"
    done
    # It needs nothing that is not in every Python from the one on that its name says.
    "$venv/bin/abi3audit" --strict "${wheel[0]}"
}

read_over() {
    (cd "$package" && "$venv/bin/ruff" check --no-cache . ../../recipes && "$venv/bin/ruff" format --no-cache --check . ../../recipes)
    (cd "$package/test" && "$venv/bin/mypy" --strict --cache-dir "$work/mypy" ./*.py)
}

tested() {
    cargo build --manifest-path "$manifest" --release --locked --quiet --example panicking
    cp "$CARGO_TARGET_DIR/release/examples/libpanicking.so" "$work/panicking.so"
    (cd "$package" && PANICKING=$work/panicking.so timeout 300 "$venv/bin/pytest" --quiet -p no:cacheprovider test)
}

# The suites that a stranger would write: they pass where the oracle itself is asked, and fail for each of some wrong cores.
recipes() {
    local recipe wrong
    for recipe in hypothesis pytest; do
        asks "$recipe" || { cat "$work/recipe.log"; fail "the recipe for $recipe refuses the oracle itself"; }
        printf 'python: the recipe for %s: %s\n' "$recipe" "$(tail -n 1 "$work/recipe.log")"
        for wrong in "${wrong_cores[@]}"; do
            ! asks "$recipe" --wrong "$wrong" || fail "the recipe for $recipe does not see what is wrong with $wrong"
            grep -q "due: " "$work/recipe.log" || { cat "$work/recipe.log"; fail "it fails for another reason"; }
            printf 'python: %s catches %s\n%s\n' "$recipe" "$wrong" "$(told)"
        done
    done
}

# One run of a recipe, up to its first failure, against the oracle over HTTP. With `CI` set, Hypothesis draws the same each time: a
# wrong core is caught each time or never.
asks() {
    local recipe=$1 seen=0
    shift
    listen "$@"
    (cd "recipes/$recipe" && SERVICE=$address CI=true timeout 120 \
        "$venv/bin/pytest" --quiet --exitfirst -p no:cacheprovider) >"$work/recipe.log" 2>&1 || seen=1
    stop_listening
    return "$seen"
}

# The first report of what is wrong, without what pytest puts before its lines.
told() {
    sed -n '/wrong a/,/came: /{s/^E *//;p;/came: /q}' "$work/recipe.log"
}

fail() {
    printf 'python: %s\n' "$1" >&2
    exit 1
}

main
