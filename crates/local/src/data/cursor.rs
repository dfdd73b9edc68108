//! A cursor: runs a batch and hands on what it produces while it runs, as fast as the client takes it.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::{Duration, timeout};

use super::batch::{StepSink, Steps};
use super::codec::Encoding;
use super::database::Database;
use super::engine::{Ran, RowSink};
use super::executor::{Executor, Pause, Script};
use super::hrana::{Column, CursorEntry, CursorOpening, SqlError, Value};
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
pub(crate) async fn run(stream: &mut Stream, steps: Steps, policy: Policy, entries: Entries) -> Option<Entries> {
    let sender = entries.sender.clone();
    match stream.run(Production { steps, sink: EntrySink { step: 0, entries, is_closed: false } }, policy).await {
        Ok(production) => (!production.sink.is_closed).then_some(production.sink.entries),
        Err(refusal) => {
            let error = SqlError::new("SQLITE_INTERNAL", refusal.message());
            let _client_is_gone = timeout(MAX_STALL, sender.send(vec![CursorEntry::Error { error }])).await;
            None
        }
    }
}

/// A batch about to be streamed as the body of an answer.
pub(crate) struct Cursor {
    pub(crate) database: Arc<Database>,
    pub(crate) stream: Stream,
    pub(crate) steps: Steps,
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
        let Some(mut entries) = run(&mut self.stream, self.steps, self.policy, entries).await else { return };
        // The client may use the baton as soon as it sees the last entry.
        self.database.streams().park(&self.database, self.baton, self.stream.park());
        entries.push(CursorEntry::ReplicationIndex { replication_index: None });
        let _client_is_gone = entries.flush().await;
    }
}

/// A batch that turns what it produces into entries, on the engine's thread.
struct Production {
    steps: Steps,
    sink: EntrySink,
}

impl Script for Production {
    /// Its client may be slow.
    const BLOCKS: bool = true;

    fn needs_connection(&mut self, _: bool) -> bool {
        !self.steps.are_done() && !self.sink.is_closed
    }

    fn go_on(&mut self, executor: &mut Executor<'_>) -> Result<(), Pause> {
        self.steps.go_on(executor, &mut self.sink)
    }

    fn fail(&mut self, error: SqlError) {
        self.steps.end(Err(error), &mut self.sink);
    }
}

struct EntrySink {
    step: usize,
    entries: Entries,
    is_closed: bool,
}

impl RowSink for EntrySink {
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

impl StepSink for EntrySink {
    fn end(&mut self, outcome: Result<Ran, SqlError>) {
        self.entries.push(match outcome {
            Ok(ran) => CursorEntry::StepEnd {
                affected_row_count: ran.affected_row_count,
                last_insert_rowid: ran.last_insert_rowid,
            },
            Err(error) => CursorEntry::StepError { step: self.step, error },
        });
        self.step += 1;
        // The next step may take long, and the client may be waiting for this one.
        self.is_closed = Handle::current().block_on(self.entries.flush()).is_err();
    }

    fn skip(&mut self) {
        self.step += 1;
    }

    fn is_closed(&self) -> bool {
        self.is_closed
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
