//! Bodies and messages in JSON.
#![no_main]

extern crate turso_cloud_local;

use libfuzzer_sys::fuzz_target;
use turso_cloud_local::fuzzing;

fuzz_target!(|bytes: &[u8]| fuzzing::json(bytes));
