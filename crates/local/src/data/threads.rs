//! Who may block a thread, of which the runtime has a bounded number.

use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Duration, timeout};

/// tokio has 512 unless it is told otherwise, and what the cloud does for itself needs some of them.
const MOST: usize = 384;
/// Further ones, for databases of which nothing is at work.
const MOST_FOR_FIRST: usize = 64;
/// So that whoever uses one database to the full leaves the others theirs.
const MOST_OF_ONE: usize = 128;

const MAX_WAIT: Duration = Duration::from_secs(5);

/// The threads of all databases together.
#[derive(Debug)]
pub(crate) struct Threads {
    common: Arc<Semaphore>,
    for_first: Arc<Semaphore>,
    openings: Arc<Semaphore>,
}

impl Default for Threads {
    fn default() -> Self {
        // To open a file is mostly work for the processor: with many at a time, all of them would take long.
        let openings = 2 * available_parallelism().map_or(1, NonZero::get);
        let [common, for_first, openings] =
            [MOST, MOST_FOR_FIRST, openings].map(|permits| Arc::new(Semaphore::new(permits)));
        Self { common, for_first, openings }
    }
}

impl Threads {
    /// Waits for the right to open a file, which those who want it get in the order in which they came.
    pub(crate) async fn opening(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.openings).acquire_owned().await.ok()
    }
}

/// The threads of one database.
#[derive(Debug)]
pub(crate) struct Share {
    own: Arc<Semaphore>,
    threads: Arc<Threads>,
}

/// The right to block a thread.
pub(crate) struct Thread {
    _own: OwnedSemaphorePermit,
    _common: OwnedSemaphorePermit,
}

impl Share {
    pub(crate) fn new(threads: &Arc<Threads>) -> Self {
        Self { own: Arc::new(Semaphore::new(MOST_OF_ONE)), threads: Arc::clone(threads) }
    }

    /// Waits for a thread to be free, for a while.
    pub(crate) async fn thread(&self) -> Option<Thread> {
        timeout(MAX_WAIT, self.wait()).await.ok()?
    }

    async fn wait(&self) -> Option<Thread> {
        let own = Arc::clone(&self.own).acquire_owned().await.ok()?;
        let mut common = Arc::clone(&self.threads.common).try_acquire_owned();
        if common.is_err() && self.own.available_permits() == MOST_OF_ONE - 1 {
            common = Arc::clone(&self.threads.for_first).try_acquire_owned();
        }
        let common = match common {
            Ok(common) => common,
            Err(_) => Arc::clone(&self.threads.common).acquire_owned().await.ok()?,
        };
        Some(Thread { _own: own, _common: common })
    }
}
