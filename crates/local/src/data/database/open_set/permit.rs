//! How many connections to one database are open, and what files they have.

use std::sync::Arc;

use parking_lot::Mutex;

/// The connections to one database, whoever has them.
#[derive(Clone, Debug, Default)]
pub(crate) struct OpenPermits(Arc<Mutex<Count>>);

#[derive(Debug, Default)]
struct Count {
    connections: usize,
    /// The most at a time since all were closed. The engine closes the file of none before that: it would lose the locks of
    /// the others.
    most: usize,
}

/// The right to have a connection to a database open, which ends when that is closed.
#[derive(Debug)]
pub(crate) struct OpenPermit(OpenPermits);

impl OpenPermits {
    pub(super) fn take(&self) -> OpenPermit {
        let mut count = self.0.lock();
        count.connections += 1;
        count.most = count.most.max(count.connections);
        OpenPermit(self.clone())
    }

    pub(crate) fn taken(&self) -> usize {
        self.0.lock().connections
    }

    /// How many files are open beside the logs of so many connections.
    pub(crate) fn files_without_logs_of(&self, idle: usize) -> usize {
        let count = self.0.lock();
        files(count.connections.saturating_sub(idle), count.most)
    }

    /// How many files there will be with another connection.
    pub(super) fn files_with_one_more(&self) -> usize {
        let count = self.0.lock();
        let connections = count.connections + 1;
        files(connections, count.most.max(connections))
    }
}

/// For each connection its log and, of the most there were, the file; for all of them the index of the log and the ledger.
fn files(connections: usize, most: usize) -> usize {
    most + connections + 2
}

impl Drop for OpenPermit {
    fn drop(&mut self) {
        let mut count = self.0.0.lock();
        count.connections -= 1;
        if count.connections == 0 {
            count.most = 0;
        }
    }
}
