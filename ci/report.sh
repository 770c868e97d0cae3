#!/usr/bin/env bash
# The page of an audit, as people see it: drawn by Chromium at two widths, in light and in dark, printed to PDF, and checked by
# axe-core, of which no rule may be broken. A page with a clean log, one with findings, and one of a log that breaks off. Needs
# Chromium and Node: Debian's `chromium`, `nodejs` and `npm`. The pictures are left in target/report.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8

pictures=$PWD/target/report
chromium=${CHROMIUM:-/usr/bin/chromium}
. ci/installing.sh

main() {
    install_missing "$chromium" chromium node nodejs npm npm
    mkdir -p "$pictures"
    cp ci/report/package.json ci/report/package-lock.json ci/report/look.mjs "$pictures/"
    (cd "$pictures" && timeout 180 npm ci --silent --no-audit --no-fund)
    if [[ -z ${PROGRAM:-} ]]; then
        cargo build --release --locked -p enterprise-credentials-host
        PROGRAM=$PWD/target/release/enterprise-credentials
    fi
    pages
    (cd "$pictures" && timeout 240 node look.mjs "$chromium" . clean.html findings.html broken.html)
    printf 'pictures and PDF in %s\n' "$pictures"
}

pages() {
    local log=$pictures/clean.jsonl requested
    "$PROGRAM" generate --members 2000 --credentials 10000 >"$log"
    decide '{"type":"RevokeAll","caller":{"person":2,"credential":2},"revoke_credentials":true}' 2026-03-10T09:00:00Z
    requested=$(wc -l <"$log")
    job "$requested"
    audit clean "$log"
    # By somebody else, who may not.
    sed "${requested}s/\"person\":2,\"credential\":2/\"person\":30,\"credential\":30/" "$log" >"$pictures/findings.jsonl"
    audit findings "$pictures/findings.jsonl"
    head -n $((requested + 500)) "$log" >"$pictures/broken.jsonl"
    printf '{\n' >>"$pictures/broken.jsonl"
    audit broken "$pictures/broken.jsonl"
}

# The job in batches, some seconds apart.
job() {
    local batch
    for batch in $(seq 0 29); do
        decide "{\"type\":\"ContinueRevocation\",\"revocation\":$1,\"limit\":400}" "$(date -u -d "2026-03-10T09:00:02Z + $((batch * 3)) seconds" +%Y-%m-%dT%H:%M:%SZ)"
    done
}

decide() {
    "$PROGRAM" decide "$log" --command "$1" --at "$2" >"$pictures/decided.jsonl"
    cat "$pictures/decided.jsonl" >>"$log"
}

# Of a log with findings the exit code is 1; the page is there all the same.
audit() {
    "$PROGRAM" audit "$2" --html "$pictures/$1.html" >/dev/null 2>&1 || [[ $1 != clean ]] || fail "the clean log has findings"
    [[ -s $pictures/$1.html ]] || fail "no page $1.html"
}

fail() {
    printf 'report: %s\n' "$1" >&2
    exit 1
}

main "$@"
