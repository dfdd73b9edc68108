//! The streams of a database between their requests, each behind a baton that works once.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{Duration, Instant, sleep_until, timeout};

use super::database::Database;
use super::refusal::Refusal;
use super::stream::{Stream, StreamState};

/// A stream that gets no request for this long is ended.
pub(crate) const IDLE_LIMIT: Duration = Duration::from_secs(10);

/// Streams without a connection are small; more than this many within ten seconds is a client gone wrong.
const MAX_PARKED: usize = 16 * 1024;

/// How many ended streams are remembered, to tell their clients what happened.
const MAX_REMEMBERED: usize = 4 * 1024;

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

#[derive(Default)]
struct Table {
    parked: HashMap<Baton, Parked>,
    /// Every stream lives equally long, so the order of parking is the order of expiry.
    expiries: VecDeque<(Instant, Baton)>,
    /// Batons that cursors have announced, each until its stream is parked behind it or lost.
    awaited: HashMap<Baton, watch::Receiver<()>>,
    ended: HashSet<Baton>,
    ended_in_order: VecDeque<Baton>,
}

struct Parked {
    state: StreamState,
    _watch: Option<Watch>,
}

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
            // A cursor nobody reads ends at about that time, too.
            let _is_over = timeout(IDLE_LIMIT, end.changed()).await;
        }
        self.take(database, baton)
    }

    fn take(&self, database: &Arc<Database>, baton: &str) -> Result<StreamState, Refusal> {
        let baton = Baton::parse(baton).ok_or(Refusal::StreamNotFound)?;
        let mut table = self.0.lock();
        let overdue = table.expire(Instant::now());
        let found = match table.parked.remove(&baton) {
            Some(parked) => Ok(parked.state),
            None if table.ended.contains(&baton) => Err(Refusal::StreamExpired),
            None => Err(Refusal::StreamNotFound),
        };
        drop(table);
        give_back(database, overdue);
        found
    }

    /// Parks a stream behind a baton, and watches over it while it holds a connection.
    pub(crate) fn park(&self, database: &Arc<Database>, baton: Baton, state: StreamState) {
        let now = Instant::now();
        let expiry = now + IDLE_LIMIT;
        let mut table = self.0.lock();
        let mut overdue = table.expire(now);
        // The oldest places in the queue may be those of streams that went on since.
        while table.parked.len() >= MAX_PARKED && !table.expiries.is_empty() {
            overdue.extend(table.end_oldest());
        }
        // With the table in hand, or the time might be up before the stream can be found.
        let watch = state.session.as_ref().map(|session| Watch::start(database, baton, session.deadline(), expiry));
        table.parked.insert(baton, Parked { state, _watch: watch });
        table.expiries.push_back((expiry, baton));
        drop(table);
        give_back(database, overdue);
    }

    /// Forgets all streams; returns them to be dropped.
    pub(crate) fn clear(&self) -> impl Sized + use<> {
        std::mem::take(&mut *self.0.lock())
    }

    /// Rolls back the transaction of a parked stream. The stream stays, to tell its client.
    fn end_transaction(&self, database: &Arc<Database>, baton: Baton) {
        let session = self.0.lock().parked.get_mut(&baton).and_then(|parked| {
            parked.state.transaction_is_lost = true;
            parked.state.session.take()
        });
        if let Some(session) = session {
            database.give_back(session);
        }
    }

    fn end_overdue(&self, database: &Arc<Database>) {
        let overdue = self.0.lock().expire(Instant::now());
        give_back(database, overdue);
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

impl Table {
    fn expire(&mut self, now: Instant) -> Vec<StreamState> {
        let mut overdue = Vec::new();
        while self.expiries.front().is_some_and(|(expiry, _)| *expiry <= now) {
            overdue.extend(self.end_oldest());
        }
        overdue
    }

    /// Ends the stream parked first, unless it was continued since.
    fn end_oldest(&mut self) -> Option<StreamState> {
        let (_, baton) = self.expiries.pop_front()?;
        let parked = self.parked.remove(&baton)?;
        self.ended.insert(baton);
        self.ended_in_order.push_back(baton);
        if self.ended_in_order.len() > MAX_REMEMBERED
            && let Some(forgotten) = self.ended_in_order.pop_front()
        {
            self.ended.remove(&forgotten);
        }
        Some(parked.state)
    }
}

/// A task that ends what a parked stream holds when its time is up; it stops when the stream is continued.
struct Watch(AbortHandle);

impl Watch {
    fn start(database: &Arc<Database>, baton: Baton, deadline: Option<Instant>, expiry: Instant) -> Self {
        let database = Arc::downgrade(database);
        let watch = tokio::spawn(async move {
            if let Some(deadline) = deadline.filter(|deadline| *deadline < expiry) {
                sleep_until(deadline).await;
                let Some(database) = database.upgrade() else { return };
                database.streams().end_transaction(&database, baton);
            }
            sleep_until(expiry).await;
            let Some(database) = database.upgrade() else { return };
            database.streams().end_overdue(&database);
        });
        Self(watch.abort_handle())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn give_back(database: &Arc<Database>, ended: Vec<StreamState>) {
    for state in ended {
        drop(Stream::new(Arc::clone(database), state));
    }
}
