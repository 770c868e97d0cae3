#!/usr/bin/env bash
# No line of Rust is longer than rustfmt is told. rustfmt leaves strings, comments and macros as they are, so it does
# not see to this itself. Data may be longer: an event, a request and an answer are one line each. What holds a JSON
# object is taken for data, unless it is a comment.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8

columns=$(sed -n 's/^max_width = //p' rustfmt.toml)
too_long=$(git ls-files -z '*.rs' | xargs -0 grep -nHE "^.{$((columns + 1)),}" |
    grep -vE '^[^:]+:[0-9]+:([^/]|/[^/])*\{"' || true)
if [[ -n $too_long ]]; then
    printf 'these lines are longer than %d columns:\n%s\n' "$columns" "$too_long" >&2
    exit 1
fi
