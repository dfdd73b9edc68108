//! The connections of a database: in the hands of streams, and those kept for the next request.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::{Carried, Database, OpenPermit, OpenPermits, Session};
use crate::data::engine::{EngineConnection, Interrupter};
use crate::data::hrana::SqlError;
use crate::data::storage::history::HistoryError;

/// Connections kept for the next request.
const MAX_IDLE: usize = 8;

impl Database {
    /// A session on a connection, for a stream that brings this along.
    pub(crate) fn session(
        &self,
        connection: EngineConnection,
        slot: OwnedSemaphorePermit,
        carried: Carried,
    ) -> Session {
        Session::new(connection, self.writers(), slot, Arc::clone(&self.history), Arc::clone(&self.file), carried)
    }

    /// A session on a new connection. Blocks.
    pub(crate) fn open(
        &self,
        slot: OwnedSemaphorePermit,
        permit: OpenPermit,
        carried: Carried,
        interrupter: Interrupter,
    ) -> Result<Session, SqlError> {
        Ok(self.session(self.connect(interrupter, Some(permit))?, slot, carried))
    }

    /// A permit for another connection, if the process has the files for it.
    pub(crate) fn open_permit(&self) -> Option<OpenPermit> {
        self.surroundings.open_set.open_permit(&self.itself.upgrade()?)
    }

    /// A permit for a stream of another database, which attaches this one. Blocks.
    pub(super) fn permit_to_attach(&self) -> Option<OpenPermit> {
        self.occupy(Some(self.open_permit()?))
    }

    /// A connection left by an earlier request.
    pub(crate) fn idle_connection(&self) -> Option<EngineConnection> {
        *self.last_used.lock() = Instant::now();
        self.idle.lock().pop()
    }

    /// A new connection, and what stops its statements, with a permit that was had for it, or else with one that is made. Blocks.
    pub(super) fn connect(
        &self,
        interrupter: Interrupter,
        permit: Option<OpenPermit>,
    ) -> Result<EngineConnection, SqlError> {
        if !self.file.exists() {
            self.make_room()?;
        }
        let permit = self.occupy(permit);
        let mut connection = self.engine.connect(interrupter)?;
        connection.hold(Box::new(permit));
        // Whoever wants the past is told what keeps it; the present can do without.
        if let Err(HistoryError::Engine(error)) = self.history.open(&mut connection) {
            return Err(error);
        }
        Ok(connection)
    }

    /// Takes a place among the open databases, and closes others for that.
    fn occupy(&self, permit: Option<OpenPermit>) -> Option<OpenPermit> {
        self.keeps_idle.store(true, Ordering::Release);
        // Nothing is counted of a database that is about to go.
        let (itself, open_set) = (self.itself.upgrade()?, &self.surroundings.open_set);
        let permit = permit.unwrap_or_else(|| open_set.permit_at_once(&itself));
        open_set.make_room(&itself);
        Some(permit)
    }

    /// Makes sure that a file can be made, and may be.
    fn make_room(&self) -> Result<(), SqlError> {
        self.refuse_lost()?;
        self.file.prepare().map_err(|error| {
            tracing::error!(%error, "could not create the directory of the databases");
            SqlError::new("SQLITE_CANTOPEN", "SQLite error: unable to open database file")
        })
    }

    /// Takes back what a stream held: for the next request if it is as good as new, otherwise to be closed.
    pub(crate) fn give_back(&self, session: Box<Session>) {
        if session.is_disposable() {
            drop(self.take_connection(*session));
        } else {
            *self.last_used.lock() = Instant::now();
            drop_off_thread(session);
        }
    }

    /// Takes the connection back of a session that is as good as new. The slot is left to its stream.
    pub(crate) fn take_connection(&self, session: Session) -> OwnedSemaphorePermit {
        *self.last_used.lock() = Instant::now();
        let (connection, slot) = session.into_parts();
        self.keep(connection);
        slot
    }

    /// Keeps a connection for the next request, if there are not enough of them and the database is not to be closed.
    pub(super) fn keep(&self, connection: EngineConnection) {
        let mut idle = self.idle.lock();
        // Under the lock, or it might come after those that were closed.
        if idle.len() < MAX_IDLE && self.keeps_idle.load(Ordering::Acquire) {
            return idle.push(connection);
        }
        drop(idle);
        drop_off_thread((connection, Arc::clone(&self.file)));
    }

    pub(crate) fn last_used(&self) -> Instant {
        *self.last_used.lock()
    }

    pub(super) fn open_permits(&self) -> &OpenPermits {
        &self.open_permits
    }

    /// How many files it has open at most.
    pub(super) fn open_files(&self) -> usize {
        let is_closed = !self.keeps_idle.load(Ordering::Acquire) && self.open_permits.taken() == 0;
        if is_closed { 0 } else { self.open_permits.files_without_logs_of(0) }
    }

    /// How many of them are left when what nobody uses is closed.
    pub(super) fn files_in_use(&self) -> usize {
        let idle = self.idle.lock().len();
        if self.open_permits.taken() <= idle { 0 } else { self.open_permits.files_without_logs_of(idle) }
    }

    /// Closes what is not in use. Blocks.
    pub(crate) fn close_idle(&self) {
        self.keeps_idle.store(false, Ordering::Release);
        // Nobody has to wait for the lock while they are closed.
        let idle = std::mem::take(&mut *self.idle.lock());
        drop(idle);
        self.history.release();
    }
}

/// Closing a connection may have to wait for the disk: one in a transaction rolls back.
fn drop_off_thread<T: Send + 'static>(value: T) {
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) => drop(runtime.spawn_blocking(move || drop(value))),
        Err(_) => drop(value),
    }
}
