use http::{Request, header};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use turso_cloud::transport::Body;
use turso_cloud::{Client, NewDatabase, NewToken, RetryPolicy};
use turso_cloud_local::{Cloud, Server};

/// A client that tries everything once.
pub(crate) fn client(cloud: &Cloud) -> Client {
    cloud.client().retry(RetryPolicy::none()).build().unwrap()
}

pub(crate) async fn create(cloud: &Cloud, name: &str) {
    client(cloud).databases().create(NewDatabase::new(name, "default")).await.unwrap();
}

/// The names of the databases of the team.
pub(crate) async fn databases(cloud: &Cloud) -> Vec<String> {
    let listed = client(cloud).databases().list().await.unwrap();
    listed.into_iter().map(|database| database.name.to_string()).collect()
}

/// A token for a database of the team.
pub(crate) async fn token(cloud: &Cloud, name: &str) -> String {
    client(cloud).databases().create_token(name, NewToken::full_access()).await.unwrap().expose().to_owned()
}

/// Status and body of a request to a database of `acme`.
pub(crate) async fn pipeline(cloud: &Cloud, name: &str, token: &str, body: &Value) -> (u16, Value) {
    send(cloud, name, token, body.to_string().into()).await
}

/// As [`pipeline`], with a body that may come in pieces.
pub(crate) async fn send(cloud: &Cloud, name: &str, token: &str, body: Body) -> (u16, Value) {
    let request = Request::post(format!("/db/{name}-acme/v2/pipeline"))
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(body);
    let (head, body) = cloud.handle(request.unwrap()).await.into_parts();
    let body = body.collect(usize::MAX).await.unwrap();
    (head.status.as_u16(), serde_json::from_slice(&body).unwrap_or_default())
}

/// The first value of a statement; `null` where it has none.
pub(crate) async fn value(cloud: &Cloud, name: &str, token: &str, sql: &str) -> Value {
    let body = json!({"requests": [{"type": "execute", "stmt": {"sql": sql}}, {"type": "close"}]});
    let (status, answer) = pipeline(cloud, name, token, &body).await;
    assert_eq!((status, &answer["results"][0]["type"]), (200, &json!("ok")), "{sql}: {answer}");
    answer["results"][0]["response"]["result"]["rows"][0][0]["value"].clone()
}

/// What comes back for a request written by hand, and how it ended.
pub(crate) async fn exchange(server: &Server, request: &str) -> (String, std::io::Result<usize>) {
    let mut stream = TcpStream::connect(server.addr()).await.unwrap();
    stream.write_all(request.replace("HOST", &server.addr().to_string()).as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let end = stream.read_to_end(&mut answer).await;
    (String::from_utf8_lossy(&answer).into_owned(), end)
}
