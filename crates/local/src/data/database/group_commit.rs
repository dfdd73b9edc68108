//! Group commit: brief writes that several requests send at the same time become one transaction of the engine.
//!
//! Most of what a small write takes is its commit, and one commit does for many. The first request that wants to write
//! leads a group: until it has its turn, others may join, and then it runs all their writes. Each is told of its own as if
//! it had been alone. Nobody is told before the commit.

use std::mem;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::kept_rows::KeptRows;
use super::policy::Policy;
use crate::data::engine::{Command, Ran, RowSink};
use crate::data::hrana::{Column, SqlError, ValueRef};

/// Rows kept for one write, about; what returns more does so alone.
const MAX_KEPT_BYTES: usize = 64 * 1024;

/// A write that may be committed together with others: a brief one outside of a transaction.
pub(crate) struct Write {
    pub(crate) command: Command,
    pub(crate) policy: Policy,
    /// What `last_insert_rowid()` says to it.
    pub(crate) last_insert_rowid: i64,
}

/// What became of a write.
pub(crate) enum Fate {
    Done {
        outcome: Result<Output, SqlError>,
        /// What `last_insert_rowid()` says after it.
        last_insert_rowid: i64,
    },
    /// Nothing: the time of the group was over.
    Again,
    /// Nothing: it has to be alone.
    Alone,
}

/// The group of one database that forms at present.
#[derive(Default)]
pub(crate) struct GroupCommit(Mutex<Group>);

#[derive(Default)]
struct Group {
    has_leader: bool,
    followers: Vec<Follower>,
    /// The number of the last follower there was.
    last: u64,
}

/// A write of somebody else.
pub(crate) struct Follower {
    number: u64,
    pub(crate) write: Write,
    fate: oneshot::Sender<Fate>,
}

/// What whoever joins a group has to do.
pub(crate) enum Role {
    /// Wait for the turn to write, and then run the writes of all.
    Lead(Leader, Write),
    /// Wait for the leader.
    Follow(Membership),
}

/// The right to end the group, which falls apart without it.
pub(crate) struct Leader {
    group: Arc<GroupCommit>,
    has_ended: bool,
}

impl GroupCommit {
    pub(crate) fn join(self: &Arc<Self>, write: Write) -> Role {
        let mut group = self.0.lock();
        if !group.has_leader {
            group.has_leader = true;
            return Role::Lead(Leader { group: Arc::clone(self), has_ended: false }, write);
        }
        group.last += 1;
        let (number, (fate, receiver)) = (group.last, oneshot::channel());
        group.followers.push(Follower { number, write, fate });
        Role::Follow(Membership { group: Arc::clone(self), number, fate: receiver })
    }
}

/// A place among the followers.
pub(crate) struct Membership {
    group: Arc<GroupCommit>,
    number: u64,
    fate: oneshot::Receiver<Fate>,
}

/// The leader's attempt ended in a panic: what became of the write is not known.
#[derive(Debug, thiserror::Error)]
#[error("the leader of a group of writes is gone")]
pub(crate) struct LeaderGone;

impl Membership {
    /// What became of the write; nothing if it still waits at this time, and then it has left the group.
    pub(crate) async fn fate(mut self, until: Instant) -> Result<Option<Fate>, LeaderGone> {
        let fate = match timeout_at(until, &mut self.fate).await {
            Ok(fate) => fate,
            Err(_) if self.leave() => return Ok(None),
            // The leader has it in hand: it must not be said that it did not happen.
            Err(_) => self.fate.await,
        };
        fate.map(Some).map_err(|_| LeaderGone)
    }

    /// Whether there was a group to leave.
    fn leave(&self) -> bool {
        let mut group = self.group.0.lock();
        let place = group.followers.iter().position(|follower| follower.number == self.number);
        place.map(|place| group.followers.swap_remove(place)).is_some()
    }
}

impl Leader {
    /// Everybody who has joined and still waits. Whoever comes from now on is of the next group.
    pub(crate) fn end_group(mut self) -> Vec<Follower> {
        let mut followers = self.take_followers();
        followers.retain(|follower| !follower.fate.is_closed());
        followers
    }

    fn take_followers(&mut self) -> Vec<Follower> {
        self.has_ended = true;
        let mut group = self.group.0.lock();
        group.has_leader = false;
        mem::take(&mut group.followers)
    }
}

impl Drop for Leader {
    fn drop(&mut self) {
        if !self.has_ended {
            self.take_followers().into_iter().for_each(|follower| follower.tell(Fate::Again));
        }
    }
}

impl Follower {
    pub(crate) fn tell(self, fate: Fate) {
        let _is_gone = self.fate.send(fate);
    }
}

/// What a write did, for whoever it belongs to.
#[derive(Default)]
pub(crate) struct Output {
    pub(crate) ran: Ran,
    pub(crate) kept: KeptRows,
}

impl Output {
    /// The write has succeeded.
    pub(crate) fn end(self, ran: Ran) -> Self {
        Self { ran, ..self }
    }

    /// Whether there were more rows than are kept.
    pub(crate) fn is_too_much(&self) -> bool {
        self.kept.bytes > MAX_KEPT_BYTES
    }
}

impl RowSink for Output {
    fn begin(&mut self, columns: Vec<Column>) -> Result<(), SqlError> {
        if self.kept.begin(columns, MAX_KEPT_BYTES)? { Ok(()) } else { Err(SqlError::interrupted()) }
    }

    fn row(&mut self, row: &[ValueRef<'_>]) -> Result<(), SqlError> {
        if self.kept.add(row, MAX_KEPT_BYTES)? { Ok(()) } else { Err(SqlError::interrupted()) }
    }
}
