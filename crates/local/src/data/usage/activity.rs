//! When the databases of a group were last used.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

/// The time of the last use of a group, in seconds since 1970, by the clock of the cloud.
#[derive(Debug, Default)]
pub(crate) struct Activity(AtomicI64);

impl Activity {
    pub(crate) fn touch(&self, now: Timestamp) {
        // Statements of the same second need not write to memory that others read.
        if self.last() != now.as_second() {
            self.0.store(now.as_second(), Ordering::Relaxed);
        }
    }

    pub(crate) fn last(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}
