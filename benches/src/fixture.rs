//! A server with answers made beforehand, so that what is measured is the client.

use std::{convert::Infallible, io::Read as _, sync::Arc};

use anyhow::Result;
use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::Full;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// How many databases the listing has.
pub(crate) const DATABASES: usize = 10_000;

/// How many entries the audit log has.
pub(crate) const ENTRIES: usize = 1_000_000;

struct Answers {
    database: Bytes,
    databases: Bytes,
    /// The entries of any page of a size, which differ between pages of odd and even numbers only.
    entries: [String; 2],
}

/// Entries of one page of the audit log.
const PAGE: usize = 1000;

pub(crate) fn serve() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answers = Arc::new(Answers::new());
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("http://{}", listener.local_addr()?);
        let mut closed = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
        loop {
            tokio::select! {
                _ = &mut closed => return Ok(()),
                accepted = listener.accept() => {
                    let (stream, _) = accepted?;
                    stream.set_nodelay(true)?;
                    let answers = Arc::clone(&answers);
                    tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(
                        TokioIo::new(stream),
                        service_fn(move |request| std::future::ready(Ok::<_, Infallible>(answers.answer(&request)))),
                    ));
                }
            }
        }
    })
}

impl Answers {
    fn new() -> Self {
        let databases: Vec<_> = (0..DATABASES).map(database).collect();
        let entries = [0, 1].map(|half| {
            let entries: Vec<_> = (0..PAGE).map(|place| entry(2 * place + half).to_string()).collect();
            entries.join(",")
        });
        Self {
            database: json!({"database": database(0)}).to_string().into(),
            databases: json!({"databases": databases, "pagination": {"next": null}}).to_string().into(),
            entries,
        }
    }

    fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path();
        let body = match path.rsplit('/').next() {
            Some("databases") => self.databases.clone(),
            Some("audit-logs") => self.page(request.uri().query().unwrap_or_default()),
            _ => self.database.clone(),
        };
        let mut response = Response::new(Full::new(body));
        response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
        response
    }

    fn page(&self, query: &str) -> Bytes {
        let mut parts = query.split('&');
        let number: usize = parts.find_map(|part| part.strip_prefix("page=")).and_then(|n| n.parse().ok()).unwrap_or(1);
        let pages = ENTRIES / PAGE;
        format!(
            r#"{{"audit_logs":[{}],"pagination":{{"page":{number},"page_size":{PAGE},"total_pages":{pages},"total_rows":{ENTRIES}}}}}"#,
            self.entries[number % 2]
        )
        .into()
    }
}

/// As the service answers, in form and size: about 360 bytes.
fn database(number: usize) -> Value {
    let name = format!("tenant-{number:05}");
    let hostname = format!("{name}-acme.aws-us-east-1.turso.io");
    json!({
        "Name": name, "DbId": format!("0eb771dd-6906-11ee-8553-eaa7715{number:05}"),
        "Hostname": hostname, "hostname": hostname, "regions": ["aws-us-east-1"], "primaryRegion": "aws-us-east-1",
        "type": "logical", "version": "tech-preview", "group": "default", "sleeping": false, "archived": false,
        "allow_attach": false, "block_reads": false, "block_writes": false, "delete_protection": false, "parent": null,
    })
}

fn entry(number: usize) -> Value {
    json!({
        "code": "db-create", "message": format!("created database tenant-{number:05}"), "origin": "cli", "author": "iku",
        "created_at": format!("2026-05-04T10:{:02}:{:02}Z", number / 60 % 60, number % 60),
        "data": {"database": format!("tenant-{number:05}"), "group": "default"},
    })
}
