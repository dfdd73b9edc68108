//! How many files the databases may have open of those of the process.

/// Just under half of the 1024 that a process often has: 120 databases of which each has one connection. Opening one
/// again takes well under a millisecond.
const MOST_IDLE: usize = 480;

/// However many the process may have: about two thousand connections of all databases together.
const MOST: usize = 4096;

/// What is left to the connections of a server, if they are not more than half of all.
const CONNECTIONS: usize = 512;

/// For the control plane, what the runtime and the program need themselves, and answers that are files.
const OTHERS: usize = 32;

/// A database with fewer connections than this has room when others have taken all that there is for many.
const FEW: usize = 4;

#[derive(Debug)]
pub(super) struct Bounds {
    all: usize,
    /// What those have to share that have more than a few connections.
    of_many: usize,
}

impl Bounds {
    fn of_process(limit: Option<u64>) -> Self {
        let limit = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        // Some systems begin with 256, and some tests with fewer than can be divided like that.
        let all = limit.saturating_sub(CONNECTIONS.min(limit / 2) + OTHERS).max(limit / 4).min(MOST);
        Self { all, of_many: all - all / 8 }
    }

    /// While nobody uses what could be closed.
    pub(super) fn idle(&self) -> usize {
        MOST_IDLE.min(self.all)
    }

    /// For a database that has so many connections to have one more.
    pub(super) fn of_database_with(&self, connections: usize) -> usize {
        if connections < FEW { self.all } else { self.of_many }
    }
}

impl Default for Bounds {
    fn default() -> Self {
        Self::of_process(limit_of_the_process())
    }
}

#[cfg(unix)]
fn limit_of_the_process() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

#[cfg(not(unix))]
fn limit_of_the_process() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_leave_the_others_of_the_process_their_files() {
        let limits = [None, Some(u64::MAX), Some(2048), Some(1024), Some(256), Some(64), Some(0)];
        let bounds = limits.map(Bounds::of_process);
        assert_eq!(bounds.each_ref().map(Bounds::idle), [480, 480, 480, 480, 96, 16, 0]);
        let alone = bounds.each_ref().map(|bounds| bounds.of_database_with(0));
        assert_eq!(alone, [4096, 4096, 1504, 480, 96, 16, 0]);
        let many = bounds.each_ref().map(|bounds| bounds.of_database_with(FEW));
        assert_eq!(many, [3584, 3584, 1316, 420, 84, 14, 0]);
    }
}
