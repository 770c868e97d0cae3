#!/usr/bin/env bash
# Proves that the core has no circle: each of its files compiles with nothing but the layers below it. The layers are those
# that docs/architecture.md lists, so the document cannot lie. The compiler is the judge, because a search for `use` sees
# neither a method of `impl Enterprise` that a higher file adds, nor a trait, nor a macro.
# The proof is worth what its failures are worth, so a call upwards is planted and must be found.
set -euo pipefail
cd "$(dirname "$0")/.."

work="$PWD/target/layers"
document=docs/architecture.md
planted_in=enterprise/coverage

main() {
    local -a layers parts=()
    local part of
    mapfile -t layers < <(layers_from_below)
    every_file_has_one_layer "${layers[@]}"
    of=$(nproc)
    for ((part = 0; part < of; part++)); do
        prove_part "$part" "$of" "${layers[@]}" &
        parts+=($!)
    done
    for part in "${parts[@]}"; do
        wait "$part" || exit 1
    done
    printf 'proven: each of %s files compiles with the layers below it alone, %s layers\n' \
        "$(files | wc -l)" "${#layers[@]}"
    prepare
    a_call_upwards_is_found "${layers[@]}"
}

# Each of so many parts takes its share of the files, in a folder of its own.
prove_part() {
    local part=$1 of=$2 layer file number=0
    local -a below=()
    shift 2
    work="$work/$part"
    prepare
    for layer in "$@"; do
        for file in $layer; do
            ((number++ % of == part)) || continue
            lay_out "${below[@]}" "$file"
            compiles || fail "src/$file.rs asks what is not below it in $document:"$'\n'"$(cat "$work/errors")"
        done
        # shellcheck disable=SC2206 # the files of a layer are words
        below+=($layer)
    done
}

# Of the block after the heading: one layer a line, the lowest first.
layers_from_below() {
    awk '/^## The layers of the core/ { here = 1 } here && /^```/ { fence++; next } here && fence == 1' "$document" | tac
}

# The core's files.
files() {
    (cd src && find . -name '*.rs' -not -name lib.rs | sed 's|^\./||; s|\.rs$||' | sort)
}

every_file_has_one_layer() {
    local differences
    differences=$(diff <(printf '%s\n' "$@" | tr -s ' ' '\n' | sort) <(files)) ||
        fail "the layers in $document and the files in src/ differ:"$'\n'"$differences"
}

# A package beside the workspace, with the core's dependencies.
prepare() {
    rm -rf "$work/package"
    mkdir -p "$work/package"
    cp Cargo.lock "$work/package/"
    cat >"$work/package/Cargo.toml" <<TOML
[package]
name = "layers"
version = "0.0.0"
edition = "$(sed -n 's/^edition = "\(.*\)"/\1/p' Cargo.toml)"

$(awk '/^\[/ { here = /^\[dependencies\]/ } here' Cargo.toml)

[workspace]
TOML
}

# Writes a core of these files alone. A file that is not among them but has a folder with some is left as that folder's
# door: the modules and what it hands on of them.
lay_out() {
    local source="$work/package/src" file parent
    local -A given=() doors=()
    rm -rf "$source"
    mkdir -p "$source"
    for file in "$@"; do
        given[$file]=1
        for ((parent = 1; parent; )); do
            [[ $file == */* ]] || break
            file=${file%/*}
            doors[$file]=1
        done
    done
    for file in "${!given[@]}" "${!doors[@]}"; do
        mkdir -p "$source/$(dirname "$file")"
        only_given "$file" "${given[$file]:-}" <"src/$file.rs" >"$source/$file.rs"
    done
    cp -r src/snapshot "$source/"
    {
        printf '#![no_std]\n#![allow(warnings)]\nextern crate alloc;\n'
        printf '%s\n' "${!given[@]}" "${!doors[@]}" | sed 's|/.*||' | sort -u | sed 's/.*/pub mod &;/'
    } >"$source/lib.rs"
}

# Leaves out the modules that are not given, and what is handed on of them; of a door, everything else.
only_given() {
    local child children=" "
    for child in "${!given[@]}" "${!doors[@]}"; do
        [[ $child == "$1"/* ]] && child=${child#"$1"/} && [[ $child != */* ]] && children+="$child "
    done
    awk -v children="$children" -v whole="$2" '
        function given(name) { return index(children, " " name " ") }
        /^(pub(\([a-z]+\))? )?mod [a-z_]+;/ {
            name = $0; sub(/^.*mod /, "", name); sub(/;.*/, "", name)
            known[name] = 1
            if (given(name)) print
            next
        }
        /^(pub(\([a-z]+\))? )use [a-z_]+::/ {
            name = $0; sub(/^.*use /, "", name); sub(/::.*/, "", name)
            if (name in known) { leave = !given(name); keep = !leave }
        }
        leave { if (/;/) leave = 0; next }
        keep { if (/;/) keep = 0; print; next }
        whole { print }'
}

compiles() {
    CARGO_TARGET_DIR="$work/build" cargo check --quiet --offline --manifest-path "$work/package/Cargo.toml" \
        2>"$work/errors"
}

# A method of the state that asks what `decide` adds to it names no file: only the compiler knows.
a_call_upwards_is_found() {
    local layer
    local -a everything below=()
    mapfile -t everything < <(files)
    lay_out "${everything[@]}"
    plant
    compiles || fail "the planted call is no Rust:"$'\n'"$(cat "$work/errors")"
    for layer in "$@"; do
        # shellcheck disable=SC2206 # the files of a layer are words
        below+=($layer)
        [[ " $layer " != *" $planted_in "* ]] || break
    done
    lay_out "${below[@]}"
    compiles || fail "without the planted call this should compile:"$'\n'"$(cat "$work/errors")"
    plant
    ! compiles || fail "a planted call of the state to decide is not found"
    [[ $(grep -c '^error\[' "$work/errors") == 1 ]] && grep -q 'no method named `warns`' "$work/errors" ||
        fail "another fault than the planted one:"$'\n'"$(cat "$work/errors")"
    printf 'proven: with a planted call from the state up to decide they do not\n'
}

plant() {
    cat >>"$work/package/src/$planted_in.rs" <<'RUST'
impl Enterprise {
    fn planted(&self, request: &crate::command::RevokeAll, at: crate::timestamp::Timestamp) -> bool {
        self.warns(request, at)
    }
}
RUST
}

fail() {
    printf 'layers: %s\n' "$1" >&2
    exit 1
}

main "$@"
