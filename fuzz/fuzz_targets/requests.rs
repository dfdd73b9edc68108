//! Whole requests, to the hosts of databases and to the Platform API, which are answered and never with a 500. The first
//! line of the input is what follows the method; the other lines are the body.
#![no_main]

// Before `libfuzzer_sys`: the engine's C code has an entry point for fuzzers of its own, and the linker takes the first.
extern crate turso_cloud_fuzz;

use std::cell::RefCell;

use http::StatusCode;
use libfuzzer_sys::fuzz_target;
use turso_cloud_fuzz::Asked;

const CREATED: &str = r#"{"name":"shop","group":"default"}"#;

/// A query that only a database that is there answers, to a token that is good.
const ANSWERED: &[u8] = br#"{"requests":[]}"#;

thread_local! {
    static CLOUD: RefCell<(Asked, String)> = RefCell::new(new_cloud());
}

fn new_cloud() -> (Asked, String) {
    let cloud = Asked::new();
    cloud.change("POST", "databases", CREATED);
    let token = cloud.token("shop");
    (cloud, token)
}

fuzz_target!(|input: &[u8]| {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let (Ok(head), body) = (std::str::from_utf8(&input[..end]), input.get(end + 1..).unwrap_or_default()) else {
        return;
    };
    let Some((method, path)) = head.split_once(' ') else { return };
    if !path.starts_with('/') {
        return;
    }
    CLOUD.with_borrow_mut(|kept| {
        let (cloud, token) = &*kept;
        if let Some(path) = path.strip_prefix("/v1/organizations/acme/") {
            let Some((status, answer)) = cloud.api(method, path, &String::from_utf8_lossy(body)) else { return };
            assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR, "{head}: {answer}");
            // What was asked for may have been to delete the database or its group, or to rotate its keys.
            let still = cloud.send("POST", "/db/shop-acme/v2/pipeline", token, ANSWERED.to_vec());
            if still.is_none_or(|(status, _)| status != StatusCode::OK) {
                *kept = new_cloud();
            }
        } else if let Some((status, answer)) = cloud.send(method, path, token, body.to_vec()) {
            assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR, "{head}: {}", String::from_utf8_lossy(&answer));
        }
    });
});
