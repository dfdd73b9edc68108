//! Waiting for a change.

use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::*;
use crate::data::tests::pass;

const MINUTE: u64 = 60_000;

/// A request that waits for a change, and how long it took.
fn wait(host: &Host, revision: &str, milliseconds: u64) -> JoinHandle<(u16, Vec<u8>, Duration)> {
    let (host, body) = (host.clone(), [bytes(3, revision), number(4, milliseconds)].concat());
    tokio::spawn(async move {
        let begun = Instant::now();
        let (status, answer) = ask(&host, body).await;
        (status, answer, begun.elapsed())
    })
}

#[tokio::test(start_paused = true)]
async fn a_pull_that_waits_ends_with_the_next_commit() {
    let host = host().await;
    let mut copy = Copy::new(&host).await;
    let waiting = wait(&host, &copy.revision, MINUTE);
    pass(10).await;
    assert!(!waiting.is_finished());
    host.run(&["SELECT * FROM t"]).await;
    pass(10).await;
    assert!(!waiting.is_finished(), "nothing was committed");
    host.run(&["INSERT INTO t VALUES (10)"]).await;
    let (status, answer, took) = waiting.await.unwrap();
    assert_eq!((status, took), (200, Duration::from_secs(20)));
    assert_eq!(copy.take(&answer).pages, [1]);
    assert_eq!(copy.sum(), 11);
}

#[tokio::test(start_paused = true)]
async fn a_pull_does_not_wait_for_what_is_there() {
    let host = host().await;
    let copy = Copy::new(&host).await;
    host.run(&["INSERT INTO t VALUES (10)"]).await;
    for revision in ["", &copy.revision] {
        let (status, answer, took) = wait(&host, revision, MINUTE).await.unwrap();
        assert_eq!((status, took), (200, Duration::ZERO));
        assert!(messages(&answer).len() > 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_pull_of_a_commit_of_the_past_has_nothing_to_wait_for() {
    let host = host().await;
    let copy = Copy::new(&host).await;
    let begun = Instant::now();
    let body = [bytes(2, &copy.revision), bytes(3, &copy.revision), number(4, MINUTE)].concat();
    assert_eq!(messages(&ok(&host, body).await).len(), 1);
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_pull_that_waits_in_vain_ends_with_its_time_and_after_five_minutes() {
    let host = host().await;
    let mut copy = Copy::new(&host).await;
    for (asked, took) in [(1, 1), (MINUTE, MINUTE), (u64::from(u32::MAX), 5 * MINUTE)] {
        let (status, answer, waited) = wait(&host, &copy.revision, asked).await.unwrap();
        assert_eq!(status, 200);
        assert!(waited.abs_diff(Duration::from_millis(took)) < Duration::from_millis(5), "{waited:?}");
        assert_eq!(copy.take(&answer).pages, [0; 0]);
    }
}

/// The end of a generation empties the log, and changes nothing.
#[tokio::test(start_paused = true)]
async fn the_next_generation_is_no_change_to_wait_for() {
    let host = host().await;
    host.run(&[MANY_PAGES]).await;
    let mut frames = Vec::new();
    for first in [1, 1025, 2049] {
        frames.extend(crate::data::tests::export::get(&host, &format!("/sync/1/{first}/3000")).await.1);
    }
    let last = frames.chunks(24 + PAGE).last().unwrap();
    let check = u64::from_be_bytes(last[16..24].try_into().unwrap());
    let revision = format!("{DATABASE}.1.{}.{check:016x}", frames.len() / (24 + PAGE));
    assert_ne!(Copy::new(&host).await.revision, revision);
    let (status, answer, took) = wait(&host, &revision, MINUTE).await.unwrap();
    assert_eq!((status, messages(&answer).len()), (200, 1));
    assert!(took >= Duration::from_millis(MINUTE), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_pull_that_waits_ends_with_the_right_to_read() {
    let host = host().await;
    let revision = Copy::new(&host).await.revision;
    let waiting = wait(&host, &revision, MINUTE);
    pass(10).await;
    host.plane.put(DatabaseRecord { role_id: "rotated".to_owned(), ..record() });
    let (status, _, took) = waiting.await.unwrap();
    assert_eq!((status, took), (401, Duration::from_secs(10)));
}

#[tokio::test(start_paused = true)]
async fn a_pull_that_waits_ends_with_its_database() {
    let host = host().await;
    let revision = Copy::new(&host).await.revision;
    for remove in [crate::data::DataPlane::forget, crate::data::DataPlane::remove] {
        host.plane.put(record());
        let waiting = wait(&host, &revision, MINUTE);
        pass(10).await;
        remove(&host.plane, DATABASE);
        let (status, _, took) = waiting.await.unwrap();
        assert_eq!((status, took), (404, Duration::from_secs(10)));
    }
}
