//! The protocol on a WebSocket: many streams on one connection, and a request whenever the client likes.

mod backlog;
mod connection;
mod entries;
mod guest;
mod subprotocol;
mod supply;
mod violation;
mod worker;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::FromRequestParts as _;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use http::header::UPGRADE;
use http::{Request, Response};

use crate::clock::Clock;
use crate::data::database::Database;
use crate::data::refusal::{MAX_REQUEST_BYTES, Refusal};
use crate::lifeline::{Lifeline, OwnLifeline};
use connection::Connection;
use subprotocol::Subprotocol;

pub(crate) use violation::Violation;

/// Whether a request asks for a WebSocket.
pub(crate) fn is_meant<B>(request: &Request<B>) -> bool {
    request.headers().get(UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Answers a request for a WebSocket; it is served by a task of its own.
pub(crate) async fn upgrade(
    database: Arc<Database>,
    clock: &Clock,
    request: Request<Body>,
) -> Result<Response<Body>, Refusal> {
    let own = request.extensions().get::<OwnLifeline>().map(|own| own.0.clone());
    let lifelines: Vec<_> = own.into_iter().chain(request.extensions().get::<Lifeline>().cloned()).collect();
    let (mut head, _) = request.into_parts();
    let mut upgrade = WebSocketUpgrade::from_request_parts(&mut head, &()).await.map_err(refusal)?;
    // A frame may be longer, for its client is told once it is read.
    upgrade = upgrade.max_message_size(MAX_REQUEST_BYTES);
    let subprotocol = Subprotocol::negotiate(&mut upgrade)?;
    let clock = clock.clone();
    Ok(upgrade.on_upgrade(async move |socket| {
        Connection::new(socket, database, clock, head, subprotocol).serve_until(&lifelines).await;
    }))
}

fn refusal(rejection: WebSocketUpgradeRejection) -> Refusal {
    match rejection {
        WebSocketUpgradeRejection::ConnectionNotUpgradable(_) => Refusal::protocol(
            "a WebSocket needs a connection, and this request came without one: serve the cloud on a port",
        ),
        other => Refusal::protocol(format!("the request for a WebSocket cannot be met: {other}")),
    }
}
