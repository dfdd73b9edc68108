//! Raw requests and raw answers: what is expected here comes from the documents of the Platform API, not from types.

use std::{collections::BTreeMap, fs, path::Path};

use http::{Method, Request, header};
use serde_json::{Value, json};
use turso_cloud::transport::Body;
use turso_cloud_contract::{EndpointInfo, Service};
use turso_cloud_local::Cloud;

/// An answer as it went over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) headers: http::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {:?}", self.text))
    }

    /// The sentence of a refusal of the base form.
    pub(crate) fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_else(|| panic!("no error: {:?}", self.text)).to_owned()
    }

    /// Status and sentence at once.
    pub(crate) fn refusal(&self) -> (u16, String) {
        (self.status, self.error())
    }
}

pub(crate) async fn send(cloud: &Cloud, request: Request<Body>) -> Answer {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let (head, body) = cloud.handle(request).await.into_parts();
    record(&method, &path, head.status.as_u16());
    let bytes = body.collect(usize::MAX).await.unwrap();
    Answer {
        status: head.status.as_u16(),
        content_type: head.headers.get(header::CONTENT_TYPE).map_or("", |v| v.to_str().unwrap()).to_owned(),
        headers: head.headers,
        text: String::from_utf8(bytes.to_vec()).unwrap(),
    }
}

/// Writes down which operation was answered with which status in which test, for `just conformance`.
fn record(method: &Method, path: &str, status: u16) {
    let Some(file) = std::env::var_os("CONFORMANCE_RECORD") else { return };
    let (service, path) = match path.strip_prefix("/_region") {
        Some(path) => (Service::Region, if path.is_empty() { "/" } else { path }),
        None => (Service::Platform, path),
    };
    let thread = std::thread::current();
    if let (Some(operation), Some(test)) = (EndpointInfo::find(service, method, path), thread.name()) {
        let line = format!("{}\t{status}\t{test}\n", operation.name);
        let mut file = fs::OpenOptions::new().create(true).append(true).open(file).unwrap();
        std::io::Write::write_all(&mut file, line.as_bytes()).unwrap();
    }
}

/// A request with the cloud's own token.
pub(crate) async fn call(cloud: &Cloud, method: Method, path: &str, body: impl Into<Body>) -> Answer {
    let authorization = format!("Bearer {}", cloud.token().expose());
    let request = Request::builder().method(method).uri(path).header(header::AUTHORIZATION, authorization);
    send(cloud, request.body(body.into()).unwrap()).await
}

/// A request with any token.
pub(crate) async fn call_as(cloud: &Cloud, token: &str, method: Method, path: &str, body: &str) -> Answer {
    let request = Request::builder().method(method).uri(path);
    let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    send(cloud, request.body(Body::from(body.to_owned())).unwrap()).await
}

/// The token of a user whom the builder made.
pub(crate) fn token_of(cloud: &Cloud, username: &str) -> String {
    cloud.token_of(username).unwrap().expose().to_owned()
}

/// A new token of `dev` with the members of a JSON body.
pub(crate) async fn mint_api_token(cloud: &Cloud, name: &str, body: &str) -> String {
    let answer = post(cloud, &format!("/v1/auth/api-tokens/{name}"), body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["token"].as_str().unwrap().to_owned()
}

pub(crate) async fn get(cloud: &Cloud, path: &str) -> Answer {
    call(cloud, Method::GET, path, Body::empty()).await
}

pub(crate) async fn post(cloud: &Cloud, path: &str, body: &str) -> Answer {
    call(cloud, Method::POST, path, body.to_owned()).await
}

pub(crate) async fn patch(cloud: &Cloud, path: &str, body: &str) -> Answer {
    call(cloud, Method::PATCH, path, body.to_owned()).await
}

/// A full-access token, minted at this path.
pub(crate) async fn mint(cloud: &Cloud, path: &str) -> String {
    let answer = post(cloud, path, "").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["jwt"].as_str().unwrap().to_owned()
}

pub(crate) async fn put(cloud: &Cloud, path: &str, body: &str) -> Answer {
    call(cloud, Method::PUT, path, body.to_owned()).await
}

pub(crate) async fn delete(cloud: &Cloud, path: &str) -> Answer {
    call(cloud, Method::DELETE, path, Body::empty()).await
}

pub(crate) async fn create_database(cloud: &Cloud, name: &str) -> Answer {
    let body = format!(r#"{{"name":"{name}","group":"default"}}"#);
    let answer = post(cloud, "/v1/organizations/acme/databases", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer
}

/// Code, author, origin and data of the audit entries of `acme`, newest first.
pub(crate) async fn audit_log(cloud: &Cloud) -> Vec<(String, Value)> {
    let answer = get(cloud, "/v1/organizations/acme/audit-logs").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let entries = answer.json()["audit_logs"].as_array().unwrap().clone();
    entries.iter().map(|entry| (entry["code"].as_str().unwrap().to_owned(), entry["data"].clone())).collect()
}

/// One statement at a database's own host.
pub(crate) async fn query(cloud: &Cloud, label: &str, token: &str, sql: &str) -> Answer {
    let body = json!({"requests": [{"type": "execute", "stmt": {"sql": sql}}, {"type": "close"}]}).to_string();
    let request = Request::post("/v2/pipeline")
        .header(header::HOST, format!("{label}.localhost"))
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    send(cloud, request.body(body.into()).unwrap()).await
}

/// The first result of a statement: `["ok", null]`, or `["error", <code>]`.
pub(crate) async fn outcome(cloud: &Cloud, label: &str, token: &str, sql: &str) -> (String, Value) {
    let answer = query(cloud, label, token, sql).await;
    assert_eq!(answer.status, 200, "{sql}: {}", answer.text);
    let result = answer.json()["results"][0].clone();
    (result["type"].as_str().unwrap().to_owned(), result["error"]["code"].clone())
}

/// The only value of the answer to a statement, sent to a database of `acme`.
pub(crate) async fn value(cloud: &Cloud, name: &str, sql: &str) -> Value {
    let token = mint(cloud, &format!("/v1/organizations/acme/databases/{name}/auth/tokens")).await;
    let answer = query(cloud, &format!("{name}-acme"), &token, sql).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["results"][0]["type"], "ok", "{}", answer.text);
    answer.json()["results"][0]["response"]["result"]["rows"][0][0]["value"].clone()
}

/// The files of a cloud that is kept in this directory, but for its state.
pub(crate) fn files(directory: &Path) -> Vec<String> {
    let databases = directory.join("databases");
    let folders = [databases.clone(), databases.join("dumps"), databases.join("uploads")];
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).into_iter().flatten());
    let files = entries.map(Result::unwrap).filter(|entry| entry.path().is_file());
    files.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

pub(crate) fn ok() -> (String, Value) {
    ("ok".to_owned(), Value::Null)
}

pub(crate) fn error(code: &str) -> (String, Value) {
    ("error".to_owned(), json!(code))
}

/// The seed of a cloud whose organization ids are known: the paths of version 3 begin with them.
pub(crate) const SEED: u64 = 7;

/// `acme` in a cloud of that seed.
pub(crate) const ACME: &str = "/v3/organizations/f4319474-de2a-179e-ae46-ecc6c18bd356";

/// `dev` in a cloud of that seed.
pub(crate) const DEV: &str = "/v3/organizations/04657c2c-7d15-1ecf-8b55-2df2c82a48fa";

/// All there is in a directory, with the bytes of what is no folder.
pub(crate) fn contents(directory: &Path) -> BTreeMap<String, Option<Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![directory.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(directory).unwrap().to_str().unwrap().to_owned();
            found.insert(name, if path.is_dir() { None } else { Some(fs::read(&path).unwrap()) });
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    found
}
