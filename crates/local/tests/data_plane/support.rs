//! A served cloud with one database, and a client that speaks raw WebSocket messages.

use futures_util::{SinkExt as _, StreamExt as _};
use http::{Method, Request, header};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, frame::coding::CloseCode};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use turso_cloud::transport::Body;
use turso_cloud_local::{Cloud, Server};

/// A cloud on a port with the database `app`.
pub(crate) struct Served {
    pub(crate) cloud: Cloud,
    pub(crate) server: Server,
    pub(crate) token: String,
}

impl Served {
    pub(crate) async fn new() -> Self {
        let cloud = Cloud::new().unwrap();
        let server = cloud.serve("127.0.0.1:0").await.unwrap();
        api(&cloud, "databases", r#"{"name":"app","group":"default"}"#).await;
        let token = mint(&cloud, "").await;
        Self { cloud, server, token }
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}/db/app-acme/", self.server.addr())
    }

    /// A socket that was greeted.
    pub(crate) async fn socket(&self, subprotocol: &str) -> Socket {
        let mut socket = self.silent(&[subprotocol]).await.unwrap();
        assert_eq!(socket.greet(&self.token).await, json!({ "type": "hello_ok" }));
        socket
    }

    /// A socket that offered these subprotocols and has said nothing yet.
    pub(crate) async fn silent(&self, subprotocols: &[&str]) -> Result<Socket, Error> {
        let mut request = self.url().into_client_request().unwrap();
        if !subprotocols.is_empty() {
            let offered = subprotocols.join(", ").parse().unwrap();
            request.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, offered);
        }
        Socket::connect(request).await
    }

    /// A socket to another database, with the key it may be encrypted with.
    pub(crate) async fn socket_of(&self, database: &str, key: Option<&str>) -> Socket {
        let url = format!("ws://{}/db/{database}-acme/", self.server.addr());
        let mut request = url.into_client_request().unwrap();
        if let Some(key) = key {
            request.headers_mut().insert("x-turso-encryption-key", key.parse().unwrap());
        }
        Socket::connect(request).await.unwrap()
    }

    /// The first value of a query over HTTP.
    pub(crate) async fn value(&self, sql: &str) -> Value {
        let body = json!({ "requests": [{ "type": "execute", "stmt": { "sql": sql } }, { "type": "close" }] });
        let request = Request::post("/db/app-acme/v3/pipeline")
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .body(Body::from(body.to_string()))
            .unwrap();
        let answer = self.cloud.handle(request).await.into_body();
        let bytes = answer.collect(usize::MAX).await.unwrap();
        let answer: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(answer["results"][0]["type"], "ok", "{answer}");
        answer["results"][0]["response"]["result"]["rows"][0][0]["value"].clone()
    }
}

/// A token of the database, with a query like `?authorization=read-only`.
pub(crate) async fn mint(cloud: &Cloud, query: &str) -> String {
    api(cloud, &format!("databases/app/auth/tokens{query}"), "").await["jwt"].as_str().unwrap().to_owned()
}

/// `POST`s to the organization.
pub(crate) async fn api(cloud: &Cloud, path: &str, body: &str) -> Value {
    call(cloud, Method::POST, path, body).await
}

/// The rows of the database that were read so far.
pub(crate) async fn rows_read(cloud: &Cloud) -> u64 {
    let answer = call(cloud, Method::GET, "databases/app/usage", "").await;
    answer["database"]["usage"]["rows_read"].as_u64().unwrap()
}

/// Sends a request to the organization that must succeed.
pub(crate) async fn call(cloud: &Cloud, method: Method, path: &str, body: &str) -> Value {
    let request = Request::builder()
        .method(method)
        .uri(format!("/v1/organizations/acme/{path}"))
        .header(header::AUTHORIZATION, format!("Bearer {}", cloud.token().expose()))
        .body(Body::from(body.to_owned()))
        .unwrap();
    let answer = cloud.handle(request).await;
    assert_eq!(answer.status(), 200);
    let bytes = answer.into_body().collect(usize::MAX).await.unwrap();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// The client's end of a WebSocket.
pub(crate) struct Socket {
    pub(crate) stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub(crate) chosen: Option<String>,
    last_id: i32,
}

impl Socket {
    async fn connect(request: Request<()>) -> Result<Self, Error> {
        let (stream, response) = connect_async(request).await?;
        let chosen =
            response.headers().get(header::SEC_WEBSOCKET_PROTOCOL).map(|name| name.to_str().unwrap().to_owned());
        Ok(Self { stream, chosen, last_id: 0 })
    }

    /// Closes the socket as the protocol has it; the code the server answers with before it hangs up.
    pub(crate) async fn say_farewell(mut self, code: CloseCode) -> Option<CloseCode> {
        self.stream.send(Message::Close(Some(CloseFrame { code, reason: "".into() }))).await.unwrap();
        match self.stream.next().await {
            Some(Ok(Message::Close(frame))) => frame.map(|frame| frame.code),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn greet(&mut self, token: &str) -> Value {
        self.say(&json!({ "type": "hello", "jwt": token })).await;
        self.hear().await
    }

    pub(crate) async fn say(&mut self, message: &Value) {
        self.stream.send(Message::text(message.to_string())).await.unwrap();
    }

    pub(crate) async fn hear(&mut self) -> Value {
        let mut message = self.stream.next().await.unwrap().unwrap();
        while message.is_ping() {
            message = self.stream.next().await.unwrap().unwrap();
        }
        serde_json::from_str(message.to_text().unwrap()).unwrap_or_else(|_| panic!("no message: {message:?}"))
    }

    /// Sends a request without waiting for its answer; returns its id.
    pub(crate) async fn begin(&mut self, request: Value) -> i32 {
        self.last_id += 1;
        self.say(&json!({ "type": "request", "request_id": self.last_id, "request": request })).await;
        self.last_id
    }

    /// The answer to one request, when no other is under way.
    pub(crate) async fn ask(&mut self, request: Value) -> Value {
        let id = self.begin(request).await;
        let answer = self.hear().await;
        assert_eq!(answer["request_id"], id, "{answer}");
        answer
    }

    /// The response to a request that must succeed.
    pub(crate) async fn get(&mut self, request: Value) -> Value {
        let answer = self.ask(request).await;
        assert_eq!(answer["type"], "response_ok", "{answer}");
        answer["response"].clone()
    }

    /// The error of a request that must fail.
    pub(crate) async fn error(&mut self, request: Value) -> Value {
        let answer = self.ask(request).await;
        assert_eq!(answer["type"], "response_error", "{answer}");
        answer["error"].clone()
    }

    pub(crate) async fn open(&mut self, stream: i32) {
        assert_eq!(
            self.get(json!({ "type": "open_stream", "stream_id": stream })).await,
            json!({ "type": "open_stream" })
        );
    }

    /// The result of a statement that must succeed.
    pub(crate) async fn run(&mut self, stream: i32, sql: &str) -> Value {
        self.get(execute(stream, sql)).await["result"].clone()
    }

    /// Code and reason of the server's close frame, which must be next.
    pub(crate) async fn end(&mut self) -> (u16, String) {
        loop {
            match self.stream.next().await {
                Some(Ok(Message::Close(Some(frame)))) => return (frame.code.into(), frame.reason.to_string()),
                Some(Ok(Message::Ping(_))) => {}
                other => panic!("not closed: {other:?}"),
            }
        }
    }
}

pub(crate) fn execute(stream: i32, sql: &str) -> Value {
    json!({ "type": "execute", "stream_id": stream, "stmt": { "sql": sql } })
}
