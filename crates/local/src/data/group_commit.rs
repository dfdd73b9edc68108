//! Group commit: brief writes that several requests send at the same time become one transaction of the engine.
//!
//! Most of what a small write takes is its commit, and one commit does for many. The first request that wants to write
//! leads a group: until it has its turn, others may join, and then it runs all their writes. Each is told of its own as if
//! it had been alone. Nobody is told before the commit.

use std::mem;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::engine::{Command, Ran, RowSink};
use super::hrana::{Column, SqlError, Value, ValueRef};
use super::policy::Policy;

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
    Done(Result<Output, SqlError>),
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
}

/// A write of somebody else.
pub(crate) struct Follower {
    pub(crate) write: Write,
    fate: oneshot::Sender<Fate>,
}

/// What whoever joins a group has to do.
pub(crate) enum Role {
    /// Wait for the turn to write, and then run the writes of all.
    Lead(Leader, Write),
    /// Wait for the leader.
    Follow(oneshot::Receiver<Fate>),
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
        let (fate, receiver) = oneshot::channel();
        group.followers.push(Follower { write, fate });
        Role::Follow(receiver)
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
    /// What `last_insert_rowid()` says after it.
    pub(crate) last_insert_rowid: i64,
    columns: Vec<Column>,
    rows: Vec<Vec<Value>>,
    bytes: usize,
}

impl Output {
    /// The write has succeeded.
    pub(crate) fn end(self, ran: Ran, last_insert_rowid: i64) -> Self {
        Self { ran, last_insert_rowid, ..self }
    }

    /// Whether there were more rows than are kept.
    pub(crate) fn is_too_much(&self) -> bool {
        self.bytes > MAX_KEPT_BYTES
    }

    /// Hands the rows on as if the write had run into the sink.
    pub(crate) fn hand_on(self, sink: &mut dyn RowSink) -> Result<Ran, SqlError> {
        sink.begin(self.columns)?;
        self.rows.iter().try_for_each(|row| sink.row(&row.iter().map(Value::as_ref).collect::<Vec<_>>()))?;
        Ok(self.ran)
    }
}

impl RowSink for Output {
    fn begin(&mut self, columns: Vec<Column>) -> Result<(), SqlError> {
        self.columns = columns;
        Ok(())
    }

    fn row(&mut self, row: &[ValueRef<'_>]) -> Result<(), SqlError> {
        self.bytes += row.iter().map(ValueRef::wire_size).sum::<usize>();
        if self.is_too_much() {
            return Err(SqlError::interrupted());
        }
        self.rows.push(row.iter().map(ValueRef::to_value).collect());
        Ok(())
    }
}
