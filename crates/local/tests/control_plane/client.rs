//! The official way in for a Rust program: the client of this workspace, without a port.

use std::time::Duration;

use turso_cloud::{Cipher, Encryption, EncryptionKey, NewDatabase, NewGroup};
use turso_cloud_local::{Cloud, CloudBuilder, Hostnames};

#[tokio::test]
async fn a_client_works_inside_the_process() {
    let cloud = Cloud::new().unwrap();
    let turso = cloud.client().build().unwrap();
    turso.groups().create(NewGroup::new("eu", "local")).await.unwrap();
    turso.databases().create(NewDatabase::new("orders", "eu")).await.unwrap();
    assert_eq!(turso.databases().get("orders").await.unwrap().url(), "http://orders-acme.localhost");
    let taken = turso.databases().create(NewDatabase::new("orders", "eu")).await.unwrap_err();
    assert!(taken.is_already_exists(), "{taken}");
}

#[test]
fn a_transport_without_a_runtime_is_an_error_and_no_panic() {
    use std::{
        pin::pin,
        task::{Context, Poll, Waker},
    };
    use turso_cloud::transport::{Body, Transport as _};

    let cloud = Cloud::new().unwrap();
    let request = http::Request::get("http://localhost/v1/locations").body(Body::empty()).unwrap();
    let mut answer = pin!(cloud.send(request));
    match answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Err(error)) => assert!(!error.may_have_been_sent()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_client_over_the_port_sees_the_same_cloud() {
    let cloud = Cloud::new().unwrap();
    let server = cloud.serve("127.0.0.1:0").await.unwrap();
    let turso = server.client().build().unwrap();
    cloud.client().build().unwrap().databases().create(NewDatabase::new("orders", "default")).await.unwrap();
    let seen_over_the_port = turso.databases().get("orders").await.unwrap();
    let seen_inside = cloud.client().build().unwrap().databases().get("orders").await.unwrap();
    assert_eq!(seen_over_the_port, seen_inside);
    assert!(seen_over_the_port.url().starts_with("http://127."), "{}", seen_over_the_port.url());
}

#[tokio::test]
async fn a_client_inside_the_process_reaches_databases_whether_or_not_the_cloud_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.db");
    let shop = rusqlite::Connection::open(&file).unwrap();
    shop.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE goods (name); PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
    drop(shop);
    let address = Some(Hostnames::Address).filter(|_| cfg!(target_os = "linux"));
    for form in [None, Some(Hostnames::Path), Some(Hostnames::Name), address] {
        let cloud = form.into_iter().fold(Cloud::builder(), CloudBuilder::hostnames).build().unwrap();
        let turso = cloud.client().deadline(Duration::from_secs(5)).build().unwrap();
        let mut server = None;
        for when in ["before", "while", "after"] {
            match when {
                "while" => server = Some(cloud.serve("127.0.0.1:0").await.unwrap()),
                _ => drop(server.take()),
            }
            let made = turso.databases().create(NewDatabase::new(format!("made-{when}"), "default")).wait_ready().await;
            made.unwrap_or_else(|error| panic!("{form:?}, {when} it is served: {error}"));
            let uploaded =
                turso.databases().create_from_file(NewDatabase::new(format!("file-{when}"), "default"), &file).await;
            uploaded.unwrap_or_else(|error| panic!("{form:?}, {when} it is served: {error}"));
        }
    }
}

#[tokio::test]
async fn a_client_waits_for_an_encrypted_database_without_its_key() {
    let turso = Cloud::new().unwrap().client().build().unwrap();
    let key = EncryptionKey::from_base64("QUJDREVGR0hJSktMTU5PUA==").unwrap();
    let vault = NewDatabase::new("vault", "default").encryption(Encryption::new(Cipher::Aes128Gcm, key));
    assert_eq!(turso.databases().create(vault.clone()).wait_ready().await.unwrap().name, "vault");
    assert!(!turso.databases().ensure(vault).wait_ready().await.unwrap().is_created());
    turso.databases().wait_ready("vault").await.unwrap();
}
