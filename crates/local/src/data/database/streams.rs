//! The streams of a database between their requests, each behind a baton that works once.

mod state;
mod table;

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{Duration, Instant, sleep_until, timeout};

use super::Database;
use crate::data::refusal::Refusal;
use table::Table;

pub(crate) use state::{StoredSql, StreamState};

/// A stream that gets no request for this long is ended.
pub(crate) const IDLE_LIMIT: Duration = Duration::from_secs(10);

/// How long a request waits for the cursor before it on its stream: longer than for one that nobody reads, which is ended,
/// and with whose stream the request goes on.
const CURSOR_LIMIT: Duration = IDLE_LIMIT.saturating_add(Duration::from_secs(5));

/// Streams are swept no more often than this, however many there are.
const SWEEP_INTERVAL: Duration = Duration::from_millis(100);

/// The name of a stream until its next request: random, so that nobody can guess one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Baton([u8; 16]);

impl Baton {
    fn random() -> Result<Self, Refusal> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| {
            tracing::error!(%error, "no randomness for a baton");
            Refusal::Internal
        })?;
        Ok(Self(bytes))
    }

    fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Display for Baton {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

/// All streams of one database that can be continued.
#[derive(Default)]
pub(crate) struct Streams(Mutex<Table>);

impl Streams {
    /// A new baton, which names nothing until a stream is parked behind it.
    pub(crate) fn new_baton() -> Result<Baton, Refusal> {
        Baton::random()
    }

    /// A new baton for a stream that is at work, which whoever has the baton waits for.
    pub(crate) fn announce(database: &Arc<Database>) -> Result<Announced, Refusal> {
        let (baton, (end, awaited)) = (Baton::random()?, watch::channel(()));
        database.streams().0.lock().awaited.insert(baton, awaited);
        Ok(Announced { database: Arc::clone(database), baton, _end: end })
    }

    /// Continues a stream, once it is no longer at work; its baton is used up.
    pub(crate) async fn resume(&self, database: &Arc<Database>, baton: &str) -> Result<StreamState, Refusal> {
        let at_work = Baton::parse(baton).and_then(|baton| self.0.lock().awaited.get(&baton).cloned());
        if let Some(mut end) = at_work {
            let _is_over = timeout(CURSOR_LIMIT, end.changed()).await;
        }
        self.take(database, baton)
    }

    fn take(&self, database: &Arc<Database>, baton: &str) -> Result<StreamState, Refusal> {
        let baton = Baton::parse(baton).ok_or(Refusal::StreamNotFound)?;
        let mut table = self.0.lock();
        let overdue = table.expire(Instant::now());
        let found = match table.remove(baton) {
            Some(state) => Ok(state),
            None if table.has_ended(baton) => Err(Refusal::StreamExpired),
            None => Err(Refusal::StreamNotFound),
        };
        drop(table);
        give_back(database, overdue);
        found
    }

    /// Parks a stream behind a baton, and watches over it while it has a transaction that writes.
    pub(crate) fn park(&self, database: &Arc<Database>, baton: Baton, state: StreamState) {
        let now = Instant::now();
        let mut table = self.0.lock();
        let mut overdue = table.expire(now);
        overdue.extend(table.make_room(state.stored_bytes()));
        let forfeit = state.session.as_ref().and_then(|session| session.forfeit());
        // With the table in hand, or the time might be up before the stream can be found.
        let watch = forfeit.map(|forfeit| Watch::start(database, baton, forfeit));
        table.park(baton, state, watch, now);
        if table.sweep.as_ref().is_none_or(Sweep::is_over) {
            table.sweep = Some(Sweep::start(database));
        }
        drop(table);
        give_back(database, overdue);
    }

    /// Forgets all streams; returns them to be dropped.
    pub(crate) fn clear(&self) -> impl Sized + use<> {
        std::mem::take(&mut *self.0.lock())
    }

    /// Rolls back the transaction of a parked stream. The stream stays, to tell its client.
    fn end_transaction(&self, database: &Arc<Database>, baton: Baton) {
        if let Some(state) = self.0.lock().get_mut(baton) {
            state.end_transaction(database);
        }
    }

    /// Ends what is overdue. Says when to do so again, or that nothing is left.
    fn sweep(&self, database: &Arc<Database>) -> Option<Instant> {
        let mut table = self.0.lock();
        let overdue = table.expire(Instant::now());
        let next = table.next_expiry();
        if next.is_none() {
            table.sweep = None;
        }
        drop(table);
        give_back(database, overdue);
        next
    }
}

/// The baton of a stream at work.
pub(crate) struct Announced {
    database: Arc<Database>,
    baton: Baton,
    /// Dropped when it is no longer awaited.
    _end: watch::Sender<()>,
}

impl Announced {
    pub(crate) fn baton(&self) -> Baton {
        self.baton
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        self.database.streams().0.lock().awaited.remove(&self.baton);
    }
}

/// A task that ends the transaction of a parked stream when it is forfeit; it stops when the stream is continued.
struct Watch(AbortHandle);

impl Watch {
    fn start(database: &Arc<Database>, baton: Baton, forfeit: impl Future<Output = ()> + Send + 'static) -> Self {
        let database = Arc::downgrade(database);
        let watch = tokio::spawn(async move {
            forfeit.await;
            let Some(database) = database.upgrade() else { return };
            database.streams().end_transaction(&database, baton);
        });
        Self(watch.abort_handle())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A task that ends streams for which no request comes, whether or not one comes for the database.
struct Sweep(AbortHandle);

impl Sweep {
    fn start(database: &Arc<Database>) -> Self {
        let database = Arc::downgrade(database);
        let mut next = Instant::now() + IDLE_LIMIT;
        let sweep = tokio::spawn(async move {
            loop {
                sleep_until(next).await;
                let Some(database) = database.upgrade() else { return };
                let Some(expiry) = database.streams().sweep(&database) else { return };
                next = expiry.max(Instant::now() + SWEEP_INTERVAL);
            }
        });
        Self(sweep.abort_handle())
    }

    /// Whether it ended with the runtime it ran on.
    fn is_over(&self) -> bool {
        self.0.is_finished()
    }
}

impl Drop for Sweep {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn give_back(database: &Arc<Database>, ended: Vec<StreamState>) {
    for state in ended {
        if let Some(session) = state.session {
            database.give_back(session);
        }
    }
}
