//! A cursor: runs a batch and hands on what it produces while it runs, as fast as the client takes it.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::{Duration, timeout};

use super::batch::Progress;
use super::codec::Encoding;
use super::database::Database;
use super::engine::RowSink;
use super::hrana::{Column, CursorEntry, CursorOpening, SqlError, Value};
use super::plan::PlannedStep;
use super::policy::Policy;
use super::stream::Stream;
use super::streams::Baton;

/// Chunks on their way to a client that reads slower than the engine produces.
const CHUNKS_AHEAD: usize = 8;
const CHUNK_BYTES: usize = 32 * 1024;

/// A client that takes no row for this long is treated as gone: its query may be keeping a transaction open.
pub(crate) const MAX_STALL: Duration = Duration::from_secs(10);

/// Entries that belong together only because they were produced together.
pub(crate) type Chunk = Vec<CursorEntry>;

/// The two ends of a cursor.
pub(crate) fn channel() -> (Entries, mpsc::Receiver<Chunk>) {
    let (sender, receiver) = mpsc::channel(CHUNKS_AHEAD);
    (Entries { buffer: Vec::new(), bytes: 0, sender }, receiver)
}

/// Runs a batch into a cursor, until its client is gone. Says nothing when the stream is lost; its client was told.
pub(crate) async fn run(
    stream: &mut Stream,
    steps: &[PlannedStep],
    policy: Policy,
    mut entries: Entries,
) -> Option<Entries> {
    let sender = entries.sender.clone();
    let mut progress = Progress::default();
    for (index, step) in steps.iter().enumerate() {
        if !progress.allows(step.condition.as_ref(), stream.is_autocommit()) {
            progress.skipped();
            continue;
        }
        let sink = StepSink { step: index, entries };
        let (sink, outcome) = match stream.execute(&step.command, policy.clone(), sink).await {
            Ok(done) => done,
            Err(refusal) => {
                let error = SqlError::new("SQLITE_INTERNAL", refusal.message());
                let _client_is_gone = timeout(MAX_STALL, sender.send(vec![CursorEntry::Error { error }])).await;
                return None;
            }
        };
        entries = sink.entries;
        progress.ran(outcome.is_ok());
        entries.push(match outcome {
            Ok(ran) => CursorEntry::StepEnd {
                affected_row_count: ran.affected_row_count,
                last_insert_rowid: ran.last_insert_rowid,
            },
            Err(error) => CursorEntry::StepError { step: index, error },
        });
        entries.flush().await.ok()?;
    }
    Some(entries)
}

/// A batch about to be streamed as the body of an answer.
pub(crate) struct Cursor {
    pub(crate) database: Arc<Database>,
    pub(crate) stream: Stream,
    pub(crate) steps: Vec<PlannedStep>,
    pub(crate) policy: Policy,
    /// Issued before the batch runs; the stream is behind it when the batch has ended.
    pub(crate) baton: Baton,
    pub(crate) encoding: Encoding,
}

impl Cursor {
    /// Starts the batch. It ends early, and the stream with it, when the body is dropped.
    pub(crate) fn start(self) -> Body {
        let encoding = self.encoding;
        let mut opening = Vec::new();
        encoding.write_opening(CursorOpening { baton: Some(self.baton.to_string()), base_url: None }, &mut opening);
        let (entries, receiver) = channel();
        tokio::spawn(async move {
            let watched = entries.sender.clone();
            tokio::select! {
                () = self.run(entries) => {}
                () = watched.closed() => {}
            }
        });
        let chunks = stream::unfold(receiver, async |mut receiver: mpsc::Receiver<Chunk>| {
            Some((receiver.recv().await?, receiver))
        });
        let chunks = chunks.map(move |chunk| {
            let mut buffer = Vec::with_capacity(CHUNK_BYTES);
            for entry in chunk {
                encoding.write_entry(entry, &mut buffer);
            }
            Bytes::from(buffer)
        });
        let opening = stream::iter([Bytes::from(opening)]);
        Body::from_stream(opening.chain(chunks).map(Ok::<_, Infallible>))
    }

    async fn run(mut self, entries: Entries) {
        let Some(mut entries) = run(&mut self.stream, &self.steps, self.policy, entries).await else { return };
        // The client may use the baton as soon as it sees the last entry.
        self.database.streams().park(&self.database, self.baton, self.stream.park());
        entries.push(CursorEntry::ReplicationIndex { replication_index: None });
        let _client_is_gone = entries.flush().await;
    }
}

/// Turns rows into entries on the engine's thread.
struct StepSink {
    step: usize,
    entries: Entries,
}

impl RowSink for StepSink {
    fn begin(&mut self, cols: Vec<Column>) -> Result<(), SqlError> {
        self.entries.push(CursorEntry::StepBegin { step: self.step, cols });
        Ok(())
    }

    fn row(&mut self, row: Vec<Value>) -> Result<(), SqlError> {
        self.entries.push(CursorEntry::Row { row });
        if self.entries.bytes < CHUNK_BYTES {
            return Ok(());
        }
        Handle::current().block_on(self.entries.flush())
    }
}

/// Where a batch puts what it produces.
pub(crate) struct Entries {
    buffer: Chunk,
    bytes: usize,
    sender: mpsc::Sender<Chunk>,
}

impl Entries {
    fn push(&mut self, entry: CursorEntry) {
        self.bytes += entry.wire_size();
        self.buffer.push(entry);
    }

    async fn flush(&mut self) -> Result<(), SqlError> {
        self.bytes = 0;
        match timeout(MAX_STALL, self.sender.send(std::mem::take(&mut self.buffer))).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(SqlError::new("SQLITE_INTERRUPT", "SQLite error: interrupted")),
        }
    }
}
