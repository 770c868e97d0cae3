#!/usr/bin/env bash
# Faults beneath a running host: its disk fails, is full, hangs; its files are deleted, moved, overwritten; another process holds
# its lock. Needs a C compiler, and root to mount a small tmpfs. `--without-mounts` leaves out what needs one, and says so.
# Further words name the faults to run.
set -euo pipefail
cd "$(dirname "$0")/.."

main() {
    scratch=$(mktemp -d)
    trap clean_up EXIT
    cc -Wall -Wextra -Werror -O2 -shared -fPIC -o "$scratch/shim.so" ci/faults/shim.c -ldl
    export FAULTS_SHIM="$scratch/shim.so"
    cargo build --release --locked -p enterprise-credentials-host
    export FAULTS_PROGRAM="$PWD/target/release/enterprise-credentials"
    if [ "${1:-}" = --without-mounts ]; then
        shift
        printf 'NOT RUN: the faults that need a small file system of their own\n' >&2
    else
        mkdir "$scratch/small"
        mount -t tmpfs -o size=16m tmpfs "$scratch/small" || {
            printf 'cannot mount a tmpfs: run as root, or with --without-mounts\n' >&2
            exit 1
        }
        export FAULTS_SMALL="$scratch/small"
    fi
    cargo test --locked -p enterprise-credentials-host --test beneath -- "$@"
}

clean_up() {
    if mountpoint -q "$scratch/small"; then
        umount "$scratch/small"
    fi
    rm -rf "$scratch"
}

main "$@"
