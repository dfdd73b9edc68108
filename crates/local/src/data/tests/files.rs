use http::Request;
use serde_json::json;

use super::{DATABASE, Files, GROUP, Host, LABEL, execute, integer, record};
use crate::data::{DataPlane, DatabaseRecord, Rows, SigningSeed};

fn database_files(directory: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).into_iter().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn the_file_appears_on_first_use_and_outlives_the_data_plane() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("made/on/demand");
    let host = Host::in_directory(&place);
    assert_eq!(host.get("/health").await.0, 200);
    assert!(!place.exists());
    host.run(&["CREATE TABLE t (x)", "INSERT INTO t VALUES (7)"]).await;
    assert!(database_files(&place).contains(&format!("{DATABASE}.db")));
    drop(host);

    let host = Host::in_directory(place);
    assert_eq!(host.value("SELECT x FROM t").await, integer(7));
}

#[tokio::test]
async fn a_file_is_used_in_the_same_way_whatever_its_log_was_when_it_was_opened() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join(format!("{DATABASE}.db"));
    let is_as_promised = async || {
        let host = Host::in_directory(directory.path());
        let mode = json!({ "type": "text", "value": "wal" });
        assert_eq!(host.value("PRAGMA journal_mode").await, mode);
        assert_eq!(host.value("PRAGMA synchronous").await, integer(1));
        assert_eq!(host.value("PRAGMA foreign_keys").await, integer(1));
        host.run(&["CREATE TABLE IF NOT EXISTS t (x)", "INSERT INTO t VALUES (7)"]).await;
    };
    let wal = file.with_extension("db-wal");
    is_as_promised().await;
    assert!(wal.metadata().unwrap().len() > 0);
    is_as_promised().await;
    rusqlite::Connection::open(&file).unwrap().execute("INSERT INTO t VALUES (8)", []).unwrap();
    assert!(!wal.exists());
    is_as_promised().await;
    rusqlite::Connection::open(&file).unwrap().pragma_update(None, "journal_mode", "delete").unwrap();
    assert!(!wal.exists());
    is_as_promised().await;
}

#[tokio::test]
async fn a_database_whose_file_has_gone_is_not_taken_for_an_empty_one() {
    let directory = tempfile::tempdir().unwrap();
    let host = Host::in_directory(directory.path());
    host.run(&["CREATE TABLE t (x)", "INSERT INTO t VALUES (7)"]).await;
    drop(host);
    let (file, aside) = (directory.path().join(format!("{DATABASE}.db")), directory.path().join("aside"));
    std::fs::rename(&file, &aside).unwrap();

    let host = Host::in_directory(directory.path());
    for sql in ["SELECT * FROM t", "CREATE TABLE t (x)"] {
        let error = host.error(sql).await;
        assert_eq!(error["code"], "SQLITE_CANTOPEN", "{error}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("database orders") && message.contains(DATABASE), "{message}");
        assert!(!message.contains(directory.path().to_str().unwrap()), "{message}");
    }
    assert!(host.plane.copy(DATABASE, "copy").is_err());
    assert!(host.plane.copy_at(DATABASE, "copy", host.clock.now()).is_err());
    assert!(!file.exists());
    std::fs::rename(&aside, &file).unwrap();
    assert_eq!(host.value("SELECT x FROM t").await, integer(7));
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_is_told_without_its_path() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join(format!("{DATABASE}.db"))).unwrap();
    let error = Host::in_directory(directory.path()).error("SELECT 1").await;
    let expected = json!({ "message": "SQLite error: unable to open database file", "code": "SQLITE_CANTOPEN" });
    assert_eq!(error, expected);
}

#[test]
fn the_last_database_of_a_group_takes_with_it_when_the_group_was_used() {
    let host = Host::new();
    let other = DatabaseRecord { id: "other".to_owned(), label: "other-acme".to_owned(), ..record() };
    host.plane.put(other);
    host.plane.remove(DATABASE);
    assert!(host.plane.last_used(GROUP).is_some());
    host.plane.remove("other");
    assert_eq!(host.plane.last_used(GROUP), None);
}

#[test]
fn what_an_organization_has_used_is_forgotten_with_it() {
    let host = Host::new();
    host.plane.include(1, Some(Rows::default()));
    assert!(host.plane.used_up(1).writes);
    host.plane.forget_organization(1);
    assert!(!host.plane.used_up(1).writes);
}

#[tokio::test]
async fn a_removed_database_is_unknown_and_its_files_are_deleted() {
    let directory = tempfile::tempdir().unwrap();
    let host = Host::in_directory(directory.path());
    host.run(&["CREATE TABLE t (x)"]).await;
    host.pipeline(None, json!([execute("BEGIN IMMEDIATE")])).await;
    host.plane.remove(DATABASE);
    assert_eq!(host.post("/v2/pipeline", "{}").await, (404, r#"{"error":"database not found"}"#.to_owned()));
    assert_eq!(database_files(directory.path()), Vec::<String>::new());
    assert_eq!(host.usage(), crate::data::Usage::default());
    host.plane.remove("never heard of");
}

#[tokio::test]
async fn a_forgotten_database_is_unknown_and_has_its_rows_when_it_is_put_again() {
    let directory = tempfile::tempdir().unwrap();
    let host = Host::in_directory(directory.path());
    host.run(&["CREATE TABLE t (x)", "INSERT INTO t VALUES (7)"]).await;
    let open = host.pipeline(None, json!([execute("BEGIN IMMEDIATE"), execute("INSERT INTO t VALUES (8)")])).await;
    host.plane.forget(DATABASE);
    assert_eq!(host.post("/v2/pipeline", "{}").await, (404, r#"{"error":"database not found"}"#.to_owned()));
    assert!(database_files(directory.path()).contains(&format!("{DATABASE}.db")));
    host.plane.put(record());
    let body = json!({ "baton": super::baton(&open), "requests": [] }).to_string();
    assert_eq!(host.post("/v2/pipeline", body).await.0, 404, "its streams have ended");
    host.run(&["INSERT INTO t VALUES (9)"]).await;
    assert_eq!(host.value("SELECT sum(x) FROM t").await, integer(16));
    host.plane.forget("never heard of");
}

#[tokio::test]
async fn a_request_at_work_on_a_forgotten_database_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let host = Host::in_directory(directory.path());
    host.run(&["CREATE TABLE t (x)"]).await;
    let rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000) SELECT i FROM n";
    let body = json!({ "batch": { "steps": [super::step(rows)] } }).to_string();
    let response = host.send("/v3/cursor", body.clone()).await;
    host.plane.forget(DATABASE);
    host.plane.put(record());
    host.run(&["INSERT INTO t VALUES (7)"]).await;
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    assert!(String::from_utf8_lossy(&bytes).contains("100000"));
    assert_eq!(host.value("SELECT x FROM t").await, integer(7));

    let response = host.send("/v3/cursor", body).await;
    host.plane.forget(DATABASE);
    host.plane.remove(DATABASE);
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    assert!(String::from_utf8_lossy(&bytes).contains("100000"));
}

#[tokio::test]
async fn a_forgotten_database_that_is_removed_loses_its_files() {
    let directory = tempfile::tempdir().unwrap();
    let host = Host::in_directory(directory.path());
    host.run(&["CREATE TABLE t (x)"]).await;
    host.plane.forget(DATABASE);
    host.plane.remove(DATABASE);
    assert_eq!(database_files(directory.path()), Vec::<String>::new());
}

#[tokio::test]
async fn memory_databases_leave_nothing_behind() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let directory = host.plane.directory().to_owned();
    assert!(database_files(&directory).contains(&format!("{DATABASE}.db")));
    drop(host);
    assert!(!directory.exists());
}

#[tokio::test]
async fn a_replaced_record_keeps_the_data_and_moves_the_label() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    host.plane.put(DatabaseRecord { label: "renamed-acme".to_owned(), ..record() });
    assert_eq!(host.post("/v2/pipeline", "{}").await.0, 404);
    host.plane.put(record());
    assert_eq!(host.value("SELECT count(*) FROM t").await, integer(0));
}

#[tokio::test]
async fn databases_are_separate() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let other = DatabaseRecord { id: "aaaa".to_owned(), label: "other-acme".to_owned(), ..record() };
    host.plane.put(other);
    let claims = super::TokenClaims {
        subject: super::Subject::Database { id: "aaaa".to_owned() },
        ..super::claims(&host.clock)
    };
    let token = super::mint(&claims, &super::seed()).unwrap();
    let request = Request::post("/v2/pipeline").header("authorization", format!("Bearer {token}"));
    let body = json!({ "requests": [execute("SELECT count(*) FROM sqlite_schema")] }).to_string();
    let response = host.plane.handle("other-acme", "/v2/pipeline", request.body(body.into()).unwrap()).await;
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(answer["results"][0]["response"]["result"]["rows"][0][0], integer(0));
}

#[tokio::test]
async fn an_id_that_is_no_uuid_cannot_leave_the_directory() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("inner");
    let host = Host::in_directory(&place);
    let id = "../escaped".to_owned();
    host.plane.put(DatabaseRecord { id: id.clone(), ..record() });
    let claims = super::TokenClaims { subject: super::Subject::Database { id }, ..super::claims(&host.clock) };
    let host = host.with_token(super::mint(&claims, &super::seed()).unwrap());
    host.run(&["CREATE TABLE t (x)"]).await;
    assert_eq!(database_files(directory.path()), ["inner"]);
}

#[tokio::test]
async fn usage_counts_rows_and_pages() {
    let host = Host::new();
    assert_eq!(host.usage(), crate::data::Usage::default());
    host.run(&["CREATE TABLE t (x)"]).await;
    let created = host.usage();
    host.run(&["INSERT INTO t VALUES (1), (2), (3)"]).await;
    let before = host.usage();
    assert_eq!(before.rows.written, created.rows.written + 3);
    assert_eq!(before.storage_bytes, 2 * 4096);
    host.run(&["SELECT * FROM t"]).await;
    assert_eq!(host.usage().rows.read, before.rows.read + 3);
}

#[tokio::test]
async fn a_table_called_like_a_pragma_does_not_say_how_large_the_database_is() {
    let host = Host::new();
    host.run(&["CREATE TABLE pragma_page_count (page_count)", "INSERT INTO pragma_page_count VALUES (1000)"]).await;
    assert_eq!(host.usage().storage_bytes, 2 * 4096);
}

#[tokio::test]
async fn a_database_that_cannot_be_read_is_as_large_as_its_file() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join(format!("{DATABASE}.db")), [7; 5000]).unwrap();
    let host = Host::in_directory(directory.path());
    assert_eq!(host.error("SELECT 1").await["code"], "SQLITE_NOTADB");
    assert_eq!(host.usage().storage_bytes, 5000);
}

#[tokio::test]
async fn a_value_too_large_to_be_made_hides_no_other() {
    let directory = tempfile::tempdir().unwrap();
    let file = rusqlite::Connection::open(directory.path().join(format!("{DATABASE}.db"))).unwrap();
    file.execute_batch("CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 2), (zeroblob(67108865), 3)").unwrap();
    drop(file);
    let host = Host::in_directory(directory.path());
    assert_eq!(host.error("SELECT substr(a, 1, 1) FROM t").await["code"], "SQLITE_TOOBIG");
    assert_eq!(host.value("SELECT sum(length(a)) FROM t").await, integer(67_108_866));
    assert_eq!(host.value("SELECT sum(b) FROM t").await, integer(5));
    host.run(&["UPDATE t SET a = NULL WHERE b = 3"]).await;
    assert_eq!(host.value("SELECT count(a) FROM t").await, integer(1));
}

#[tokio::test]
async fn more_databases_than_may_be_open_keep_their_data() {
    let plane = Host::new();
    let hosts: Vec<_> = (0..300).map(|index| format!("{index:04x}")).collect();
    for id in &hosts {
        plane.plane.put(DatabaseRecord { id: id.clone(), label: id.clone(), ..record() });
    }
    for round in 0..2 {
        for id in &hosts {
            let claims = super::TokenClaims {
                subject: super::Subject::Database { id: id.clone() },
                ..super::claims(&plane.clock)
            };
            let token = super::mint(&claims, &super::seed()).unwrap();
            let sql = if round == 0 { "CREATE TABLE t (x)" } else { "SELECT count(*) FROM t" };
            let request = Request::post("/v2/pipeline").header("authorization", format!("Bearer {token}"));
            let body = json!({ "requests": [execute(sql), { "type": "close" }] }).to_string();
            let response = plane.plane.handle(id, "/v2/pipeline", request.body(body.into()).unwrap()).await;
            let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
            assert!(!String::from_utf8_lossy(&bytes).contains("\"error\""), "{id}");
        }
    }
}

#[test]
fn secrets_are_not_printed() {
    let printed = format!("{:?} {:?}", SigningSeed::new([42; 32]), record());
    assert!(!printed.contains("42") && printed.contains("SigningSeed(..)"), "{printed}");
    let plane = DataPlane::new(Files::Memory, std::sync::Arc::default(), crate::clock::Clock::system());
    plane.put(record());
    assert_eq!(format!("{plane:?}"), "DataPlane { databases: 1, .. }");
    assert!(!LABEL.is_empty());
}
