//! The queue of writers: first come, first served, instead of the engine's sleeping and trying again.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::data::engine::Waiters;

/// The queue of one database.
#[derive(Debug)]
pub(crate) struct Writers {
    turn: Arc<Semaphore>,
    waiters: Waiters,
}

/// The right to write, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _permit: OwnedSemaphorePermit,
}

impl Writers {
    /// Those who wait are counted among these.
    pub(crate) fn new(waiters: Waiters) -> Self {
        Self { turn: Arc::new(Semaphore::new(1)), waiters }
    }

    /// The turn, if nobody else has it or waits for it.
    pub(crate) fn try_turn(&self) -> Option<Turn> {
        Some(Turn { _permit: Arc::clone(&self.turn).try_acquire_owned().ok()? })
    }

    /// Waits for the turn until then.
    pub(crate) async fn turn(&self, until: Instant) -> Option<Turn> {
        if let Some(turn) = self.try_turn() {
            return Some(turn);
        }
        let _waiting = self.waiters.join();
        let permit = timeout_at(until, Arc::clone(&self.turn).acquire_owned()).await;
        Some(Turn { _permit: permit.ok()?.ok()? })
    }

    pub(crate) fn waiters(&self) -> &Waiters {
        &self.waiters
    }
}
