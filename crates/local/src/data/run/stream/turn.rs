//! How a stream comes to its turn to write.

use std::iter;

use tokio::task::yield_now;
use tokio::time::{Duration, Instant};

use super::opening::ToOpen;
use super::{Stream, Verdict, crashed};
use crate::data::database::{Fate, Follower, Output, Policy, Role, ThreadPermit, Write};
use crate::data::hrana::SqlError;
use crate::data::refusal::Refusal;
use crate::data::run::executor::{Pause, Script};

/// Long enough for a writer in front to use up its own limit and for the queue behind it to move.
const MAX_WAIT_TO_WRITE: Duration = Duration::from_secs(10);

impl Stream {
    /// Waits for what a script has paused for. Gives the end of its statement if that came meanwhile.
    pub(super) async fn wait(
        &mut self,
        pause: Option<Pause>,
        script: &impl Script,
        policy: &Policy,
        latest: &mut Option<Instant>,
    ) -> Result<Option<Result<Output, SqlError>>, Refusal> {
        // One statement may have to wait more than once if it shares its turn, which only one that comes alone does.
        if script.only_statement().is_none() {
            *latest = None;
        }
        let mut until = || *latest.get_or_insert_with(|| Instant::now() + MAX_WAIT_TO_WRITE);
        match pause {
            Some(Pause::Turn) => Ok(self.wait_to_write(policy, until()).await?.err().map(Err)),
            Some(Pause::SharedTurn) => self.write_with_others(script, policy, until()).await,
            Some(Pause::Thread) | None => Ok(None),
        }
    }

    /// Gives the connection back for as long as the stream waits, unless another one would not do as well. The slot is kept.
    pub(super) fn lend(&mut self) {
        if let Some(session) = self.state.session.take_if(|session| session.is_disposable()) {
            self.state.carried = session.carried();
            self.slot = Some(self.database.take_connection(*session));
        }
    }

    /// Waits in the database's queue of writers until then.
    async fn wait_to_write(&mut self, policy: &Policy, until: Instant) -> Verdict<()> {
        // Who waits needs no connection, unless a transaction is open on it: the next one in the queue takes the same.
        self.lend();
        // Whoever has the turn must not wait for anything else that others may hold: the right to a connection, or to open
        // one, or a permit for it.
        self.reserve().await?;
        let Some(turn) = self.database.writers().turn(until).await else { return Ok(Err(busy())) };
        if !self.connect_at_once().await? {
            let permit = self.database.open_permit().ok_or(Refusal::TooManyFiles)?;
            if let Err(error) = self.open(ToOpen { opening: ThreadPermit::of_writer(), permit }, policy).await? {
                return Ok(Err(error));
            }
        }
        self.state.session.as_mut().ok_or(Refusal::Internal)?.take_turn(turn);
        Ok(Ok(()))
    }

    /// Has the next statement of a script committed together with those that others send at the same time, and gives what
    /// came of it. Nothing if it is still to be run.
    async fn write_with_others(
        &mut self,
        script: &impl Script,
        policy: &Policy,
        until: Instant,
    ) -> Result<Option<Result<Output, SqlError>>, Refusal> {
        let command = script.only_statement().ok_or(Refusal::Internal)?.clone();
        self.lend();
        let last_insert_rowid = self.state.carried.last_insert_rowid;
        let write = Write { command, policy: policy.clone(), last_insert_rowid };
        let fate = match self.database.group_commit().join(write) {
            Role::Lead(leader, write) => {
                // Whoever is ready to join does so now.
                yield_now().await;
                if let Err(error) = self.wait_to_write(policy, until).await? {
                    return Ok(Some(Err(error)));
                }
                self.lead(leader.end_group(), &write)?
            }
            Role::Follow(membership) => {
                self.slot = None;
                match membership.fate(until).await.map_err(crashed)? {
                    Some(fate) => fate,
                    None => return Ok(Some(Err(busy()))),
                }
            }
        };
        match fate {
            Fate::Done { outcome, last_insert_rowid } => {
                self.set_last_insert_rowid(last_insert_rowid);
                Ok(Some(outcome))
            }
            Fate::Alone => Ok(self.wait_to_write(policy, until).await?.err().map(Err)),
            Fate::Again => Ok(None),
        }
    }

    /// Runs the writes of a group, of which this stream has one, and tells the others what became of theirs.
    fn lead(&mut self, followers: Vec<Follower>, own: &Write) -> Result<Fate, Refusal> {
        if followers.is_empty() {
            // With the turn to write, it runs like any other statement.
            return Ok(Fate::Again);
        }
        let writes: Vec<_> = iter::once(own).chain(followers.iter().map(|follower| &follower.write)).collect();
        let fates = self.briefly(&own.policy, |mut executor| executor.execute_together(&writes))?;
        // The connection tells of the rows of others.
        self.set_last_insert_rowid(own.last_insert_rowid);
        let mut fates = fates.into_iter();
        let fate = fates.next().ok_or(Refusal::Internal)?;
        followers.into_iter().zip(fates).for_each(|(follower, fate)| follower.tell(fate));
        Ok(fate)
    }

    fn set_last_insert_rowid(&mut self, rowid: i64) {
        self.state.carried.last_insert_rowid = rowid;
        if let Some(session) = &mut self.state.session {
            session.set_last_insert_rowid(rowid);
        }
    }
}

fn busy() -> SqlError {
    SqlError::new("SQLITE_BUSY", "SQLite error: database is locked")
}
