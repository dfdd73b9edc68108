//! `POST /v3/cursor`: runs a batch and streams what it produces, one JSON value per line.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use serde::Serialize;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::{Duration, timeout};

use super::batch::Progress;
use super::database::Database;
use super::engine::RowSink;
use super::hrana::{Column, CursorEntry, CursorOpening, SqlError, Value};
use super::plan::PlannedStep;
use super::policy::Policy;
use super::refusal::Refusal;
use super::stream::Stream;
use super::streams::Baton;

/// Chunks on their way to a client that reads slower than the engine produces.
const CHUNKS_AHEAD: usize = 8;
const CHUNK_BYTES: usize = 32 * 1024;

/// A client that takes no row for this long is treated as gone: its query may be keeping a transaction open.
const MAX_STALL: Duration = Duration::from_secs(10);

/// A batch about to be streamed.
pub(crate) struct Cursor {
    pub(crate) database: Arc<Database>,
    pub(crate) stream: Stream,
    pub(crate) steps: Vec<PlannedStep>,
    pub(crate) policy: Policy,
    /// Issued before the batch runs; the stream is behind it when the batch has ended.
    pub(crate) baton: Baton,
}

impl Cursor {
    /// Starts the batch. It ends early, and the stream with it, when the body is dropped.
    pub(crate) fn start(self) -> Body {
        let (sender, receiver) = mpsc::channel(CHUNKS_AHEAD);
        tokio::spawn(async move {
            let watched = sender.clone();
            tokio::select! {
                () = self.run(sender) => {}
                () = watched.closed() => {}
            }
        });
        Body::from_stream(stream::unfold(receiver, async |mut receiver: mpsc::Receiver<Bytes>| {
            let chunk = receiver.recv().await?;
            Some((Ok::<_, Infallible>(chunk), receiver))
        }))
    }

    async fn run(mut self, sender: mpsc::Sender<Bytes>) {
        let watched = sender.clone();
        let mut lines = Lines::new(sender);
        lines.write(&CursorOpening { baton: Some(self.baton.to_string()), base_url: None });
        let mut progress = Progress::default();
        for (index, step) in self.steps.iter().enumerate() {
            if !progress.allows(step.condition.as_ref(), self.stream.is_autocommit()) {
                progress.skipped();
                continue;
            }
            let sink = StepSink { step: index, lines };
            let (sink, outcome) = match self.stream.execute(&step.command, self.policy.clone(), sink).await {
                Ok(done) => done,
                Err(refusal) => return give_up(&watched, &refusal).await,
            };
            lines = sink.lines;
            progress.ran(outcome.is_ok());
            match outcome {
                Ok(ran) => lines.write(&CursorEntry::StepEnd {
                    affected_row_count: ran.affected_row_count,
                    last_insert_rowid: ran.last_insert_rowid,
                }),
                Err(error) => lines.write(&CursorEntry::StepError { step: index, error: &error }),
            }
            if lines.flush().await.is_err() {
                return;
            }
        }
        // The client may use the baton as soon as it sees the last entry.
        self.database.streams().park(&self.database, self.baton, self.stream.park());
        lines.write(&CursorEntry::ReplicationIndex { replication_index: None });
        let _client_is_gone = lines.flush().await;
    }
}

/// Tells the client that the batch, and the stream with it, is lost.
async fn give_up(sender: &mpsc::Sender<Bytes>, refusal: &Refusal) {
    let mut lines = Lines::new(sender.clone());
    let error = SqlError::new("SQLITE_INTERNAL", refusal.message());
    lines.write(&CursorEntry::Error { error: &error });
    let _client_is_gone = lines.flush().await;
}

/// Turns rows into lines on the engine's thread.
struct StepSink {
    step: usize,
    lines: Lines,
}

impl RowSink for StepSink {
    fn begin(&mut self, columns: Vec<Column>) -> Result<(), SqlError> {
        self.lines.write(&CursorEntry::StepBegin { step: self.step, cols: &columns });
        Ok(())
    }

    fn row(&mut self, row: Vec<Value>) -> Result<(), SqlError> {
        self.lines.write(&CursorEntry::Row { row: &row });
        if self.lines.buffer.len() < CHUNK_BYTES {
            return Ok(());
        }
        Handle::current().block_on(self.lines.flush())
    }
}

/// Collects lines into chunks.
struct Lines {
    buffer: Vec<u8>,
    sender: mpsc::Sender<Bytes>,
}

impl Lines {
    fn new(sender: mpsc::Sender<Bytes>) -> Self {
        Self { buffer: Vec::new(), sender }
    }

    fn write(&mut self, entry: &impl Serialize) {
        // Writing plain data into memory does not fail.
        if serde_json::to_writer(&mut self.buffer, entry).is_ok() {
            self.buffer.push(b'\n');
        }
    }

    async fn flush(&mut self) -> Result<(), SqlError> {
        let chunk = Bytes::from(std::mem::take(&mut self.buffer));
        match timeout(MAX_STALL, self.sender.send(chunk)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(SqlError::new("SQLITE_INTERRUPT", "SQLite error: interrupted")),
        }
    }
}
