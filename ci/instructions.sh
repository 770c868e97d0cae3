#!/usr/bin/env bash
# Counts the instructions of a few figures under callgrind, which no load of the machine changes, and fails where one grew by
# more than 10 % against ci/instructions.tsv. `ci/instructions.sh --write` writes that file anew, for a change that is meant.
set -euo pipefail
cd "$(dirname "$0")/.."

baseline=ci/instructions.tsv
percent_max=10
package=enterprise-credentials-benches

main() {
    command -v valgrind >/dev/null || install_valgrind
    local bench counts name
    bench=$(build)
    counts=$(for name in $("$bench"); do printf '%s\t%s\n' "$name" "$(count "$bench" "$name")"; done)
    if [[ ${1:-} == --write ]]; then
        printf '%s\n' "$counts" >"$baseline"
    fi
    compare <(printf '%s\n' "$counts")
}

install_valgrind() {
    [[ -n ${CI:-} ]] || fail "valgrind is needed: apt-get install valgrind"
    apt-get update -qq && apt-get install -y -qq valgrind >/dev/null
}

# The path of the built benchmark.
build() {
    cargo bench --locked -p "$package" --bench instructions --no-run --message-format=json |
        sed -n 's/.*"name":"instructions".*"executable":"\([^"]*\)".*/\1/p'
}

# Instructions for one unit of a figure's work.
count() {
    local report units
    report=$(mktemp)
    units=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null --collect-atstart=no \
        --toggle-collect='*::measured*' --log-file="$report" "$1" "$2")
    awk -v units="$units" '/Collected :/ { printf "%.0f", $4 / units }' "$report"
    rm -f "$report"
}

# Prints each figure beside its baseline.
compare() {
    awk -F '\t' -v percent_max="$percent_max" '
        NR == FNR { before[$1] = $2; next }
        !($1 in before) { printf "%-20s %6d  has no baseline: run with --write\n", $1, $2; failed = 1; next }
        {
            percent = ($2 / before[$1] - 1) * 100
            grew = percent > percent_max
            printf "%-20s %6d instructions, %+.1f %% %s\n", $1, $2, percent, grew ? "GREW" : ""
            failed = failed || grew
        }
        END { exit failed }' "$baseline" "$1" || fail "a figure grew by more than $percent_max % against $baseline"
}

fail() {
    printf 'instructions: %s\n' "$1" >&2
    exit 1
}

main "$@"
