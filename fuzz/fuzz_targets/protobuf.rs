//! Bodies and messages in protobuf.
#![no_main]

extern crate turso_cloud_local;

use libfuzzer_sys::fuzz_target;
use turso_cloud_local::fuzzing;

fuzz_target!(|bytes: &[u8]| fuzzing::protobuf(bytes));
