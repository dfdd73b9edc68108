//! A cursor: runs a batch and hands on what it produces while it runs, as fast as the client takes it.

use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::sync::oneshot;
use tokio::time::{Duration, timeout};

use super::batch::{StepSink, Steps};
use super::executor::{Executor, Pause, Script};
use super::stream::Stream;
use crate::data::database::{Output, Policy};
use crate::data::engine::{Ran, RowSink};
use crate::data::hrana::{Column, CursorEntry, SqlError, ValueRef};
use crate::memory::Exhausted;

/// Pieces of chunks on their way to a client that reads slower than the engine produces.
const PIECES_AHEAD: usize = 8;
/// The first rows do not wait for many others; each chunk may be twice as long as the one before.
const FIRST_CHUNK_BYTES: usize = 4 * 1024;

/// Entries that belong together only because they were produced together.
pub(crate) trait Chunk: Send + 'static {
    /// What is sent.
    type Sent: Send + 'static;

    /// How long one gets.
    const LONGEST_BYTES: usize;

    fn push(&mut self, entry: CursorEntry);
    fn push_row(&mut self, row: &[ValueRef<'_>]) -> Result<(), Exhausted>;

    /// About how many bytes there are.
    fn size(&self) -> usize;

    /// Empties it into pieces that are taken one by one, and makes room for about as many bytes as are to come.
    fn take(&mut self, room: usize) -> impl Iterator<Item = Self::Sent>;
}

/// How long a piece gets: the longer, the faster a client has to be that is not taken for gone.
pub(crate) const PIECE_BYTES: usize = 64 * 1024;

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
    let Production { sink, .. } = stream.run(Production { steps, sink }, policy).await?;
    Ok((!sink.is_closed).then_some(sink.outlet))
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

    /// Must not block, so that what it says waits for the next step. It is an error: only a write that shares its turn has
    /// anything else here.
    fn end_statement(&mut self, outcome: Result<Output, SqlError>) {
        self.steps.end(outcome.map(|output| output.ran), &mut self.sink);
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
    /// Whoever takes what comes out of it.
    pub(crate) fn client(&self) -> mpsc::Sender<C::Sent> {
        self.sender.clone()
    }

    pub(crate) fn push(&mut self, entry: CursorEntry) {
        self.chunk.push(entry);
    }

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
