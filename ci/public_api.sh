#!/usr/bin/env bash
# Compares the public items of the core with ci/public_api.txt, so that none comes, goes or changes by accident.
# `ci/public_api.sh --write` writes that file anew, for a change that is meant.
# rustdoc tells the items as JSON, which it does only for those who ask by RUSTC_BOOTSTRAP.
set -euo pipefail
cd "$(dirname "$0")/.."

list=ci/public_api.txt
package=enterprise-credentials

main() {
    local items differences
    items=$(public_items)
    if [[ ${1:-} == --write ]]; then
        printf '%s\n' "$items" >"$list"
    fi
    # `diff` and `grep` say by their status what the text says as well.
    differences=$(diff --unified=0 "$list" <(printf '%s\n' "$items") | grep '^[-+][^-+]') || true
    [[ -z $differences ]] || fail "$differences"
    printf 'the %s public items of the core are those of %s\n' "$(wc -l <"$list")" "$list"
}

# Into a directory of its own: dependencies are built anew where RUSTC_BOOTSTRAP comes or goes.
public_items() {
    RUSTC_BOOTSTRAP=1 cargo rustdoc --quiet --locked -p "$package" --lib --target-dir target/public-api -- \
        -Z unstable-options --output-format json
    python3 ci/public_api.py <"target/public-api/doc/${package//-/_}.json"
}

fail() {
    cat >&2 <<TEXT
public_api: the public items of the core differ from $list (- gone, + new):
$1
Who builds on the core may depend on what is gone or changed: keep it if you can. If the change is meant, run
ci/public_api.sh --write, and tell of it in CHANGELOG.md. Before 1.0 what is gone or changed needs a new minor version.
TEXT
    exit 1
}

main "$@"
