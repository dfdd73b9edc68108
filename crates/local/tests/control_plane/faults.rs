//! Faults on purpose.

use std::time::Duration;

use serde_json::json;
use turso_cloud_contract::endpoints::{CreateDatabase, GetGroup, ListGroups};
use turso_cloud_local::Cloud;

use crate::support::{audit_log, get, post};

const DATABASES: &str = "/v1/organizations/acme/databases";

async fn create(cloud: &Cloud, count: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for index in 0..count {
        let body = format!(r#"{{"name":"db-{index}","group":"default"}}"#);
        statuses.push(post(cloud, DATABASES, &body).await.status);
    }
    statuses
}

#[tokio::test]
async fn the_third_request_fails_and_nothing_of_it_happens() {
    let cloud = Cloud::new().unwrap();
    let fault = cloud.faults().on::<CreateDatabase>().nth(3).retry_after(Duration::from_secs(2)).reply(503);
    assert_eq!(create(&cloud, 4).await, [200, 200, 503, 200]);
    assert_eq!(get(&cloud, &format!("{DATABASES}/db-2")).await.status, 404);
    assert_eq!(audit_log(&cloud).await.len(), 3);
    assert_eq!(fault.count(), 1);
}

#[tokio::test]
async fn a_fault_answers_as_it_was_told_to() {
    let cloud = Cloud::new().unwrap();
    let wait = Duration::from_millis(6_001);
    cloud.faults().on::<GetGroup>().retry_after(wait).error("slow down").code("rate_limited").reply(429);
    let answer = get(&cloud, "/v1/organizations/acme/groups/default").await;
    assert_eq!((answer.status, answer.headers["retry-after"].to_str().unwrap()), (429, "7"));
    assert_eq!(answer.json(), json!({"code": "rate_limited", "error": "slow down"}));
}

#[tokio::test]
async fn a_fault_hits_its_own_operation_only_and_as_often_as_it_was_told_to() {
    let cloud = Cloud::new().unwrap();
    cloud.faults().on::<CreateDatabase>().times(2).reply(500);
    assert_eq!(get(&cloud, DATABASES).await.status, 200);
    assert_eq!(create(&cloud, 3).await, [500, 500, 200]);
    cloud.faults().on::<ListGroups>().nth(2).times(2).reply(502);
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(get(&cloud, "/v1/organizations/acme/groups").await.status);
    }
    assert_eq!(statuses, [200, 502, 502, 200]);
}

#[tokio::test]
async fn the_oldest_of_two_faults_answers_and_both_count_the_request() {
    let cloud = Cloud::new().unwrap();
    let every = cloud.faults().on::<CreateDatabase>().times(2).reply(500);
    let second = cloud.faults().on::<CreateDatabase>().nth(3).reply(503);
    assert_eq!(create(&cloud, 4).await, [500, 500, 503, 200]);
    assert_eq!((every.count(), second.count()), (2, 1));
}

#[tokio::test]
async fn faults_end_when_they_are_cleared() {
    let cloud = Cloud::new().unwrap();
    cloud.faults().on::<CreateDatabase>().reply(500);
    assert_eq!(create(&cloud, 1).await, [500]);
    cloud.faults().clear();
    assert_eq!(create(&cloud, 1).await, [200]);
}

#[tokio::test]
async fn a_fault_comes_before_the_token_is_looked_at() {
    let cloud = Cloud::new().unwrap();
    cloud.faults().on::<ListGroups>().reply(503);
    let request =
        http::Request::get("/v1/organizations/acme/groups").body(turso_cloud::transport::Body::empty()).unwrap();
    assert_eq!(cloud.handle(request).await.status(), 503);
}

#[tokio::test]
async fn a_number_that_is_no_final_status_stands_for_500() {
    let cloud = Cloud::new().unwrap();
    for status in [0, 100, 600, 999, 1000] {
        cloud.faults().clear();
        cloud.faults().on::<ListGroups>().reply(status);
        assert_eq!(get(&cloud, "/v1/organizations/acme/groups").await.status, 500, "{status}");
    }
}
