//! Files of a database's past: its log and its ledger, as a crash or a bad disk may leave them.
#![no_main]

// Before `libfuzzer_sys`: the engine's C code has an entry point for fuzzers of its own, and the linker takes the first.
extern crate turso_cloud_local;

use std::{fs, sync::LazyLock};

use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;
use turso_cloud_local::fuzzing;

static DIRECTORY: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a directory"));

fuzz_target!(|bytes: &[u8]| {
    let file = DIRECTORY.path().join("past");
    fs::write(&file, bytes).expect("a file");
    fuzzing::past(&file, &DIRECTORY.path().join("restored"));
});
