//! Requests in a second.

use std::time::Duration;

use turso_cloud::NewDatabase;
use turso_cloud_local::Cloud;

use crate::support::{client, create, token, value};

fn limited() -> Cloud {
    Cloud::builder().rate_limit(3).with_user("bob").build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_token_that_asks_too_often_is_told_when_to_come_back() {
    let cloud = limited();
    for _ in 0..3 {
        client(&cloud).groups().list().await.unwrap();
    }
    let error = client(&cloud).groups().list().await.unwrap_err();
    assert!(error.is_rate_limited(), "{error}");
    assert_eq!(error.retry_after(), Some(Duration::from_secs(1)));
    let bob = turso_cloud::Client::builder(cloud.token_of("bob").unwrap()).base_url("http://localhost");
    let bob = bob.transport(cloud.clone()).organization("bob").build().unwrap();
    bob.groups().list().await.unwrap();
    cloud.set_rate_limit(0);
    for _ in 0..10 {
        client(&cloud).groups().list().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_waits_as_it_is_told_creates_everything_once() {
    let cloud = limited();
    let turso = cloud.client().deadline(Duration::from_secs(60)).build().unwrap();
    for index in 0..12 {
        turso.databases().create(NewDatabase::new(format!("db-{index}"), "default")).await.unwrap();
    }
    cloud.set_rate_limit(0);
    assert_eq!(client(&cloud).databases().list().await.unwrap().len(), 12);
}

#[tokio::test]
async fn a_limit_of_nothing_is_none() {
    let cloud = Cloud::builder().rate_limit(3).rate_limit(0).build().unwrap();
    for _ in 0..10 {
        client(&cloud).groups().list().await.unwrap();
    }
}

#[tokio::test]
async fn statements_are_not_counted() {
    let cloud = limited();
    create(&cloud, "orders").await;
    let token = token(&cloud, "orders").await;
    for _ in 0..10 {
        value(&cloud, "orders", &token, "SELECT 1").await;
    }
}
