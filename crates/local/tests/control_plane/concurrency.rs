//! Many requests at once.

use turso_cloud_local::Cloud;

use crate::support::{audit_log, get, post};

const DATABASES: &str = "/v1/organizations/acme/databases";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_many_that_create_the_same_database_wins() {
    let cloud = Cloud::new().unwrap();
    let attempts: Vec<_> = (0..32)
        .map(|_| {
            let cloud = cloud.clone();
            tokio::spawn(async move { post(&cloud, DATABASES, r#"{"name":"orders","group":"default"}"#).await.status })
        })
        .collect();
    let mut statuses = Vec::new();
    for attempt in attempts {
        statuses.push(attempt.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200);
    assert!(statuses[1..].iter().all(|status| *status == 400), "{statuses:?}");
    assert_eq!(audit_log(&cloud).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_operation_nobody_waits_for_any_more_happens_as_a_whole_or_not_at_all() {
    let cloud = Cloud::new().unwrap();
    for index in 0..20 {
        let body = format!(r#"{{"name":"db-{index}","group":"default"}}"#);
        let handle = cloud.clone();
        let call = tokio::spawn(async move { post(&handle, DATABASES, &body).await });
        tokio::task::yield_now().await;
        call.abort();
        let _ = call.await;
    }
    // Databases are only added: while two counts are the same, nothing has happened between them.
    loop {
        let before = count(&cloud).await;
        let entries = audit_log(&cloud).await.len();
        if count(&cloud).await == before {
            assert_eq!(entries, before);
            break;
        }
    }
}

async fn count(cloud: &Cloud) -> usize {
    get(cloud, DATABASES).await.json()["databases"].as_array().unwrap().len()
}
