//! Tokens kept as long as they are good.

use std::{
    collections::HashMap,
    fmt,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use tokio::{
    sync::Mutex as AsyncMutex,
    time::{Instant, timeout_at},
};
use turso_cloud_contract::{DatabaseName, DatabaseToken, OrganizationSlug};

use crate::{Error, ErrorKind};

/// How many databases the cache remembers before it forgets those whose tokens have ended.
const MANY: usize = 4096;

/// The URL of a database and a token for it: what any libSQL driver asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DatabaseAccess {
    /// The URL of its SQL endpoint.
    pub url: String,
    /// The token.
    pub token: DatabaseToken,
    /// When the token ends, by the clock of this machine; nothing for one that never does.
    pub expires_at: Option<Timestamp>,
}

/// What access is kept under: the lifetime belongs to it, so that nobody gets a shorter one than asked for.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) organization: OrganizationSlug,
    pub(crate) database: DatabaseName,
    pub(crate) seconds: Option<u64>,
}

type Slot = Arc<AsyncMutex<Option<Kept>>>;

struct Kept {
    access: DatabaseAccess,
    fresh_until: Option<Timestamp>,
}

#[derive(Default)]
pub(crate) struct AccessCache(Mutex<HashMap<Key, Slot>>);

impl AccessCache {
    /// What is kept while it is fresh, or else what `mint` yields. Callers that come while it is minted wait for it, each
    /// until its own deadline.
    pub(crate) async fn get<F>(
        &self,
        key: Key,
        now: Timestamp,
        deadline: Instant,
        mint: impl FnOnce() -> F,
    ) -> Result<DatabaseAccess, Error>
    where
        F: Future<Output = Result<DatabaseAccess, Error>>,
    {
        let slot = self.slot(key, now);
        let late = "another call did not get the token before the deadline";
        let kept = timeout_at(deadline, slot.lock()).await;
        let mut kept = kept.map_err(|_| Error::new(ErrorKind::Timeout).with_detail(late))?;
        if let Some(kept) = kept.as_ref().filter(|kept| kept.fresh_until.is_none_or(|until| now < until)) {
            return Ok(kept.access.clone());
        }
        let access = mint().await?;
        *kept = Some(Kept { access: access.clone(), fresh_until: fresh_until(now, access.expires_at) });
        Ok(access)
    }

    /// Forgets what is kept of a database.
    pub(crate) fn forget(&self, organization: &OrganizationSlug, database: &DatabaseName) {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|key, _| key.organization != *organization || key.database != *database);
    }

    /// Forgets what is kept of all databases of an organization.
    pub(crate) fn forget_all(&self, organization: &OrganizationSlug) {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|key, _| key.organization != *organization);
    }

    fn slot(&self, key: Key, now: Timestamp) -> Slot {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MANY && !slots.contains_key(&key) {
            slots.retain(|_, slot| !has_ended(slot, now));
        }
        Arc::clone(slots.entry(key).or_default())
    }
}

/// Whether nobody needs a slot: its token is no longer fresh, and nobody is minting another.
fn has_ended(slot: &Slot, now: Timestamp) -> bool {
    let kept = slot.try_lock();
    kept.is_ok_and(|kept| kept.as_ref().is_none_or(|kept| kept.fresh_until.is_some_and(|until| until <= now)))
}

/// Three quarters of its life: whoever gets it then has the last quarter to use it.
fn fresh_until(now: Timestamp, expires_at: Option<Timestamp>) -> Option<Timestamp> {
    let life: SignedDuration = expires_at?.duration_since(now);
    Some(now.saturating_add(life * 3 / 4).unwrap_or(now))
}

impl fmt::Debug for AccessCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).len();
        f.debug_struct("AccessCache").field("kept", &kept).finish()
    }
}
