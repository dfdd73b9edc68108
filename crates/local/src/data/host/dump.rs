//! `GET /dump`: the database as SQL text, written while it is read.

use std::io;
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{Request, Response};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::admission::policy_of;
use super::body::with_type;
use super::stateless::failure;
use crate::clock::Clock;
use crate::data::database::{Database, Policy, StreamState};
use crate::data::refusal::Refusal;
use crate::data::run::cursor::MAX_STALL;
use crate::data::run::dump::Chunks;
use crate::data::run::{Stream, Verdict};

const CHUNKS_AHEAD: usize = 4;

/// Answers with the statements that make the database anew. `preserve_row_ids=true` keeps row ids that no column holds.
pub(crate) async fn dump(
    database: &Arc<Database>,
    clock: &Clock,
    request: Request<Body>,
) -> Result<Response<Body>, Refusal> {
    let policy = policy_of(&request, database, clock)?;
    if let Err(error) = policy.check_reading_all() {
        return Ok(failure(&error));
    }
    let query = request.uri().query().unwrap_or_default();
    let preserve_row_ids = query.split('&').any(|parameter| parameter == "preserve_row_ids=true");
    let stream = Stream::new(Arc::clone(database), StreamState::default());
    let mut chunks = start(stream, policy, preserve_row_ids);
    // As long as nothing was sent, an answer can say what is wrong.
    let first = match chunks.recv().await.transpose()? {
        Some(Err(error)) => return Ok(failure(&error)),
        first => first.map(Ok),
    };
    let rest = stream::unfold(chunks, async |mut chunks| Some((chunks.recv().await?, chunks)));
    Ok(with_type("text/plain", Body::from_stream(stream::iter(first).chain(rest).map(sent))))
}

/// Starts to read. It ends early when nobody receives any more.
fn start(mut stream: Stream, policy: Policy, preserve_row_ids: bool) -> mpsc::Receiver<Verdict<Bytes>> {
    let (sender, receiver) = mpsc::channel(CHUNKS_AHEAD);
    tokio::spawn(async move {
        let watched = sender.clone();
        let last = sender.clone();
        let writing = async {
            let problem = match stream.dump(&policy, preserve_row_ids, Chunks::new(sender)).await {
                Ok(Ok(())) => return,
                Ok(Err(error)) => Ok(Err(error)),
                Err(refusal) => Err(refusal),
            };
            let _client_is_gone = timeout(MAX_STALL, last.send(problem)).await;
        };
        tokio::select! {
            () = writing => {}
            () = watched.closed() => {}
        }
    });
    receiver
}

/// An error breaks the answer off, so that nobody takes half a dump for a whole one.
fn sent(chunk: Verdict<Bytes>) -> io::Result<Bytes> {
    match chunk {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => Err(io::Error::other(error.message)),
        Err(refusal) => Err(io::Error::other(refusal.message())),
    }
}
