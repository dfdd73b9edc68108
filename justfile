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

# Software this project did not write, against the local cloud
conformance:
    conformance/run

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
