//! The file of a database in pieces.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::Method;

use super::{CHUNK, draft, draft_host, file_of, good_file, leftovers, ok};
use crate::data::tests::{DATABASE, Host, integer, record};
use crate::data::{DataPlane, NotActivated};

/// A database of two whole chunks and a part of a third.
fn large_file() -> Vec<u8> {
    let file = file_of(
        "PRAGMA journal_mode=WAL; CREATE TABLE t (x); INSERT INTO t VALUES (randomblob(9000000)); \
         INSERT INTO t VALUES (7);",
    );
    assert!(file.len() > 2 * CHUNK && file.len() < 3 * CHUNK, "{}", file.len());
    file
}

#[tokio::test]
async fn chunks_may_come_in_any_order_and_again() {
    let directory = tempfile::tempdir().unwrap();
    let host = draft_host(directory.path());
    let file = large_file();
    let chunks: Vec<_> = file.chunks(CHUNK).collect();
    let id = host.start(file.len()).await;
    assert_eq!(host.chunk(&id, 2, chunks[2]).await, ok());
    assert_eq!(host.chunk(&id, 0, &vec![0xaa; CHUNK]).await, ok());
    let (status, text) = host.finalize(&id).await;
    assert_eq!((status, text.contains("chunks 1 are missing")), (400, true), "{text}");
    assert_eq!(host.chunk(&id, 1, chunks[1]).await, ok());
    assert_eq!(host.chunk(&id, 0, chunks[0]).await, ok(), "it replaces itself");
    // One that breaks off changes nothing.
    let pieces = [Ok(Bytes::from(vec![0xaa; 5000])), Err(std::io::Error::other("gone"))];
    let (path, length) = (format!("/v2/upload/{id}/chunk/1"), CHUNK.to_string());
    let broken = Body::from_stream(futures_util::stream::iter(pieces));
    assert_eq!(host.call(Method::PUT, &path, &[("content-length", &length)], broken).await.0, 400);
    assert_eq!(host.finalize(&id).await, ok());
    assert_eq!(host.value("SELECT x FROM t WHERE rowid = 2").await, integer(7));
    assert_eq!(host.value("PRAGMA integrity_check").await["value"], "ok");
    assert_eq!(leftovers(directory.path()), 0);
}

#[tokio::test(start_paused = true)]
async fn a_chunk_needs_a_thread_as_statements_do() {
    let directory = tempfile::tempdir().unwrap();
    let host = draft_host(directory.path());
    let id = host.start(8192).await;
    let taken = host.all_threads().await;
    let refused = (503, r#"{"error":"too many statements at work"}"#.to_owned());
    assert_eq!(host.chunk(&id, 0, &good_file()).await, refused);
    drop(taken);
    assert_eq!(host.chunk(&id, 0, &good_file()).await, ok());
}

#[tokio::test]
async fn a_chunk_that_cannot_be_one_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let host = draft_host(directory.path());
    let id = host.start(CHUNK + 1).await;
    for (index, length, expected) in [
        (0, CHUNK - 1, "must have exactly 4194304"),
        (1, 2, "must have exactly 1"),
        (2, 1, "there is no chunk 2"),
        (usize::MAX, 1, "there is no chunk"),
    ] {
        let (status, text) = host.chunk(&id, index, &vec![0; length]).await;
        assert_eq!((status, text.contains(expected)), (400, true), "{index}: {text}");
    }
    let path = format!("/v2/upload/{id}/chunk/1");
    assert_eq!(host.call(Method::PUT, &path, &[], vec![0].into()).await.0, 411);
    for size in ["0", "21474836481", "-1", "\"x\""] {
        let body = format!(r#"{{"db_size_bytes":{size}}}"#);
        assert_eq!(host.call(Method::PUT, "/v2/upload/start", &[], body.into()).await.0, 400, "{size}");
    }
}

#[tokio::test]
async fn a_new_start_replaces_an_unfinished_upload() {
    let directory = tempfile::tempdir().unwrap();
    let host = draft_host(directory.path());
    let first = host.start(8192).await;
    let second = host.start(8192).await;
    assert_ne!(first, second);
    assert_eq!(leftovers(directory.path()), 1);
    let (status, text) = host.chunk(&first, 0, &good_file()).await;
    assert_eq!((status, text.contains("no unfinished upload")), (404, true), "{text}");
    assert_eq!(host.chunk(&second, 0, &good_file()).await, ok());
    assert_eq!(host.finalize(&second).await, ok());
    assert_eq!(host.value("SELECT x FROM t").await, integer(7));
}

#[tokio::test]
async fn a_file_in_pieces_is_checked_and_a_second_attempt_works() {
    let directory = tempfile::tempdir().unwrap();
    let host = draft_host(directory.path());
    let id = host.start(8192).await;
    assert_eq!(host.chunk(&id, 0, &[0; 8192]).await, ok());
    let (status, text) = host.finalize(&id).await;
    assert_eq!((status, text.contains("no SQLite database")), (400, true), "{text}");
    assert_eq!((leftovers(directory.path()), host.finalize(&id).await.0), (0, 404));
    let id = host.start(8192).await;
    assert_eq!(host.chunk(&id, 0, &good_file()).await, ok());
    assert_eq!(host.finalize(&id).await, ok());
}

#[tokio::test]
async fn a_finalization_that_could_not_be_done_can_be_repeated() {
    let directory = tempfile::tempdir().unwrap();
    let host = Host::in_directory(directory.path());
    host.plane.put(draft());
    let (plane, is_broken) = (Arc::downgrade(&host.plane.0), Arc::new(AtomicBool::new(true)));
    host.plane.when_activated({
        let is_broken = Arc::clone(&is_broken);
        move |_| {
            if is_broken.load(Ordering::Relaxed) {
                return Err(NotActivated::Internal);
            }
            DataPlane(plane.upgrade().unwrap()).put(record());
            Ok(())
        }
    });
    let id = host.start(8192).await;
    assert_eq!(host.chunk(&id, 0, &good_file()).await, ok());
    assert_eq!(host.finalize(&id).await.0, 500, "it cannot be written down");
    let in_the_way = host.plane.0.databases.read().in_service(DATABASE).unwrap().file().path().to_owned();
    std::fs::create_dir(&in_the_way).unwrap();
    is_broken.store(false, Ordering::Relaxed);
    assert_eq!(host.finalize(&id).await.0, 500, "the file cannot be moved");
    std::fs::remove_dir(&in_the_way).unwrap();
    assert_eq!(host.finalize(&id).await, ok());
    assert_eq!(host.value("SELECT x FROM t").await, integer(7));
    assert_eq!(leftovers(directory.path()), 0);
}

#[tokio::test]
async fn an_unfinished_upload_ends_after_a_day_or_with_its_database_and_leaves_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let host = draft_host(directory.path());
    let id = host.start(8192).await;
    host.clock.advance(Duration::from_secs(24 * 3600 - 1));
    assert_eq!(host.chunk(&id, 0, &good_file()).await, ok());
    host.clock.advance(Duration::from_secs(1));
    assert_eq!(host.get("/health").await.0, 200);
    assert_eq!((leftovers(directory.path()), host.finalize(&id).await.0), (0, 404));
    host.start(8192).await;
    host.plane.forget(DATABASE);
    assert_eq!(leftovers(directory.path()), 0);
    host.plane.put(draft());
    host.start(8192).await;
    host.plane.remove(DATABASE);
    assert_eq!(leftovers(directory.path()), 0);
}
