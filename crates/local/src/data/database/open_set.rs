//! Bounds how many files the databases have open: those for requests to come, and those in the hands of streams.

mod bounds;
mod permit;

use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use super::Database;
use bounds::Bounds;
pub(crate) use permit::{OpenPermit, OpenPermits};

/// The databases that have files open.
#[derive(Debug, Default)]
pub(crate) struct OpenSet {
    databases: Mutex<Vec<Weak<Database>>>,
    bounds: Bounds,
}

impl OpenSet {
    /// A permit for one more connection of a database, if the process has the files for it: others may be closed for that,
    /// but only while nobody uses them.
    pub(crate) fn open_permit(&self, database: &Arc<Database>) -> Option<OpenPermit> {
        let mut open = self.databases.lock();
        let others = enter(&mut open, database);
        let files: usize = others.iter().map(|other| other.files_in_use()).sum();
        let permits = database.open_permits();
        let has_room = files + permits.files_with_one_more() <= self.bounds.of_database_with(permits.taken());
        // With the others in hand: whoever asks next counts it.
        has_room.then(|| permits.take())
    }

    /// A permit for what the cloud does for itself, which is over in a moment.
    pub(crate) fn permit_at_once(&self, database: &Arc<Database>) -> OpenPermit {
        enter(&mut self.databases.lock(), database);
        database.open_permits().take()
    }

    /// Closes the databases that were not used for the longest time while too many files are open, but for the one that has
    /// more than before. Blocks.
    pub(crate) fn make_room(&self, growing: &Arc<Database>) {
        let others = enter(&mut self.databases.lock(), growing);
        for database in superfluous(others, growing.open_files(), self.bounds.idle()) {
            database.close_idle();
        }
    }
}

/// The databases that have files open beside one, which is one of them from now on.
fn enter(open: &mut Vec<Weak<Database>>, database: &Arc<Database>) -> Vec<Arc<Database>> {
    let mut others: Vec<_> = open.iter().filter_map(Weak::upgrade).collect();
    others.retain(|other| other.open_files() > 0 && !Arc::ptr_eq(other, database));
    *open = others.iter().chain([database]).map(Arc::downgrade).collect();
    others
}

/// Those to be closed until no more files are open than these. What is in use of them stays open.
fn superfluous(mut others: Vec<Arc<Database>>, own: usize, most: usize) -> Vec<Arc<Database>> {
    let mut files = own + others.iter().map(|database| database.open_files()).sum::<usize>();
    // They are in use meanwhile: a time that changes while it is sorted by is no order.
    others.sort_by_cached_key(|database| database.last_used());
    others.retain(|database| {
        let unused = database.open_files().saturating_sub(database.files_in_use());
        let is_superfluous = files > most && unused > 0;
        if is_superfluous {
            files = files.saturating_sub(unused);
        }
        is_superfluous
    });
    others
}
