//! Files that are uploaded to become a database. One that is taken answers queries.
#![no_main]

// Before `libfuzzer_sys`: the engine's C code has an entry point for fuzzers of its own, and the linker takes the first.
extern crate turso_cloud_fuzz;

use std::cell::{Cell, RefCell};

use http::StatusCode;
use libfuzzer_sys::fuzz_target;
use turso_cloud_fuzz::Asked;

const QUERY: &str =
    r#"{"requests":[{"type":"execute","stmt":{"sql":"SELECT count(*), max(sql) FROM sqlite_schema"}}]}"#;

thread_local! {
    static CLOUD: Asked = Asked::new();
    static TOKEN: RefCell<Option<String>> = const { RefCell::new(None) };
    static TAKEN: Cell<u32> = const { Cell::new(0) };
}

fuzz_target!(|file: &[u8]| {
    CLOUD.with(|cloud| {
        TOKEN.with_borrow_mut(|token| {
            // A draft stays one for as long as its files are refused.
            let uploader = token.get_or_insert_with(|| {
                let draft = r#"{"name":"shop","group":"default","seed":{"type":"database_upload"}}"#;
                cloud.change("POST", "databases", draft);
                cloud.token("shop")
            });
            let Some((status, answer)) = cloud.send("POST", "/db/shop-acme/v1/upload", uploader, file.to_vec()) else {
                return;
            };
            if status != StatusCode::OK {
                assert_eq!(status, StatusCode::BAD_REQUEST, "{}", String::from_utf8_lossy(&answer));
                return;
            }
            let answer = cloud.send("POST", "/db/shop-acme/v2/pipeline", uploader, QUERY.into());
            let (status, answer) = answer.expect("an answer in time");
            let answer = String::from_utf8_lossy(&answer);
            assert!(status == StatusCode::OK && answer.contains(r#""type":"ok""#), "a bad file was taken: {answer}");
            cloud.change("DELETE", "databases/shop", "");
            *token = None;
            TAKEN.set(TAKEN.get() + 1);
            if TAKEN.get().is_multiple_of(100) {
                cloud.forget_deleted();
            }
        })
    });
});
