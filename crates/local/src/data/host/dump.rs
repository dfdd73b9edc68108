//! `GET /dump`: the database as SQL text, written while it is read.

use std::io;
use std::sync::Arc;

use axum::body::Body;
use futures_util::stream;
use http::{Request, Response};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::admission::policy_of;
use super::body::with_type;
use super::stateless::failure;
use crate::clock::Clock;
use crate::data::database::{Database, Policy, StreamState};
use crate::data::refusal::Refusal;
use crate::data::run::Stream;
use crate::data::run::cursor::MAX_STALL;
use crate::data::run::dump::{Chunk, Chunks};

const CHUNKS_AHEAD: usize = 4;

/// Answers with the statements that make the database anew. `preserve_row_ids=true` keeps row ids that no column holds.
pub(crate) fn dump(
    database: &Arc<Database>,
    clock: &Clock,
    request: &Request<Body>,
) -> Result<Response<Body>, Refusal> {
    let policy = policy_of(request, database, clock)?;
    if let Err(error) = policy.check_reading_all() {
        return Ok(failure(error));
    }
    let query = request.uri().query().unwrap_or_default();
    let preserve_row_ids = query.split('&').any(|parameter| parameter == "preserve_row_ids=true");
    let stream = Stream::new(Arc::clone(database), StreamState::default());
    Ok(with_type("text/plain", start(stream, policy, preserve_row_ids)))
}

/// Starts to read. It ends early when the body is dropped.
fn start(mut stream: Stream, policy: Policy, preserve_row_ids: bool) -> Body {
    let (sender, receiver) = mpsc::channel::<Chunk>(CHUNKS_AHEAD);
    tokio::spawn(async move {
        let watched = sender.clone();
        let last = sender.clone();
        let writing = async {
            let written = stream.dump(&policy, preserve_row_ids, Chunks::new(sender)).await;
            let problem = match written {
                Ok(Ok(())) => return,
                Ok(Err(error)) => error.message,
                Err(refusal) => refusal.message(),
            };
            let _client_is_gone = timeout(MAX_STALL, last.send(Err(io::Error::other(problem)))).await;
        };
        tokio::select! {
            () = writing => {}
            () = watched.closed() => {}
        }
    });
    Body::from_stream(stream::unfold(receiver, async |mut receiver: mpsc::Receiver<Chunk>| {
        Some((receiver.recv().await?, receiver))
    }))
}
