//! Database tokens: forged ones, and claims that are signed with the right key.
#![no_main]

// Before `libfuzzer_sys`: the engine's C code has an entry point for fuzzers of its own, and the linker takes the first.
extern crate turso_cloud_local;

use libfuzzer_sys::fuzz_target;
use turso_cloud_local::fuzzing;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(token) = std::str::from_utf8(bytes) {
        fuzzing::token(token);
    }
    fuzzing::claims(bytes);
});
