//! Requests written by hand, over connections that the standard library or rustls made.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::Value;
use turso_cloud_local::{Cloud, Server};

/// Nothing here may take longer, whatever goes wrong.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const SELECT: &str = r#"{"requests":[{"type":"execute","stmt":{"sql":"SELECT 41 + 1"}},{"type":"close"}]}"#;

/// Status line and body of an answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn read(mut from: impl Read) -> Self {
        let mut text = String::new();
        from.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, body: body.to_owned() }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn refusal(&self) -> (u16, String) {
        (self.status, self.json()["error"].as_str().unwrap().to_owned())
    }
}

pub(crate) fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address.parse::<SocketAddr>().unwrap()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// A POST request whose connection ends with it.
pub(crate) fn post(path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let headers = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect::<Vec<_>>().concat();
    format!("POST {path} HTTP/1.1\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

pub(crate) async fn exchange(address: &str, request: String) -> Answer {
    let address = address.to_owned();
    blocking(move || {
        let mut stream = connect(&address);
        stream.write_all(request.as_bytes()).unwrap();
        Answer::read(stream)
    })
    .await
}

pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

/// A served cloud with the database `orders` and `events`.
pub(crate) struct Served {
    pub(crate) cloud: Cloud,
    pub(crate) server: Server,
}

impl Served {
    pub(crate) async fn start() -> Self {
        Self::of(Cloud::new().unwrap()).await
    }

    pub(crate) async fn of(cloud: Cloud) -> Self {
        let server = cloud.serve("127.0.0.1:0").await.unwrap();
        Self::with(cloud, server).await
    }

    pub(crate) async fn with(cloud: Cloud, server: Server) -> Self {
        let this = Self { cloud, server };
        for name in ["orders", "events"] {
            let body = format!(r#"{{"name":"{name}","group":"default"}}"#);
            let answer = this.api("POST", "/databases", &body).await;
            assert!(answer.status == 200 || answer.body.contains("already exists"), "{answer:?}");
        }
        this
    }

    pub(crate) fn at(&self) -> String {
        self.server.addr().to_string()
    }

    /// A request of the Platform API in the organization `acme`.
    pub(crate) async fn api(&self, method: &str, path: &str, body: &str) -> Answer {
        let request = format!(
            "{method} /v1/organizations/acme{path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.at(),
            self.cloud.token().expose(),
            body.len(),
        );
        exchange(&self.at(), request).await
    }

    pub(crate) async fn hostname(&self, database: &str) -> String {
        let got = self.api("GET", &format!("/databases/{database}"), "").await.json();
        got["database"]["Hostname"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn token(&self, database: &str) -> String {
        let minted = self.api("POST", &format!("/databases/{database}/auth/tokens"), "").await.json();
        format!("Bearer {}", minted["jwt"].as_str().unwrap())
    }

    /// A statement sent to a hostname as the Platform API gives it out, by a client that resolves no names.
    pub(crate) async fn query(&self, hostname: &str, token: &str, sql: &str) -> Answer {
        let (authority, path) = hostname.split_once('/').unwrap_or((hostname, ""));
        let name_has_no_address = authority.contains(".localhost");
        let address = if name_has_no_address { self.at() } else { authority.to_owned() };
        let body = SELECT.replace("SELECT 41 + 1", sql);
        let headers = [("Host", authority), ("Authorization", token)];
        exchange(&address, post(&format!("/{path}v2/pipeline"), &headers, &body)).await
    }
}
