//! What no request can bring about.

use std::convert::Infallible;

use axum::extract::{FromRequestParts as _, WebSocketUpgrade};
use http::Request;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::DuplexStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Received;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::*;
use crate::data::tests::{DATABASE, record};
use crate::data::{DataPlane, Files};

/// A socket whose connection is served after something was done to it.
async fn socket(change: fn(&mut Connection)) -> WebSocketStream<DuplexStream> {
    let clock = Clock::system();
    let plane = DataPlane::new(Files::Memory, Arc::default(), clock.clone());
    plane.put(record());
    let (client, server) = tokio::io::duplex(4096);
    let service = service_fn(move |request: Request<hyper::body::Incoming>| {
        let (database, clock) = (plane.0.databases.read().in_service(DATABASE).unwrap(), clock.clone());
        async move {
            let (mut head, _) = request.into_parts();
            let mut upgrade = WebSocketUpgrade::from_request_parts(&mut head, &()).await.unwrap();
            let subprotocol = Subprotocol::negotiate(&mut upgrade).unwrap();
            Ok::<_, Infallible>(upgrade.on_upgrade(async move |socket| {
                let mut connection = Connection::new(socket, database, clock, head, subprotocol);
                change(&mut connection);
                connection.serve_until(&[]).await;
            }))
        }
    });
    let http = hyper::server::conn::http1::Builder::new();
    tokio::spawn(http.serve_connection(TokioIo::new(server), service).with_upgrades());
    tokio_tungstenite::client_async("ws://localhost/", client).await.unwrap().0
}

#[tokio::test]
async fn a_stream_that_crashes_ends_its_socket_with_an_error_of_the_server() {
    let mut socket = socket(|connection| {
        connection.workers.spawn(async { panic!("the worker of a stream crashes, on purpose") });
    })
    .await;
    let Some(Ok(Received::Close(Some(end)))) = socket.next().await else { panic!("the socket is not closed") };
    assert_eq!((end.code, end.reason.as_str()), (CloseCode::Error, "internal server error"));
}
