# The commands of a contributor. `just` lists them.

default:
    @just --list

# The main job: a program against a local Turso Cloud, without an account
quickstart:
    cargo run --release --example quickstart

# All tests
test:
    cargo test --workspace

# What CI checks before it tests
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    .ci/check-dependencies

# Software this project did not write, against the local cloud, and docs/conformance.md from what the tests measure
conformance:
    conformance/run
    rm -f target/answers.tsv
    CONFORMANCE_RECORD="$PWD/target/answers.tsv" cargo test --package turso-cloud-local --test control_plane
    CONFORMANCE_RECORD="$PWD/target/answers.tsv" UPDATE_DOCS=1 cargo test --package turso-cloud-local --test conformance

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
