//! The hosts of the databases: SQL over HTTP for each database of the local cloud.
//!
//! A statement goes down these folders, of which none knows those above it:
//!
//! - `host`: which protocol is it, whose token, and what does the message say?
//! - `run`: which statements, in which order, on which stream; may they run, and for how long?
//! - `database`: what the requests to a database share: its connections and threads, the turn to write, and the streams
//!   that wait for their next request.
//! - `storage`: its files, and its history, in which every commit is entered.
//! - `engine`: the statement itself.
//!
//! Beside them are `prepared` (what a new database begins with), `access` (who may), `usage` (how much was used), `hrana` (the messages) and `refusal` (why a request was
//! not carried out).

mod access;
mod database;
mod engine;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod host;
mod hrana;
mod inside;
mod prepared;
mod refusal;
mod run;
mod storage;
mod usage;

#[cfg(test)]
mod tests;

use std::fmt;
use std::io::{self, BufRead};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::{Request, Response};
use jiff::Timestamp;
use parking_lot::{Mutex, RwLock};
use tokio::sync::watch;

use crate::clock::Clock;
use crate::lifeline::{Lifeline, OwnLifeline};
use database::{Database, Databases, OpenSet, Surroundings, Threads, Writers};
use engine::{LoadLimits, stack};
use host::Uploads;
pub(crate) use hrana::Value;
use refusal::Refusal;
use storage::{DatabaseFile, Root};
use usage::Meter;

pub(crate) use access::{
    Access, AllowList, DatabaseRecord, KeyDigest, LONGEST_JWT, Peer, Rules, SigningSeed, Subject, TokenClaims,
    VerifyingKey, mint, read_segment, verify_jwt,
};
pub(crate) use database::{InterruptOnDrop, Turn};
pub(crate) use engine::{Interrupter, LoadError};
pub use engine::{Scanner, Step, VECTOR_INDEX_TABLES, install_functions};
pub(crate) use host::{NotActivated, OPERATIONS, operation_of};
pub(crate) use prepared::Prepared;
pub(crate) use storage::history::HistoryError;
pub(crate) use storage::temporary::{TemporaryFile, UPLOADS, is_temporary};
pub(crate) use storage::{COMPANIONS, Files, Generations, generation_of_this_second};
pub(crate) use usage::{Hour, Hours, Month, Rows, Usage, UsedUp, start_of_month};

/// How long the loading of a dump may take: it has one of few places, and must not have it for ever.
const LONGEST_LOAD: Duration = Duration::from_secs(300);

/// More than a database can begin while the state is made that takes the place of its own: each takes 8 MB of writes.
const GENERATIONS_TO_COME: u32 = 1000;

/// All databases of a local cloud. Every clone is a handle to the same ones.
#[derive(Clone)]
pub(crate) struct DataPlane(Arc<Inner>);

struct Inner {
    clock: Clock,
    databases: Arc<RwLock<Databases>>,
    open_set: Arc<OpenSet>,
    threads: Arc<Threads>,
    root: Arc<Root>,
    generations: Arc<Generations>,
    uploads: Arc<Uploads>,
    /// Dropped to end every WebSocket.
    life: Mutex<Option<watch::Sender<()>>>,
    lifeline: Lifeline,
}

impl DataPlane {
    /// A data plane without databases.
    #[must_use]
    pub(crate) fn new(files: Files, generations: Arc<Generations>, clock: Clock) -> Self {
        let root = Arc::new(Root::new(files));
        let uploads = Arc::new(Uploads::new(Arc::clone(&root), clock.clone()));
        let (life, lifeline) = Lifeline::new();
        Self(Arc::new(Inner {
            clock,
            databases: Arc::default(),
            open_set: Arc::default(),
            threads: Arc::default(),
            root,
            generations,
            uploads,
            life: Mutex::new(Some(life)),
            lifeline,
        }))
    }

    /// Adds a database, or changes what is known about the one of the same id. Its file appears on first use.
    pub(crate) fn put(&self, record: DatabaseRecord) {
        let label = record.label.clone();
        // It looks at files, and everybody who asks for a database waits for who changes which there are.
        self.renumber_at_host(&record.id, &label);
        let mut databases = self.0.databases.write();
        let meter = databases.meter(record.organization);
        let activity = databases.activity(&record.group_id);
        activity.touch(self.0.clock.now());
        let database = if let Some(database) = databases.by_id.get(&record.id).cloned() {
            databases.forget_label_of(&database);
            database.replace_record(record, meter, activity);
            database
        } else {
            let surroundings = Surroundings {
                clock: self.0.clock.clone(),
                root: Arc::clone(&self.0.root),
                generations: Arc::clone(&self.0.generations),
                open_set: Arc::clone(&self.0.open_set),
                threads: Arc::clone(&self.0.threads),
                neighbours: Arc::downgrade(&self.0.databases),
            };
            let database = Database::new(record.clone(), meter, activity, surroundings);
            databases.by_id.insert(record.id, Arc::clone(&database));
            database
        };
        databases.by_label.insert(label, database);
    }

    /// Makes a database unknown to requests and keeps its file: it can be put again, or be removed for good.
    ///
    /// It is the same database all the time, so that a request that is still at work shares the queue of writers and
    /// the file with those that come after it was put again.
    pub(crate) fn forget(&self, id: &str) {
        let mut databases = self.0.databases.write();
        let Some(database) = databases.by_id.get(id).cloned() else {
            return;
        };
        databases.forget_label_of(&database);
        drop(databases);
        self.0.uploads.abandon(id);
        database.close();
        self.end_generations_of(&database);
    }

    /// Gives the content of a database to one that is not put yet. Blocks.
    pub(crate) fn copy(&self, from: &str, to: &str) -> Result<(), HistoryError> {
        let Some(source) = self.find(from) else { return Ok(()) };
        // Nobody shall take a copy for a database that a process did not live to finish.
        let mut copy = self.temporary_file()?;
        if source.copy_to(copy.path()).map_err(HistoryError::Engine)? {
            copy.become_file(DatabaseFile::new(Arc::clone(&self.0.root), to).path())?;
        }
        Ok(())
    }

    /// Runs a dump on a new database, until it ends or `interrupter` says so. A failure leaves nothing behind. Blocks.
    pub(crate) fn load(
        &self,
        size_limit: Option<u64>,
        dump: &mut dyn BufRead,
        interrupter: Interrupter,
    ) -> Result<Prepared, LoadError> {
        let prepared = Prepared::new(&self.0.root).map_err(LoadError::File)?;
        let limits = LoadLimits { size: size_limit, time: LONGEST_LOAD, interrupter };
        stack::with_room(|| engine::load(prepared.file().path(), &limits, dump))?;
        Ok(prepared)
    }

    /// Does `work` while no file of what a database was changes. Blocks.
    pub(crate) fn while_past_stays<T>(&self, id: &str, work: impl FnOnce() -> T) -> T {
        match self.find(id) {
            Some(database) => database.while_past_stays(work),
            None => work(),
        }
    }

    /// Where the databases are; nothing needs to be there yet.
    pub(crate) fn directory(&self) -> &Path {
        self.0.root.directory()
    }

    /// A file beside the databases that is removed when it is dropped.
    pub(crate) fn temporary_file(&self) -> io::Result<TemporaryFile> {
        TemporaryFile::create(&self.0.root)
    }

    /// Gives what a database was at a time to one that is not put yet. Blocks.
    pub(crate) fn copy_at(&self, from: &str, to: &str, at: Timestamp) -> Result<(), HistoryError> {
        let target = DatabaseFile::new(Arc::clone(&self.0.root), to);
        self.find(from).map_or(Ok(()), |source| source.restore(at, &target))
    }

    /// Forgets a database for good and deletes its file as soon as no request uses it. Its id must not be put again,
    /// for the last request would take the new file for the old one.
    pub(crate) fn remove(&self, id: &str) {
        let mut databases = self.0.databases.write();
        let Some(database) = databases.by_id.remove(id) else {
            return;
        };
        databases.forget_label_of(&database);
        databases.forget_group_of(&database);
        drop(databases);
        self.0.uploads.abandon(id);
        self.end_generations_of(&database);
        database.condemn();
    }

    /// Uses up the numbers of a database's generations, because another database may come to its host.
    fn end_generations_of(&self, database: &Database) {
        let newest = database.newest_generation();
        if let Err(error) = newest.and_then(|newest| self.0.generations.end(newest.unwrap_or_default())) {
            tracing::warn!(%error, "could not write down the newest generation of a database that was deleted");
        }
    }

    /// Gives new numbers to the generations of a database that comes, or comes back, to a host where others may have been.
    fn renumber_at_host(&self, id: &str, label: &str) {
        let comes = {
            let databases = self.0.databases.read();
            let stays =
                |database: &Arc<Database>| databases.by_label.get(label).is_some_and(|one| Arc::ptr_eq(one, database));
            databases.by_id.get(id).filter(|database| !stays(database)).cloned()
        };
        let Some(database) = comes else { return };
        let renumber = || {
            let Some(newest) = database.newest_generation()? else { return Ok(()) };
            let moves = database.record().label != label;
            if moves {
                self.0.generations.end(newest)?;
            }
            let first = self.0.generations.first();
            if moves || first > newest.saturating_add(1) { database.renumber_generations(first) } else { Ok(()) }
        };
        if let Err(error) = renumber() {
            tracing::warn!(%error, "could not give the generations of a database numbers that are new at its host");
        }
    }

    /// Uses up the numbers of all generations, because another state takes the place of this one. Blocks.
    pub(crate) fn end_generations(&self) -> io::Result<()> {
        let all: Vec<_> = self.0.databases.read().by_id.values().cloned().collect();
        let newest = all.iter().map(|database| database.newest_generation()).collect::<io::Result<Vec<_>>>()?;
        let newest = newest.into_iter().flatten().max();
        newest.map_or(Ok(()), |newest| self.0.generations.end(newest.saturating_add(GENERATIONS_TO_COME)))
    }

    /// Gives the generations of histories that were copied here numbers that nobody has used. Blocks.
    pub(crate) fn renumber_generations(&self) -> io::Result<()> {
        let first = self.0.generations.first();
        self.0.root.histories()?.iter().try_for_each(|history| history.renumber(first))
    }

    /// Forgets what an organization has used, which is gone for good.
    pub(crate) fn forget_organization(&self, organization: i64) {
        self.0.databases.write().meters.remove(&organization);
    }

    /// Answers a request to the host whose first label is `label`; `path` is what follows any `/db/<label>` prefix.
    pub(crate) async fn handle(&self, label: &str, path: &str, mut request: Request<Body>) -> Response<Body> {
        if host::is_socket(&request) {
            request.extensions_mut().insert(OwnLifeline(self.0.lifeline.clone()));
        }
        let database = self.0.databases.read().by_label.get(label).cloned();
        self.0.uploads.expire().await;
        let answer = match database {
            Some(database) => host::respond(database, &self.0.uploads, &self.0.clock, path, request).await,
            None => Err(Refusal::UnknownDatabase),
        };
        answer.unwrap_or_else(Refusal::into_response)
    }

    /// Says what is to happen when the file of a draft was uploaded. Only the first call counts.
    pub(crate) fn when_activated(&self, activated: impl Fn(&str) -> Result<(), NotActivated> + Send + Sync + 'static) {
        self.0.uploads.when_activated(Box::new(activated));
    }

    /// Sets the rows that are included in the plan of an organization; nothing where whatever is used is billed.
    pub(crate) fn include(&self, organization: i64, rows: Option<Rows>) {
        self.0.databases.write().meter(organization).include(rows);
    }

    /// Sets the rows that an organization used in a month, before this data plane was made.
    pub(crate) fn put_used(&self, organization: i64, month: Month, rows: Rows) {
        self.0.databases.write().meter(organization).put(month, rows);
    }

    /// What an organization has used this month, of databases that are gone or elsewhere by now, too.
    #[must_use]
    pub(crate) fn used(&self, organization: i64) -> Rows {
        self.meter(organization).map(|meter| meter.used(self.0.clock.now())).unwrap_or_default()
    }

    /// What an organization has used up for this month.
    #[must_use]
    pub(crate) fn used_up(&self, organization: i64) -> UsedUp {
        self.meter(organization).map(|meter| meter.used_up(self.0.clock.now())).unwrap_or_default()
    }

    /// Counts rows as read and written by a database, as if statements had done so now.
    pub(crate) fn count(&self, id: &str, rows: Rows) {
        if let Some(database) = self.find(id) {
            database.enter("", rows);
        }
    }

    /// What a database has used in these hours; nothing if it is unknown. Blocks.
    pub(crate) fn usage(&self, id: &str, hours: Hours) -> Usage {
        self.find(id).map(|database| database.usage(hours)).unwrap_or_default()
    }

    /// The queries of these hours that read and wrote most, the dearest first.
    #[must_use]
    pub(crate) fn top_queries(&self, id: &str, hours: Hours) -> Vec<(String, Rows)> {
        self.find(id).map(|database| database.top_queries(hours)).unwrap_or_default()
    }

    /// The id of each database with what it has read and written in each hour.
    #[must_use]
    pub(crate) fn rows_by_hour(&self) -> Vec<(String, Vec<(Hour, Rows)>)> {
        let databases = self.0.databases.read();
        databases.by_id.iter().map(|(id, database)| (id.clone(), database.rows_by_hour())).collect()
    }

    /// The row of each organization with what it has used in each month.
    #[must_use]
    pub(crate) fn rows_by_month(&self) -> Vec<(i64, Vec<(Month, Rows)>)> {
        let databases = self.0.databases.read();
        databases.meters.iter().map(|(organization, meter)| (*organization, meter.rows_by_month())).collect()
    }

    /// When a group with a database was last used, in seconds since 1970. That its databases became known, as when the cloud
    /// is opened, or changed counts as a use.
    #[must_use]
    pub(crate) fn last_used(&self, group: &str) -> Option<i64> {
        self.0.databases.read().activities.get(group).map(|activity| activity.last())
    }

    /// How many databases take requests.
    #[must_use]
    pub(crate) fn in_service(&self) -> usize {
        self.0.databases.read().by_label.len()
    }

    /// The queue of writers of every database, by its id.
    #[must_use]
    pub(crate) fn writers(&self) -> Vec<(String, Arc<Writers>)> {
        let databases = self.0.databases.read();
        databases.by_id.iter().map(|(id, database)| (id.clone(), database.writers())).collect()
    }

    /// Takes no more requests and ends all streams and sockets, but for those of requests at work. Files stay.
    pub(crate) fn close(&self) {
        drop(self.0.life.lock().take());
        let mut databases = self.0.databases.write();
        databases.by_label.clear();
        let all: Vec<_> = databases.by_id.values().cloned().collect();
        drop(databases);
        for database in all {
            database.close();
        }
    }

    /// The name of the database that takes requests at this label.
    #[must_use]
    pub(crate) fn name_of(&self, label: &str) -> Option<Arc<str>> {
        let database = self.0.databases.read().by_label.get(label).cloned();
        database.map(|database| Arc::clone(&database.record().name))
    }

    fn meter(&self, organization: i64) -> Option<Arc<Meter>> {
        self.0.databases.read().meters.get(&organization).cloned()
    }

    fn find(&self, id: &str) -> Option<Arc<Database>> {
        self.0.databases.read().by_id.get(id).cloned()
    }
}

impl fmt::Debug for DataPlane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataPlane").field("databases", &self.in_service()).finish_non_exhaustive()
    }
}
