//! Bounds how many databases are open at a time.

use std::sync::Weak;

use parking_lot::Mutex;

use super::database::Database;

/// Each open database takes three file descriptors or more, of the 1024 that a process often has; opening one again takes
/// well under a millisecond.
const MAX_OPEN: usize = 128;

/// The databases that keep connections for their next request.
#[derive(Debug, Default)]
pub(crate) struct OpenSet(Mutex<Vec<Weak<Database>>>);

impl OpenSet {
    /// Adds a database and, if there are too many, closes the one not used for the longest time.
    pub(crate) fn add(&self, database: Weak<Database>) {
        let mut open = self.0.lock();
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
