//! Trouble that lasts is told of once.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether something keeps failing.
#[derive(Debug, Default)]
pub(super) struct Trouble(AtomicBool);

impl Trouble {
    /// It has failed: says whether nobody was told yet.
    pub(super) fn begins(&self) -> bool {
        !self.0.swap(true, Ordering::Relaxed)
    }

    /// It has succeeded.
    pub(super) fn ends(&self) {
        self.0.store(false, Ordering::Relaxed);
    }
}
