//! Faults inside the process, as a client sees them.

use std::{sync::Barrier, time::Duration};

use http::{Request, StatusCode};
use serde_json::json;
use tokio::time::Instant;
use turso_cloud::{ErrorKind, NewDatabase};
use turso_cloud_contract::endpoints::{CreateDatabase, GetDatabase, ListDatabases};
use turso_cloud_local::{Cloud, Fault, FaultEffect, FaultSpec};

use crate::support::{client, create, databases, pipeline, token, value};

const SECOND: Duration = Duration::from_secs(1);

async fn failed_creation(cloud: &Cloud) -> turso_cloud::Error {
    client(cloud).databases().create(NewDatabase::new("orders", "default")).deadline(20 * SECOND).await.unwrap_err()
}

/// Puts a fault into effect.
type Begin = fn(&Cloud) -> Fault;

#[tokio::test(start_paused = true)]
async fn a_client_sees_each_effect_as_what_it_is() {
    let cloud = Cloud::new().unwrap();
    let expected: [(Begin, ErrorKind, bool, bool); 8] = [
        (|cloud| cloud.faults().on::<CreateDatabase>().reply(503), ErrorKind::Server, true, false),
        (|cloud| cloud.faults().on::<CreateDatabase>().hang(), ErrorKind::Timeout, true, false),
        (|cloud| cloud.faults().on::<CreateDatabase>().reset(), ErrorKind::Interrupted, true, false),
        (|cloud| cloud.faults().on::<CreateDatabase>().carried_out().reply(503), ErrorKind::Server, true, true),
        (|cloud| cloud.faults().on::<CreateDatabase>().carried_out().hang(), ErrorKind::Timeout, true, true),
        (|cloud| cloud.faults().on::<CreateDatabase>().carried_out().reset(), ErrorKind::Interrupted, true, true),
        (|cloud| cloud.faults().on::<CreateDatabase>().cut_body(5), ErrorKind::Interrupted, true, true),
        (|cloud| cloud.faults().on::<CreateDatabase>().slow_body(1, SECOND), ErrorKind::Timeout, true, true),
    ];
    for (begin, kind, may_have_happened, happened) in expected {
        let fault = begin(&cloud);
        let error = failed_creation(&cloud).await;
        assert_eq!((error.kind(), error.may_have_happened()), (kind, may_have_happened), "{fault:?}");
        assert_eq!(fault.count(), 1);
        cloud.faults().clear();
        assert_eq!(databases(&cloud).await.len(), usize::from(happened), "{fault:?}");
        client(&cloud).databases().delete_if_exists("orders").await.unwrap();
    }
}

#[tokio::test]
async fn a_wrong_body_is_no_json() {
    let cloud = Cloud::new().unwrap();
    cloud.faults().on::<ListDatabases>().wrong_json();
    assert_eq!(client(&cloud).databases().list().await.unwrap_err().kind(), ErrorKind::Decode);
}

#[tokio::test(start_paused = true)]
async fn latency_comes_before_everything_else() {
    let cloud = Cloud::new().unwrap();
    cloud.faults().on::<ListDatabases>().times(1).latency(7 * SECOND);
    cloud.faults().on::<GetDatabase>().delayed(3 * SECOND).reply(502);
    let begun = Instant::now();
    client(&cloud).databases().list().await.unwrap();
    assert!(begun.elapsed() >= 7 * SECOND && begun.elapsed() < 8 * SECOND, "{:?}", begun.elapsed());
    let error = client(&cloud).databases().get("orders").await.unwrap_err();
    assert_eq!(error.status().unwrap(), 502);
    assert!(begun.elapsed() >= 10 * SECOND, "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_slow_body_arrives_whole_for_whom_has_the_time() {
    let cloud = Cloud::new().unwrap();
    create(&cloud, "orders").await;
    cloud.faults().on::<ListDatabases>().slow_body(16, Duration::from_millis(10));
    assert_eq!(databases(&cloud).await, ["orders"]);
}

#[tokio::test]
async fn a_database_can_be_broken_and_its_neighbour_be_well() {
    let cloud = Cloud::new().unwrap();
    create(&cloud, "orders").await;
    create(&cloud, "orders-eu").await;
    let (orders, eu) = (token(&cloud, "orders").await, token(&cloud, "orders-eu").await);
    let fault = cloud.faults().on_sql().database("orders").error("the database is away").reply(502);
    let select = json!({"requests": [{"type": "execute", "stmt": {"sql": "SELECT 1"}}]});
    assert_eq!(pipeline(&cloud, "orders", &orders, &select).await, (502, json!({"error": "the database is away"})));
    assert_eq!(value(&cloud, "orders-eu", &eu, "SELECT 7").await, "7");
    assert_eq!(fault.count(), 1);
    cloud.faults().clear();
    // By its label too, and by the path on its own host.
    cloud.faults().on_path("/v2/*").database("orders-acme").nth(2).reply(500);
    assert_eq!(value(&cloud, "orders", &orders, "SELECT 1").await, "1");
    assert_eq!(pipeline(&cloud, "orders", &orders, &select).await.0, 500);
    assert_eq!(value(&cloud, "orders", &orders, "SELECT 1").await, "1");
}

#[tokio::test]
async fn a_database_is_named_by_paths_of_the_platform_api_too() {
    let cloud = Cloud::new().unwrap();
    create(&cloud, "orders").await;
    for (database, hits) in [("orders", true), ("orders-acme", true), ("orders-dev", false), ("acme", false)] {
        cloud.faults().clear();
        cloud.faults().on_everything().database(database).reply(503);
        let got = client(&cloud).databases().get("orders").await;
        assert_eq!(
            got.err().and_then(|error| error.status()),
            hits.then_some(StatusCode::SERVICE_UNAVAILABLE),
            "{database}"
        );
        assert_eq!(databases(&cloud).await, ["orders"]);
    }
}

async fn statuses(cloud: &Cloud, count: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..count {
        let request = Request::get("/_region").body(turso_cloud::transport::Body::empty()).unwrap();
        statuses.push(cloud.handle(request).await.status().as_u16());
    }
    statuses
}

#[tokio::test]
async fn a_path_is_hit_with_its_first_slash_and_without() {
    let cloud = Cloud::new().unwrap();
    for pattern in ["/_region", "_region", "_reg*", "*region"] {
        let by_path = cloud.faults().on_path(pattern).reply(503);
        assert_eq!(statuses(&cloud, 1).await, [503], "{pattern}");
        cloud.faults().clear();
        let beside = cloud.faults().on_everything().path(pattern).reply(502);
        assert_eq!(statuses(&cloud, 1).await, [502], "{pattern}");
        cloud.faults().clear();
        assert_eq!((by_path.count(), beside.count()), (1, 1));
    }
}

#[tokio::test]
async fn chance_follows_from_its_seed() {
    let run = async |seed| {
        let cloud = Cloud::new().unwrap();
        cloud.faults().on_path("/_region").probability(0.5, seed).reply(503);
        statuses(&cloud, 64).await
    };
    let cloud = Cloud::new().unwrap();
    cloud.faults().on_path("/_region").probability(f64::NAN, 7).reply(503);
    assert_eq!(statuses(&cloud, 8).await, [200; 8]);
    let first = run(7).await;
    assert_eq!(first, run(7).await);
    assert_ne!(first, run(8).await);
    let hits = first.iter().filter(|status| **status == 503).count();
    assert!((16..=48).contains(&hits), "{hits}");
}

#[tokio::test]
async fn chance_stops_when_it_has_hit_often_enough() {
    let cloud = Cloud::new().unwrap();
    let fault = cloud.faults().on_path("/_region").probability(1.0, 0).nth(3).times(2).reply(503);
    assert_eq!(statuses(&cloud, 6).await, [200, 200, 503, 503, 200, 200]);
    assert_eq!((fault.status().seen, fault.count()), (6, 2));
}

#[tokio::test]
async fn faults_are_listed_and_ended_by_their_number() {
    let cloud = Cloud::new().unwrap();
    let first = cloud.faults().on_path("/_region").reply(503);
    let second = cloud.faults().on_path("/_region").reply(502);
    assert_eq!(statuses(&cloud, 1).await, [503]);
    let listed = cloud.faults().list();
    assert_eq!(
        listed.iter().map(|fault| (fault.id, fault.count)).collect::<Vec<_>>(),
        [(first.id(), 1), (second.id(), 1)]
    );
    assert_eq!(listed[0].spec.path.as_deref(), Some("/_region"));
    assert!(cloud.faults().remove(first.id()) && !cloud.faults().remove(first.id()));
    assert_eq!(statuses(&cloud, 1).await, [502]);
}

#[tokio::test]
async fn a_fault_is_ended_by_its_handle_and_keeps_its_count() {
    let cloud = Cloud::new().unwrap();
    let first = cloud.faults().on_path("/_region").reply(503);
    let second = cloud.faults().on_path("/_region").reply(502);
    assert_eq!(statuses(&cloud, 1).await, [503]);
    assert!(first.remove() && !first.remove());
    assert_eq!(statuses(&cloud, 1).await, [502]);
    assert_eq!(first.count(), 1);
    cloud.faults().clear();
    assert!(!second.remove());
    let kept = cloud.faults().on_everything().hang();
    drop(cloud);
    assert!(!kept.remove());
}

#[tokio::test]
async fn a_fault_that_begins_while_all_others_end_hits_unless_it_ended_with_them() {
    let cloud = Cloud::new().unwrap();
    for _ in 0..2_000 {
        let both = Barrier::new(2);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                both.wait();
                cloud.faults().clear();
            });
            both.wait();
            cloud.faults().on_everything().reply(503);
        });
        let request = Request::get("/v1/locations").body(turso_cloud::transport::Body::empty()).unwrap();
        let is_hit = cloud.handle(request).await.status() == StatusCode::SERVICE_UNAVAILABLE;
        assert_eq!(is_hit, cloud.faults().list().len() == 1);
        cloud.faults().clear();
    }
}

#[tokio::test]
async fn a_scenario_takes_effect_as_a_whole_or_not_at_all() {
    let cloud = Cloud::new().unwrap();
    let good = "[[fault]]\npath = \"/_region\"\neffect = { reply = { status = 503 } }\n";
    for (bad, words) in [
        ("[[fault]]\npath = \"/x\"", "effect"),
        ("[[fault]]\neffect = \"explode\"", "explode"),
        ("[[fault]]\nnht = 3\neffect = \"hang\"", "nht"),
        ("[[fault]]\neffect = { reply = { status = 99 } }", "status \"99\""),
        ("[[fault]]\nprobability = 1.5\neffect = \"hang\"", "probability \"1.5\""),
        ("[[fault]]\nprobability = nan\neffect = \"hang\"", "probability \"NaN\""),
        ("[[fault]]\npath = \"\"\neffect = \"hang\"", "path \"\""),
        ("[[fault]]\noperation = \"CreateDatabse\"\neffect = \"hang\"", "operation \"CreateDatabse\""),
        ("[[fault]]\nsql = true\noperation = \"ListGroups\"\neffect = \"hang\"", "operation \"ListGroups\""),
        ("[[fault]]\nsql = false\noperation = \"Pipeline\"\neffect = \"hang\"", "operation \"Pipeline\""),
        ("[[fault]]\nnth = 0\neffect = \"hang\"", "nth"),
        ("[[fault]]\neffect = { slow_body = { piece = 0, every_ms = 1 } }", "piece"),
        ("[[fault]]\nseed = 7\neffect = \"hang\"", "seed \"7\" is not valid: must be given with a probability"),
        ("[[fault]]\ndatabase = \"\"\neffect = \"hang\"", "database \"\""),
        ("[[fault]]\ndatabase = \"acme/orders\"\neffect = \"hang\"", "database \"acme/orders\""),
        ("fault = 3", "fault"),
    ] {
        let refused = cloud.faults().load(&format!("{good}\n{bad}")).unwrap_err().to_string();
        assert!(refused.contains(words), "{bad}: {refused}");
        assert!(cloud.faults().list().is_empty(), "{bad}");
    }
    cloud.faults().load(good).unwrap();
    assert_eq!(statuses(&cloud, 1).await, [503]);
}

#[test]
fn every_effect_is_made_as_its_json_says() {
    let reply = FaultEffect::reply(503).retry_after(SECOND + Duration::from_nanos(1)).error("too busy").code("busy");
    for (effect, json) in [
        (FaultEffect::reply(429), json!({"reply": {"status": 429}})),
        (reply, json!({"reply": {"status": 503, "retry_after": 2, "error": "too busy", "code": "busy"}})),
        (FaultEffect::cut_body(10), json!({"cut_body": {"after": 10}})),
        (FaultEffect::slow_body(16, SECOND / 10), json!({"slow_body": {"piece": 16, "every_ms": 100}})),
        (FaultEffect::Hang.retry_after(SECOND).error("nobody hears it").code("none"), json!("hang")),
    ] {
        assert_eq!(serde_json::to_value(effect).unwrap(), json);
    }
}

#[test]
fn a_fault_is_the_same_in_json() {
    let cloud = Cloud::new().unwrap();
    let mut spec = FaultSpec::default();
    spec.operation = Some("CreateDatabase".to_owned());
    spec.probability = Some(0.25);
    spec.effect = Some(FaultEffect::cut_body(3));
    let status = cloud.faults().add(spec).unwrap().status();
    assert!(status.spec.seed.is_some());
    let json = serde_json::to_string(&status).unwrap();
    assert!(json.contains(r#""effect":{"cut_body":{"after":3}}"#), "{json}");
    assert_eq!(cloud.faults().add(status.spec.clone()).unwrap().status().spec, status.spec);
}
