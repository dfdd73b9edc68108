//! A cursor: runs a batch and hands on what it produces while it runs, as fast as the client takes it.

use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::Body;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::sync::oneshot;
use tokio::time::{Duration, timeout};

use super::batch::{StepSink, Steps};
use super::chunk::{Chunk, Written};
use super::executor::{Executor, Pause, Script};
use super::stream::Stream;
use crate::data::database::{Announced, Database, Output, Policy};
use crate::data::engine::{Ran, RowSink};
use crate::data::host::Encoding;
use crate::data::hrana::{Column, CursorEntry, CursorOpening, SqlError, ValueRef};

/// Pieces of chunks on their way to a client that reads slower than the engine produces.
const PIECES_AHEAD: usize = 8;
/// The first rows do not wait for many others; each chunk may be twice as long as the one before.
const FIRST_CHUNK_BYTES: usize = 4 * 1024;

/// A client that takes no row for this long is treated as gone: its query may be keeping a transaction open.
pub(crate) const MAX_STALL: Duration = Duration::from_secs(10);

/// The two ends of a cursor.
pub(crate) fn channel<C: Chunk>(chunk: C) -> (Outlet<C>, mpsc::Receiver<C::Sent>) {
    let (sender, receiver) = mpsc::channel(PIECES_AHEAD);
    (Outlet { chunk, long: FIRST_CHUNK_BYTES, sender }, receiver)
}

/// Is told how a cursor has ended, or dropped if its client took no more.
pub(crate) type Ending = oneshot::Sender<Result<(), SqlError>>;
/// Hears of it.
pub(crate) type Ended = oneshot::Receiver<Result<(), SqlError>>;

/// What is to be said after the last chunk: whatever was not told to its end must not look whole.
pub(crate) fn last_words(ending: Result<Result<(), SqlError>, impl Sized>) -> Option<CursorEntry> {
    let error = ending.unwrap_or_else(|_| Err(SqlError::interrupted())).err()?;
    Some(CursorEntry::Error { error })
}

/// Runs a batch into a cursor. What the last step has said may still be in the outlet, which is not given back when the
/// client takes no more. Fails if the stream is lost.
pub(crate) async fn run<C: Chunk>(
    stream: &mut Stream,
    steps: Steps,
    policy: Policy,
    outlet: Outlet<C>,
) -> Result<Option<Outlet<C>>, SqlError> {
    let sink = Sink { step: 0, outlet, is_closed: false };
    let production = stream.run(Production { steps, sink }, policy).await;
    let Production { sink, .. } =
        production.map_err(|refusal| SqlError::new(refusal.socket_code(), refusal.message()))?;
    Ok((!sink.is_closed).then_some(sink.outlet))
}

/// A batch about to be streamed as the body of an answer.
pub(crate) struct Cursor {
    pub(crate) database: Arc<Database>,
    pub(crate) stream: Stream,
    pub(crate) steps: Steps,
    pub(crate) policy: Policy,
    /// Issued before the batch runs; the stream is behind it when the batch has ended.
    pub(crate) baton: Announced,
    pub(crate) encoding: Encoding,
}

impl Cursor {
    /// Starts the batch. It ends early when the body is dropped, and the stream can be continued without its transaction.
    pub(crate) fn start(self) -> Body {
        let encoding = self.encoding;
        let mut opening = Vec::new();
        encoding
            .write_opening(CursorOpening { baton: Some(self.baton.baton().to_string()), base_url: None }, &mut opening);
        let (outlet, receiver) = channel(Written::new(encoding));
        let (ending, ended) = oneshot::channel();
        tokio::spawn(self.run(outlet, ending));
        let chunks = stream::unfold(receiver, async |mut receiver: mpsc::Receiver<Bytes>| {
            Some((receiver.recv().await?, receiver))
        });
        let opening = stream::iter([Bytes::from(opening)]);
        let last_words = stream::once(ended).filter_map(move |ending| {
            ready(last_words(ending).map(|entry| {
                let mut bytes = Vec::new();
                encoding.write_entry(entry, &mut bytes);
                Bytes::from(bytes)
            }))
        });
        Body::from_stream(opening.chain(chunks).chain(last_words).map(Ok::<_, Infallible>))
    }

    async fn run(mut self, outlet: Outlet<Written>, ending: Ending) {
        let client = outlet.sender.clone();
        let has_transaction = self.steps.watch_transaction(self.stream.is_autocommit());
        let outlet = tokio::select! {
            outlet = run(&mut self.stream, self.steps, self.policy, outlet) => match outlet {
                Ok(outlet) => outlet,
                Err(error) => {
                    let _client_is_gone = ending.send(Err(error));
                    return;
                }
            },
            () = client.closed() => None,
        };
        // Where the query had to be stopped, its session is gone.
        let session = self.stream.state.session.as_ref();
        let was_open = || has_transaction.load(Ordering::Acquire);
        if outlet.is_none() && session.map_or_else(was_open, |session| !session.is_autocommit()) {
            self.stream.end_transaction();
        }
        // The client may use the baton as soon as it sees the last entry, and when it reads no further.
        self.database.streams().park(&self.database, self.baton.baton(), self.stream.park());
        drop(self.baton);
        if let Some(mut outlet) = outlet {
            outlet.chunk.push(CursorEntry::ReplicationIndex { replication_index: None });
            let _client_is_gone = outlet.flush().await.map(|()| ending.send(Ok(())));
        }
    }
}

/// A batch that hands on what it produces, on the engine's thread.
struct Production<C: Chunk> {
    steps: Steps,
    sink: Sink<C>,
}

impl<C: Chunk> Script for Production<C> {
    /// Its client may be slow.
    const BLOCKS: bool = true;

    fn needs_connection(&mut self, is_autocommit: bool) -> bool {
        self.steps.skip_unmet(is_autocommit, &mut self.sink);
        !self.steps.are_done() && !self.sink.is_closed && !self.sink.outlet.sender.is_closed()
    }

    fn go_on(&mut self, executor: &mut Executor<'_>) -> Result<(), Pause> {
        self.steps.go_on(executor, &mut self.sink)
    }

    /// Must not block, so that what it says waits for the next step. There are no rows: only a write that shares its turn
    /// has them here.
    fn end_statement(&mut self, outcome: Result<Output, SqlError>) {
        let outcome = outcome.and_then(|output| output.hand_on(&mut self.sink));
        self.steps.end(outcome, &mut self.sink);
    }
}

struct Sink<C: Chunk> {
    step: usize,
    outlet: Outlet<C>,
    is_closed: bool,
}

impl<C: Chunk> RowSink for Sink<C> {
    fn begin(&mut self, cols: Vec<Column>) -> Result<(), SqlError> {
        self.outlet.chunk.push(CursorEntry::StepBegin { step: self.step, cols });
        Ok(())
    }

    fn row(&mut self, row: &[ValueRef<'_>]) -> Result<(), SqlError> {
        self.outlet.chunk.push_row(row)?;
        self.outlet.flush_long()
    }
}

impl<C: Chunk> StepSink for Sink<C> {
    fn end(&mut self, outcome: Result<Ran, SqlError>) {
        self.outlet.chunk.push(match outcome {
            Ok(ran) => CursorEntry::StepEnd {
                affected_row_count: ran.affected_row_count,
                last_insert_rowid: ran.last_insert_rowid,
            },
            Err(error) => CursorEntry::StepError { step: self.step, error },
        });
        self.step += 1;
    }

    fn skip(&mut self) {
        self.step += 1;
    }

    /// The next step may take long, and the client may be waiting for the one before. What the last one has said waits
    /// until the stream can be continued: a client that has the row it wants does not wait for the end.
    fn is_open(&mut self) -> bool {
        if self.outlet.chunk.size() > 0 {
            self.is_closed = self.outlet.flush_blocking(0).is_err();
        }
        !self.is_closed
    }
}

/// Where a batch puts what it produces.
pub(crate) struct Outlet<C: Chunk> {
    chunk: C,
    /// How many bytes make it long.
    long: usize,
    sender: mpsc::Sender<C::Sent>,
}

impl<C: Chunk> Outlet<C> {
    /// Sends a chunk that is long enough, on a thread that may block.
    fn flush_long(&mut self) -> Result<(), SqlError> {
        if self.chunk.size() < self.long {
            return Ok(());
        }
        self.long = C::LONGEST_BYTES.min(self.long * 2);
        // It ends with the row that makes it long.
        self.flush_blocking(self.long + self.long / 8)
    }

    /// As [`flush`](Self::flush), on a thread that may block; `room` is how many bytes are to come.
    fn flush_blocking(&mut self, room: usize) -> Result<(), SqlError> {
        self.chunk.take(room).try_for_each(|piece| match self.sender.try_send(piece) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(piece)) => Handle::current().block_on(send(&self.sender, piece)),
            Err(TrySendError::Closed(_)) => Err(SqlError::interrupted()),
        })
    }

    pub(crate) async fn flush(&mut self) -> Result<(), SqlError> {
        for piece in self.chunk.take(0) {
            send(&self.sender, piece).await?;
        }
        Ok(())
    }
}

async fn send<T>(sender: &mpsc::Sender<T>, piece: T) -> Result<(), SqlError> {
    match timeout(MAX_STALL, sender.send(piece)).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(SqlError::interrupted()),
    }
}
