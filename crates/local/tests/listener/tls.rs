//! TLS on the port that speaks plain HTTP too.

use std::{
    io::{self, Write as _},
    path::Path,
    sync::{Arc, mpsc},
};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use turso_cloud_local::Cloud;

use crate::support::{Answer, SELECT, Served, blocking, connect, exchange, post};

fn client(ca: Option<&str>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    if let Some(ca) = ca {
        roots.add(CertificateDer::from_pem_slice(ca.as_bytes()).unwrap()).unwrap();
    }
    let builder = ClientConfig::builder_with_provider(ring::default_provider().into());
    let mut config =
        builder.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Arc::new(config)
}

/// The answer to a request sent to an address under a name, or why there was no connection.
async fn exchange_tls(address: &str, name: &str, config: Arc<ClientConfig>, request: String) -> io::Result<Answer> {
    let (address, name) = (address.to_owned(), name.to_owned());
    blocking(move || exchange_tls_here(&address, name, config, &request)).await
}

fn exchange_tls_here(address: &str, name: String, config: Arc<ClientConfig>, request: &str) -> io::Result<Answer> {
    let name = ServerName::try_from(name).unwrap();
    let connection = ClientConnection::new(config, name).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(connection, connect(address));
    stream.write_all(request.as_bytes())?;
    assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
    Ok(Answer::read(stream))
}

fn region(host: &str) -> String {
    format!("GET /_region HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
}

#[tokio::test]
async fn one_port_speaks_both_protocols() {
    let served = Served::start().await;
    let ca = served.cloud.ca_certificate().unwrap();
    assert_eq!(exchange(&served.at(), region("localhost")).await.status, 200);
    let answer = exchange_tls(&served.at(), "localhost", client(Some(&ca)), region("localhost")).await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(served.server.https_url(), format!("https://{}", served.at()));
    let origins: Vec<_> = served.cloud.requests().all().into_iter().filter_map(|request| request.origin).collect();
    assert_eq!(origins[origins.len() - 2..], ["http://localhost", "https://localhost"]);
}

#[tokio::test]
async fn a_database_is_reached_over_tls_by_name_and_by_address() {
    let served = Served::start().await;
    let (ca, token) = (served.cloud.ca_certificate().unwrap(), served.token("orders").await);
    let hostname = served.hostname("orders").await;
    let by_address = hostname.split_once(':').map_or(hostname.as_str(), |(ip, _)| ip).to_owned();
    let own_address = hostname.split_once('/').map_or(hostname.clone(), |(address, _)| address.to_owned());
    let path = hostname.split_once('/').map_or("", |(_, path)| path);
    for (address, name, path) in [(served.at(), "orders-acme.localhost", ""), (own_address, by_address.as_str(), path)]
    {
        let headers = [("Host", name), ("Authorization", token.as_str())];
        let request = post(&format!("/{path}v2/pipeline"), &headers, SELECT);
        let answer = exchange_tls(&address, name, client(Some(&ca)), request).await.unwrap();
        assert!(answer.status == 200 && answer.body.contains(r#""value":"42""#), "{name}: {answer:?}");
    }
}

#[tokio::test]
async fn without_the_certificate_or_with_that_of_another_cloud_there_is_no_connection() {
    let served = Served::start().await;
    let other = Cloud::new().unwrap().ca_certificate().unwrap();
    for ca in [None, Some(other.as_str())] {
        let refused = exchange_tls(&served.at(), "localhost", client(ca), region("localhost")).await.unwrap_err();
        assert!(refused.to_string().contains("UnknownIssuer"), "{refused}");
    }
    // The port has taken no harm.
    assert_eq!(exchange(&served.at(), region("localhost")).await.status, 200);
}

#[tokio::test]
async fn no_certificate_is_made_for_anybody_but_this_machine() {
    let served = Served::start().await;
    let ca = served.cloud.ca_certificate().unwrap();
    for name in ["api.turso.tech", "localhost.evil.example", "192.168.1.5"] {
        let refused = exchange_tls(&served.at(), name, client(Some(&ca)), region("localhost")).await.unwrap_err();
        assert!(refused.to_string().contains("not valid for name"), "{name}: {refused}");
    }
}

#[tokio::test]
async fn a_restart_keeps_the_authority() {
    let directory = tempfile::tempdir().unwrap();
    let open = || Cloud::builder().directory(directory.path()).build().unwrap();
    let first = open();
    let (ca, file) = (first.ca_certificate().unwrap(), first.ca_certificate_file().unwrap().unwrap());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), ca);
    drop(first);
    let served = Served::of(open()).await;
    assert_eq!(served.cloud.ca_certificate().unwrap(), ca);
    let answer = exchange_tls(&served.at(), "localhost", client(Some(&ca)), region("localhost")).await.unwrap();
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn an_authority_is_made_only_when_it_is_needed() {
    let directory = tempfile::tempdir().unwrap();
    let served = Served::of(Cloud::builder().directory(directory.path()).build().unwrap()).await;
    assert!(!directory.path().join("ca.pem").exists());
    let _ = exchange_tls(&served.at(), "localhost", client(None), region("localhost")).await.unwrap_err();
    assert!(directory.path().join("ca.pem").exists());
    assert_eq!(Cloud::new().unwrap().ca_certificate_file().unwrap(), None);
}

#[test]
fn once_there_is_an_authority_no_handshake_waits_for_a_thread() {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(1).max_blocking_threads(1).enable_all().build().unwrap();
    let cloud = Cloud::new().unwrap();
    let config = client(Some(&cloud.ca_certificate().unwrap()));
    let server = runtime.block_on(cloud.serve("127.0.0.1:0")).unwrap();
    // The one thread that may block is at work, and would be for ever.
    let (end, until_end) = mpsc::channel::<()>();
    let (began, has_begun) = mpsc::channel();
    let busy = runtime.spawn_blocking(move || {
        began.send(()).unwrap();
        let _ = until_end.recv();
    });
    has_begun.recv().unwrap();
    for name in ["localhost", "orders-acme.localhost", "localhost"] {
        // The server refuses this host by itself.
        let request = region("elsewhere.example");
        let answer = exchange_tls_here(&server.addr().to_string(), name.to_owned(), Arc::clone(&config), &request);
        assert_eq!(answer.unwrap().status, 421, "{name}");
    }
    drop(end);
    runtime.block_on(busy).unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_can_read_the_key_of_the_authority() {
    use std::os::unix::fs::PermissionsExt as _;

    let directory = tempfile::tempdir().unwrap();
    let cloud = Cloud::builder().directory(directory.path()).build().unwrap();
    let certificate = cloud.ca_certificate_file().unwrap().unwrap();
    let holds_key = |path: &Path| std::fs::read_to_string(path).is_ok_and(|text| text.contains("PRIVATE KEY"));
    let files: Vec<_> = std::fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    let keys: Vec<_> = files.iter().filter(|path| holds_key(path)).collect();
    assert_eq!(keys.len(), 1, "{files:?}");
    assert_eq!(std::fs::metadata(keys[0]).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!holds_key(&certificate));
}
