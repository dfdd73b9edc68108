//! The paths below `/_local/`, over a port.

use std::{io::ErrorKind, time::Duration};

use http::{Method, Request};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    time::{Instant, timeout},
};
use turso_cloud::NewDatabase;
use turso_cloud::transport::Body;
use turso_cloud_local::{
    Cloud, LoggedRequest,
    local_api::{ClockReading, Status},
};

use crate::support::{create, databases, exchange};

async fn call(cloud: &Cloud, method: Method, path: &str, body: &str) -> (u16, Value) {
    let request = Request::builder().method(method).uri(path).body(Body::from(body.to_owned())).unwrap();
    let (head, body) = cloud.handle(request).await.into_parts();
    let body = body.collect(usize::MAX).await.unwrap();
    (head.status.as_u16(), serde_json::from_slice(&body).unwrap())
}

async fn get(cloud: &Cloud, path: &str) -> Value {
    let (status, answer) = call(cloud, Method::GET, path, "").await;
    assert_eq!(status, 200, "{path}: {answer}");
    answer
}

#[tokio::test]
async fn a_cloud_tells_of_itself_without_its_secrets() {
    let directory = tempfile::tempdir().unwrap();
    let cloud = Cloud::builder().directory(directory.path()).build().unwrap();
    create(&cloud, "orders").await;
    let server = cloud.serve("127.0.0.1:0").await.unwrap();
    assert_eq!(get(&cloud, "/_local/health").await, json!({"status": "ok"}));
    let answer = get(&cloud, "/_local/status").await;
    let status: Status = serde_json::from_value(answer.clone()).unwrap();
    assert_eq!((status.databases, status.requests, status.faults), (1, 1, 0));
    assert_eq!((status.urls, status.directory), (vec![server.url()], Some(directory.path().to_owned())));
    assert_eq!((status.organization.as_str(), status.pid), ("acme", std::process::id()));
    for secret in [cloud.token(), cloud.local_token()] {
        assert!(!answer.to_string().contains(secret.expose()));
    }
}

#[tokio::test]
async fn the_clock_is_read_and_moved() {
    let cloud = Cloud::builder().seed(7).build().unwrap();
    let read = |answer: Value| serde_json::from_value::<ClockReading>(answer).unwrap();
    assert!(read(get(&cloud, "/_local/clock").await).frozen);
    let body = r#"{"set": "2027-01-01T00:00:00Z", "advance": "31d2h"}"#;
    let (status, moved) = call(&cloud, Method::PATCH, "/_local/clock", body).await;
    assert_eq!((status, &moved["now"]), (200, &json!("2027-02-01T02:00:00Z")));
    assert_eq!(cloud.clock().now().to_string(), "2027-02-01T02:00:00Z");
    call(&cloud, Method::PATCH, "/_local/clock", r#"{"frozen": false}"#).await;
    assert!(!cloud.clock().is_frozen());
    for (body, words) in [
        (r#"{"advance": "1y"}"#, "advance \"1y\""),
        (r#"{"advance": "never"}"#, "advance \"never\""),
        (r#"{"set": "tomorrow"}"#, "set"),
        (r#"{"forward": 1}"#, "forward"),
        (r#"{"set": "9990-01-01T00:00:00Z", "advance": "4000d"}"#, "and 4000d: the clock shows the years 1970 to 9998"),
        (r#"{"set": "9999-12-30T21:00:00Z"}"#, "invalid time 9999-12-30T21:00:00Z"),
        (r#"{"set": "1969-12-31T23:59:59Z", "advance": "31d"}"#, "invalid time 1969-12-31T23:59:59Z and 31d"),
    ] {
        let (status, refused) = call(&cloud, Method::PATCH, "/_local/clock", body).await;
        assert!(status == 400 && refused["error"].as_str().unwrap().contains(words), "{body}: {refused}");
    }
}

#[tokio::test]
async fn faults_are_begun_listed_and_ended() {
    let cloud = Cloud::new().unwrap();
    let body = json!({"path": "/_region", "effect": {"reply": {"status": 503, "retry_after": 2}}}).to_string();
    let (status, begun) = call(&cloud, Method::POST, "/_local/faults", &body).await;
    assert_eq!((status, &begun["count"]), (200, &json!(0)), "{begun}");
    assert_eq!(call(&cloud, Method::GET, "/_region", "").await.0, 503);
    let listed = get(&cloud, "/_local/faults").await;
    assert_eq!((&listed[0]["count"], &listed[0]["effect"]["reply"]["retry_after"]), (&json!(1), &json!(2)));
    let path = format!("/_local/faults/{}", begun["id"]);
    assert_eq!(call(&cloud, Method::DELETE, &path, "").await.0, 200);
    assert_eq!(call(&cloud, Method::DELETE, &path, "").await.0, 404);
    assert_eq!(call(&cloud, Method::GET, "/_region", "").await.0, 200);
    let scenario = "[[fault]]\nsql = true\neffect = \"reset\"\n[[fault]]\nlatency_ms = 1\n";
    let (status, loaded) = call(&cloud, Method::POST, "/_local/faults/scenario", scenario).await;
    assert_eq!((status, loaded.as_array().unwrap().len()), (200, 2));
    assert_eq!(call(&cloud, Method::POST, "/_local/faults/scenario", "[[fault]]").await.0, 400);
    assert_eq!(call(&cloud, Method::POST, "/_local/faults", r#"{"effect": "explode"}"#).await.0, 400);
    assert_eq!(call(&cloud, Method::DELETE, "/_local/faults", "").await.0, 200);
    assert!(cloud.faults().list().is_empty());
}

#[tokio::test]
async fn requests_are_listed_and_filtered_and_forgotten() {
    let cloud = Cloud::new().unwrap();
    create(&cloud, "orders").await;
    databases(&cloud).await;
    call(&cloud, Method::GET, "/v1/teapot", "").await;
    let count = async |query: &str| get(&cloud, &format!("/_local/requests{query}")).await.as_array().unwrap().len();
    assert_eq!((count("").await, count("?after=2").await, count("?unknown=true").await), (3, 1, 1));
    assert_eq!((count("?operation=CreateDatabase").await, count("?database=orders-acme").await), (1, 0));
    let (status, refused) = call(&cloud, Method::GET, "/_local/requests?operation=Nope", "").await;
    assert!(status == 400 && refused["error"].as_str().unwrap().starts_with("operation \"Nope\" is not valid"));
    assert_eq!(get(&cloud, "/_local/requests/har").await["log"]["version"], "1.2");
    assert_eq!(call(&cloud, Method::GET, "/_local/requests?since=1", "").await.0, 400);
    let (status, refused) = call(&cloud, Method::GET, "/_local/requests?wait=long", "").await;
    assert_eq!((status, refused["error"].as_str().unwrap().contains("read: wait: ")), (400, true), "{refused}");
    assert_eq!(call(&cloud, Method::DELETE, "/_local/requests", "").await.0, 200);
    assert_eq!(count("").await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_requests_of_a_kind_ends_with_one_of_them_or_with_its_time() {
    const CREATIONS: &str = "/_local/requests?operation=CreateDatabase&wait=20";
    let cloud = Cloud::new().unwrap();
    databases(&cloud).await;
    let started = Instant::now();
    assert_eq!(get(&cloud, CREATIONS).await, json!([]));
    assert_eq!(started.elapsed().as_secs(), 20);

    let waiting = async {
        let found = get(&cloud, CREATIONS).await;
        (found.as_array().unwrap().len(), found[0]["operation"].clone())
    };
    let meanwhile = async {
        databases(&cloud).await;
        create(&cloud, "orders").await;
    };
    assert_eq!(tokio::join!(waiting, meanwhile).0, (1, json!("CreateDatabase")));
    assert_eq!(started.elapsed().as_secs(), 20);
}

#[tokio::test]
async fn the_request_log_can_be_followed() {
    let cloud = Cloud::new().unwrap();
    let server = cloud.serve("127.0.0.1:0").await.unwrap();
    create(&cloud, "orders").await;
    let mut stream = TcpStream::connect(server.addr()).await.unwrap();
    let request = format!("GET /_local/requests/tail HTTP/1.1\r\nHost: {}\r\n\r\n", server.addr());
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut lines = BufReader::new(stream).lines();
    let mut next = async || loop {
        let line = lines.next_line().await.unwrap().expect("the end of the log");
        if line.starts_with('{') {
            break serde_json::from_str::<LoggedRequest>(&line).unwrap().operation.unwrap();
        }
    };
    assert_eq!(next().await, "CreateDatabase");
    databases(&cloud).await;
    assert_eq!(next().await, "ListDatabases");
    // Who follows does not keep the server from ending.
    server.shutdown().await;
}

#[tokio::test]
async fn snapshots_are_made_restored_and_deleted() {
    let cloud = Cloud::new().unwrap();
    create(&cloud, "orders").await;
    let (status, made) = call(&cloud, Method::POST, "/_local/snapshots", r#"{"name": "clean"}"#).await;
    assert_eq!((status, &made["databases"]), (200, &json!(1)), "{made}");
    create(&cloud, "events").await;
    assert_eq!(get(&cloud, "/_local/snapshots").await[0]["name"], "clean");
    assert_eq!(call(&cloud, Method::POST, "/_local/snapshots", r#"{"name": "clean"}"#).await.0, 409);
    assert_eq!(call(&cloud, Method::POST, "/_local/snapshots/clean/restore", "").await.0, 200);
    assert_eq!(databases(&cloud).await, ["orders"]);
    assert_eq!(call(&cloud, Method::POST, "/_local/reset", "").await.0, 200);
    assert!(databases(&cloud).await.is_empty());
    assert_eq!(call(&cloud, Method::POST, "/_local/snapshots/none/restore", "").await.0, 404);
    assert_eq!(call(&cloud, Method::POST, "/_local/snapshots", r#"{"name": "../evil"}"#).await.0, 400);
    assert_eq!(call(&cloud, Method::DELETE, "/_local/snapshots/..", "").await.0, 400);
    assert_eq!(call(&cloud, Method::DELETE, "/_local/snapshots/clean", "").await.0, 200);
    assert_eq!(call(&cloud, Method::DELETE, "/_local/snapshots/clean", "").await.0, 404);
}

#[tokio::test]
async fn the_configuration_is_changed_in_part() {
    let cloud = Cloud::new().unwrap();
    let (_, config) = call(&cloud, Method::PATCH, "/_local/config", r#"{"rate_limit": 5}"#).await;
    assert_eq!(config, json!({"rate_limit": 5, "keep_sql": false}));
    let (_, config) = call(&cloud, Method::PATCH, "/_local/config", r#"{"keep_sql": true}"#).await;
    assert_eq!(config, json!({"rate_limit": 5, "keep_sql": true}));
    let (_, config) = call(&cloud, Method::PATCH, "/_local/config", r#"{"rate_limit": 0}"#).await;
    assert_eq!(config, get(&cloud, "/_local/config").await);
    assert_eq!(config["rate_limit"], Value::Null);
}

#[tokio::test]
async fn groups_are_archived_and_rows_counted() {
    let cloud = Cloud::builder().with_plan("starter").build().unwrap();
    create(&cloud, "orders").await;
    let body = r#"{"organization": "acme", "database": "orders", "rows_written": 25000000}"#;
    assert_eq!(call(&cloud, Method::POST, "/_local/usage", body).await.0, 200);
    let body = r#"{"organization": "acme", "group": "default"}"#;
    assert_eq!(call(&cloud, Method::POST, "/_local/archive", body).await.0, 200);
    let turso = crate::support::client(&cloud);
    assert!(turso.organizations().get("acme").await.unwrap().blocked_writes);
    assert!(turso.groups().get("default").await.unwrap().archived);
    let body = r#"{"organization": "acme", "group": "none"}"#;
    assert_eq!(call(&cloud, Method::POST, "/_local/archive", body).await.0, 400);
}

#[tokio::test]
async fn no_web_page_uses_them() {
    let cloud = Cloud::new().unwrap();
    create(&cloud, "orders").await;
    for (name, value) in [
        ("origin", "http://localhost:3000"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let request = Request::post("/_local/reset").header(name, value).body(Body::empty()).unwrap();
        let answer = cloud.handle(request).await;
        assert_eq!(answer.status(), 403, "{name}: {value}");
        assert!(answer.headers().keys().all(|name| !name.as_str().starts_with("access-control")));
    }
    assert_eq!(databases(&cloud).await, ["orders"]);
    let server = cloud.serve("127.0.0.1:0").await.unwrap();
    let (answer, _) =
        exchange(&server, "POST /_local/reset HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 421"), "{answer}");
    assert_eq!(databases(&cloud).await, ["orders"]);
}

#[tokio::test]
async fn a_fork_is_served_beside_its_cloud_and_ends_with_it() {
    let cloud = Cloud::new().unwrap();
    create(&cloud, "orders").await;
    let (status, fork) = call(&cloud, Method::POST, "/_local/forks", "").await;
    assert_eq!((status, &fork["id"]), (200, &json!(1)));
    assert_eq!(get(&cloud, "/_local/forks").await, json!([fork]));

    let url = fork["url"].as_str().unwrap().to_owned();
    let of_fork = turso_cloud::Client::builder(cloud.token()).base_url(&url).organization("acme").build().unwrap();
    of_fork.databases().create(NewDatabase::new("events", "default")).await.unwrap();
    of_fork.databases().delete("orders").await.unwrap();
    assert_eq!(databases(&cloud).await, ["orders"]);
    cloud.faults().on_everything().reply(503);
    assert_eq!(of_fork.databases().list().await.unwrap().len(), 1, "faults are those of the cloud alone");
    cloud.faults().clear();

    let (_, second) = call(&cloud, Method::POST, "/_local/forks", "").await;
    assert_eq!(second["id"], 2);
    assert_eq!(call(&cloud, Method::DELETE, "/_local/forks/1", "").await.0, 200);
    assert!(TcpStream::connect(url.strip_prefix("http://").unwrap()).await.is_err(), "the first one has ended");
    for unknown in ["/_local/forks/1", "/_local/forks/x"] {
        assert_eq!(call(&cloud, Method::DELETE, unknown, "").await.0, 404, "{unknown}");
    }
    drop(cloud);
    let second = second["url"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
    // Its port is closed by a task that was told to end.
    let closed = async {
        while TcpStream::connect(&second).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(10), closed).await.expect("the second one ends with the cloud");
}

#[tokio::test]
async fn a_fork_that_is_asked_to_stop_ends_and_its_cloud_does_not() {
    let cloud = Cloud::new().unwrap();
    let server = cloud.serve("127.0.0.1:0").await.unwrap();
    for _ in 0..2 {
        call(&cloud, Method::POST, "/_local/forks", "").await;
    }
    let forks = get(&cloud, "/_local/forks").await;
    let address = forks[0]["url"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let request = format!("POST /_local/stop HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    // Until the fork closes a connection that its client keeps open.
    let mut answer = String::new();
    timeout(Duration::from_secs(20), stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    while get(&cloud, "/_local/forks").await != json!([forks[1]]) {
        tokio::task::yield_now().await;
    }
    assert_eq!(TcpStream::connect(&address).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    assert_eq!(call(&cloud, Method::DELETE, "/_local/forks/1", "").await.0, 404);
    assert!(TcpStream::connect(server.addr()).await.is_ok());
}

#[tokio::test]
async fn a_reset_cloud_is_configured_as_it_was_when_it_was_new() {
    let cloud = Cloud::builder().rate_limit(70).build().unwrap();
    let new = get(&cloud, "/_local/config").await;
    let (_, changed) = call(&cloud, Method::PATCH, "/_local/config", r#"{"rate_limit": 5, "keep_sql": true}"#).await;
    assert_eq!(changed, json!({"rate_limit": 5, "keep_sql": true}));
    cloud.reset().await.unwrap();
    assert_eq!(get(&cloud, "/_local/config").await, new);
}

#[tokio::test]
async fn everybody_who_waits_for_a_request_to_stop_is_told_of_it() {
    let cloud = Cloud::new().unwrap();
    let wait = |cloud: Cloud| tokio::spawn(async move { cloud.stop_requested().await });
    let waiting = [wait(cloud.clone()), wait(cloud.clone())];
    tokio::task::yield_now().await;
    assert_eq!(call(&cloud, Method::POST, "/_local/stop", "").await.0, 200);
    let late = wait(cloud);
    for waiter in waiting.into_iter().chain([late]) {
        timeout(Duration::from_secs(10), waiter).await.expect("each of them is told").unwrap();
    }
}

#[tokio::test]
async fn there_are_so_many_forks_and_no_more() {
    let cloud = Cloud::new().unwrap();
    for number in 1..=64 {
        assert_eq!(call(&cloud, Method::POST, "/_local/forks", "").await.1["id"], number);
    }
    let (status, refused) = call(&cloud, Method::POST, "/_local/forks", "").await;
    assert_eq!((status, &refused["error"]), (409, &json!("there are 64 forks, and no more at once: end one first")));
    call(&cloud, Method::DELETE, "/_local/forks/7", "").await;
    assert_eq!(call(&cloud, Method::POST, "/_local/forks", "").await.0, 200);
}

#[tokio::test]
async fn no_more_forks_than_there_may_be_are_made_at_the_same_time() {
    let cloud = Cloud::new().unwrap();
    let calls = (0..70).map(|_| call(&cloud, Method::POST, "/_local/forks", ""));
    let answers = futures_util::future::join_all(calls).await;
    assert_eq!(answers.iter().filter(|(status, _)| *status == 200).count(), 64);
    assert_eq!(answers.iter().filter(|(status, _)| *status == 409).count(), 6);
    assert_eq!(get(&cloud, "/_local/forks").await.as_array().unwrap().len(), 64);
}

#[tokio::test]
async fn a_cloud_that_other_machines_reach_asks_for_its_own_token() {
    let cloud = Cloud::new().unwrap();
    let server = cloud.serve("0.0.0.0:0").await.unwrap();
    let status = async |authorization: &str| {
        let head = format!("GET /_local/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{authorization}\r\n");
        let mut stream = TcpStream::connect(("127.0.0.1", server.addr().port())).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let line = BufReader::new(stream).lines().next_line().await.unwrap().unwrap();
        line[9..12].to_owned()
    };
    let bearer = |token: &turso_cloud_contract::ApiToken| format!("Authorization: Bearer {}\r\n", token.expose());
    assert_eq!(status("").await, "401");
    assert_eq!(status(&bearer(&cloud.token())).await, "401");
    assert_eq!(status(&bearer(&cloud.local_token())).await, "200");
}

#[tokio::test]
async fn what_is_not_there_is_told_as_json_and_a_body_has_a_limit() {
    let cloud = Cloud::new().unwrap();
    for path in ["/_local", "/_local/", "/_local/teapot", "/_local/faults/1/2"] {
        let (status, answer) = call(&cloud, Method::GET, path, "").await;
        assert_eq!((status, answer["error"].is_string()), (404, true), "{path}");
    }
    assert_eq!(call(&cloud, Method::POST, "/_local/faults", &" ".repeat(2 << 20)).await.0, 413);
    assert!(cloud.requests().all().is_empty());
}

#[tokio::test]
async fn a_restore_that_fails_says_why_and_leaves_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    let cloud = Cloud::builder().directory(directory.path()).build().unwrap();
    cloud.snapshot("clean").await.unwrap();
    let state = directory.path().join("snapshots/clean/control.db");
    std::fs::remove_file(&state).unwrap();
    std::fs::create_dir(&state).unwrap();
    let (status, answer) = call(&cloud, Method::POST, "/_local/snapshots/clean/restore", "").await;
    let (said, cause) = (answer["error"].as_str().unwrap(), std::fs::copy(&state, directory.path().join("copy")));
    let expected = format!("could not copy {}: {}", state.display(), cause.unwrap_err());
    assert_eq!((status, said), (500, &*expected));
    let left = std::fs::read_dir(directory.path().join("states")).map_or(0, Iterator::count);
    assert_eq!(left, 0);
}
