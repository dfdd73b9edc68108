//! How databases are found on a port.

use turso_cloud_local::{Cloud, CloudBuilder, Hostnames};

use crate::support::{SELECT, Served, exchange, post};

/// Whether this system lets databases have addresses of their own.
async fn has_addresses() -> bool {
    let cloud = Cloud::builder().hostnames(Hostnames::Address).build().unwrap();
    cloud.serve("127.0.0.1:0").await.is_ok()
}

#[tokio::test]
async fn every_form_of_hostname_leads_to_its_database() {
    for form in [None, Some(Hostnames::Path), Some(Hostnames::Name)] {
        let cloud = form.into_iter().fold(Cloud::builder(), CloudBuilder::hostnames).build().unwrap();
        let served = Served::of(cloud).await;
        let (hostname, token) = (served.hostname("orders").await, served.token("orders").await);
        let answer = served.query(&hostname, &token, "SELECT 41 + 1").await;
        assert!(answer.status == 200 && answer.body.contains(r#""value":"42""#), "{hostname}: {answer:?}");
    }
}

#[test]
fn every_form_of_hostname_is_known_by_its_name() {
    for form in Hostnames::ALL {
        assert_eq!(form.to_string().parse(), Ok(form));
    }
    let unknown = "paths".parse::<Hostnames>().unwrap_err().to_string();
    assert!(unknown.contains("hostnames \"paths\"") && unknown.contains("address, name, path"), "{unknown}");
}

#[tokio::test]
async fn linux_gives_databases_addresses_of_their_own_without_being_asked() {
    let served = Served::start().await;
    let hostname = served.hostname("orders").await;
    assert_eq!(has_addresses().await, !hostname.contains('/'), "{hostname}");
    // The systems this is tested on have it: a fallback that is always taken would go unnoticed.
    assert_eq!(has_addresses().await, cfg!(target_os = "linux"));
}

#[tokio::test]
async fn two_databases_have_two_addresses_on_one_port_and_hold_different_rows() {
    let served = Served::start().await;
    let (orders, events) = (served.hostname("orders").await, served.hostname("events").await);
    assert_ne!(orders, events);
    let (orders_token, events_token) = (served.token("orders").await, served.token("events").await);
    assert_eq!(served.query(&orders, &orders_token, "CREATE TABLE t (v)").await.status, 200);
    let missing = served.query(&events, &events_token, "SELECT * FROM t").await;
    assert!(missing.body.contains("no such table"), "{missing:?}");
    let present = served.query(&orders, &orders_token, "SELECT * FROM t").await;
    assert!(present.body.contains(r#""type":"ok""#), "{present:?}");
}

#[tokio::test]
async fn an_address_of_nobody_is_not_found_and_127_0_0_1_is_the_platform_api() {
    if !has_addresses().await {
        return;
    }
    let served = Served::start().await;
    let port = served.server.addr().port();
    for ip in ["127.1.0.200", "127.128.0.65", "127.200.1.1", "127.0.0.2", "127.255.255.254"] {
        let host = format!("{ip}:{port}");
        let answer = served.query(&host, "", "SELECT 1").await;
        assert_eq!(answer.refusal(), (404, "database not found".to_owned()), "{ip}");
        // It is no second address of the Platform API either.
        let request = format!("GET /_region HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        assert_eq!(exchange(&host, request).await.status, 404, "{ip}");
    }
    let request = format!("GET /_region HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", served.at());
    assert_eq!(exchange(&served.at(), request).await.status, 200);
}

#[tokio::test]
async fn the_address_of_a_deleted_database_is_not_found_and_is_not_given_to_the_next_one() {
    if !has_addresses().await {
        return;
    }
    let served = Served::start().await;
    let (hostname, token) = (served.hostname("events").await, served.token("events").await);
    assert_eq!(served.query(&hostname, &token, "SELECT 1").await.status, 200);
    assert_eq!(served.api("DELETE", "/databases/events", "").await.status, 200);
    assert_eq!(served.query(&hostname, &token, "SELECT 1").await.status, 404);
    assert_eq!(served.api("POST", "/databases", r#"{"name":"events","group":"default"}"#).await.status, 200);
    assert_ne!(served.hostname("events").await, hostname);
    assert_eq!(served.query(&hostname, &token, "SELECT 1").await.status, 404);
}

#[tokio::test]
async fn every_instance_has_a_hostname_of_its_own_that_answers_while_its_location_is_there() {
    for form in [None, Some(Hostnames::Path), Some(Hostnames::Name)] {
        let cloud = form.into_iter().fold(Cloud::builder(), CloudBuilder::hostnames).build().unwrap();
        let served = Served::of(cloud).await;
        let token = served.token("orders").await;
        assert_eq!(served.api("POST", "/groups/default/locations/aws-eu-west-1", "").await.status, 200);
        let answer = served.api("GET", "/databases/orders/instances", "").await.json();
        let hostnames = answer["instances"].as_array().unwrap().iter().map(|found| found["hostname"].as_str().unwrap());
        let hostnames: Vec<_> = hostnames.map(str::to_owned).collect();
        let [primary, replica] = &hostnames[..] else { panic!("{hostnames:?}") };
        assert_eq!(*primary, served.hostname("orders").await);
        assert_ne!(primary, replica);
        assert_eq!(served.query(primary, &token, "CREATE TABLE t (v)").await.status, 200);
        let read = served.query(replica, &token, "SELECT * FROM t").await;
        assert!(read.status == 200 && read.body.contains(r#""type":"ok""#), "{replica}: {read:?}");
        assert_eq!(served.api("DELETE", "/groups/default/locations/aws-eu-west-1", "").await.status, 200);
        assert_eq!(served.query(replica, &token, "SELECT 1").await.status, 404, "{replica}");
        assert_eq!(served.query(primary, &token, "SELECT 1").await.status, 200);
    }
}

#[tokio::test]
async fn a_database_is_meant_by_the_header_x_namespace() {
    let served = Served::start().await;
    let (at, token) = (served.at(), served.token("orders").await);
    for (namespace, host, status) in [
        ("orders-acme", at.as_str(), 200),
        ("ORDERS-acme", "events-acme.localhost", 200),
        ("none-acme", "orders-acme.localhost", 404),
        ("orders", at.as_str(), 404),
        ("", at.as_str(), 404),
    ] {
        let headers = [("Host", host), ("Authorization", token.as_str()), ("x-namespace", namespace)];
        let answer = exchange(&at, post("/v2/pipeline", &headers, SELECT)).await;
        assert_eq!(answer.status, status, "{namespace:?}: {answer:?}");
    }
}

#[tokio::test]
async fn the_path_form_ends_with_a_slash_and_is_bound_to_no_host() {
    let served = Served::of(Cloud::builder().hostnames(Hostnames::Path).build().unwrap()).await;
    assert_eq!(served.hostname("orders").await, format!("{}/db/orders-acme/", served.at()));
    let token = served.token("orders").await;
    for host in ["localhost", "events-acme.localhost", "[::1]:1"] {
        let headers = [("Host", host), ("Authorization", token.as_str())];
        assert_eq!(exchange(&served.at(), post("/db/orders-acme/v2/pipeline", &headers, SELECT)).await.status, 200);
    }
}

#[tokio::test]
async fn a_restart_keeps_the_addresses() {
    let directory = tempfile::tempdir().unwrap();
    let mut seen = Vec::new();
    for _ in 0..2 {
        let served = Served::of(Cloud::builder().directory(directory.path()).build().unwrap()).await;
        let mut hostnames = [served.hostname("orders").await, served.hostname("events").await];
        for hostname in &mut hostnames {
            *hostname = hostname.replace(&format!(":{}", served.server.addr().port()), "");
        }
        seen.push(hostnames);
        served.server.shutdown().await;
    }
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn addresses_that_cannot_be_had_are_an_error_and_not_another_form() {
    let cloud = Cloud::builder().hostnames(Hostnames::Address).build().unwrap();
    let refused = cloud.serve("0.0.0.0:0").await.unwrap_err();
    assert!(refused.to_string().contains("only on Linux"), "{refused}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn where_another_program_has_the_port_of_an_address_databases_are_reached_by_path() {
    let other = std::net::TcpListener::bind("127.9.9.9:0").unwrap();
    let port = other.local_addr().unwrap().port();
    let cloud = Cloud::new().unwrap();
    let on_that_port = cloud.serve(("127.0.0.1", port)).await.unwrap();
    let served = Served::with(cloud, on_that_port).await;
    let hostname = served.hostname("orders").await;
    assert_eq!(hostname, format!("127.0.0.1:{port}/db/orders-acme/"));
    let token = served.token("orders").await;
    assert_eq!(served.query(&hostname, &token, "SELECT 1").await.status, 200);
}

#[tokio::test]
async fn a_port_where_somebody_else_listens_is_an_error() {
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap();
    let refused = Cloud::new().unwrap().serve(address).await.unwrap_err();
    assert_eq!(refused.to_string(), format!("could not listen on {address}"));
    let nowhere = Cloud::new().unwrap().serve("256.0.0.1:0").await.unwrap_err();
    assert_eq!(nowhere.to_string(), "could not listen on a name that stands for no address");
    let served = Served::start().await;
    assert!(std::net::TcpListener::bind(served.server.addr()).is_err());
}
