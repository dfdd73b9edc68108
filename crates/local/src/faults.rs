//! Faults on purpose: a request that fails when it should, so that a program can show what it does then.

mod effect;
mod effect_form;
mod fault;
mod pattern;
mod rule;
mod spec;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use parking_lot::Mutex;
use serde::Deserialize;
use turso_cloud_contract::Endpoint;

use crate::CloudError;

pub(crate) use effect::is_broken;
pub use fault::Fault;
pub(crate) use fault::{Sighting, Strike};
pub use rule::FaultRule;
pub(crate) use spec::check_operation;
pub use spec::{FaultEffect, FaultSpec, FaultStatus};

/// The faults of one local cloud. Every clone is a handle to the same ones.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
///
/// use turso_cloud::transport::Body;
/// use turso_cloud_contract::locations::GetClosestRegion;
/// use turso_cloud_local::Cloud;
///
/// let cloud = Cloud::new()?;
/// let fault = cloud.faults().on::<GetClosestRegion>().nth(2).retry_after(Duration::from_secs(1)).reply(503);
///
/// let mut statuses = Vec::new();
/// for _ in 0..3 {
///     let request = http::Request::get("/_region").body(Body::empty())?;
///     statuses.push(cloud.handle(request).await.status().as_u16());
/// }
/// assert_eq!(statuses, [200, 503, 200]);
/// assert_eq!(fault.count(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// So that requests to a cloud without faults take no lock.
    is_any: AtomicBool,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    last: u64,
    faults: Vec<Fault>,
}

/// A file of several faults.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    #[serde(default)]
    fault: Vec<FaultSpec>,
}

impl Faults {
    /// Begins a fault of one operation. As it stands it hits every request from now on.
    pub fn on<E: Endpoint>(&self) -> FaultRule<'_> {
        self.rule(FaultSpec { operation: Some(E::NAME.to_owned()), ..FaultSpec::default() })
    }

    /// Begins a fault of requests to the SQL endpoints of databases, over HTTP and for a WebSocket.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let cloud = turso_cloud_local::Cloud::new()?;
    /// cloud.faults().on_sql().database("orders").reply(502);
    ///
    /// let request = http::Request::get("/db/events-acme/health").body(turso_cloud::transport::Body::empty())?;
    /// assert_eq!(cloud.handle(request).await.status(), 404);
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_sql(&self) -> FaultRule<'_> {
        self.rule(FaultSpec { sql: Some(true), ..FaultSpec::default() })
    }

    /// Begins a fault of requests with this path, in which `*` stands for any text, also for none. A database's own path
    /// is the one on its host: `/v2/pipeline`, however the database is addressed. The `/` of a pattern that begins neither with
    /// it nor with `*` is added.
    pub fn on_path(&self, pattern: impl Into<String>) -> FaultRule<'_> {
        self.on_everything().path(pattern)
    }

    /// Begins a fault of all requests, but for those of the local cloud's own paths below `/_local/`.
    pub fn on_everything(&self) -> FaultRule<'_> {
        self.rule(FaultSpec::default())
    }

    /// Puts a fault into effect that is given as a value.
    ///
    /// # Errors
    ///
    /// [`CloudError::Input`] if a value of the fault breaks its rule; it has no effect then.
    pub fn add(&self, spec: FaultSpec) -> Result<Fault, CloudError> {
        spec.check()?;
        Ok(self.insert(spec))
    }

    /// Puts all faults of a scenario into effect, or none. It is TOML, with a table `[[fault]]` for each
    /// [`FaultSpec`]; [the page of the crate](crate#faults) tells the keys.
    ///
    /// ```
    /// let cloud = turso_cloud_local::Cloud::new()?;
    /// let faults = cloud.faults().load(
    ///     r#"
    ///     [[fault]]
    ///     operation = "CreateDatabase"
    ///     nth = 3
    ///     effect = { reply = { status = 503, retry_after = 2 } }
    ///
    ///     [[fault]]
    ///     sql = true
    ///     probability = 0.1
    ///     seed = 7
    ///     effect = "reset"
    ///     "#,
    /// )?;
    /// assert_eq!(faults.len(), 2);
    /// # Ok::<(), turso_cloud_local::CloudError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`CloudError::Toml`] if the text is no scenario, [`CloudError::Input`] if a value of a fault breaks its rule.
    pub fn load(&self, scenario: &str) -> Result<Vec<Fault>, CloudError> {
        let scenario: Scenario = toml::from_str(scenario).map_err(|error| CloudError::toml("scenario", &error))?;
        scenario.fault.iter().try_for_each(FaultSpec::check)?;
        Ok(scenario.fault.into_iter().map(|spec| self.insert(spec)).collect())
    }

    /// The faults in effect, the oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<FaultStatus> {
        self.0.table.lock().faults.iter().map(Fault::status).collect()
    }

    /// Ends the fault of this number; says whether there was one.
    #[expect(clippy::must_use_candidate, reason = "it is ended whether anybody asks if it was in effect or not")]
    pub fn remove(&self, id: u64) -> bool {
        let mut table = self.0.table.lock();
        let before = table.faults.len();
        table.faults.retain(|fault| fault.id() != id);
        self.0.is_any.store(!table.faults.is_empty(), Ordering::Release);
        table.faults.len() < before
    }

    /// Ends all faults.
    pub fn clear(&self) {
        // Held until both are done: a fault that begins in between would never hit.
        let mut table = self.0.table.lock();
        table.faults.clear();
        self.0.is_any.store(false, Ordering::Release);
    }

    /// Whether there are faults in effect.
    pub(crate) fn is_any(&self) -> bool {
        self.0.is_any.load(Ordering::Acquire)
    }

    /// Shows a request to every fault, for all that it concerns count it; the oldest that hits has its effect.
    pub(crate) fn strike(&self, sighting: &Sighting<'_>) -> Option<Strike> {
        if !self.is_any() {
            return None;
        }
        let table = self.0.table.lock();
        table.faults.iter().map(|fault| fault.see(sighting)).fold(None, Option::or)
    }

    fn rule(&self, spec: FaultSpec) -> FaultRule<'_> {
        FaultRule::new(self, spec)
    }

    fn insert(&self, spec: FaultSpec) -> Fault {
        let mut table = self.0.table.lock();
        table.last += 1;
        let fault = Fault::new(table.last, spec, Arc::downgrade(&self.0));
        table.faults.push(fault.clone());
        self.0.is_any.store(true, Ordering::Release);
        fault
    }
}
