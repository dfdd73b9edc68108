//! Who may block a thread, of which the runtime has a bounded number.

use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Duration, Instant, sleep, timeout};

/// tokio has 512 unless it is told otherwise. Some are left for what the cloud does for itself, for openings, and for what
/// is short: a piece of a file that is read to be sent, or a connection that is closed.
const MOST: usize = 384;
/// More of them, for databases with nothing else at work.
const MOST_FOR_FIRST: usize = 64;
/// So that whoever uses one database to the full leaves the others theirs.
const MOST_OF_ONE: usize = 128;

/// How long a request waits for what there is only so much of: a connection of its database, or, in all, threads and the
/// opening of its file.
pub(crate) const MAX_WAIT: Duration = Duration::from_secs(5);

/// How long a request rests that has found nothing, where nobody tells it when there is something.
const REST: Duration = Duration::from_millis(50);

/// The threads of all databases together.
#[derive(Debug)]
pub(crate) struct Threads {
    common: Arc<Semaphore>,
    for_first: Arc<Semaphore>,
    openings: Arc<Semaphore>,
}

impl Default for Threads {
    fn default() -> Self {
        // To open a file is mostly work for the processor: with many at a time, all of them would take long. With one for
        // each processor, some of them would rest while the next one is fetched.
        let openings = 2 * available_parallelism().map_or(1, NonZero::get);
        let [common, for_first, openings] =
            [MOST, MOST_FOR_FIRST, openings].map(|permits| Arc::new(Semaphore::new(permits)));
        Self { common, for_first, openings }
    }
}

/// The threads of one database.
#[derive(Debug)]
pub(crate) struct Share {
    own: Arc<Semaphore>,
    opening: Arc<Semaphore>,
    threads: Arc<Threads>,
}

/// The right to block a thread, with statements or to open a file, given back when it is dropped.
pub(crate) struct ThreadPermit {
    _permits: Option<[OwnedSemaphorePermit; 2]>,
}

/// How much longer a request waits.
#[derive(Debug)]
pub(crate) struct Patience {
    left: Duration,
}

impl ThreadPermit {
    /// For whoever must not wait and is the only one of its database: it has the turn to write.
    pub(crate) fn of_writer() -> Self {
        Self { _permits: None }
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self { left: MAX_WAIT }
    }
}

impl Patience {
    async fn wait<T>(&mut self, coming: impl Future<Output = Option<T>>) -> Option<T> {
        let begun = Instant::now();
        let came = timeout(self.left, coming).await.ok().flatten();
        self.left = self.left.saturating_sub(begun.elapsed());
        came
    }

    /// Waits for a moment. Says whether there was one left.
    pub(crate) async fn pause(&mut self) -> bool {
        if self.left.is_zero() {
            return false;
        }
        let rest = async {
            sleep(REST).await;
            Some(())
        };
        self.wait(rest).await;
        true
    }
}

impl Share {
    pub(crate) fn new(threads: &Arc<Threads>) -> Self {
        let [own, opening] = [MOST_OF_ONE, 1].map(|permits| Arc::new(Semaphore::new(permits)));
        Self { own, opening, threads: Arc::clone(threads) }
    }

    /// Waits for the right to open the file, which those who want it get in the order in which they came.
    pub(crate) async fn opening(&self, patience: &mut Patience) -> Option<ThreadPermit> {
        patience.wait(self.any_opening()).await
    }

    async fn any_opening(&self) -> Option<ThreadPermit> {
        let own = Arc::clone(&self.opening).acquire_owned().await.ok()?;
        let common = Arc::clone(&self.threads.openings).acquire_owned().await.ok()?;
        Some(ThreadPermit { _permits: Some([own, common]) })
    }

    /// Waits for a thread to be free.
    pub(crate) async fn thread(&self, patience: &mut Patience) -> Option<ThreadPermit> {
        patience.wait(self.any_thread()).await
    }

    async fn any_thread(&self) -> Option<ThreadPermit> {
        let own = Arc::clone(&self.own).acquire_owned().await.ok()?;
        let common = match self.free_common() {
            Some(common) => common,
            None => Arc::clone(&self.threads.common).acquire_owned().await.ok()?,
        };
        Some(ThreadPermit { _permits: Some([own, common]) })
    }

    /// A thread that is free now.
    pub(crate) fn free_thread(&self) -> Option<ThreadPermit> {
        let own = Arc::clone(&self.own).try_acquire_owned().ok()?;
        Some(ThreadPermit { _permits: Some([own, self.free_common()?]) })
    }

    /// One of those that all databases have, for whoever has one of its own.
    fn free_common(&self) -> Option<OwnedSemaphorePermit> {
        let is_first = self.own.available_permits() == MOST_OF_ONE - 1;
        let common = Arc::clone(&self.threads.common).try_acquire_owned().ok();
        let for_first = || Arc::clone(&self.threads.for_first).try_acquire_owned().ok();
        common.or_else(|| is_first.then(for_first).flatten())
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use futures_util::future::join;

    use super::*;

    async fn take(share: &Share, count: usize) -> Vec<ThreadPermit> {
        let mut taken = Vec::new();
        for _ in 0..count {
            taken.push(share.thread(&mut Patience::default()).await.unwrap());
        }
        taken
    }

    #[tokio::test(start_paused = true)]
    async fn a_database_blocks_no_more_than_its_share() {
        let threads = Arc::default();
        let [one, other] = [Share::new(&threads), Share::new(&threads)];
        let mut taken = take(&one, MOST_OF_ONE).await;
        assert!(one.thread(&mut Patience::default()).await.is_none());
        assert!(other.thread(&mut Patience::default()).await.is_some());
        taken.pop();
        assert!(one.thread(&mut Patience::default()).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_somebody_has_locked_keeps_no_other_from_being_opened() {
        let threads = Arc::<Threads>::default();
        let [locked, other] = [Share::new(&threads), Share::new(&threads)];
        let opening = locked.opening(&mut Patience::default()).await;
        let left = threads.openings.available_permits();
        let mut waiting: Vec<_> = (0..left).map(|_| Box::pin(locked.any_opening())).collect();
        assert!(waiting.iter_mut().all(|wait| wait.now_or_never().is_none()));
        assert!(other.opening(&mut Patience::default()).await.is_some());
        drop(opening);
        assert!(waiting.swap_remove(0).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_database_of_which_nothing_is_at_work_finds_a_thread_when_others_have_all() {
        let threads = Arc::default();
        let hogs = [(); MOST / MOST_OF_ONE].map(|()| Share::new(&threads));
        let mut taken = Vec::new();
        for hog in &hogs {
            taken.extend(take(hog, MOST_OF_ONE).await);
        }
        let late = Share::new(&threads);
        let first = late.thread(&mut Patience::default()).await;
        assert!(first.is_some() && late.thread(&mut Patience::default()).await.is_none());
        drop(first);
        assert!(late.thread(&mut Patience::default()).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_waits_for_all_it_needs_no_longer_than_for_one() {
        let share = Share::new(&Arc::default());
        let (opening, taken) = (share.any_opening().await, take(&share, MOST_OF_ONE).await);
        let (begun, mut patience) = (Instant::now(), Patience::default());
        let freed = async {
            sleep(MAX_WAIT / 2).await;
            drop(opening);
        };
        let (came, ()) = join(share.opening(&mut patience), freed).await;
        assert!(came.is_some() && share.thread(&mut patience).await.is_none());
        assert!(begun.elapsed() < MAX_WAIT + Duration::from_millis(10), "{:?}", begun.elapsed());
        // What need not be waited for can still be had.
        drop(taken);
        assert!(share.thread(&mut patience).await.is_some());
    }
}
