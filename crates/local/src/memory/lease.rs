//! Memory that is counted although the engine does not take it.

use bytes::Bytes;

use super::{LIMIT, account};

/// To ask whether there is more takes longer than to write a row: so much is taken ahead at the most.
const MOST_AHEAD: usize = 64 * 1024;

/// What is not counted as long as it is all: to ask takes longer than to make it.
const LITTLE: usize = 64 * 1024;

/// So many bytes, until it is dropped.
#[derive(Debug, Default)]
pub(crate) struct Lease {
    taken: usize,
    used: usize,
}

/// There is not enough left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "out of memory: all statements and answers of a process have {} MiB, and one may have no more than it leaves to the \
     others",
    LIMIT >> 20
)]
pub(crate) struct Exhausted;

impl Lease {
    /// So many bytes more, if they are left.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Exhausted> {
        let used = self.used.saturating_add(bytes);
        let missing = used.saturating_sub(self.taken);
        if missing > 0 {
            // As much again as there is, where that is left.
            let ahead = self.taken.min(MOST_AHEAD).max(missing);
            let taken = |more: &usize| account::reserve_more(self.taken, *more);
            self.taken += [ahead, missing].into_iter().find(taken).ok_or(Exhausted)?;
        }
        self.used = used;
        Ok(())
    }

    /// How many bytes there are.
    pub(crate) fn bytes(&self) -> usize {
        self.used
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.taken > 0 {
            account::give_back(self.taken);
        }
    }
}

/// What becomes of something that a client sends: a lease once it is more than a little.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    bytes: usize,
    lease: Lease,
}

impl Tally {
    /// So many bytes more, if they are left.
    pub(crate) fn add(&mut self, bytes: usize) -> Result<(), Exhausted> {
        let bytes = self.bytes.saturating_add(bytes);
        if bytes > LITTLE {
            self.lease.grow(bytes - self.lease.bytes())?;
        }
        self.bytes = bytes;
        Ok(())
    }
}

/// Has bytes counted that are there already, until the last of them is dropped.
pub(crate) fn counted(bytes: Vec<u8>) -> Bytes {
    let taken = bytes.capacity();
    account::take(taken);
    Bytes::from_owner(Counted { bytes, _lease: Lease { taken, used: taken } })
}

struct Counted {
    bytes: Vec<u8>,
    _lease: Lease,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}
