//! `GET /dump`: the database as SQL text, written while it is read.

use std::io;
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::admission::policy_of;
use super::body::with_type;
use super::stateless::failure;
use crate::clock::Clock;
use crate::data::database::{Database, Policy};
use crate::data::hrana::SqlError;
use crate::data::refusal::Refusal;
use crate::data::run::cursor::MAX_STALL;
use crate::data::run::{Stream, StreamState};

const CHUNKS_AHEAD: usize = 4;
const CHUNK_BYTES: usize = 64 * 1024;

/// What arrives of a dump; an error breaks the answer off, so that nobody takes half a dump for a whole one.
type Chunk = Result<Bytes, io::Error>;

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
            let written = stream.dump(&policy, preserve_row_ids, Chunks { buffer: String::new(), sender }).await;
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

/// Collects statements into chunks, on the engine's thread.
pub(crate) struct Chunks {
    buffer: String,
    sender: mpsc::Sender<Chunk>,
}

impl Chunks {
    pub(crate) fn push(&mut self, text: &str) -> Result<(), SqlError> {
        self.buffer.push_str(text);
        if self.buffer.len() < CHUNK_BYTES { Ok(()) } else { self.flush() }
    }

    pub(crate) fn flush(&mut self) -> Result<(), SqlError> {
        let chunk = Bytes::from(std::mem::take(&mut self.buffer));
        match Handle::current().block_on(timeout(MAX_STALL, self.sender.send(Ok(chunk)))) {
            Ok(Ok(())) => Ok(()),
            _ => Err(SqlError::interrupted()),
        }
    }
}
