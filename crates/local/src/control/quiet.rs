//! A moment in which nothing changes, neither here nor in any database.

#[cfg(test)]
mod tests;

use std::{collections::HashMap, sync::Arc};

use futures_util::future::try_join_all;
use tokio::time::{Duration, Instant};

use super::Control;
use crate::{CloudError, data::Turn, store::Still};

/// Longer than a transaction may hold up others, and not as long as those who wait to write have patience: they wait for this,
/// too.
const PATIENCE: Duration = Duration::from_secs(7);

type Turns = HashMap<String, Turn>;

enum Attempt<T, W> {
    Done(T),
    /// There are databases by now whose turn to write was not taken.
    Again(Turns, W),
}

impl Control {
    /// Takes the turn to write of every database, then that of the control plane, and does `work` with all of them.
    /// Whoever is in a transaction is waited for; the turns come first because that may take a while.
    pub(crate) async fn while_nobody_writes<T, W>(self: &Arc<Self>, mut work: W) -> Result<T, CloudError>
    where
        T: Send + 'static,
        W: FnOnce(&Self, &Still<'_>) -> Result<T, CloudError> + Send + 'static,
    {
        let (deadline, mut turns) = (Instant::now() + PATIENCE, Turns::new());
        loop {
            self.take_missing(&mut turns, deadline).await?;
            let (control, patience) = (Arc::clone(self), deadline.saturating_duration_since(Instant::now()));
            let attempt = tokio::task::spawn_blocking(move || control.attempt(turns, patience, work)).await;
            match attempt.map_err(|error| CloudError::State(error.into()))?? {
                Attempt::Done(outcome) => return outcome,
                Attempt::Again(held, again) => (turns, work) = (held, again),
            }
        }
    }

    /// At once, so that none is held longer than it takes the slowest to give its turn away.
    async fn take_missing(&self, turns: &mut Turns, deadline: Instant) -> Result<(), CloudError> {
        let missing = self.data.writers().into_iter().filter(|(id, _)| !turns.contains_key(id));
        let taken = missing.map(async |(id, writers)| {
            let turn = writers.turn(deadline).await;
            turn.map(|turn| (id, turn)).ok_or(CloudError::Busy)
        });
        turns.extend(try_join_all(taken).await?);
        Ok(())
    }

    fn attempt<T, W>(
        &self,
        turns: Turns,
        patience: Duration,
        work: W,
    ) -> Result<Attempt<Result<T, CloudError>, W>, CloudError>
    where
        W: FnOnce(&Self, &Still<'_>) -> Result<T, CloudError>,
    {
        let store = self.store.still_within(patience).ok_or(CloudError::Busy)?;
        if self.data.writers().iter().all(|(id, _)| turns.contains_key(id)) {
            Ok(Attempt::Done(work(self, &store)))
        } else {
            Ok(Attempt::Again(turns, work))
        }
    }
}
