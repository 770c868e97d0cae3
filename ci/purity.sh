#!/usr/bin/env bash
# Proves that the core and the seal are pure: they build against a sysroot that holds core and alloc and nothing else, so no
# code of theirs, nor of any crate they depend on, can reach files, sockets, clocks, threads or the environment through std.
# The proof is worth what its failures are worth, so crates that do use std are shown to fail it, for that reason alone.
set -euo pipefail
cd "$(dirname "$0")/.."

core=enterprise-credentials
seal=enterprise-credentials-seal
root=$PWD
work="$root/target/purity"
copy="$work/copy"
host_triple=$(rustc -vV | sed -n 's/^host: //p')
real_sysroot=$(rustc --print sysroot)
pure_sysroot="$work/sysroot"
core_lib=(--locked -p "$core" --lib --target "$host_triple")
seal_lib=(--locked -p "$seal" --lib --target "$host_triple")
copied=(--manifest-path "$copy/Cargo.toml")

main() {
    rm -rf "$work"
    make_pure_sysroot

    step "the core and the seal build without std"
    pure cargo build --quiet "${core_lib[@]}"
    pure cargo build --quiet "${seal_lib[@]}"
    proven "both and all they link build for $host_triple where only $(crates_of_sysroot) exist"

    step "the same build fails for a dependency with its std feature"
    must_fail_with "can't find crate for \`std\`" pure cargo check "${core_lib[@]}" --features thiserror/std
    real cargo check --quiet "${core_lib[@]}" --features thiserror/std
    proven "with \`thiserror/std\` it fails, and only for want of std: against the whole sysroot it passes"

    step "the same builds fail for a core and a seal that read the clock"
    copy_with $'extern crate std;\n/// Now.\npub fn now() -> std::time::SystemTime { std::time::SystemTime::now() }'
    must_fail_with "can't find crate for \`std\`" pure cargo check "${core_lib[@]}" "${copied[@]}"
    must_fail_with "can't find crate for \`std\`" pure cargo check "${seal_lib[@]}" "${copied[@]}"
    real cargo check --quiet "${core_lib[@]}" "${copied[@]}"
    real cargo check --quiet "${seal_lib[@]}" "${copied[@]}"
    proven "with \`std::time::SystemTime::now()\` they fail, and only for want of std: against the whole sysroot they pass"

    step "neither has unsafe code, which could call the operating system without std"
    copy_with $'/// A byte.\npub fn byte(at: *const u8) -> u8 { unsafe { *at } }'
    must_fail_with "usage of an \`unsafe\` block" real cargo check "${core_lib[@]}" "${copied[@]}"
    must_fail_with "usage of an \`unsafe\` block" real cargo check "${seal_lib[@]}" "${copied[@]}"
    forbid_is_inherited
    proven "an \`unsafe\` block fails the build, and every package of the workspace inherits the lint"

    step "dependencies are the documented ones, and point one way"
    dependencies_are_documented "$core" "What the core links"
    dependencies_are_documented "$seal" "What the seal links"
    depends_on_no_member "$core"
    depends_on_no_member "$seal"
    proven "each links the crates that docs/architecture.md lists, and no other package of the workspace"
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

# Makes a copy of the workspace, with these lines more in the core and in the seal.
copy_with() {
    rm -rf "$copy"
    mkdir -p "$copy"
    tar --exclude=./target --exclude=./fuzz/target --exclude=./.git -cf - . | tar -xf - -C "$copy"
    printf '\n%s\n' "$1" | tee -a "$copy/src/lib.rs" "$copy/seal/src/lib.rs" >/dev/null
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

# What a package links at run time; proc macros run in the compiler.
linked_crates() {
    cargo tree --locked -p "$1" -e normal,no-proc-macro --prefix none --format '{p}' | cut -d' ' -f1 | grep -vx "$1" | sort -u
}

# The crates that a package links are in the table below this heading.
dependencies_are_documented() {
    local documented linked crate
    documented=$(sed -n "/^### $2/,/^##* /p" docs/architecture.md | grep '^|' | cut -d'|' -f2)
    linked=$(linked_crates "$1")
    for crate in $linked; do
        grep -qF "\`$crate\`" <<<"$documented" || fail "docs/architecture.md does not list \`$crate\`, which $1 links"
        echo "    $crate"
    done
}

# The tests of the core use the test kit, which is a package that needs the core: nobody who builds the core has it.
depends_on_no_member() {
    local members
    members=$(cargo tree --locked -p "$1" -e normal,build --prefix none --format '{p}' | grep -F "($root" | cut -d' ' -f1 |
        sort -u)
    [[ $members == "$1" ]] || fail "$1 depends on other packages of the workspace: $members"
}

step() { printf '\n-- %s\n' "$1"; }
proven() { printf 'proven: %s\n' "$1"; }
fail() {
    printf 'purity: %s\n' "$1" >&2
    exit 1
}

main
printf '\npurity: the core and the seal are pure\n'
