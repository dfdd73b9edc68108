//! Files of databases that take long to be opened, or cannot be.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{BUSY, DATABASE, Host, baton, execute, integer, step};
use crate::data::database::Patience;

#[tokio::test]
async fn a_request_tries_once_to_open_a_file_that_another_program_has_locked() {
    let directory = tempfile::tempdir().unwrap();
    let file = rusqlite::Connection::open(directory.path().join(format!("{DATABASE}.db"))).unwrap();
    file.execute_batch("CREATE TABLE t (x); BEGIN EXCLUSIVE").unwrap();
    let host = Host::in_directory(directory.path());
    let mut steps = vec![step("SELECT 1"); 10];
    steps[4]["condition"] = json!({ "type": "ok", "step": 0 });
    let mut requests = vec![execute("SELECT 1"); 10];
    requests.push(json!({ "type": "batch", "batch": { "steps": steps } }));
    requests.push(json!({ "type": "get_autocommit" }));
    let begun = Instant::now();
    let answer = host.pipeline(None, requests.into()).await;
    // Each attempt takes two seconds.
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    let locked = json!({ "message": "SQLite error: database is locked", "code": "SQLITE_BUSY" });
    for result in &answer["results"].as_array().unwrap()[..10] {
        assert_eq!(result["error"], locked, "{answer}");
    }
    let errors = &answer["results"][10]["response"]["result"]["step_errors"];
    for (index, error) in errors.as_array().unwrap().iter().enumerate() {
        assert_eq!(*error, if index == 4 { json!(null) } else { locked.clone() }, "step {index}: {answer}");
    }
    assert_eq!(answer["results"][11]["response"]["is_autocommit"], true, "{answer}");

    drop(file);
    assert_eq!(host.value("SELECT count(*) FROM t").await, integer(0));
}

#[tokio::test(start_paused = true)]
async fn a_request_waits_five_seconds_in_all_for_a_file_to_be_opened() {
    let host = Host::new();
    let opening = host.database().opening(&mut Patience::default()).await.unwrap();
    let begun = tokio::time::Instant::now();
    let answer = host.pipeline(None, json!([execute("SELECT 1"), execute("SELECT 2"), execute("SELECT 3")])).await;
    assert!((4.9..5.5).contains(&begun.elapsed().as_secs_f64()), "{:?}", begun.elapsed());
    for result in answer["results"].as_array().unwrap() {
        assert_eq!(result["error"]["code"], "TOO_MANY_STREAMS", "{answer}");
    }
    drop(opening);
    assert_eq!(host.value("SELECT 1").await, integer(1));
}

#[tokio::test]
async fn who_waits_for_a_file_to_be_opened_takes_no_thread_from_those_who_have_it_open() {
    let host = Host::new();
    let open = host.pipeline(None, json!([execute("PRAGMA cache_size = 10")])).await;
    let database = host.database();
    let _opening = database.opening(&mut Patience::default()).await.unwrap();
    let left = database.slots().available_permits();
    let waiting: Vec<_> = (0..128)
        .map(|_| {
            let host = host.clone();
            tokio::spawn(async move { host.pipeline(None, json!([execute(BUSY)])).await })
        })
        .collect();
    while database.slots().available_permits() > left - 128 {
        tokio::task::yield_now().await;
    }
    let answer = host.pipeline(Some(baton(&open)), json!([execute("SELECT count(*) FROM sqlite_schema")])).await;
    assert_eq!(answer["results"][0]["type"], "ok", "{answer}");
    waiting.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn who_has_the_turn_to_write_does_not_queue_to_open_the_file() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    // Its connection is no good for others.
    let begin = json!([execute("PRAGMA cache_size = 10"), execute("BEGIN IMMEDIATE")]);
    let open = host.pipeline(None, begin).await;
    let writer = tokio::spawn({
        let host = host.clone();
        async move { host.run(&["INSERT INTO t VALUES (1)"]).await }
    });
    // It has connected, and given its connection back to wait.
    let database = host.database();
    let mut given_back = None;
    while given_back.is_none() {
        tokio::task::yield_now().await;
        given_back = database.idle_connection();
    }
    let _opening = database.opening(&mut Patience::default()).await.unwrap();
    host.pipeline(Some(baton(&open)), json!([execute("COMMIT")])).await;
    tokio::time::timeout(Duration::from_secs(60), writer).await.unwrap().unwrap();
}
