//! The file of a database.

mod chunks;

use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use http::{Method, Request};
use serde_json::{Value, json};

use super::{DATABASE, Host, LABEL, execute, integer, record};
use crate::data::DatabaseRecord;

const CHUNK: usize = 4 << 20;

fn draft() -> DatabaseRecord {
    DatabaseRecord { draft: true, ..record() }
}

/// A host whose database waits for its file, in a directory that can be looked at.
fn draft_host(directory: &Path) -> Host {
    let host = Host::in_directory(directory);
    host.plane.put(draft());
    let plane = Arc::downgrade(&host.plane.0);
    host.plane.when_activated(move |id| {
        assert_eq!(id, DATABASE);
        super::super::DataPlane(plane.upgrade().unwrap()).put(record());
        Ok(())
    });
    host
}

/// The bytes of a database in WAL mode, after these statements.
fn file_of(sql: &str) -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute_batch(sql).unwrap();
    drop(connection);
    std::fs::read(path).unwrap()
}

fn good_file() -> Vec<u8> {
    file_of("PRAGMA journal_mode=WAL; CREATE TABLE t (x); INSERT INTO t VALUES (7);")
}

impl Host {
    async fn call(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Body) -> (u16, String) {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header("authorization", format!("Bearer {}", self.token));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.plane.handle(LABEL, path, request.body(body).unwrap()).await;
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    async fn upload(&self, file: &[u8]) -> (u16, String) {
        self.upload_with(file, &[]).await
    }

    async fn upload_with(&self, file: &[u8], headers: &[(&str, &str)]) -> (u16, String) {
        let length = file.len().to_string();
        let headers = [headers, &[("content-length", &length)]].concat();
        self.call(Method::POST, "/v1/upload", &headers, file.to_vec().into()).await
    }

    async fn start(&self, size: usize) -> String {
        let body = json!({ "db_size_bytes": size }).to_string();
        let (status, text) = self.call(Method::PUT, "/v2/upload/start", &[], body.into()).await;
        assert_eq!(status, 200, "{text}");
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(answer["chunk_size"], CHUNK);
        answer["upload_id"].as_str().unwrap().to_owned()
    }

    async fn chunk(&self, id: &str, index: usize, bytes: &[u8]) -> (u16, String) {
        let length = bytes.len().to_string();
        let path = format!("/v2/upload/{id}/chunk/{index}");
        self.call(Method::PUT, &path, &[("content-length", &length)], bytes.to_vec().into()).await
    }

    async fn finalize(&self, id: &str) -> (u16, String) {
        self.call(Method::PUT, &format!("/v2/upload/{id}/finalize"), &[], Body::empty()).await
    }

    async fn sql_status(&self) -> u16 {
        let body = json!({ "requests": [execute("SELECT 1")] }).to_string();
        self.post("/v2/pipeline", body).await.0
    }
}

fn ok() -> (u16, String) {
    (200, String::new())
}

/// The files of uploads that are left.
fn leftovers(directory: &Path) -> usize {
    std::fs::read_dir(directory.join("uploads")).into_iter().flatten().count()
}

#[tokio::test]
async fn a_draft_answers_no_sql_until_its_file_is_there_and_has_its_rows_then() {
    let directory = tempfile::tempdir().unwrap();
    let host = draft_host(directory.path());
    let body = json!({ "requests": [execute("SELECT 1")], "batch": { "steps": [] } }).to_string();
    for path in ["/v2/pipeline", "/v3/pipeline", "/v3/cursor"] {
        let (status, text) = host.post(path, body.clone()).await;
        assert_eq!((status, text.contains("upload its file first")), (403, true), "{path}: {text}");
        assert_eq!(host.with_token("x").post(path, body.clone()).await.0, 400, "the token is looked at first");
    }
    assert_eq!(host.usage().storage_bytes, 0);
    assert_eq!(host.upload(&good_file()).await, ok());
    assert_eq!(host.value("SELECT x FROM t").await, integer(7));
    host.run(&["INSERT INTO t VALUES (8)"]).await;
    assert_eq!(host.value("SELECT sum(x) FROM t").await, integer(15));
    assert_eq!(leftovers(directory.path()), 0);
}

#[tokio::test]
async fn a_database_that_is_no_draft_takes_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let host = draft_host(directory.path());
    assert_eq!(host.upload(&good_file()).await, ok());
    host.run(&["INSERT INTO t VALUES (8)"]).await;
    let body = json!({ "db_size_bytes": 4096 }).to_string();
    for (status, text) in
        [host.upload(&good_file()).await, host.call(Method::PUT, "/v2/upload/start", &[], body.into()).await]
    {
        assert_eq!((status, text.contains("takes no file")), (409, true), "{text}");
    }
    assert_eq!(host.value("SELECT sum(x) FROM t").await, integer(15));
}

#[tokio::test]
async fn a_file_of_another_form_is_refused_with_what_was_found_and_what_is_needed() {
    let directory = tempfile::tempdir().unwrap();
    let host = draft_host(directory.path());
    let changed = |at: usize, byte: u8| {
        let mut file = good_file();
        file[at] = byte;
        file
    };
    let mut damaged = good_file();
    damaged[4096..8192].fill(0xff);
    let mut torn = good_file();
    torn.truncate(5000);
    let mut one_page_less = good_file();
    one_page_less.truncate(4096);
    for (file, expected) in [
        (b"once upon a time".to_vec(), "no SQLite database"),
        (
            file_of("PRAGMA page_size=8192; PRAGMA journal_mode=WAL; CREATE TABLE t (x);"),
            "page size of the file is 8192",
        ),
        (file_of("PRAGMA page_size=65536; PRAGMA journal_mode=WAL; CREATE TABLE t (x);"), "65536, and must be 4096"),
        (file_of("CREATE TABLE t (x);"), "versions of the file are 1 and 1, and must be 2 and 2"),
        (
            file_of("PRAGMA auto_vacuum=FULL; PRAGMA journal_mode=WAL; CREATE TABLE t (x);"),
            "auto_vacuum of the file is on",
        ),
        (
            file_of("PRAGMA encoding='UTF-16le'; PRAGMA journal_mode=WAL; CREATE TABLE t (x);"),
            "UTF-16le (2), and must be UTF-8",
        ),
        (changed(20, 28), "reserves 28 bytes of each page, and must reserve 0"),
        (torn, "has 5000 bytes, and must have whole pages of 4096"),
        (one_page_less, "has 1 pages of 4096 bytes, and must have 2"),
        (damaged, "quick_check of the file says"),
    ] {
        let (status, text) = host.upload(&file).await;
        assert_eq!((status, text.contains(expected)), (400, true), "{expected}: {text}");
        assert_eq!((leftovers(directory.path()), host.sql_status().await), (0, 403), "{expected}");
        assert!(!directory.path().join(format!("{DATABASE}.db")).exists(), "{expected}");
    }
    assert_eq!(host.upload(&good_file()).await, ok(), "a second attempt");
    assert_eq!(host.value("SELECT x FROM t").await, integer(7));
}

/// A table with an index of vectors, after further statements.
fn file_with_vectors(sql: &str) -> Vec<u8> {
    file_of(&format!(
        "PRAGMA journal_mode=WAL; CREATE TABLE t (x, v F32_BLOB(2)); CREATE INDEX i ON t (libsql_vector_idx(v)); \
         INSERT INTO t VALUES (7, vector('[1,2]')), (8, vector('[8,9]')), (9, vector('[3,4]')); {sql}"
    ))
}

#[tokio::test]
async fn what_a_file_keeps_for_indexes_of_vectors_is_looked_at_before_the_engine_believes_it() {
    let directory = tempfile::tempdir().unwrap();
    let host = draft_host(directory.path());
    // The parameters are entries of nine bytes, and the last one of a kind holds.
    let say = |parameter: &str| {
        format!("UPDATE libsql_vector_meta_shadow SET metadata = CAST(metadata || x'{parameter}' AS BLOB)")
    };
    let damaged = "the index of vectors i is damaged: ";
    let cannot_be = format!("{damaged}what is said of it cannot be");
    for (sql, expected) in [
        // A node with more neighbours than there is room for.
        (
            "UPDATE i_shadow SET data = CAST(substr(data, 1, 8) || x'ffff' || substr(data, 11) AS BLOB) WHERE rowid = 2",
            format!("{damaged}its node 2"),
        ),
        ("UPDATE i_shadow SET data = substr(data, 1, 30) WHERE rowid = 3", format!("{damaged}its node 3")),
        ("UPDATE i_shadow SET data = NULL WHERE rowid = 1", format!("{damaged}its node 1")),
        // Its dimensions, the bytes of a node, the type of a vector, and how many candidates a search keeps.
        (&say("04ffff000000000000"), cannot_be.clone()),
        (&say("060002000000000000"), format!("{damaged}its node 1")),
        (&say("030900000000000000"), cannot_be.clone()),
        (&say("090000002000000000"), cannot_be.clone()),
        ("UPDATE libsql_vector_meta_shadow SET metadata = zeroblob(200)", cannot_be.clone()),
        ("UPDATE libsql_vector_meta_shadow SET metadata = 1", "blobs as what is said of them".to_owned()),
        (
            "DROP TABLE i_shadow; CREATE VIEW i_shadow AS SELECT 1 AS data",
            format!("{damaged}it keeps its content in i_shadow, which is no table"),
        ),
        (
            "CREATE INDEX j ON t (x); CREATE TABLE j_shadow (index_key INTEGER PRIMARY KEY, data BLOB); \
             INSERT INTO libsql_vector_meta_shadow SELECT 'j', metadata FROM libsql_vector_meta_shadow",
            "which is no index of vectors".to_owned(),
        ),
        (
            "CREATE TABLE libsql_vector_index (name, vector_type, block_size, dims, distance_ops)",
            "libsql_vector_index must not be there".to_owned(),
        ),
    ] {
        let (status, text) = host.upload(&file_with_vectors(sql)).await;
        assert_eq!((status, text.contains(&expected)), (400, true), "{sql}: {text}");
    }
    assert_eq!(host.upload(&file_with_vectors("")).await, ok());
    let nearest = "SELECT x FROM vector_top_k('i', vector('[8,8]'), 1) JOIN t ON t.rowid = id";
    assert_eq!(host.value(nearest).await, integer(8));
}

#[tokio::test]
async fn a_count_of_pages_that_old_versions_left_stale_is_not_believed() {
    let directory = tempfile::tempdir().unwrap();
    let host = draft_host(directory.path());
    let mut file = good_file();
    file[28..32].copy_from_slice(&9_u32.to_be_bytes());
    file[92..96].copy_from_slice(&0_u32.to_be_bytes());
    assert_eq!(host.upload(&file).await, ok());
    assert_eq!(host.value("SELECT x FROM t").await, integer(7));
}

#[tokio::test]
async fn a_file_to_be_encrypted_reserves_what_the_cipher_needs() {
    let directory = tempfile::tempdir().unwrap();
    let host = draft_host(directory.path());
    let key = ("x-turso-encryption-key", "MDEyMzQ1Njc4OWFiY2RlZg==");
    for (cipher, bytes) in [("aes128gcm", 28), ("chacha20poly1305", 28), ("aegis128x2", 32), ("aegis256", 48)] {
        let (status, text) = host.upload_with(&good_file(), &[key, ("x-turso-encryption-cipher", cipher)]).await;
        assert_eq!((status, text.contains(&format!("must reserve {bytes} "))), (400, true), "{cipher}: {text}");
    }
    let id = host.start(8192).await;
    let headers = [key, ("x-turso-encryption-cipher", "aegis256"), ("content-length", "8192")];
    let path = format!("/v2/upload/{id}/chunk/0");
    assert_eq!(host.call(Method::PUT, &path, &headers, good_file().into()).await, ok());
    let (status, text) = host.finalize(&id).await;
    assert_eq!((status, text.contains("must reserve 48")), (400, true), "{text}");
    for (headers, expected) in [
        (vec![key], "x-turso-encryption-cipher is missing"),
        (vec![("x-turso-encryption-cipher", "aes128gcm")], "x-turso-encryption-key is missing"),
        (vec![key, ("x-turso-encryption-cipher", "rot13")], "must be one of aes256gcm"),
        (vec![("x-turso-encryption-key", "no key"), ("x-turso-encryption-cipher", "aes128gcm")], "not base64"),
    ] {
        let (status, text) = host.upload_with(&good_file(), &headers).await;
        assert_eq!((status, text.contains(expected)), (400, true), "{expected}: {text}");
        assert!(!text.contains("no key"), "{text}");
    }
}

#[tokio::test]
async fn a_body_must_be_as_long_as_it_says() {
    let directory = tempfile::tempdir().unwrap();
    let host = draft_host(directory.path());
    let file = good_file();
    let (status, text) = host.call(Method::POST, "/v1/upload", &[], file.clone().into()).await;
    assert_eq!((status, text.contains("Content-Length is required")), (411, true), "{text}");
    for (length, expected) in [("8193", "ended after 8192 bytes"), ("8191", "longer than its Content-Length")] {
        let headers = [("content-length", length)];
        let (status, text) = host.call(Method::POST, "/v1/upload", &headers, file.clone().into()).await;
        assert_eq!((status, text.contains(expected)), (400, true), "{length}: {text}");
    }
    let pieces = [Ok(Bytes::from(file[..5000].to_vec())), Err(std::io::Error::other("gone"))];
    let broken = Body::from_stream(futures_util::stream::iter(pieces));
    assert_eq!(host.call(Method::POST, "/v1/upload", &[("content-length", "8192")], broken).await.0, 400);
    let (status, text) = host.call(Method::POST, "/v1/upload", &[("content-length", "0")], Body::empty()).await;
    assert_eq!((status, text.contains("0 bytes")), (400, true), "{text}");
    let headers = [("content-length", "21474836481")];
    let (status, text) = host.call(Method::POST, "/v1/upload", &headers, Body::empty()).await;
    assert_eq!((status, text.contains("at most 21474836480")), (400, true), "{text}");
    assert_eq!(leftovers(directory.path()), 0);
    assert_eq!(host.upload(&file).await, ok());
}

#[tokio::test]
async fn a_compressed_file_is_refused_by_its_header() {
    let directory = tempfile::tempdir().unwrap();
    let host = draft_host(directory.path());
    let (status, text) = host.upload_with(&good_file(), &[("content-encoding", "gzip")]).await;
    assert!(status == 415 && text.contains("header Content-Encoding"), "{status} {text}");
    assert_eq!(host.upload_with(&good_file(), &[("content-encoding", "identity")]).await.0, 200);
}

#[tokio::test]
async fn a_file_larger_than_the_database_may_become_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let host = draft_host(directory.path());
    host.plane.put(DatabaseRecord { size_limit: Some(8191), ..draft() });
    let (status, text) = host.upload(&good_file()).await;
    assert_eq!((status, text.contains("at most 8191")), (400, true), "{text}");
}

#[tokio::test]
async fn only_a_token_that_may_write_uploads() {
    let directory = tempfile::tempdir().unwrap();
    let host = draft_host(directory.path());
    assert_eq!(host.read_only().upload(&good_file()).await.0, 403);
    assert_eq!(host.with_token("").upload(&good_file()).await.0, 401);
    let body = json!({ "db_size_bytes": 4096 }).to_string();
    assert_eq!(host.read_only().call(Method::PUT, "/v2/upload/start", &[], body.into()).await.0, 403);
    let id = host.start(8192).await;
    assert_eq!(host.read_only().chunk(&id, 0, &good_file()).await.0, 403);
    assert_eq!(host.read_only().finalize(&id).await.0, 403);
    assert_eq!(host.upload(&good_file()).await, ok());
}

#[tokio::test]
async fn a_path_of_uploads_knows_one_method() {
    let directory = tempfile::tempdir().unwrap();
    let host = draft_host(directory.path());
    for (method, path) in [
        (Method::PUT, "/v1/upload"),
        (Method::POST, "/v2/upload/start"),
        (Method::GET, "/v2/upload/x/finalize"),
        (Method::POST, "/v2/upload/x/chunk/0"),
    ] {
        assert_eq!(host.call(method, path, &[], Body::empty()).await.0, 405, "{path}");
    }
    assert_eq!(host.call(Method::PUT, "/v2/upload/x/chunk/one", &[], Body::empty()).await.0, 400);
}

#[tokio::test]
async fn files_of_uploads_that_a_dead_process_left_are_removed() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("uploads")).unwrap();
    std::fs::write(directory.path().join("uploads/00112233445566778899aabbccddeeff"), "x").unwrap();
    let _host = draft_host(directory.path());
    assert_eq!(leftovers(directory.path()), 0);
}

#[tokio::test]
async fn of_two_files_for_the_same_draft_one_becomes_the_database() {
    let directory = tempfile::tempdir().unwrap();
    let host = draft_host(directory.path());
    let file = good_file();
    let (one, two) = tokio::join!(host.upload(&file), host.upload(&file));
    let mut statuses = [one.0, two.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    assert_eq!(host.value("SELECT x FROM t").await, integer(7));
    assert_eq!(leftovers(directory.path()), 0);
}
