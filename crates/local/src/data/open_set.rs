//! Bounds how many databases and connections are open for requests to come.

use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::database::Database;
use super::engine::Connection;

/// With one connection a database takes four files: its own, the log, the log's index and the ledger of its history.
/// With the spare connections that is just under half of the 1024 that a process often has. Opening a database again
/// takes well under a millisecond.
const MAX_OPEN: usize = 96;

/// Connections beyond the first one of each open database. Each takes two files.
const MAX_SPARE: usize = 48;

/// Connections of one database that are kept.
const MAX_IDLE: usize = 8;

/// The databases that keep connections for their next request.
#[derive(Debug)]
pub(crate) struct OpenSet {
    open: Mutex<Vec<Weak<Database>>>,
    spare: Arc<Semaphore>,
}

impl Default for OpenSet {
    fn default() -> Self {
        Self { open: Mutex::default(), spare: Arc::new(Semaphore::new(MAX_SPARE)) }
    }
}

impl OpenSet {
    /// Adds a database and, if there are too many, closes the one not used for the longest time.
    pub(crate) fn add(&self, database: Weak<Database>) {
        let mut open = self.open.lock();
        open.retain(|database| database.strong_count() > 0);
        open.push(database);
        if open.len() <= MAX_OPEN {
            return;
        }
        let ages =
            open.iter().enumerate().filter_map(|(index, database)| Some((database.upgrade()?.last_used(), index)));
        let oldest = ages.min().map(|(_, index)| open.swap_remove(index));
        drop(open);
        if let Some(database) = oldest.and_then(|database| database.upgrade()) {
            database.close_idle();
        }
    }
}

/// The connections of one database that wait for its next request.
#[derive(Default)]
pub(crate) struct Idle(Vec<(Box<dyn Connection>, Room)>);

/// A place among the spare connections, if it takes one.
pub(crate) struct Room {
    _spare: Option<OwnedSemaphorePermit>,
}

impl Idle {
    /// Room for one more, unless the database has enough, or all of them together.
    pub(crate) fn room(&self, set: &OpenSet) -> Option<Room> {
        match self.0.len() {
            0 => Some(Room { _spare: None }),
            MAX_IDLE.. => None,
            _ => Arc::clone(&set.spare).try_acquire_owned().ok().map(|spare| Room { _spare: Some(spare) }),
        }
    }

    pub(crate) fn put(&mut self, room: Room, connection: Box<dyn Connection>) {
        self.0.push((connection, room));
    }

    pub(crate) fn take(&mut self) -> Option<Box<dyn Connection>> {
        self.0.pop().map(|(connection, _)| connection)
    }
}
