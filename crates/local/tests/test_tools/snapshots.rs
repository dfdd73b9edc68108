//! Snapshots of the whole cloud.

use std::{path::Path, time::Duration};

use futures_util::{FutureExt as _, stream};
use jiff::Timestamp;
use serde_json::json;
use tokio::sync::oneshot;
use turso_cloud::{NewDatabase, transport::Body};
use turso_cloud_local::{Cloud, CloudError};

use crate::support::{client, create, databases, pipeline, send, token, value};

pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// A cloud with a database that has the row 1, and a token for it.
pub(crate) async fn with_a_row(cloud: &Cloud) -> String {
    create(cloud, "orders").await;
    let token = token(cloud, "orders").await;
    value(cloud, "orders", &token, "CREATE TABLE t (x)").await;
    value(cloud, "orders", &token, "INSERT INTO t VALUES (1)").await;
    token
}

async fn sum(cloud: &Cloud, token: &str) -> String {
    value(cloud, "orders", token, "SELECT sum(x) FROM t").await.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_restored_cloud_is_what_it_was_in_every_respect() {
    let directory = tempfile::tempdir().unwrap();
    for builder in [Cloud::builder().seed(7), Cloud::builder().directory(directory.path())] {
        let cloud = builder.build().unwrap();
        let token = with_a_row(&cloud).await;
        let then = cloud.clock().now();
        let snapshot = cloud.snapshot("clean").await.unwrap();
        assert_eq!((snapshot.name.as_str(), snapshot.databases), ("clean", 1));

        value(&cloud, "orders", &token, "INSERT INTO t VALUES (10)").await;
        create(&cloud, "events").await;
        client(&cloud).groups().delete("default").await.unwrap();
        client(&cloud).databases().get("orders").await.unwrap_err();
        cloud.clock().advance(48 * HOUR);

        for _ in 0..2 {
            cloud.restore("clean").await.unwrap();
            assert_eq!(databases(&cloud).await, ["orders"]);
            assert_eq!(sum(&cloud, &token).await, "1");
            assert!(cloud.clock().now().duration_since(then).as_hours() < 1);
            value(&cloud, "orders", &token, "INSERT INTO t VALUES (100)").await;
            assert_eq!(sum(&cloud, &token).await, "101");
            client(&cloud).databases().delete("orders").await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_clock_that_ran_goes_on_with_that_of_the_system_and_one_that_stood_stands_again() {
    let cloud = Cloud::new().unwrap();
    cloud.clock().advance(HOUR);
    cloud.snapshot("running").await.unwrap();
    let (before, began) = (cloud.clock().now(), Timestamp::now());
    cloud.clock().freeze();
    let stood = cloud.clock().now();
    cloud.snapshot("frozen").await.unwrap();
    cloud.clock().advance(48 * HOUR);

    cloud.restore("running").await.unwrap();
    let really = Timestamp::now().duration_since(began);
    let passed = cloud.clock().now().duration_since(before);
    assert!(passed >= really && passed.as_hours() == 0, "{passed} on the clock, {really} really");
    cloud.restore("frozen").await.unwrap();
    assert_eq!((cloud.clock().now(), cloud.clock().is_frozen()), (stood, true));
}

#[tokio::test]
async fn the_past_of_a_database_is_restored_with_it() {
    let cloud = Cloud::builder().seed(7).build().unwrap();
    let token = with_a_row(&cloud).await;
    let early = cloud.clock().now();
    cloud.clock().advance(HOUR);
    value(&cloud, "orders", &token, "INSERT INTO t VALUES (10)").await;
    cloud.snapshot("clean").await.unwrap();
    value(&cloud, "orders", &token, "DELETE FROM t").await;
    cloud.restore("clean").await.unwrap();
    client(&cloud).databases().branch("orders", "past").at(early).await.unwrap();
    let token = self::token(&cloud, "past").await;
    assert_eq!(value(&cloud, "past", &token, "SELECT sum(x) FROM t").await, "1");
}

/// A writer adds a row to one database and then to the other: no snapshot may have more in the second.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_is_of_one_moment_while_databases_are_written_to() {
    let cloud = Cloud::new().unwrap();
    let mut tokens = Vec::new();
    for name in ["first", "second"] {
        create(&cloud, name).await;
        tokens.push(token(&cloud, name).await);
        value(&cloud, name, tokens.last().unwrap(), "CREATE TABLE t (x)").await;
    }
    let writer = tokio::spawn({
        let (cloud, tokens) = (cloud.clone(), tokens.clone());
        async move {
            loop {
                value(&cloud, "first", &tokens[0], "INSERT INTO t VALUES (1)").await;
                value(&cloud, "second", &tokens[1], "INSERT INTO t VALUES (1)").await;
            }
        }
    });
    let mut forks = Vec::new();
    for round in 0..8 {
        // Something is to have happened in between.
        let written = cloud.requests().count();
        cloud.requests().wait_after(written + 1).await;
        forks.push(cloud.fork().await.unwrap());
        create(&cloud, &format!("new-{round}")).await;
    }
    writer.abort();
    for (round, fork) in forks.iter().enumerate() {
        let mut counts = Vec::new();
        for (name, token) in ["first", "second"].iter().zip(&tokens) {
            let count = value(fork, name, token, "SELECT count(*) FROM t").await;
            counts.push(count.as_str().unwrap().parse::<u64>().unwrap());
        }
        assert!(counts[0] - counts[1] <= 1, "{counts:?}");
        assert_eq!(databases(fork).await.len(), 2 + round);
    }
}

#[tokio::test]
async fn a_transaction_is_in_a_snapshot_as_a_whole() {
    let cloud = Cloud::new().unwrap();
    let token = with_a_row(&cloud).await;
    let begin = json!({"requests": [
        {"type": "execute", "stmt": {"sql": "BEGIN"}},
        {"type": "execute", "stmt": {"sql": "INSERT INTO t VALUES (10)"}},
    ]});
    let baton = pipeline(&cloud, "orders", &token, &begin).await.1["baton"].clone();
    let forking = tokio::spawn({
        let cloud = cloud.clone();
        async move { cloud.fork().await.unwrap() }
    });
    tokio::task::yield_now().await;
    assert!(!forking.is_finished());
    let commit = json!({"baton": baton, "requests": [
        {"type": "execute", "stmt": {"sql": "INSERT INTO t VALUES (100)"}},
        {"type": "execute", "stmt": {"sql": "COMMIT"}},
        {"type": "close"},
    ]});
    let (status, answer) = pipeline(&cloud, "orders", &token, &commit).await;
    assert_eq!((status, &answer["results"][1]["type"]), (200, &json!("ok")), "{answer}");
    assert_eq!(sum(&forking.await.unwrap(), &token).await, "111");
}

#[tokio::test]
async fn what_has_begun_is_carried_out_though_nobody_waits_for_it() {
    let directory = tempfile::tempdir().unwrap();
    for builder in [Cloud::builder().seed(7), Cloud::builder().seed(7).directory(directory.path())] {
        let cloud = builder.build().unwrap();
        with_a_row(&cloud).await;
        let then = cloud.clock().now();
        assert!(cloud.snapshot("clean").now_or_never().is_none());
        until_it_is_over(&cloud).await;
        assert_eq!(cloud.snapshots().unwrap().len(), 1);

        create(&cloud, "events").await;
        cloud.clock().advance(HOUR);
        assert!(cloud.restore("clean").now_or_never().is_none());
        until_it_is_over(&cloud).await;
        assert_eq!((databases(&cloud).await, cloud.clock().now()), (vec!["orders".to_owned()], then));

        cloud.clock().advance(HOUR);
        assert!(cloud.reset().now_or_never().is_none());
        until_it_is_over(&cloud).await;
        assert_eq!((databases(&cloud).await.len(), cloud.clock().now()), (0, then));
    }
}

/// A copy waits for its turn.
async fn until_it_is_over(cloud: &Cloud) {
    drop(cloud.fork().await.unwrap());
}

#[tokio::test]
async fn streams_do_not_outlive_the_state_they_began_in() {
    let cloud = Cloud::new().unwrap();
    let token = with_a_row(&cloud).await;
    cloud.snapshot("clean").await.unwrap();
    let begin = json!({"requests": [{"type": "execute", "stmt": {"sql": "BEGIN IMMEDIATE"}}]});
    let baton = pipeline(&cloud, "orders", &token, &begin).await.1["baton"].clone();
    cloud.restore("clean").await.unwrap();
    let write =
        json!({"baton": baton, "requests": [{"type": "execute", "stmt": {"sql": "INSERT INTO t VALUES (10)"}}]});
    assert_eq!(pipeline(&cloud, "orders", &token, &write).await.0, 404);
    assert_eq!(sum(&cloud, &token).await, "1");
    value(&cloud, "orders", &token, "INSERT INTO t VALUES (10)").await;
}

fn is_left_with_one_state(directory: &Path) {
    let states: Vec<_> = std::fs::read_dir(directory.join("states")).unwrap().flatten().collect();
    assert_eq!(states.len(), 1, "{states:?}");
}

#[tokio::test]
async fn a_request_at_work_ends_in_the_state_that_is_left_behind() {
    let directory = tempfile::tempdir().unwrap();
    for builder in [Cloud::builder(), Cloud::builder().directory(directory.path())] {
        let cloud = builder.build().unwrap();
        let token = with_a_row(&cloud).await;
        cloud.snapshot("clean").await.unwrap();
        for _ in 0..2 {
            value(&cloud, "orders", &token, "INSERT INTO t VALUES (10)").await;
            let (begun, has_begun) = oneshot::channel();
            let (go_on, may_go_on) = oneshot::channel();
            let body = Body::stream(stream::once(async move {
                begun.send(()).unwrap();
                may_go_on.await.unwrap();
                let sum = json!({"requests": [{"type": "execute", "stmt": {"sql": "SELECT sum(x) FROM t"}}]});
                Ok(sum.to_string().into())
            }));
            let restored = async {
                has_begun.await.unwrap();
                cloud.restore("clean").await.unwrap();
                go_on.send(()).unwrap();
            };
            let ((status, answer), ()) = tokio::join!(send(&cloud, "orders", &token, body), restored);
            let sums = &answer["results"][0]["response"]["result"]["rows"];
            assert_eq!((status, sums), (200, &json!([[{"type": "integer", "value": "11"}]])), "{answer}");
            assert_eq!(sum(&cloud, &token).await, "1");
        }
    }
    is_left_with_one_state(directory.path());
}

#[tokio::test]
async fn a_websocket_ends_with_the_state_it_began_in() {
    use futures_util::StreamExt as _;

    let cloud = Cloud::new().unwrap();
    with_a_row(&cloud).await;
    cloud.snapshot("clean").await.unwrap();
    let server = cloud.serve("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/db/orders-acme/", server.addr());
    let (mut socket, _) = tokio_tungstenite::connect_async(&url).await.unwrap();
    cloud.restore("clean").await.unwrap();
    let end = socket.next().await.unwrap().unwrap();
    assert!(end.is_close(), "{end:?}");
    assert!(tokio_tungstenite::connect_async(&url).await.is_ok());
}

#[tokio::test]
async fn a_fork_goes_its_own_way() {
    let cloud = Cloud::builder().seed(7).build().unwrap();
    let token = with_a_row(&cloud).await;
    let fork = cloud.fork().await.unwrap();
    value(&fork, "orders", &token, "INSERT INTO t VALUES (10)").await;
    fork.clock().advance(HOUR);
    create(&fork, "events").await;
    fork.faults().on_path("/_region").reply(503);
    drop(fork.fork().await.unwrap());
    assert_eq!((sum(&cloud, &token).await, sum(&fork, &token).await), ("1".to_owned(), "11".to_owned()));
    assert_eq!(databases(&cloud).await, ["orders"]);
    assert!(cloud.faults().list().is_empty());
    assert_eq!(fork.clock().now().duration_since(cloud.clock().now()).as_hours(), 1);
    drop(cloud);
    assert_eq!(sum(&fork, &token).await, "11");
}

#[tokio::test]
async fn a_reset_cloud_is_new_and_its_token_the_same() {
    let directory = tempfile::tempdir().unwrap();
    for builder in [Cloud::builder(), Cloud::builder().seed(7), Cloud::builder().directory(directory.path())] {
        let builder = builder
            .with_user("bob")
            .seed_toml("[[organization]]\nslug = \"acme\"\n[[organization.database]]\nname = \"first\"\nsql = \"CREATE TABLE t (x); INSERT INTO t VALUES (5);\"")
            .unwrap();
        let cloud = builder.build().unwrap();
        let (dev, bob) = (cloud.token(), cloud.token_of("bob"));
        let old = token(&cloud, "first").await;
        value(&cloud, "first", &old, "DELETE FROM t").await;
        create(&cloud, "orders").await;
        cloud.clock().advance(HOUR);
        let began = cloud.clock().now();
        cloud.faults().on_path("/_region").reply(503);
        cloud.snapshot("before").await.unwrap();

        cloud.reset().await.unwrap();
        assert_eq!(databases(&cloud).await, ["first"]);
        let fresh = token(&cloud, "first").await;
        assert_eq!(value(&cloud, "first", &fresh, "SELECT x FROM t").await, "5");
        assert_eq!((cloud.token(), cloud.token_of("bob")), (dev, bob));
        assert!(cloud.clock().now() < began);
        assert!(cloud.faults().list().is_empty());
        assert_eq!(cloud.requests().of::<turso_cloud_contract::endpoints::CreateDatabase>().len(), 0);

        cloud.restore("before").await.unwrap();
        assert_eq!(databases(&cloud).await, ["first", "orders"]);
    }
}

#[tokio::test]
async fn a_seeded_cloud_repeats_itself_after_a_reset() {
    let cloud = Cloud::builder().seed(7).build().unwrap();
    let created = async || client(&cloud).databases().create(NewDatabase::new("orders", "default")).await.unwrap();
    let first = created().await;
    cloud.reset().await.unwrap();
    assert_eq!(created().await.id, first.id);
}

#[tokio::test]
async fn a_kept_cloud_opens_in_the_state_it_was_put_back_to() {
    let directory = tempfile::tempdir().unwrap();
    let open = || Cloud::builder().directory(directory.path()).build().unwrap();
    let cloud = open();
    let token = with_a_row(&cloud).await;
    cloud.snapshot("one").await.unwrap();
    value(&cloud, "orders", &token, "INSERT INTO t VALUES (10)").await;
    cloud.restore("one").await.unwrap();
    create(&cloud, "events").await;
    drop(cloud);

    let cloud = open();
    assert_eq!((databases(&cloud).await.len(), sum(&cloud, &token).await.as_str()), (2, "1"));
    cloud.restore("one").await.unwrap();
    drop(cloud);
    let cloud = open();
    assert_eq!(databases(&cloud).await, ["orders"]);
    assert_eq!(cloud.snapshots().unwrap().iter().map(|snapshot| snapshot.name.as_str()).collect::<Vec<_>>(), ["one"]);
    is_left_with_one_state(directory.path());
    assert!(!directory.path().join("control.db").exists());
}

#[tokio::test]
async fn snapshots_are_listed_and_deleted_by_name() {
    let cloud = Cloud::new().unwrap();
    assert!(cloud.snapshots().unwrap().is_empty());
    for name in ["b", "a"] {
        cloud.snapshot(name).await.unwrap();
    }
    let refused = cloud.snapshot("a").await.unwrap_err();
    assert!(matches!(&refused, CloudError::SnapshotExists { name, .. } if name == "a"), "{refused:?}");
    let names = || cloud.snapshots().unwrap().into_iter().map(|snapshot| snapshot.name).collect::<Vec<_>>();
    assert_eq!(names(), ["a", "b"]);
    assert!(cloud.delete_snapshot("a").await.unwrap() && !cloud.delete_snapshot("a").await.unwrap());
    assert_eq!(names(), ["b"]);
    assert!(matches!(cloud.restore("a").await, Err(CloudError::NoSnapshot { name, .. }) if name == "a"));
}

#[tokio::test]
async fn a_snapshot_that_is_only_half_there_is_in_nobodys_way() {
    let directory = tempfile::tempdir().unwrap();
    let cloud = Cloud::builder().directory(directory.path()).build().unwrap();
    for name in ["half", "whole"] {
        cloud.snapshot(name).await.unwrap();
    }
    std::fs::remove_file(directory.path().join("snapshots/half/about.json")).unwrap();
    let names = || cloud.snapshots().unwrap().into_iter().map(|snapshot| snapshot.name).collect::<Vec<_>>();
    assert_eq!(names(), ["whole"]);
    assert!(matches!(cloud.restore("half").await, Err(CloudError::NoSnapshot { .. })));
    assert!(cloud.delete_snapshot("half").await.unwrap());
    cloud.snapshot("half").await.unwrap();
    assert_eq!(names(), ["half", "whole"]);
    assert!(cloud.delete_snapshot("half").await.unwrap());
    // Nothing of it is left, under no other name either.
    assert_eq!(std::fs::read_dir(directory.path().join("snapshots")).unwrap().count(), 1);
}

#[tokio::test]
async fn a_snapshot_that_is_being_restored_is_deleted_afterwards() {
    let cloud = Cloud::new().unwrap();
    let token = with_a_row(&cloud).await;
    cloud.snapshot("clean").await.unwrap();
    value(&cloud, "orders", &token, "INSERT INTO t VALUES (10)").await;
    let (restored, deleted) = tokio::join!(cloud.restore("clean"), cloud.delete_snapshot("clean"));
    assert!(restored.is_ok() && deleted.unwrap(), "{restored:?}");
    assert_eq!(sum(&cloud, &token).await, "1");
}

#[tokio::test]
async fn a_name_is_no_path() {
    let directory = tempfile::tempdir().unwrap();
    let cloud = Cloud::builder().directory(directory.path().join("cloud")).build().unwrap();
    for name in ["", ".", "..", "../evil", "a/b", "a\\b", "/etc", ".hidden", "a\0b", "ä", &"a".repeat(65)] {
        let deleted = cloud.delete_snapshot(name).await.map(drop);
        for refused in [cloud.snapshot(name).await.map(drop), cloud.restore(name).await, deleted] {
            assert!(matches!(refused, Err(CloudError::Input(_))), "{name:?}: {refused:?}");
        }
    }
    let entries: Vec<_> = std::fs::read_dir(directory.path()).unwrap().flatten().collect();
    assert_eq!(entries.len(), 1, "{entries:?}");
}
