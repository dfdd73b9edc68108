//! What is remembered of requests.

use std::time::Duration;

use http::{Request, header};
use serde_json::{Value, json};
use turso_cloud::NewDatabase;
use turso_cloud::transport::Body;
use turso_cloud_contract::endpoints::{CreateDatabase, CreateDatabaseToken, GetDatabase};
use turso_cloud_local::{Cloud, FaultSpec, Hostnames, LoggedMessage};

use crate::support::{client, create, databases, exchange, pipeline, token, value};

#[tokio::test]
async fn requests_are_found_by_their_operation() {
    let cloud = Cloud::new().unwrap();
    create(&cloud, "orders").await;
    create(&cloud, "events").await;
    client(&cloud).databases().get("none").await.unwrap_err();
    let created = cloud.requests().of::<CreateDatabase>();
    let bodies: Vec<_> =
        created.iter().map(|request| request.request.json::<Value>().unwrap()["name"].clone()).collect();
    assert_eq!(bodies, ["orders", "events"]);
    assert!(created.iter().all(|request| request.status == Some(200) && request.method == "POST"));
    assert_eq!(created[0].response.json::<Value>().unwrap()["database"]["Name"], "orders");
    assert!(created[0].client.as_ref().unwrap().starts_with("turso-cloud"), "{:?}", created[0].client);
    assert_eq!(cloud.requests().of::<GetDatabase>()[0].status, Some(404));
    assert_eq!(cloud.requests().count(), 3);
}

#[tokio::test]
async fn what_no_operation_answers_is_a_404_and_marked() {
    let cloud = Cloud::new().unwrap();
    create(&cloud, "orders").await;
    for path in ["/v1/organizations/acme/teapots", "/db/orders-acme/v9/pipeline"] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        assert_eq!(cloud.handle(request).await.status(), 404, "{path}");
    }
    let unknown: Vec<_> = cloud.requests().unknown().into_iter().map(|request| request.url).collect();
    assert_eq!(unknown, ["/v1/organizations/acme/teapots", "/db/orders-acme/v9/pipeline"]);
}

#[tokio::test]
async fn whatever_a_host_answers_has_a_name_that_faults_know() {
    let cloud = Cloud::new().unwrap();
    create(&cloud, "orders").await;
    for (path, name) in [
        ("/v2/pipeline", "Pipeline"),
        ("/v3/pipeline", "Pipeline"),
        ("/v3-protobuf/pipeline", "Pipeline"),
        ("/v3/cursor", "Cursor"),
        ("/v3-protobuf/cursor", "Cursor"),
        ("/", "Query"),
        ("/v1/execute", "Execute"),
        ("/v1/batch", "Batch"),
        ("/v1/jobs", "Jobs"),
        ("/v1/jobs/1", "Jobs"),
        ("/dump", "Dump"),
        ("/info", "Export"),
        ("/export/1", "Export"),
        ("/sync/1/1/129", "Export"),
        ("/pull-updates", "Pull"),
        ("/v1/upload", "Upload"),
        ("/v2/upload/start", "Upload"),
        ("/health", "Probe"),
    ] {
        let request = Request::post(format!("/db/orders-acme{path}")).body(Body::empty()).unwrap();
        cloud.handle(request).await;
        let logged = cloud.requests().all().pop().unwrap();
        assert_eq!(logged.operation.as_deref(), Some(name), "{path}");
        let mut fault = FaultSpec::default();
        (fault.operation, fault.latency_ms) = (logged.operation, Some(0));
        cloud.faults().add(fault).unwrap();
    }
    assert!(cloud.requests().unknown().is_empty());
}

#[tokio::test]
async fn no_secret_is_in_the_log() {
    let cloud = Cloud::new().unwrap();
    cloud.requests().keep_sql(true);
    let key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    let body = json!({"name": "orders", "group": "default", "remote_encryption": {"encryption_key": key, "encryption_cipher": "aes256gcm"}});
    let authorization = format!("Bearer {}", cloud.token().expose());
    let request = Request::post("/v1/organizations/acme/databases").header(header::AUTHORIZATION, &authorization);
    let answer = cloud.handle(request.body(Body::from(body.to_string())).unwrap()).await;
    assert_eq!(answer.status(), 200);
    create(&cloud, "events").await;
    let minted = token(&cloud, "events").await;
    assert_eq!(value(&cloud, "events", &minted, "SELECT 1").await, "1");
    let request = Request::post("/v1/auth/api-tokens/ci").header(header::AUTHORIZATION, &authorization);
    let answer = cloud.handle(request.body(Body::empty()).unwrap()).await;
    let answer = answer.into_body().collect(usize::MAX).await.unwrap();
    let api_token = serde_json::from_slice::<Value>(&answer).unwrap()["token"].as_str().unwrap().to_owned();
    let request = Request::get(format!("/v1/nothing?authToken={minted}")).body(Body::empty()).unwrap();
    cloud.handle(request).await;

    let log = serde_json::to_string(&cloud.requests().all()).unwrap() + &cloud.requests().har() + &format!("{cloud:?}");
    for secret in [cloud.token().expose(), &minted, &api_token, key] {
        let tail = &secret[secret.len() - 20..];
        assert!(!log.contains(tail), "{log}");
    }
    assert!(log.contains("[redacted]") && log.contains("aes256gcm"));
    assert_eq!(
        cloud.requests().of::<CreateDatabaseToken>()[0].response.json::<Value>().unwrap(),
        json!({"jwt": "[redacted]"})
    );
}

#[tokio::test]
async fn only_the_newest_are_remembered_and_all_are_counted() {
    let cloud = Cloud::builder().request_log(3).build().unwrap();
    for _ in 0..10 {
        databases(&cloud).await;
    }
    let numbers: Vec<_> = cloud.requests().all().into_iter().map(|request| request.number).collect();
    assert_eq!((numbers.as_slice(), cloud.requests().count()), ([8, 9, 10].as_slice(), 10));
    cloud.requests().clear();
    databases(&cloud).await;
    assert_eq!(cloud.requests().all()[0].number, 11);
    let silent = Cloud::builder().request_log(0).build().unwrap();
    create(&silent, "orders").await;
    let token = token(&silent, "orders").await;
    value(&silent, "orders", &token, "SELECT 1").await;
    assert!(silent.requests().all().is_empty());
    assert_eq!(silent.requests().count(), 3);
}

#[tokio::test]
async fn bodies_of_statements_are_kept_when_that_is_asked_for() {
    let cloud = Cloud::new().unwrap();
    create(&cloud, "orders").await;
    let token = token(&cloud, "orders").await;
    value(&cloud, "orders", &token, "SELECT 1").await;
    cloud.requests().keep_sql(true);
    value(&cloud, "orders", &token, "SELECT 'seen'").await;
    let seen = cloud.requests().to_database("orders-acme");
    assert!(seen.iter().all(|request| request.operation.as_deref() == Some("Pipeline")));
    assert_eq!((&seen[0].request.body, &seen[0].response.body), (&None, &None));
    assert!(seen[1].request.body.as_ref().unwrap().contains("SELECT 'seen'"));
    assert!(seen[1].response.body.as_ref().unwrap().contains("seen"));
}

#[tokio::test]
async fn a_database_is_asked_for_by_its_name_as_a_fault_is() {
    let cloud = Cloud::new().unwrap();
    for database in ["orders", "orders-eu"] {
        create(&cloud, database).await;
        value(&cloud, database, &token(&cloud, database).await, "SELECT 1").await;
    }
    for (asked, seen) in [("orders", 1), ("orders-eu", 1), ("orders-acme", 1), ("orders-Acme", 1), ("acme", 0)] {
        assert_eq!(cloud.requests().to_database(asked).len(), seen, "{asked}");
    }
    // What is gone was there when it was asked.
    client(&cloud).databases().delete("orders").await.unwrap();
    assert_eq!(cloud.requests().to_database("orders").len(), 1);
    let request = Request::get("/_local/requests?database=orders").body(Body::empty()).unwrap();
    let listed = cloud.handle(request).await.into_body().collect(1 << 20).await.unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&listed).unwrap().as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_body_that_is_too_long_is_counted_and_not_kept() {
    let cloud = Cloud::new().unwrap();
    create(&cloud, "orders").await;
    let token = token(&cloud, "orders").await;
    let long = "x".repeat(20_000);
    client(&cloud).databases().create(NewDatabase::new(&long, "default")).await.unwrap_err();
    let body = json!({"name": long, "group": "default"}).to_string();
    let authorization = format!("Bearer {}", cloud.token().expose());
    let request = Request::post("/v1/organizations/acme/databases").header(header::AUTHORIZATION, authorization);
    assert_eq!(cloud.handle(request.body(Body::from(body.clone())).unwrap()).await.status(), 400);
    let kept = &cloud.requests().of::<CreateDatabase>()[1].request;
    assert_eq!((kept.body_length, &kept.body), (Some(body.len()), &None));
    cloud.requests().keep_sql(true);
    value(&cloud, "orders", &token, &format!("SELECT '{long}'")).await;
    let kept = &cloud.requests().to_database("orders-acme")[0].request;
    assert!(kept.body.is_none() && kept.body_length.unwrap() > long.len(), "{kept:?}");
}

#[tokio::test]
async fn a_request_that_nobody_waits_for_any_more_is_written_down_without_an_answer() {
    let cloud = Cloud::new().unwrap();
    let fault = cloud.faults().on_path("/_region").hang();
    let other = cloud.clone();
    let hanging = tokio::spawn(async move {
        other.handle(Request::get("/_region").body(Body::empty()).unwrap()).await;
    });
    while fault.count() == 0 {
        tokio::task::yield_now().await;
    }
    hanging.abort();
    let seen = cloud.requests().wait_after(0).await;
    assert_eq!((seen[0].status, seen[0].fault), (None, Some(fault.id())));
}

/// A request to create a database, which nobody need be logged in for where it is not carried out.
fn creation(body: &Value) -> Request<Body> {
    let request = Request::post("/v1/organizations/acme/databases").header("x-trace", "planted");
    request.body(Body::from(body.to_string())).unwrap()
}

/// The header, the length and the body that were planted in the newest request.
fn sent(cloud: &Cloud) -> (bool, Option<usize>, Option<Value>) {
    let sent = cloud.requests().all().pop().unwrap().request;
    (sent.headers.contains(&("x-trace".to_owned(), "planted".to_owned())), sent.body_length, sent.json())
}

#[tokio::test]
async fn what_was_sent_is_remembered_whoever_answers_it() {
    let body = json!({"name": "orders", "group": "default"});
    let expected = (true, Some(body.to_string().len()), Some(body.clone()));
    for carried_out in [false, true] {
        let cloud = Cloud::new().unwrap();
        let rule = || {
            let once = cloud.faults().on::<CreateDatabase>().times(1);
            if carried_out { once.carried_out() } else { once }
        };
        rule().reply(503);
        cloud.handle(creation(&body)).await;
        assert_eq!(sent(&cloud), expected, "{carried_out}");
        rule().reset();
        cloud.handle(creation(&body)).await;
        assert_eq!(sent(&cloud), expected, "{carried_out}");
    }
    let cloud = Cloud::builder().rate_limit(1).build().unwrap();
    for _ in 0..2 {
        cloud.handle(creation(&body)).await;
        assert_eq!(sent(&cloud), expected);
    }
    assert_eq!(cloud.requests().all()[1].status, Some(429));
}

#[tokio::test]
async fn what_was_sent_is_remembered_of_a_request_that_hangs() {
    let body = json!({"name": "orders", "group": "default"});
    let cloud = Cloud::new().unwrap();
    let fault = cloud.faults().on::<CreateDatabase>().hang();
    let hanging = tokio::spawn({
        let (cloud, request) = (cloud.clone(), creation(&body));
        async move { cloud.handle(request).await }
    });
    while fault.count() == 0 {
        tokio::task::yield_now().await;
    }
    hanging.abort();
    cloud.requests().wait_after(0).await;
    assert_eq!(sent(&cloud), (true, Some(body.to_string().len()), Some(body)));
}

#[tokio::test]
async fn what_was_answered_instead_is_remembered_too() {
    let answered = |cloud: &Cloud| cloud.requests().all().pop().unwrap().response;
    let body = json!({"name": "orders", "group": "default"});
    let cloud = Cloud::new().unwrap();
    cloud.faults().on::<CreateDatabase>().times(1).retry_after(Duration::from_secs(2)).error("not today").reply(503);
    cloud.handle(creation(&body)).await;
    assert_eq!(answered(&cloud).json::<Value>().unwrap(), json!({"error": "not today"}));
    assert!(answered(&cloud).headers.contains(&("retry-after".to_owned(), "2".to_owned())));
    // What a fault takes away from the client stays in the log.
    cloud.faults().on::<CreateDatabase>().times(1).carried_out().reply(503);
    cloud.handle(creation(&body)).await;
    assert_eq!(answered(&cloud).json::<Value>().unwrap()["error"], "no token in the Authorization header");
    // A reset is no answer.
    cloud.faults().on::<CreateDatabase>().reset();
    cloud.handle(creation(&body)).await;
    assert_eq!(answered(&cloud), LoggedMessage::default());
}

#[tokio::test]
async fn statements_that_a_fault_hits_are_kept_when_that_is_asked_for_and_not_otherwise() {
    let cloud = Cloud::new().unwrap();
    create(&cloud, "orders").await;
    cloud.faults().on_sql().reply(502);
    let select = json!({"requests": [{"type": "execute", "stmt": {"sql": "SELECT 'seen'"}}]});
    for keeps in [false, true] {
        cloud.requests().keep_sql(keeps);
        // Of a database that nobody has, too.
        for database in ["orders", "none"] {
            pipeline(&cloud, database, "token", &select).await;
            let seen = cloud.requests().all().pop().unwrap();
            assert_eq!(seen.request.json::<Value>(), keeps.then(|| select.clone()), "{database}");
            assert_eq!(seen.response.json::<Value>().is_some(), keeps, "{database}");
            assert_eq!(seen.request.headers.is_empty(), !keeps, "{database}");
        }
    }
}

#[tokio::test]
async fn who_waits_sees_the_next_request() {
    let cloud = Cloud::new().unwrap();
    databases(&cloud).await;
    let waiting = tokio::spawn({
        let cloud = cloud.clone();
        async move { cloud.requests().wait_after(1).await }
    });
    tokio::task::yield_now().await;
    create(&cloud, "orders").await;
    assert_eq!(waiting.await.unwrap()[0].operation.as_deref(), Some("CreateDatabase"));
}

#[tokio::test]
async fn the_archive_has_the_form_that_browsers_read() {
    let cloud = Cloud::new().unwrap();
    create(&cloud, "orders").await;
    let token = token(&cloud, "orders").await;
    pipeline(&cloud, "orders", &token, &json!({})).await;
    let archive: Value = serde_json::from_str(&cloud.requests().har()).unwrap();
    let entries = archive["log"]["entries"].as_array().unwrap();
    assert_eq!((&archive["log"]["version"], entries.len()), (&json!("1.2"), 3));
    assert_eq!(entries[0]["request"]["url"], "http://localhost/v1/organizations/acme/databases");
    assert_eq!(entries[0]["request"]["postData"]["mimeType"], "application/json");
    assert_eq!(entries[2]["request"]["url"], "http://localhost/db/orders-acme/v2/pipeline");
    let origins: Vec<_> = cloud.requests().all().into_iter().map(|request| request.origin).collect();
    assert_eq!(origins, [None, None, None]);
    for entry in entries {
        for member in ["startedDateTime", "time", "request", "response", "cache", "timings"] {
            assert!(!entry[member].is_null(), "{member}: {entry}");
        }
    }
}

#[tokio::test]
async fn the_archive_tells_the_hosts_of_a_served_cloud_apart() {
    let cloud = Cloud::builder().hostnames(Hostnames::Name).build().unwrap();
    create(&cloud, "orders").await;
    create(&cloud, "events").await;
    let server = cloud.serve("127.0.0.1:0").await.unwrap();
    cloud.requests().clear();
    let port = server.addr().port();
    for host in
        [server.addr().to_string(), format!("orders-acme.localhost:{port}"), format!("events-acme.localhost:{port}")]
    {
        let request = format!("GET /version HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        exchange(&server, &request).await.1.unwrap();
    }
    let archive: Value = serde_json::from_str(&cloud.requests().har()).unwrap();
    let urls: Vec<_> = (0..3).map(|n| archive["log"]["entries"][n]["request"]["url"].as_str().unwrap()).collect();
    let expected = [
        format!("{}/version", server.url()),
        format!("http://orders-acme.localhost:{port}/version"),
        format!("http://events-acme.localhost:{port}/version"),
    ];
    assert_eq!(urls, expected);
}
