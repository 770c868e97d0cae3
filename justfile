# The index of everything that can be run. `just` lists it; https://just.systems. Nothing else needs just: each recipe is a
# command that you can type.

# Lists the recipes.
default:
    @just --list --unsorted

# The README's first command: an enterprise is revoked over real HTTP, with evidence.
rehearse *arguments:
    cargo run --release --locked -p enterprise-credentials-host -- rehearse {{arguments}}

# The README's second command: all tests that need nothing but Rust.
test:
    cargo test --locked

# What to run before you push: minutes, not half an hour.
check: format lint doc layers words

# All that must hold before a change is accepted.
ci:
    .ci/run

# Rust's own format, and the lines that it leaves too long.
format:
    cargo fmt --all --check
    ci/columns.sh

# Clippy on everything, also with every feature of the host.
lint:
    cargo clippy --workspace --all-targets --locked -- -D warnings
    cargo clippy -p enterprise-credentials-host --all-features --all-targets --locked -- -D warnings

# Documentation without broken links.
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --lib --no-deps --all-features --locked

# The core and the seal build where the standard library does not exist.
purity:
    ci/purity.sh

# No file of the core asks one above it.
layers:
    ci/layers.sh

# The public items of the core, against ci/public_api.txt; `--write` takes the new ones, for a change that is meant.
public-api *arguments:
    ci/public_api.sh {{arguments}}

# Words that are spelt wrong, by https://github.com/crate-ci/typos.
words:
    typos

# Licences, advisories, bans and sources of what is linked, by https://github.com/EmbarkStudios/cargo-deny. The
# advisories come from the network; without it: `just deny licenses bans sources`.
deny *checks:
    cargo deny --locked --workspace check {{checks}}

# Faults beneath the host: full disks, failing and hanging reads. As root. `just faults disk_full` runs one.
faults *scenarios:
    ci/faults.sh {{scenarios}}

# The host on real PostgreSQL servers, killed and torn apart. `just postgres --long failovers` fails over 50 times.
postgres *arguments:
    ci/postgres.sh {{arguments}}

# What only the PostgreSQL engine has, on a real server.
postgres-engine:
    ci/postgres_engine.sh

# A program in Go checks what we seal.
seal:
    ci/seal.sh

# The page of an audit, in Chromium at two widths, light and dark, under axe-core.
report:
    ci/report.sh

# The oracle as a WebAssembly module: its buffers natively, then the artefact, twice.
wasm:
    ci/wasm.sh

# The npm package around that module, in Node, TypeScript and Chromium, and the recipe for fast-check.
npm:
    ci/npm.sh

# The C library, from C, C++, Go and Java, and the module in wasmtime.
c:
    ci/c.sh

# The Python package, its types, and the recipes for Hypothesis and pytest.
python:
    ci/python.sh

# Instructions of the hot paths, against the last figures; `--write` takes the new ones.
instructions *arguments:
    ci/instructions.sh {{arguments}}

# Every benchmark of docs/performance.md; `--full` goes up to 10,000,000 credentials.
benchmarks *arguments:
    ci/benchmarks.sh {{arguments}}

# Lines and branches of the core that its tests take.
coverage *arguments:
    ci/coverage.sh {{arguments}}

# Changes one operator at a time, and asks the tests to notice. Hours on everything: name a file with `-f`.
mutants *arguments:
    cargo mutants {{arguments}}

# Builds the fuzz targets without a fuzzer.
fuzz-build:
    cargo build --manifest-path fuzz/Cargo.toml --locked

# Fuzzes one target: log, request or seal. See fuzz/README.md.
fuzz target seconds="600":
    mkdir -p fuzz/corpus/{{target}}
    RUSTC_BOOTSTRAP=1 cargo fuzz run {{target}} fuzz/corpus/{{target}} \
        {{ if target == "seal" { "seal/tests/fuzz_corpus" } else { "tests/fuzz_corpus/" + target } }} -- \
        -max_len=4096 -malloc_limit_mb=64 -rss_limit_mb=512 -max_total_time={{seconds}} -print_final_stats=1
