//! The requests of a socket that wait for their answers.

use crate::data::refusal::MAX_REQUEST_BYTES;

/// Nothing more is read while so many requests wait,
const MAX_REQUESTS: usize = 16 * 1024;
/// or so much.
const MAX_BYTES: usize = MAX_REQUEST_BYTES;

/// A request that waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket {
    pub(super) request_id: i32,
    /// The length of its message, as a measure of what it takes.
    pub(super) bytes: usize,
}

#[derive(Debug, Default)]
pub(super) struct Backlog {
    requests: usize,
    bytes: usize,
}

impl Backlog {
    pub(super) fn has_room(&self) -> bool {
        self.requests < MAX_REQUESTS && self.bytes < MAX_BYTES
    }

    pub(super) fn enter(&mut self, ticket: Ticket) {
        self.requests += 1;
        self.bytes += ticket.bytes;
    }

    /// Takes out a request that was entered.
    pub(super) fn remove(&mut self, ticket: Ticket) {
        self.requests -= 1;
        self.bytes -= ticket.bytes;
    }
}
