//! Bounds how many files the databases keep open for requests to come.

use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use super::Database;

/// Just under half of the 1024 that a process often has: 120 databases of which each has one connection. Opening one
/// again takes well under a millisecond.
const MAX_FILES: usize = 480;

/// Half of what the process may have open, where that is less: some systems begin with 256. What is open stays open, so that
/// without this the databases that come later could never be opened.
fn max_files(limit: Option<u64>) -> usize {
    let limit = limit.and_then(|limit| usize::try_from(limit).ok());
    limit.map_or(MAX_FILES, |limit| MAX_FILES.min(limit / 2))
}

#[cfg(unix)]
fn limit_of_the_process() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

#[cfg(not(unix))]
fn limit_of_the_process() -> Option<u64> {
    None
}

/// The databases that keep connections for their next request.
#[derive(Debug)]
pub(crate) struct OpenSet {
    databases: Mutex<Vec<Weak<Database>>>,
    max_files: usize,
}

impl Default for OpenSet {
    fn default() -> Self {
        Self { databases: Mutex::default(), max_files: max_files(limit_of_the_process()) }
    }
}

impl OpenSet {
    /// Takes note that a database has more files open than before, and closes those that were not used for the longest
    /// time while there are too many.
    pub(crate) fn grow(&self, database: &Weak<Database>) {
        let mut open = self.databases.lock();
        open.retain(|other| other.strong_count() > 0 && !other.ptr_eq(database));
        open.push(Weak::clone(database));
        let closed = self.take_superfluous(&mut open);
        drop(open);
        for database in closed {
            database.close_idle();
        }
    }

    /// The last one is the one that grows.
    fn take_superfluous(&self, open: &mut Vec<Weak<Database>>) -> Vec<Arc<Database>> {
        let mut databases: Vec<_> = open.iter().filter_map(Weak::upgrade).collect();
        let mut files: usize = databases.iter().map(|database| database.open_files()).sum();
        let Some(growing) = databases.pop() else { return Vec::new() };
        // They are in use meanwhile: a time that changes while it is sorted by is no order.
        databases.sort_by_cached_key(|database| database.last_used());
        let superfluous = databases.iter().take_while(|database| {
            let is_too_much = files > self.max_files;
            files = files.saturating_sub(database.open_files());
            is_too_much
        });
        let count = superfluous.count();
        let kept = databases.split_off(count);
        *open = kept.iter().chain([&growing]).map(Arc::downgrade).collect();
        databases
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_take_at_most_half_of_the_files_that_the_process_may_have() {
        let bounds = [None, Some(u64::MAX), Some(1024), Some(256), Some(0)].map(max_files);
        assert_eq!(bounds, [480, 480, 480, 128, 0]);
    }
}
