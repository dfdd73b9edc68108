//! What a dry run may write. What it has read is real; what is answered to a change that was kept back is made up, and so
//! is everything that follows from it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

/// Whether data is real.
#[derive(Clone, Debug, Default)]
pub(crate) struct Truth(Arc<State>);

#[derive(Debug, Default)]
struct State {
    is_lost: AtomicBool,
    is_told: AtomicBool,
}

impl Truth {
    /// From now on data is thrown away.
    pub(crate) fn lose(&self) {
        self.0.is_lost.store(true, Relaxed);
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.0.is_lost.load(Relaxed)
    }

    /// Whether anything was written.
    pub(crate) fn is_told(&self) -> bool {
        self.0.is_told.load(Relaxed)
    }

    /// Whether something may be written, which it then is.
    pub(super) fn lets_write(&self) -> bool {
        let is_real = !self.is_lost();
        self.0.is_told.fetch_or(is_real, Relaxed);
        is_real
    }
}
