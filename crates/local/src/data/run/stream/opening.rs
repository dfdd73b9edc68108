//! How a stream comes to a connection.

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::{Stream, Verdict};
use crate::data::database::{Carried, Database, MAX_WAIT, OpenPermit, Policy, Session, ThreadPermit};
use crate::data::engine::Interrupter;
use crate::data::hrana::SqlError;
use crate::data::refusal::Refusal;
use crate::data::run::executor::Executor;

/// How a stream gets a connection.
pub(super) enum Way {
    /// It has one.
    Connected,
    /// It has the right to open one.
    Open(ToOpen),
    /// Others opened theirs for too long.
    None,
}

/// The right to open a connection, and a permit among all that are open.
pub(super) struct ToOpen {
    pub(super) opening: ThreadPermit,
    pub(super) permit: OpenPermit,
}

/// The connection something is done on: one that is there, or that is opened with these rights to have and to open it.
pub(super) enum Connected {
    Already(Box<Session>),
    ToBe(OwnedSemaphorePermit, ToOpen),
}

impl Connected {
    /// What stops its statements.
    pub(super) fn interrupter(&self) -> Interrupter {
        match self {
            Self::Already(session) => session.interrupter(),
            Self::ToBe(..) => Interrupter::default(),
        }
    }

    /// Opens it if need be, which blocks.
    pub(super) fn session(
        self,
        database: &Database,
        carried: Carried,
        interrupter: Interrupter,
    ) -> Result<Box<Session>, SqlError> {
        match self {
            Self::Already(session) => Ok(session),
            // The right to open it is given back at once, for others wait for it.
            Self::ToBe(slot, ToOpen { opening: _until_then, permit }) => {
                database.open(slot, permit, carried, interrupter).map(Box::new)
            }
        }
    }
}

impl Stream {
    /// Takes a connection that nobody uses, or waits for the right to open one.
    pub(super) async fn way(&mut self) -> Result<Way, Refusal> {
        loop {
            if self.connect_at_once().await? {
                return Ok(Way::Connected);
            }
            let Some(opening) = self.database.opening(&mut self.patience).await else { return Ok(Way::None) };
            // Meanwhile somebody may have left one.
            if self.connect_at_once().await? {
                return Ok(Way::Connected);
            }
            if let Some(permit) = self.database.open_permit() {
                return Ok(Way::Open(ToOpen { opening, permit }));
            }
            // Whoever waits for a permit keeps nobody from opening a file who has one.
            drop(opening);
            if !self.patience.pause().await {
                return Err(Refusal::TooManyFiles);
            }
        }
    }

    /// Makes sure that the stream has a connection.
    pub(super) async fn connect(&mut self, policy: &Policy) -> Verdict<()> {
        match self.way().await? {
            Way::Connected => Ok(Ok(())),
            Way::Open(to_open) => self.open(to_open, policy).await,
            Way::None => Ok(Err(Refusal::TooManyAtWork.into())),
        }
    }

    /// Opens a connection, to which the stream has the right.
    pub(super) async fn open(&mut self, to_open: ToOpen, policy: &Policy) -> Verdict<()> {
        self.open_and(to_open, None, policy, |opened| opened.map(|_| ())).await
    }

    /// Opens a connection, and does something in the same visit to a thread, which needs the right to block it for longer.
    pub(super) async fn open_and<R: Send + 'static>(
        &mut self,
        to_open: ToOpen,
        thread: Option<ThreadPermit>,
        policy: &Policy,
        work: impl FnOnce(Result<&mut Executor<'_>, SqlError>) -> R + Send + 'static,
    ) -> Result<R, Refusal> {
        let slot = self.slot.take().ok_or(Refusal::Internal)?;
        self.visit(thread, Connected::ToBe(slot, to_open), policy, work).await
    }

    /// Takes a connection that was left by an earlier request, unless the stream has one. Says whether it has one now; it
    /// has the right to one in any case.
    pub(super) async fn connect_at_once(&mut self) -> Result<bool, Refusal> {
        if self.state.session.is_some() {
            return Ok(true);
        }
        self.reserve().await?;
        let Some(connection) = self.database.idle_connection() else { return Ok(false) };
        let slot = self.slot.take().ok_or(Refusal::Internal)?;
        let session = self.database.session(connection, slot, self.state.carried);
        self.state.session = Some(Box::new(session));
        Ok(true)
    }

    /// Makes sure that a connection can be had.
    pub(super) async fn reserve(&mut self) -> Result<(), Refusal> {
        if self.state.session.is_none() && self.slot.is_none() {
            let slot = timeout(MAX_WAIT, self.database.slots().acquire_owned()).await;
            self.slot = Some(slot.ok().and_then(Result::ok).ok_or(Refusal::TooManyStreams)?);
        }
        Ok(())
    }
}
