//! Those who wait for what a connection holds.

use std::{panic::RefUnwindSafe, sync::Arc};

use tokio::sync::watch;

/// How many wait at present.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waiters(Arc<watch::Sender<usize>>);

/// Only tokio changes the count, and nobody panics meanwhile. Whether its locks say so themselves depends on the features that
/// a program asks tokio for: with `parking_lot` they do not.
impl RefUnwindSafe for Waiters {}

/// One of them, until it is dropped.
pub(crate) struct Waiting(Waiters);

impl Waiters {
    /// One more.
    pub(crate) fn join(&self) -> Waiting {
        self.0.send_modify(|count| *count += 1);
        Waiting(self.clone())
    }

    pub(crate) fn are_there(&self) -> bool {
        *self.0.borrow() > 0
    }

    /// Waits until there are any.
    pub(crate) async fn come(&self) {
        let mut count = self.0.subscribe();
        // It cannot end before: the sender is here.
        let _there_are = count.wait_for(|count| *count > 0).await;
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}
