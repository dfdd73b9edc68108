//! The streams that can be continued, and those that have ended of late.

use std::collections::{HashMap, HashSet, VecDeque};

use tokio::sync::watch;
use tokio::time::Instant;

use super::{Baton, IDLE_LIMIT, StreamState, Sweep, Watch};

/// More streams than this within ten seconds is a client gone wrong,
const MAX_PARKED: usize = 16 * 1024;
/// or more bytes of what they have stored.
const MAX_PARKED_BYTES: usize = 32 * 1024 * 1024;

/// How many ended streams are remembered, to tell their clients what happened.
const MAX_REMEMBERED: usize = 4 * 1024;

#[derive(Default)]
pub(super) struct Table {
    parked: HashMap<Baton, Parked>,
    /// What the parked streams have stored.
    bytes: usize,
    /// Every stream lives equally long, so the order of parking is the order of expiry.
    expiries: VecDeque<(Instant, Baton)>,
    /// Batons that cursors have announced, each until its stream is parked behind it or lost.
    pub(super) awaited: HashMap<Baton, watch::Receiver<()>>,
    ended: HashSet<Baton>,
    ended_in_order: VecDeque<Baton>,
    /// Runs as long as there is anything to expire.
    pub(super) sweep: Option<Sweep>,
}

struct Parked {
    state: StreamState,
    bytes: usize,
    _watch: Option<Watch>,
}

impl Table {
    pub(super) fn park(&mut self, baton: Baton, state: StreamState, watch: Option<Watch>, now: Instant) {
        let bytes = state.stored_bytes();
        self.bytes += bytes;
        self.parked.insert(baton, Parked { state, bytes, _watch: watch });
        self.expiries.push_back((now + IDLE_LIMIT, baton));
    }

    /// Ends the oldest streams until another one has room.
    pub(super) fn make_room(&mut self, bytes: usize) -> Vec<StreamState> {
        let mut ended = Vec::new();
        // The oldest places in the queue may be those of streams that went on since.
        while (self.parked.len() >= MAX_PARKED || self.bytes + bytes > MAX_PARKED_BYTES) && !self.expiries.is_empty() {
            ended.extend(self.end_oldest());
        }
        ended
    }

    pub(super) fn remove(&mut self, baton: Baton) -> Option<StreamState> {
        let Parked { state, bytes, .. } = self.parked.remove(&baton)?;
        self.bytes -= bytes;
        Some(state)
    }

    pub(super) fn get_mut(&mut self, baton: Baton) -> Option<&mut StreamState> {
        Some(&mut self.parked.get_mut(&baton)?.state)
    }

    pub(super) fn has_ended(&self, baton: Baton) -> bool {
        self.ended.contains(&baton)
    }

    pub(super) fn next_expiry(&self) -> Option<Instant> {
        Some(self.expiries.front()?.0)
    }

    pub(super) fn expire(&mut self, now: Instant) -> Vec<StreamState> {
        let mut overdue = Vec::new();
        while self.next_expiry().is_some_and(|expiry| expiry <= now) {
            overdue.extend(self.end_oldest());
        }
        overdue
    }

    /// Ends the stream parked first, unless it was continued since.
    fn end_oldest(&mut self) -> Option<StreamState> {
        let (_, baton) = self.expiries.pop_front()?;
        let state = self.remove(baton)?;
        self.ended.insert(baton);
        self.ended_in_order.push_back(baton);
        if self.ended_in_order.len() > MAX_REMEMBERED
            && let Some(forgotten) = self.ended_in_order.pop_front()
        {
            self.ended.remove(&forgotten);
        }
        Some(state)
    }
}
