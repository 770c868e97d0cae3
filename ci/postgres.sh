#!/usr/bin/env bash
# The host on real PostgreSQL servers: the contract of the store, crashes, failovers, partitions, split brains and wrong set-ups. The
# servers are started here, in a temporary directory, on loopback, as a user without privileges, and end with this script. As
# root it installs Debian's `postgresql-15` where no server is. `--long` does 50 failovers. Further words name the scenarios
# to run.
set -euo pipefail
cd "$(dirname "$0")/.."

main() {
    local bin
    bin=$(programs)
    scratch=$(mktemp -d)
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    # Before Debian's psql, which is a wrapper.
    export PATH="$bin:$PATH"
    export POSTGRES_BIN="$bin" POSTGRES_SCRATCH="$scratch" POSTGRES_PROMOTE="$PWD/ci/postgres/promote.sh"
    if [ "$(id -u)" = 0 ]; then
        # PostgreSQL refuses to run as root.
        local user=nobody
        id postgres >/dev/null 2>&1 && user=postgres
        POSTGRES_UID=$(id -u "$user")
        POSTGRES_GID=$(id -g "$user")
        export POSTGRES_UID POSTGRES_GID
        chown "$POSTGRES_UID:$POSTGRES_GID" "$scratch"
    fi
    if [ "${1:-}" = --long ]; then
        shift
        export POSTGRES_LONG=yes
    fi
    "$bin/postgres" --version
    # A process group of its own, which can be ended whole; in the background, since a trap waits for what is in the foreground.
    set -m
    cargo test --locked -p enterprise-credentials-host --features postgres --test postgres -- "$@" &
    tests=$!
    # To its end, whatever stops it meanwhile.
    wait -f "$tests"
}

# Where the server's programs are: Debian keeps them out of the PATH.
programs() {
    local bin
    bin=$(find_programs) && printf '%s\n' "$bin" && return
    if [ "$(id -u)" != 0 ]; then
        printf 'no PostgreSQL server is installed: run as root once, or install Debian'\''s postgresql-15\n' >&2
        return 1
    fi
    install_server >&2
    find_programs
}

find_programs() {
    local bin
    for bin in "$(pg_config --bindir 2>/dev/null)" /usr/lib/postgresql/15/bin /usr/lib/postgresql/*/bin; do
        if [ -x "$bin/postgres" ] && [ -x "$bin/initdb" ]; then
            printf '%s\n' "$bin"
            return
        fi
    done
    return 1
}

# Without the cluster that the package would create and start.
install_server() {
    if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
        mkdir -p /etc/postgresql-common
        printf 'create_main_cluster = false\n' >/etc/postgresql-common/createcluster.conf
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql-15
}

# Also what is left of a test program that was stopped: its servers are asked to end at once, then nothing of it stays.
clean_up() {
    local file
    for file in "$scratch"/*/*/postmaster.pid; do
        [ ! -e "$file" ] || kill -QUIT "$(head -n 1 "$file")" 2>/dev/null || true
    done
    [ -z "${tests:-}" ] || kill -9 -- "-$tests" 2>/dev/null || true
    rm -rf "$scratch"
}

main "$@"
