#!/usr/bin/env bash
# The oracle as a C library, as its users have it: packed, and linked from C and C++, statically and not, and from Go and Java. And
# the WebAssembly module in a runtime that is no browser's. Each answers all of the corpus, byte for byte. Installs what it needs on
# Debian when `CI` is set. ci/wasm.sh builds the module before.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8

module=$PWD/target/wasm/oracle.wasm
work=$PWD/target/c/check
package=$work/package
c=(gcc -std=c99 -O1 -g -Wall -Wextra -Werror -pedantic "-I$package/include")
cpp=(g++ -std=c++11 -O1 -g -Wall -Wextra -Werror -pedantic "-I$package/include" -x c++)
shared=(-x none "-L$package/lib" "-Wl,-rpath,$package/lib" -lenterprise_credentials)
jna=/usr/share/java/jna.jar
static=(-x none "$package/lib/libenterprise_credentials.a" -lpthread -ldl -lm)
# The library keeps the two tables of what was given out, also when they are empty; ec_live says whether they are.
valgrind=(valgrind --quiet --error-exitcode=1 --leak-check=full --errors-for-leak-kinds=definite,indirect,possible)
wasmtime=50.0.1
wrong_cores=(CompletesTwice GuestsAreMembers WaitsForTheJob)
. ci/installing.sh
. ci/listening.sh

main() {
    program_with_wrong_cores
    export CARGO_TARGET_DIR=$PWD/target/c
    install_missing gcc gcc g++ g++ valgrind valgrind go golang-go javac default-jdk-headless "$jna" libjna-java node nodejs \
        python:ensurepip python3-venv
    local manifest
    for manifest in bindings/carrier/Cargo.toml bindings/c/Cargo.toml; do
        cargo fmt --manifest-path "$manifest" --check
        cargo clippy --manifest-path "$manifest" --all-targets --locked --quiet -- -D warnings
        cargo test --manifest-path "$manifest" --locked
    done

    rm -rf "$work"
    mkdir -p "$work"
    bindings/c/pack.sh "$package"
    exports
    programs
    python3 bindings/transcript.py corpus/corpus.jsonl "$work/requests" "$work/answers"
    answers "C, linked statically" "$work/pipe-static"
    answers "C, linked with the shared library" "$work/pipe-shared"
    in_go
    recipe
    in_java
    in_wasmtime
    in_the_guide
}

# What the library gives to its users is what the header declares, and nothing else.
exports() {
    local given declared
    given=$(nm --dynamic --defined-only "$package/lib/libenterprise_credentials.so" | cut -d' ' -f3 | sort)
    declared=$(sed -n 's/^[a-z].*[ *]\(ec_[a-z_]*\)(.*;$/\1/p' "$package/include/enterprise_credentials.h" | sort)
    [[ $given == "$declared" ]] || fail "the library exports: $given"
    printf 'c: exports %s; %d bytes shared, %d static\n' "$(paste -sd ' ' <<<"$given")" \
        "$(stat --format %s --dereference "$package/lib/libenterprise_credentials.so")" \
        "$(stat --format %s "$package/lib/libenterprise_credentials.a")"
}

programs() {
    local name
    "${c[@]}" bindings/c/tests/c/abi.c -o "$work/abi-static" "${static[@]}"
    "${c[@]}" bindings/c/tests/c/abi.c -o "$work/abi-shared" "${shared[@]}"
    "${cpp[@]}" bindings/c/tests/c/abi.c -o "$work/abi-cpp" "${shared[@]}"
    for name in static shared cpp; do
        timeout 60 "$work/abi-$name"
    done
    timeout 300 "${valgrind[@]}" "$work/abi-static"
    "${c[@]}" bindings/c/examples/revoke.c -o "$work/revoke" "${shared[@]}"
    timeout 60 "${valgrind[@]}" "$work/revoke"
    "${c[@]}" bindings/c/examples/pipe.c -o "$work/pipe-static" "${static[@]}"
    "${c[@]}" bindings/c/examples/pipe.c -o "$work/pipe-shared" "${shared[@]}"
    "${c[@]}" bindings/c/examples/bench.c -o "$work/bench" "${shared[@]}"
}

# What a program that answers one request a line says to all of the corpus.
answers() {
    local who=$1
    shift
    timeout 120 "$@" <"$work/requests" >"$work/answered"
    cmp "$work/answers" "$work/answered" || fail "$who does not answer the corpus as it is on file"
    printf 'c: %s: %d answers, byte for byte\n' "$who" "$(wc -l <"$work/answered")"
}

in_go() {
    export CGO_CFLAGS=-I$package/include CGO_LDFLAGS="${static[*]:2}" GO111MODULE=off GOCACHE=$work/go
    go build -o "$work/pipe-go" bindings/c/examples/go/pipe.go
    answers "Go" "$work/pipe-go"
}

# The suite that a stranger would write: it passes where the oracle itself is asked, and fails for each of some wrong cores.
recipe() {
    local wrong
    mkdir "$work/recipe"
    cp recipes/go/revoke_test.go bindings/c/examples/go/pipe.go "$work/recipe/"
    (cd "$work/recipe" && go test -c -o suite)
    asks "$PROGRAM oracle" || { cat "$work/recipe.log"; fail "the recipe for Go refuses the oracle itself"; }
    for wrong in "${wrong_cores[@]}"; do
        ! asks "$PROGRAM oracle --wrong $wrong" || fail "the recipe for Go does not see what is wrong with $wrong"
        grep -q "^ *found: " "$work/recipe.log" || { cat "$work/recipe.log"; fail "it fails for another reason"; }
        printf 'c: the suite in Go catches %s\n%s\n' "$wrong" "$(sed -n '/history [0-9]*:/,/ found: /p' "$work/recipe.log")"
    done
}

asks() { SERVICE=$1 timeout 120 "$work/recipe/suite" >"$work/recipe.log" 2>&1; }

in_java() {
    local classes=$work/java
    javac -Xlint:all -Werror -cp "$jna" -d "$classes" bindings/c/examples/java/Pipe.java
    answers "Java" java -cp "$jna:$classes" "-Djna.library.path=$package/lib" Pipe
}

in_wasmtime() {
    if [[ ! -f $module ]]; then
        printf 'c: skipped 2 checks of the module in wasmtime: ci/wasm.sh left none\n'
        return
    fi
    local python=$PWD/target/c/python
    [[ -x $python/bin/python ]] || python3 -m venv "$python"
    "$python/bin/pip" install --quiet --disable-pip-version-check "wasmtime==$wasmtime"
    answers "the module in wasmtime" "$python/bin/python" bindings/wasm/examples/pipe.py "$module"
    timeout 120 "$python/bin/python" bindings/wasm/tests/died.py "$module"
}

# As docs/oracle.md has a stranger do it.
in_the_guide() {
    timeout 120 python3 examples/oracle.py "$work/pipe-shared"
}

fail() {
    printf 'c: %s\n' "$1" >&2
    exit 1
}

main
