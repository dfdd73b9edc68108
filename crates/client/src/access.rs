//! Tokens kept as long as they are good.

use std::{
    collections::HashMap,
    fmt,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use tokio::{
    sync::Mutex as AsyncMutex,
    time::{Instant, timeout_at},
};
use turso_cloud_contract::{DatabaseName, DatabaseToken, OrganizationSlug};

use crate::{Call, Error, ErrorKind, call::Context, exchange::inside_a_runtime};

/// How many tokens are kept. Where there would be more, the half that was not asked for for the longest time is forgotten.
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

impl DatabaseAccess {
    /// Access that never ends, for tests.
    ///
    /// ```
    /// use turso_cloud::{DatabaseAccess, DatabaseToken};
    ///
    /// let access = DatabaseAccess::new("libsql://orders-acme.turso.io", DatabaseToken::new("a-token")?);
    /// assert_eq!(access.expires_at, None);
    /// # Ok::<(), turso_cloud::InvalidInput>(())
    /// ```
    #[must_use]
    pub fn new(url: impl Into<String>, token: DatabaseToken) -> Self {
        Self { url: url.into(), token, expires_at: None }
    }

    /// Lets the token end.
    #[must_use]
    pub fn expires_at(mut self, end: Timestamp) -> Self {
        self.expires_at = Some(end);
        self
    }
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
pub(crate) struct AccessCache(Mutex<Slots>);

#[derive(Default)]
struct Slots {
    by_key: HashMap<Key, Used>,
    /// How often any of them was asked for.
    uses: u64,
}

#[derive(Default)]
struct Used {
    slot: Slot,
    last_use: u64,
}

/// Whose access has ended: that to one database, or to all of an organization.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) organization: OrganizationSlug,
    pub(crate) database: Option<DatabaseName>,
}

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
        inside_a_runtime()?;
        let slot = self.slot(key);
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

    /// Forgets what is kept for somebody.
    pub(crate) fn forget(&self, ended: &Ended) {
        self.lock().by_key.retain(|key, _| !ended.is_about(key));
    }

    fn slot(&self, key: Key) -> Slot {
        let mut slots = self.lock();
        if slots.by_key.len() >= MANY && !slots.by_key.contains_key(&key) {
            slots.forget_half();
        }
        slots.uses += 1;
        let this_use = slots.uses;
        let used = slots.by_key.entry(key).or_default();
        used.last_use = this_use;
        Arc::clone(&used.slot)
    }

    fn lock(&self) -> MutexGuard<'_, Slots> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slots {
    /// Makes room for many at once, so that looking at all of them is rare.
    fn forget_half(&mut self) {
        let mut uses: Vec<_> = self.by_key.values().map(|used| used.last_use).collect();
        let half = uses.len() / 2;
        let (_, oldest, _) = uses.select_nth_unstable(half);
        let oldest = *oldest;
        self.by_key.retain(|_, used| used.last_use >= oldest);
    }
}

impl Ended {
    fn is_about(&self, key: &Key) -> bool {
        key.organization == self.organization && self.database.as_ref().is_none_or(|database| key.database == *database)
    }
}

impl<T: Send + 'static> Call<T> {
    /// The same call, from whose beginning no token that it ends is handed out. What is minted while it is under way is
    /// forgotten when it is over, also if it failed or nobody waits for it any more: its answer may only be lost.
    pub(crate) fn ending_access(self, ended: Option<Ended>) -> Self {
        self.holding(move |cx| ended.map(|ended| Ending::begin(cx.clone(), ended)))
    }
}

/// A call under way that ends access.
struct Ending {
    cx: Context,
    ended: Ended,
}

impl Ending {
    fn begin(cx: Context, ended: Ended) -> Self {
        cx.client().access.forget(&ended);
        Self { cx, ended }
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.cx.client().access.forget(&self.ended);
    }
}

/// Three quarters of its life: whoever gets it then has the last quarter to use it.
fn fresh_until(now: Timestamp, expires_at: Option<Timestamp>) -> Option<Timestamp> {
    let life: SignedDuration = expires_at?.duration_since(now);
    Some(now.saturating_add(life * 3 / 4).unwrap_or(now))
}

impl fmt::Debug for AccessCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessCache").field("kept", &self.lock().by_key.len()).finish()
    }
}
