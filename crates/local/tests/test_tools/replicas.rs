//! What a replica, which knows its database by the host alone, is told of a log that has gone.

use http::{Request, header};
use serde_json::Value;
use turso_cloud::NewDatabase;
use turso_cloud::transport::Body;
use turso_cloud_local::Cloud;

use crate::snapshots::with_a_row;
use crate::support::{client, token, value};

/// Status and body of what a replica asks `orders` for.
async fn get(cloud: &Cloud, token: &str, path: &str) -> (u16, Vec<u8>) {
    let request =
        Request::get(format!("/db/orders-acme{path}")).header(header::AUTHORIZATION, format!("Bearer {token}"));
    let (head, body) = cloud.handle(request.body(Body::empty()).unwrap()).await.into_parts();
    (head.status.as_u16(), body.collect(usize::MAX).await.unwrap().to_vec())
}

async fn generation(cloud: &Cloud, token: &str) -> u64 {
    let (status, info) = get(cloud, token, "/info").await;
    assert_eq!(status, 200);
    serde_json::from_slice::<Value>(&info).unwrap()["current_generation"].as_u64().unwrap()
}

/// Whether a replica of a generation gets no frames of what is there now, and a new one all of them.
async fn assert_gone(cloud: &Cloud, token: &str, generation: u64, now: u64) {
    assert!(now > generation, "{now} after {generation}");
    assert_eq!(get(cloud, token, &format!("/sync/{generation}/1/129")).await.0, 404);
    assert_eq!(get(cloud, token, &format!("/export/{generation}")).await.0, 404);
    let (status, frames) = get(cloud, token, &format!("/sync/{now}/1/129")).await;
    assert_eq!((status, frames.len() % (24 + 4096), frames.is_empty()), (200, 0, false));
}

#[tokio::test]
async fn no_replica_takes_the_log_of_a_restored_database_for_its_own() {
    let directory = tempfile::tempdir().unwrap();
    for builder in [Cloud::builder(), Cloud::builder().directory(directory.path())] {
        let cloud = builder.build().unwrap();
        let token = with_a_row(&cloud).await;
        cloud.snapshot("clean").await.unwrap();
        let mut before = generation(&cloud, &token).await;
        let mut steps = Vec::new();
        for round in 0..3 {
            value(&cloud, "orders", &token, "INSERT INTO t VALUES (10)").await;
            cloud.restore("clean").await.unwrap();
            let now = generation(&cloud, &token).await;
            assert_gone(&cloud, &token, before, now).await;
            steps.push(now - before);
            before = now;
            // Of a state that was restored, too.
            cloud.delete_snapshot("clean").await.unwrap();
            cloud.snapshot("clean").await.unwrap();
            assert_eq!(value(&cloud, "orders", &token, "SELECT sum(x) FROM t").await, "1", "{round}");
        }
        assert!(steps.iter().all(|step| *step == steps[0]), "the numbers last for many rounds: {steps:?}");
    }
}

#[tokio::test]
async fn no_replica_takes_the_log_of_another_database_of_its_name_for_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let open = || Cloud::builder().directory(directory.path()).build().unwrap();
    let mut cloud = open();
    let mut token = with_a_row(&cloud).await;
    for step in ["delete", "delete, and open again", "reset"] {
        let before = generation(&cloud, &token).await;
        if step == "reset" {
            cloud.reset().await.unwrap();
        } else {
            client(&cloud).databases().delete("orders").await.unwrap();
        }
        if step == "delete, and open again" {
            drop(cloud);
            cloud = open();
        }
        token = with_a_row(&cloud).await;
        let now = generation(&cloud, &token).await;
        assert_gone(&cloud, &token, before, now).await;
    }
}

#[tokio::test]
async fn a_replica_goes_on_after_its_database_was_deleted_and_brought_back() {
    let cloud = Cloud::new().unwrap();
    let token = with_a_row(&cloud).await;
    let before = generation(&cloud, &token).await;
    let id = client(&cloud).databases().get("orders").await.unwrap().id;
    client(&cloud).databases().delete("orders").await.unwrap();
    client(&cloud).recovery().restore_database(id).await.unwrap();
    value(&cloud, "orders", &token, "INSERT INTO t VALUES (10)").await;
    assert_eq!(generation(&cloud, &token).await, before);
}

#[tokio::test]
async fn no_replica_takes_the_log_of_a_database_that_was_brought_back_for_its_own() {
    for name in [None, Some("orders")] {
        let cloud = Cloud::new().unwrap();
        let databases = client(&cloud).databases();
        let first = if name.is_none() { "orders" } else { "events" };
        let created = databases.create(NewDatabase::new(first, "default")).await.unwrap();
        let token = token(&cloud, first).await;
        value(&cloud, first, &token, "CREATE TABLE t AS SELECT 5 AS x").await;
        databases.delete(first).await.unwrap();
        let another = with_a_row(&cloud).await;
        let before = generation(&cloud, &another).await;
        databases.delete("orders").await.unwrap();
        let recovery = client(&cloud).recovery();
        match name {
            None => recovery.restore_database(created.id).await.unwrap(),
            Some(name) => recovery.restore_database_as(created.id, name).await.unwrap(),
        };
        let token = self::token(&cloud, "orders").await;
        let now = generation(&cloud, &token).await;
        assert_gone(&cloud, &token, before, now).await;
        assert_eq!(value(&cloud, "orders", &token, "SELECT x FROM t").await, "5");
        value(&cloud, "orders", &token, "INSERT INTO t VALUES (6)").await;
        assert_eq!(generation(&cloud, &token).await, now);
    }
}

#[tokio::test]
async fn no_replica_takes_the_log_of_a_cloud_that_began_anew_for_its_own() {
    let generation_of_another = async || {
        let cloud = Cloud::new().unwrap();
        let token = with_a_row(&cloud).await;
        generation(&cloud, &token).await
    };
    let first = generation_of_another().await;
    // The numbers follow the seconds of the machine's clock.
    while generation_of_another().await == first {}
    assert!(generation_of_another().await > first);
    let cloud = Cloud::builder().seed(7).build().unwrap();
    let token = with_a_row(&cloud).await;
    assert_eq!(generation(&cloud, &token).await, 1, "one with a seed repeats itself");
}
