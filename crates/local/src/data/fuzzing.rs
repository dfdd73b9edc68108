//! What is fuzzed beneath the public API, by the targets of `fuzz/`. It is there with `--cfg fuzzing` alone, which
//! `cargo fuzz` sets.

use std::path::Path;

use axum::extract::ws::Message;
use jiff::Timestamp;

use super::access::{VerifiedTokens, authorize};
use super::database::StoredSql;
use super::host::Encoding;
use super::hrana::{self, PipelineBody, Value};
use super::run::plan;
use super::storage::history;
use super::{AllowList, DatabaseRecord, SigningSeed};

const DATABASE: &str = "7d0f3c1e-0b7a-4b0e-9a55-2a6f3f1f5b10";
const GROUP: &str = "2d1c0a52-3d0c-4e0f-9a1f-5f1de1b6c001";
const ROLE: &str = "0f9c2f54-2f4c-4a54-9d2e-aa3b0a90c001";
const GROUP_ROLE: &str = "1f9c2f54-2f4c-4a54-9d2e-aa3b0a90c002";

/// Reads the messages of JSON. A value that can be read is written so that it reads the same.
pub fn json(bytes: &[u8]) {
    bodies(Encoding::Json, bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Encoding::Json.read_message(&Message::text(text));
    }
    if let Ok(value) = serde_json::from_slice::<Value>(bytes) {
        let mut written = Vec::new();
        hrana::json::write_value(&value.as_ref(), &mut written);
        let read: Value = serde_json::from_slice(&written).expect("what was written can be read");
        assert_eq!(read, value);
    }
}

/// Reads the messages of protobuf.
pub fn protobuf(bytes: &[u8]) {
    bodies(Encoding::Protobuf, bytes);
    let _ = Encoding::Protobuf.read_message(&Message::binary(bytes.to_vec()));
}

/// Shows a token to a database that has minted none.
pub fn token(token: &str) {
    let record = record();
    let verified = VerifiedTokens::default();
    let now = Timestamp::UNIX_EPOCH;
    assert!(authorize(token, &record, &verified, now, |_| None).is_err(), "a forged token is good: {token:?}");
}

/// Shows a database a token that is signed with its own key, whatever it claims. Only one that names the database or its
/// group, each with the role of its own that is good now, may open it; and if it has scopes, they have to name one too.
pub fn claims(claims: &[u8]) {
    let record = record();
    let token = record.signing_key.sign_jwt(claims);
    let granted = authorize(&token, &record, &VerifiedTokens::default(), Timestamp::UNIX_EPOCH, |_| None);
    if granted.is_ok() {
        let claims: serde_json::Value = serde_json::from_slice(claims).expect("claims that are good are JSON");
        let (subject, own, role) =
            if claims["id"].is_null() { ("gid", GROUP, GROUP_ROLE) } else { ("id", DATABASE, ROLE) };
        assert!(claims[subject] == own, "a token of others: {claims}");
        assert!(claims["rid"] == role, "a role that is not good: {claims}");
        assert!(claims["p"].is_null() || is_named_in(&claims["p"]), "scopes of others: {claims}");
    }
}

fn is_named_in(scopes: &serde_json::Value) -> bool {
    let lists = |list: &serde_json::Value, id: &str| list.as_array().is_some_and(|ids| ids.iter().any(|one| one == id));
    let rights = ["ro", "roa", "rw", "rwa"];
    rights.iter().any(|right| lists(&scopes[right]["ns"], DATABASE) || lists(&scopes[right]["tags"], GROUP))
}

/// Reads a file as the log and as the ledger of a history.
pub fn past(file: &Path, scratch: &Path) {
    history::fuzz(file, scratch);
}

fn bodies(encoding: Encoding, bytes: &[u8]) {
    if let Ok(PipelineBody { requests, .. }) = encoding.read_pipeline(bytes) {
        let _ = plan::pipeline(requests.unwrap_or_default(), &mut StoredSql::default());
    }
    if let Ok(body) = encoding.read_cursor(bytes) {
        let _ = plan::batch(body.batch, &StoredSql::default());
    }
}

fn record() -> DatabaseRecord {
    DatabaseRecord {
        id: DATABASE.to_owned(),
        name: "app".into(),
        organization: 1,
        label: "app-acme".to_owned(),
        group_id: GROUP.to_owned(),
        role_id: ROLE.to_owned(),
        group_role_id: GROUP_ROLE.to_owned(),
        signing_key: SigningSeed::new([7; 32]),
        block_reads: false,
        block_writes: false,
        size_limit: None,
        allowed_ips: AllowList::default(),
        archived: false,
        draft: false,
        allow_attach: false,
        encryption: None,
    }
}
