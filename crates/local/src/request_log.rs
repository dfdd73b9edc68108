//! The most recent requests, for tests and for people to look at.
//!
//! Logging costs a request next to nothing, because it is only parsed when somebody reads the log. Secrets are removed then,
//! too: a request leaves this module only as a [`LoggedRequest`].

mod entry;
mod har;
mod heard;
mod logged;
mod redact;

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use parking_lot::Mutex;
use tokio::sync::Notify;
use turso_cloud_contract::Endpoint;

pub(crate) use entry::{Encrypted, Entry, MAX_BODY, Message, copied};
pub(crate) use heard::Heard;
pub use logged::{LoggedMessage, LoggedRequest};

/// Requests that are remembered when nothing else is said.
pub(crate) const CAPACITY: usize = 1000;

/// The requests to one local cloud. Every clone is a handle to the same ones.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use turso_cloud::NewDatabase;
/// use turso_cloud_contract::endpoints::CreateDatabase;
/// use turso_cloud_local::Cloud;
///
/// let cloud = Cloud::new()?;
/// cloud.client().build()?.databases().create(NewDatabase::new("orders", "default")).await?;
///
/// let created = cloud.requests().of::<CreateDatabase>();
/// assert_eq!(created.len(), 1);
/// assert_eq!(created[0].status, Some(200));
/// assert!(created[0].request.body.as_ref().is_some_and(|body| body.contains("orders")));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Requests(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    capacity: usize,
    keeps_sql: AtomicBool,
    ring: Mutex<Ring>,
    news: Notify,
}

#[derive(Debug, Default)]
struct Ring {
    /// The number of the newest entry; they are counted from 1.
    last: u64,
    entries: VecDeque<Arc<Entry>>,
}

impl Requests {
    pub(crate) fn new(capacity: usize) -> Self {
        let (keeps_sql, ring, news) = (AtomicBool::new(false), Mutex::default(), Notify::new());
        Self(Arc::new(Shared { capacity, keeps_sql, ring, news }))
    }

    /// The requests for an operation, the oldest first.
    #[must_use]
    pub fn of<E: Endpoint>(&self) -> Vec<LoggedRequest> {
        self.select(0, |entry| entry.operation == Some(E::NAME))
    }

    /// The requests to the SQL endpoint of a database, which is meant by its name, or by `{database}-{organization}` where
    /// there are several of that name, or where there was none when the request came.
    #[must_use]
    pub fn to_database(&self, database: &str) -> Vec<LoggedRequest> {
        self.select(0, |entry| entry.is_to_database(database))
    }

    /// The requests that nothing of the local cloud answers, and perhaps something of Turso Cloud does.
    #[must_use]
    pub fn unknown(&self) -> Vec<LoggedRequest> {
        self.select(0, |entry| entry.operation.is_none())
    }

    /// All requests that are remembered, the oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<LoggedRequest> {
        self.select(0, |_| true)
    }

    /// The requests after the one of this number.
    #[must_use]
    pub fn after(&self, number: u64) -> Vec<LoggedRequest> {
        self.select(number, |_| true)
    }

    /// Waits until there are requests after the one of this number. Where more have come than are remembered, the
    /// numbers tell. It waits for ever where none are remembered (`request_log(0)` of the builder).
    pub async fn wait_after(&self, number: u64) -> Vec<LoggedRequest> {
        self.wait_for(number, |_| true).await
    }

    /// As [`Requests::wait_after`], for requests of a kind.
    pub(crate) async fn wait_for(&self, mut number: u64, is_wanted: impl Fn(&Entry) -> bool) -> Vec<LoggedRequest> {
        loop {
            // Before looking, so that nothing is missed in between.
            let (news, newest) = (self.0.news.notified(), self.count());
            let requests = self.select(number, &is_wanted);
            if !requests.is_empty() {
                return requests;
            }
            number = number.max(newest);
            news.await;
        }
    }

    /// How many requests there were, those that are no longer remembered among them.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.ring.lock().last
    }

    /// Forgets all requests. Their numbers are not used again.
    pub fn clear(&self) {
        self.0.ring.lock().entries.clear();
    }

    /// Says whether headers and bodies of requests to SQL endpoints are remembered too. They are not at first: it costs
    /// time, and what is in the parameters of a statement nobody can tell a secret from.
    pub fn keep_sql(&self, keep: bool) {
        self.0.keeps_sql.store(keep, Ordering::Relaxed);
    }

    /// All requests that are remembered as an HTTP archive (HAR 1.2), the JSON that the tools of browsers read.
    #[must_use]
    pub fn har(&self) -> String {
        har::archive(&self.all()).to_string()
    }

    /// Whether requests are remembered at all.
    pub(crate) fn is_on(&self) -> bool {
        self.0.capacity > 0
    }

    pub(crate) fn capacity(&self) -> usize {
        self.0.capacity
    }

    pub(crate) fn keeps_sql(&self) -> bool {
        self.0.keeps_sql.load(Ordering::Relaxed)
    }

    pub(crate) fn push(&self, mut entry: Entry) {
        let mut ring = self.0.ring.lock();
        ring.last += 1;
        entry.number = ring.last;
        let oldest = if ring.entries.len() >= self.0.capacity { ring.entries.pop_front() } else { None };
        ring.entries.push_back(Arc::new(entry));
        drop(ring);
        // Freed without the lock.
        drop(oldest);
        self.0.news.notify_waiters();
    }

    /// Counts a request that is not remembered.
    pub(crate) fn pass(&self) {
        self.0.ring.lock().last += 1;
    }

    fn select(&self, after: u64, is_wanted: impl Fn(&Entry) -> bool) -> Vec<LoggedRequest> {
        let entries: Vec<_> = {
            let ring = self.0.ring.lock();
            let first = ring.entries.partition_point(|entry| entry.number <= after);
            ring.entries.range(first..).filter(|entry| is_wanted(entry)).cloned().collect()
        };
        entries.iter().map(|entry| entry.logged()).collect()
    }
}
