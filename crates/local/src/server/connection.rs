//! One connection: its requests, and how long it may keep the server waiting.

use std::{io, net::Ipv4Addr, pin::pin, sync::Arc, time::Duration};

use axum::body::Body;
use futures_util::{StreamExt as _, stream};
use http::Request;
use hyper::{
    body::{Body as _, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tokio_io_timeout::TimeoutStream;

use super::{hosts::Hosts, line::LineCut, tls::Wire};
use crate::{
    Cloud,
    control::{Arrival, ForeignHost},
    data::Peer,
    faults::is_broken,
    lifeline::Lifeline,
    local_api::Exposed,
    request_log::Encrypted,
};

/// How long a connection may be idle, and how long the head of a request may take from then on.
const HEAD_TIME: Duration = Duration::from_secs(30);

/// How long the next piece of a body may take.
const PIECE_TIME: Duration = Duration::from_secs(30);

/// How long a client may take nothing of what it is sent. What it has asked for is kept in memory meanwhile.
const STALL_TIME: Duration = Duration::from_secs(30);

/// Line and headers of a request. Tokens have up to 8 KiB.
const HEAD_BYTES: usize = 64 * 1024;

/// As many headers as hyper takes by default, which a later version might change.
const HEADERS: usize = 100;

/// How long a connection that is refused is kept open for its client to read why.
const FAREWELL_TIME: Duration = Duration::from_secs(1);

/// What every request of a connection shares.
#[derive(Clone, Debug)]
pub(super) struct Guest {
    pub(super) cloud: Cloud,
    pub(super) hosts: Arc<Hosts>,
    pub(super) peer: Peer,
    /// Set where databases have addresses of their own.
    pub(super) arrival: Option<Ipv4Addr>,
    pub(super) lifeline: Lifeline,
    /// Whether other machines can reach the server.
    pub(super) is_exposed: bool,
    pub(super) line: LineCut,
}

/// Serves a connection until its client closes it; when the server ends, until what is being answered is answered.
pub(super) async fn serve(wire: Box<dyn Wire>, guest: Guest) {
    let mut lifeline = guest.lifeline.clone();
    let is_encrypted = wire.is_encrypted();
    let service = service_fn(move |request: Request<Incoming>| {
        let guest = guest.clone();
        async move {
            if let Some(refusal) = guest.hosts.refusal(&request) {
                return Ok(refusal);
            }
            let mut request = guest.introduce(request);
            if is_encrypted {
                request.extensions_mut().insert(Encrypted);
            }
            let response = guest.cloud.answer(request).await;
            if is_broken(&response) {
                guest.line.cut();
                return Err(io::Error::from(io::ErrorKind::ConnectionReset));
            }
            Ok(response)
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME).max_headers(HEADERS).max_buf_size(HEAD_BYTES);
    let mut wire = TimeoutStream::new(wire);
    wire.set_write_timeout(Some(STALL_TIME));
    let mut connection = pin!(http.serve_connection(TokioIo::new(Box::pin(wire)), service).with_upgrades());
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = lifeline.ended() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(error = &error as &dyn std::error::Error, "a connection broke off");
    }
}

impl Guest {
    fn introduce(&self, request: Request<Incoming>) -> Request<Body> {
        let names_foreign_host = !self.hosts.are_named_by(&request);
        let mut request = request.map(bounded);
        if names_foreign_host {
            request.extensions_mut().insert(ForeignHost);
        }
        request.extensions_mut().insert(self.peer);
        request.extensions_mut().insert(self.lifeline.clone());
        if self.is_exposed {
            request.extensions_mut().insert(Exposed);
        }
        if let Some(address) = self.arrival {
            request.extensions_mut().insert(Arrival(address));
        }
        request
    }
}

/// A body that fails when its sender stops in the middle of it. Whoever refuses a request may ask for the rest of one that
/// has been read to its end.
fn bounded(body: Incoming) -> Body {
    if body.is_end_stream() {
        return Body::empty();
    }
    let pieces = stream::unfold(Some(Body::new(body).into_data_stream()), |pieces| async {
        let mut pieces = pieces?;
        match timeout(PIECE_TIME, pieces.next()).await {
            Ok(Some(Ok(piece))) => Some((Ok(piece), Some(pieces))),
            Ok(Some(Err(error))) => Some((Err(io::Error::other(error)), None)),
            Ok(None) => None,
            Err(elapsed) => Some((Err(io::Error::from(elapsed)), None)),
        }
    });
    Body::from_stream(pieces.fuse())
}

/// Tells a client that it is one too many. Nothing of its request is looked at.
pub(super) async fn turn_away(mut stream: TcpStream, limit: usize) {
    let body = format!(r#"{{"error":"the local cloud has {limit} connections, and takes no more at once"}}"#);
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 1\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let farewell = async {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await?;
        // Closed with bytes unread, the connection would be reset, and the answer lost on its way.
        let mut rest = [0; 4096];
        while stream.read(&mut rest).await? > 0 {}
        Ok::<_, io::Error>(())
    };
    // Whoever does not listen for so long is not told.
    let _ = timeout(FAREWELL_TIME, farewell).await;
}
