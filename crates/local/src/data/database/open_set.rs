//! Bounds how many files the databases keep open for requests to come.

use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use super::Database;

/// Just under half of the 1024 that a process often has: 120 databases of which each has one connection. Opening one
/// again takes well under a millisecond.
const MAX_FILES: usize = 480;

/// The databases that keep connections for their next request.
#[derive(Debug, Default)]
pub(crate) struct OpenSet(Mutex<Vec<Weak<Database>>>);

impl OpenSet {
    /// Takes note that a database has more files open than before, and closes those that were not used for the longest
    /// time while there are too many.
    pub(crate) fn grow(&self, database: &Weak<Database>) {
        let mut open = self.0.lock();
        open.retain(|other| other.strong_count() > 0 && !other.ptr_eq(database));
        open.push(Weak::clone(database));
        let closed = Self::take_superfluous(&mut open);
        drop(open);
        for database in closed {
            database.close_idle();
        }
    }

    /// The last one is the one that grows.
    fn take_superfluous(open: &mut Vec<Weak<Database>>) -> Vec<Arc<Database>> {
        let mut databases: Vec<_> = open.iter().filter_map(Weak::upgrade).collect();
        let mut files: usize = databases.iter().map(|database| database.open_files()).sum();
        let Some(growing) = databases.pop() else { return Vec::new() };
        // They are in use meanwhile: a time that changes while it is sorted by is no order.
        databases.sort_by_cached_key(|database| database.last_used());
        let superfluous = databases.iter().take_while(|database| {
            let is_too_much = files > MAX_FILES;
            files = files.saturating_sub(database.open_files());
            is_too_much
        });
        let count = superfluous.count();
        let kept = databases.split_off(count);
        *open = kept.iter().chain([&growing]).map(Arc::downgrade).collect();
        databases
    }
}
