use std::{
    fmt,
    sync::{Arc, Weak},
    time::Duration,
};

use parking_lot::Mutex;

use super::{FaultEffect, FaultSpec, FaultStatus, Faults, Shared, pattern};
use crate::control::is_meant;

/// A fault in effect. Unless it says otherwise, a request it hits is not carried out: nothing of it happened.
#[derive(Clone)]
pub struct Fault {
    id: u64,
    state: Arc<Mutex<State>>,
    /// Those it is in effect with, which hold it.
    among: Weak<Shared>,
}

#[derive(Debug)]
struct State {
    spec: FaultSpec,
    chance: Option<fastrand::Rng>,
    seen: u64,
    count: u64,
}

/// A request as faults see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sighting<'a> {
    pub(crate) operation: Option<&'a str>,
    /// On the host it is for.
    pub(crate) path: &'a str,
    pub(crate) is_sql: bool,
    /// `{database}-{organization}`, where both are known.
    pub(crate) label: Option<&'a str>,
    /// The name of a database, where one is known.
    pub(crate) database: Option<&'a str>,
}

/// What is to happen to a request.
#[derive(Clone, Debug)]
pub(crate) struct Strike {
    pub(crate) fault: u64,
    pub(crate) latency: Option<Duration>,
    pub(crate) effect: Option<FaultEffect>,
    pub(crate) carried_out: bool,
}

impl Fault {
    pub(super) fn new(id: u64, mut spec: FaultSpec, among: Weak<Shared>) -> Self {
        let chance =
            spec.probability.map(|_| fastrand::Rng::with_seed(*spec.seed.get_or_insert_with(|| fastrand::u64(..))));
        Self { id, state: Arc::new(Mutex::new(State { spec, chance, seen: 0, count: 0 })), among }
    }

    /// Its number, by which it can be ended.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// What it is, and what it has done.
    #[must_use]
    pub fn status(&self) -> FaultStatus {
        let state = self.state.lock();
        FaultStatus { id: self.id, spec: state.spec.clone(), seen: state.seen, count: state.count }
    }

    /// How many requests it has hit.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.state.lock().count
    }

    /// Ends it, and says whether it was still in effect. What it has hit can be asked of it afterwards, too.
    ///
    /// ```
    /// let cloud = turso_cloud_local::Cloud::new()?;
    /// let fault = cloud.faults().on_sql().reply(502);
    /// fault.remove();
    /// assert!(cloud.faults().list().is_empty());
    /// # Ok::<(), turso_cloud_local::CloudError>(())
    /// ```
    #[expect(clippy::must_use_candidate, reason = "it is ended whether anybody asks if it was in effect or not")]
    pub fn remove(&self) -> bool {
        self.among.upgrade().is_some_and(|among| Faults(among).remove(self.id))
    }

    /// Shows it a request that may concern it, and says what is to happen to the request.
    pub(super) fn see(&self, sighting: &Sighting<'_>) -> Option<Strike> {
        let mut state = self.state.lock();
        if !state.see(sighting) {
            return None;
        }
        let spec = &state.spec;
        Some(Strike {
            fault: self.id,
            latency: spec.latency_ms.map(Duration::from_millis),
            effect: spec.effect.clone(),
            carried_out: spec.carried_out,
        })
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.status(), f)
    }
}

impl State {
    fn see(&mut self, sighting: &Sighting<'_>) -> bool {
        if !self.spec.concerns(sighting) {
            return false;
        }
        self.seen += 1;
        let first = self.spec.nth.unwrap_or(1);
        let is_hit = if let (Some(chance), Some(probability)) = (&mut self.chance, self.spec.probability) {
            let is_its_turn = self.seen >= first && self.count < self.spec.times.unwrap_or(u64::MAX);
            // Drawn for every request, so that what a seed hits does not depend on what it may hit.
            (chance.f64() < probability) && is_its_turn
        } else {
            let times = self.spec.times.or(self.spec.nth.map(|_| 1)).unwrap_or(u64::MAX);
            self.seen >= first && self.seen - first < times
        };
        self.count += u64::from(is_hit);
        is_hit
    }
}

impl FaultSpec {
    fn concerns(&self, sighting: &Sighting<'_>) -> bool {
        let is_same = |wanted: &Option<String>, found: Option<&str>| match wanted {
            Some(wanted) => Some(wanted.as_str()) == found,
            None => true,
        };
        is_same(&self.operation, sighting.operation)
            && self.sql.is_none_or(|sql| sql == sighting.is_sql)
            && self.path.as_deref().is_none_or(|pattern| pattern::fits(pattern, sighting.path))
            && self.database.as_deref().is_none_or(|wanted| is_meant(wanted, sighting.database, sighting.label))
    }
}
