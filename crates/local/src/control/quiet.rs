//! A moment in which nothing changes, neither here nor in any database.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use tokio::time::{Duration, Instant};

use super::Control;
use crate::{CloudError, data::Turn, store::Still};

/// Longer than a transaction may hold up others: after this time something is wrong.
const PATIENCE: Duration = Duration::from_secs(30);

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
            for (id, writers) in self.data.writers() {
                if let Entry::Vacant(missing) = turns.entry(id) {
                    missing.insert(writers.turn(deadline).await.ok_or(CloudError::Busy)?);
                }
            }
            let control = Arc::clone(self);
            let attempt = tokio::task::spawn_blocking(move || control.attempt(turns, work)).await;
            match attempt.map_err(|error| CloudError::State(error.into()))? {
                Attempt::Done(outcome) => return outcome,
                Attempt::Again(held, again) => (turns, work) = (held, again),
            }
        }
    }

    fn attempt<T, W>(&self, turns: Turns, work: W) -> Attempt<Result<T, CloudError>, W>
    where
        W: FnOnce(&Self, &Still<'_>) -> Result<T, CloudError>,
    {
        self.store.still(|store| {
            if self.data.writers().iter().all(|(id, _)| turns.contains_key(id)) {
                Attempt::Done(work(self, store))
            } else {
                Attempt::Again(turns, work)
            }
        })
    }
}
