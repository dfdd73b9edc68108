//! Memory that is counted although the engine does not take it.

use bytes::Bytes;

use super::{LIMIT, account};

/// So many bytes, until it is dropped.
#[derive(Debug, Default)]
pub(crate) struct Lease(usize);

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
        if bytes > 0 {
            if !account::may_grow(self.0, bytes) {
                return Err(Exhausted);
            }
            account::take(bytes);
            self.0 += bytes;
        }
        Ok(())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.0 > 0 {
            account::give_back(self.0);
        }
    }
}

/// Has bytes counted that are there already, until the last of them is dropped.
pub(crate) fn counted(bytes: Vec<u8>) -> Bytes {
    account::take(bytes.capacity());
    let lease = Lease(bytes.capacity());
    Bytes::from_owner(Counted { bytes, _lease: lease })
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
