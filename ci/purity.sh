#!/usr/bin/env bash
# Proves that the core is pure: it builds against a sysroot that holds core and alloc and nothing else, so no code of it,
# nor of any crate it depends on, can reach files, sockets, clocks, threads or the environment through std.
# The proof is worth what its failures are worth, so crates that do use std are shown to fail it, for that reason alone.
set -euo pipefail
cd "$(dirname "$0")/.."

core=enterprise-credentials
root=$PWD
work="$root/target/purity"
copy="$work/copy"
host_triple=$(rustc -vV | sed -n 's/^host: //p')
real_sysroot=$(rustc --print sysroot)
pure_sysroot="$work/sysroot"
core_lib=(--locked -p "$core" --lib --target "$host_triple")
copied_core_lib=("${core_lib[@]}" --manifest-path "$copy/Cargo.toml")

main() {
    rm -rf "$work"
    make_pure_sysroot

    step "the core builds without std"
    pure cargo build --quiet "${core_lib[@]}"
    proven "the core and all it links build for $host_triple where only $(crates_of_sysroot) exist"

    step "the same build fails for a dependency with its std feature"
    must_fail_with "can't find crate for \`std\`" pure cargo check "${core_lib[@]}" --features thiserror/std
    real cargo check --quiet "${core_lib[@]}" --features thiserror/std
    proven "with \`thiserror/std\` it fails, and only for want of std: against the whole sysroot it passes"

    step "the same build fails for a core that reads the clock"
    copy_with $'extern crate std;\n/// Now.\npub fn now() -> std::time::SystemTime { std::time::SystemTime::now() }'
    must_fail_with "can't find crate for \`std\`" pure cargo check "${copied_core_lib[@]}"
    real cargo check --quiet "${copied_core_lib[@]}"
    proven "with \`std::time::SystemTime::now()\` it fails, and only for want of std: against the whole sysroot it passes"

    step "the core has no unsafe code, which could call the operating system without std"
    copy_with $'/// A byte.\npub fn byte(at: *const u8) -> u8 { unsafe { *at } }'
    must_fail_with "usage of an \`unsafe\` block" real cargo check "${copied_core_lib[@]}"
    forbid_is_inherited
    proven "an \`unsafe\` block fails the build, and every package of the workspace inherits the lint"

    step "dependencies are the documented ones, and point one way"
    dependencies_are_documented
    core_depends_on_no_member
    proven "the core links the crates that docs/architecture.md lists, and no other package of the workspace"
}

make_pure_sysroot() {
    local libraries="lib/rustlib/$host_triple/lib" crate
    mkdir -p "$pure_sysroot/$libraries"
    for crate in core alloc compiler_builtins; do
        ln -s "$real_sysroot/$libraries/lib$crate"-*.r* "$pure_sysroot/$libraries/"
    done
}

crates_of_sysroot() {
    find "$pure_sysroot" -name '*.rlib' -printf '%f\n' | sed 's/^lib//; s/-.*//' | sort | paste -sd ' '
}

# With --target, flags reach neither build scripts nor proc macros: those run on the build machine and keep the real std.
pure() { CARGO_TARGET_DIR="$work/build" CARGO_ENCODED_RUSTFLAGS=$'--sysroot\x1f'"$pure_sysroot" "$@"; }
real() { CARGO_TARGET_DIR="$work/build" CARGO_ENCODED_RUSTFLAGS="" "$@"; }

# Makes a copy of the workspace, with these lines more in the core.
copy_with() {
    rm -rf "$copy"
    mkdir -p "$copy"
    tar --exclude=./target --exclude=./fuzz/target --exclude=./.git -cf - . | tar -xf - -C "$copy"
    printf '\n%s\n' "$1" >>"$copy/src/lib.rs"
}

# The command fails, and every error that it prints is the expected one.
must_fail_with() {
    local expected=$1 output errors others
    shift
    if output=$("$@" 2>&1); then
        fail "expected \"$expected\", but this passes: $*"
    fi
    errors=$(grep -E '^error' <<<"$output" | grep -vE '^error: could not compile|^error: aborting' || true)
    others=$(grep -vF "$expected" <<<"$errors" || true)
    if [[ -z $errors || -n $others ]]; then
        fail "expected \"$expected\" and nothing else, but found:"$'\n'"$output"
    fi
    sort <<<"$errors" | uniq -c | sed 's/^ *\([0-9]*\) /    as expected, \1 x /'
}

forbid_is_inherited() {
    local manifests manifest
    grep -qx 'unsafe_code = "forbid"' Cargo.toml || fail "Cargo.toml does not forbid unsafe_code"
    manifests=$(cargo metadata --locked --no-deps --format-version 1 | grep -o '"manifest_path":"[^"]*"' | cut -d'"' -f4)
    while read -r manifest; do
        grep -A1 -x '\[lints\]' "$manifest" | grep -qx 'workspace = true' ||
            fail "$manifest does not inherit the lints of the workspace"
    done <<<"$manifests"
}

# What the core links at run time; proc macros run in the compiler.
linked_crates() {
    cargo tree --locked -p "$core" -e normal,no-proc-macro --prefix none --format '{p}' | cut -d' ' -f1 | grep -vx "$core" |
        sort -u
}

dependencies_are_documented() {
    local documented linked crate
    documented=$(sed -n '/^### What the core links/,/^##* /p' docs/architecture.md | grep '^|' | cut -d'|' -f2)
    linked=$(linked_crates)
    for crate in $linked; do
        grep -qF "\`$crate\`" <<<"$documented" || fail "docs/architecture.md does not list \`$crate\`, which the core links"
        echo "    $crate"
    done
}

core_depends_on_no_member() {
    local members
    members=$(cargo tree --locked -p "$core" -e normal,build,dev --prefix none --format '{p}' | grep -F "($root" | cut -d' ' -f1 |
        sort -u)
    [[ $members == "$core" ]] || fail "the core depends on other packages of the workspace: $members"
}

step() { printf '\n-- %s\n' "$1"; }
proven() { printf 'proven: %s\n' "$1"; }
fail() {
    printf 'purity: %s\n' "$1" >&2
    exit 1
}

main
printf '\npurity: the core is pure\n'
