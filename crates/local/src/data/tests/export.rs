use std::path::Path;

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

use super::history::MANY_PAGES;
use super::{DatabaseRecord, Host, integer, record};

const FRAME: usize = 24 + 4096;

pub(super) async fn get(host: &Host, path: &str) -> (u16, Vec<u8>) {
    let request = Request::get(path).header("authorization", format!("Bearer {}", host.token));
    let response = host.answer(request.body(Body::empty()).unwrap()).await;
    let status = response.status().as_u16();
    (status, axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec())
}

async fn error(host: &Host, path: &str) -> (u16, Value) {
    let (status, body) = get(host, path).await;
    (status, serde_json::from_slice(&body).unwrap())
}

/// Fetches the frames of a generation as the official command line does: in windows of 128, up to one that is not full.
async fn frames(host: &Host, generation: u64) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        let from = all.len() / FRAME + 1;
        let (status, window) = get(host, &format!("/sync/{generation}/{from}/{}", from + 128)).await;
        if status == 400 {
            return all;
        }
        assert_eq!((status, window.len() % FRAME), (200, 0));
        all.extend_from_slice(&window);
        if window.len() < 128 * FRAME {
            return all;
        }
    }
}

/// The sum of the checksum algorithm of the log's format (of the little-endian kind) over these bytes.
fn checksum(mut sum: (u32, u32), bytes: &[u8]) -> (u32, u32) {
    let words: Vec<_> = bytes.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word)).collect();
    for pair in words.as_chunks::<2>().0 {
        sum.0 = sum.0.wrapping_add(pair[0]).wrapping_add(sum.1);
        sum.1 = sum.1.wrapping_add(pair[1]).wrapping_add(sum.0);
    }
    sum
}

/// Writes the file and a log of the frames, with a header, salts and checksums of its own, as the command line does.
fn assemble(path: &Path, file: &[u8], frames: &[u8]) {
    std::fs::write(path, file).unwrap();
    let mut log = Vec::new();
    for number in [0x377f_0682_u32, 3_007_000, 4096, 0, 11, 22] {
        log.extend_from_slice(&number.to_be_bytes());
    }
    let mut sum = checksum((0, 0), &log);
    log.extend_from_slice(&sum.0.to_be_bytes());
    log.extend_from_slice(&sum.1.to_be_bytes());
    for frame in frames.chunks(FRAME) {
        sum = checksum(sum, &frame[..8]);
        sum = checksum(sum, &frame[24..]);
        log.extend_from_slice(&frame[..8]);
        for number in [11, 22, sum.0, sum.1] {
            log.extend_from_slice(&number.to_be_bytes());
        }
        log.extend_from_slice(&frame[24..]);
    }
    std::fs::write(path.with_extension("db-wal"), log).unwrap();
}

/// The only number of a query of an exported file, which must be sound.
fn number(path: &Path, sql: &str) -> i64 {
    let database = rusqlite::Connection::open(path).unwrap();
    let sound: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    database.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn an_export_put_together_as_the_command_line_does_is_the_database() {
    let directory = tempfile::tempdir().unwrap();
    let host = Host::new();
    assert_eq!(get(&host, "/info").await, (200, br#"{"current_generation":1}"#.to_vec()));
    host.run(&["CREATE TABLE t (x)", "CREATE TABLE pages (x)", "INSERT INTO t VALUES (1)"]).await;
    for (generation, sum) in [(1, 1), (2, 11), (2, 11)] {
        assert_eq!(error(&host, "/info").await.1, json!({ "current_generation": generation }));
        let (status, file) = get(&host, &format!("/export/{generation}")).await;
        assert_eq!((status, &file[..16]), (200, &b"SQLite format 3\0"[..]));
        let path = directory.path().join("copy.db");
        assemble(&path, &file, &frames(&host, generation).await);
        assert_eq!(number(&path, "SELECT sum(x) FROM t"), sum);
        std::fs::remove_file(&path).unwrap();
        if generation == 1 {
            host.run(&[MANY_PAGES, "INSERT INTO t VALUES (10)"]).await;
        }
    }
}

#[tokio::test]
async fn an_export_goes_on_with_its_generation_when_the_next_one_has_begun() {
    let directory = tempfile::tempdir().unwrap();
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)", "CREATE TABLE pages (x)", "INSERT INTO t VALUES (1)"]).await;
    let (_, file) = get(&host, "/export/1").await;
    host.run(&[MANY_PAGES, "INSERT INTO t VALUES (10)", MANY_PAGES]).await;
    let path = directory.path().join("copy.db");
    assemble(&path, &file, &frames(&host, 1).await);
    assert_eq!(number(&path, "SELECT sum(x) FROM t"), 1);
    // A replica applies the frames of one generation after those of the one before.
    let (_, begun) = get(&host, "/export/2").await;
    assert_eq!(begun, std::fs::read(checkpointed(&path)).unwrap());
    assemble(&path, &begun, &frames(&host, 2).await);
    assert_eq!(number(&path, "SELECT sum(x) FROM t"), 11);
}

fn checkpointed(path: &Path) -> &Path {
    let database = rusqlite::Connection::open(path).unwrap();
    database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    path
}

#[tokio::test]
async fn the_end_of_the_frames_names_the_generation_in_use() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let (_, all) = get(&host, "/sync/1/1/129").await;
    let count = all.len() / FRAME;
    assert!(count > 0);
    let (_, one) = get(&host, &format!("/sync/1/{count}/{}", count + 1)).await;
    assert_eq!(one, all[(count - 1) * FRAME..], "the end is exclusive");
    let past = format!("/sync/1/{}/{}", count + 1, count + 129);
    assert_eq!(error(&host, &past).await, (400, json!({"error": "there are no more frames", "generation": 1})));
    let unknown = json!({"error": "the newest generation is 1", "generation": 1});
    assert_eq!(error(&host, "/sync/2/1/129").await, (400, unknown.clone()));
    assert_eq!(error(&host, "/export/2").await, (400, unknown));
}

#[tokio::test]
async fn a_generation_that_is_gone_is_not_found() {
    let host = Host::new();
    host.run(&["CREATE TABLE pages (x)", MANY_PAGES]).await;
    host.clock.advance(std::time::Duration::from_secs(25 * 3600));
    host.run(&[MANY_PAGES, "CREATE TABLE t (x)"]).await;
    for path in ["/export/1", "/sync/1/1/129"] {
        let gone = json!({"error": "generation 1 is no longer kept, the oldest one is 2; a replica cannot go on from there: \
            delete its file and the one beside it that ends with -info, and sync anew"});
        assert_eq!(error(&host, path).await, (404, gone), "{path}");
    }
    assert_eq!(get(&host, "/export/2").await.0, 200);
}

#[tokio::test]
async fn what_is_no_number_is_refused_by_name() {
    let host = Host::new();
    for (path, part) in [
        ("/export/x", "invalid generation \"x\""),
        ("/export/0", "invalid generation \"0\""),
        ("/sync/1/0/5", "invalid first frame \"0\""),
        ("/sync/1/1/-", "invalid end of the frames \"-\""),
        ("/sync/1/5/5", "invalid end of the frames 5"),
    ] {
        let (status, body) = error(&host, path).await;
        assert_eq!(status, 400, "{path}");
        assert!(body["error"].as_str().unwrap().starts_with(part), "{path}: {body}");
    }
    assert_eq!(get(&host, "/export").await.0, 404);
    assert_eq!(host.post("/sync/1/1/2", "").await.0, 405);
}

#[tokio::test]
async fn an_export_needs_a_token_that_reads_and_a_database_that_may_be_read() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let reader = host.read_only();
    for path in ["/info", "/export/1", "/sync/1/1/129"] {
        assert_eq!(get(&host.with_token(""), path).await.0, 401, "{path}");
        assert_eq!(get(&reader, path).await.0, 200, "{path}");
    }
    host.plane.put(DatabaseRecord { block_reads: true, ..record() });
    assert_eq!(get(&host, "/export/1").await.0, 403);
    host.plane.put(DatabaseRecord { block_writes: true, ..record() });
    assert_eq!(get(&host, "/export/1").await.0, 200);
    host.plane.put(DatabaseRecord { archived: true, ..record() });
    assert_eq!(get(&host, "/export/1").await.0, 403);
    host.plane.put(record());
    assert_eq!(host.value("SELECT count(*) FROM t").await, integer(0));
}
