# The commands of a contributor. `just` lists them.

default:
    @just --list

# The main job: a program against a local Turso Cloud, without an account
quickstart:
    cargo run --example quickstart

# All tests
test:
    cargo test --workspace

# What CI checks before it tests
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

# The engine names a constant of time.h that only Microsoft's own C library has.
# Whether it can be built for Windows, on any system (needs mingw-w64, and rustup's target x86_64-pc-windows-gnu)
windows:
    CFLAGS_x86_64_pc_windows_gnu=-DTIME_UTC=1 cargo clippy --workspace --target x86_64-pc-windows-gnu -- -D warnings

# Whether the crates, the program and the instructions of some work are within their budgets
budget:
    .ci/check-dependencies
    benches/counts/run

# Software this project did not write, against the local cloud, and docs/conformance.md from what the tests measure
conformance:
    conformance/run
    rm -f target/answers.tsv
    CONFORMANCE_RECORD="$PWD/target/answers.tsv" cargo test --package turso-cloud-local --test control_plane
    CONFORMANCE_RECORD="$PWD/target/answers.tsv" UPDATE_DOCS=1 cargo test --package turso-cloud-local --test conformance

# Every fuzz target for a minute, or for so many seconds (needs cargo-fuzz, and no other compiler than the usual one)
fuzz seconds="60" *targets:
    fuzz/run {{seconds}} {{targets}}

# What a process holds open for 10,000 databases, where the tests have 1,000
load:
    LOAD_DATABASES=10000 cargo test --package turso-cloud-local --test load -- --nocapture

# A cloud that is killed 500 times, where the tests kill it 60 times
durability:
    DURABILITY_KILLS=500 cargo test --package turso-cloud-cli --test durability -- --nocapture

# Everything measured against floors and peers, or some rows of it; makes docs/performance.md
bench *rows:
    benches/run {{rows}}

# Instructions of some work against the budget (needs valgrind)
counts *args:
    benches/counts/run {{args}}

# Everything CI does
ci:
    .ci/run

# A local cloud on port 8080
local *args:
    cargo run --release --package turso-cloud-cli -- local start {{args}}

# The documentation of every crate
doc:
    cargo doc --workspace --no-deps --open --features turso-cloud/blocking,turso-cloud/mock

# Licences, advisories and duplicates (needs cargo-deny)
deny:
    cargo deny check

# The page of the command line, from what its parser knows
cli-docs:
    cargo run --quiet --package turso-cloud-cli -- docs > docs/cli.md
