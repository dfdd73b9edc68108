//! A stream while a request runs on it: the asynchronous side of a session.

mod opening;
mod turn;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;
use tokio::task::spawn_blocking;

use super::dump::Chunks;
use super::executor::{Executor, Pause, RunsOn, Script};
use crate::data::access::Denial;
use crate::data::database::{Database, InterruptOnDrop, Patience, Policy, Stopper, StreamState, ThreadPermit};
use crate::data::engine::stack;
use crate::data::hrana::SqlError;
use crate::data::refusal::Refusal;

use opening::{Connected, ToOpen, Way};

/// The outer failure refuses the whole request, the inner one is an answer.
pub(crate) type Verdict<T> = Result<Result<T, SqlError>, Refusal>;

/// A stream in use. Dropping it ends it.
pub(crate) struct Stream {
    database: Arc<Database>,
    pub(crate) state: StreamState,
    /// The right to a connection, when it has none.
    slot: Option<OwnedSemaphorePermit>,
    patience: Patience,
    stopper: Stopper,
}

impl Stream {
    pub(crate) fn new(database: Arc<Database>, state: StreamState) -> Self {
        Self { database, state, slot: None, patience: Patience::default(), stopper: Stopper::default() }
    }

    /// What stops the statement that runs on it.
    pub(crate) fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Runs a script, which comes back done.
    pub(crate) async fn run<S: Script>(&mut self, mut script: S, policy: Policy) -> Result<S, Refusal> {
        let mut latest = None;
        while script.needs_connection(self.is_autocommit()) {
            let mut pause = match self.way().await? {
                Way::Connected if S::BLOCKS => Some(Pause::Thread),
                Way::Connected => self.go_on_briefly(&mut script, &policy)?,
                Way::Open(to_open) => {
                    let opened;
                    (script, opened) = self.open_and_go_on(to_open, script, &policy).await?;
                    match opened {
                        Ok(pause) => pause,
                        Err(error) => {
                            script.end_all(&error, self.is_autocommit());
                            break;
                        }
                    }
                }
                Way::None => {
                    script.end_all(&Refusal::TooManyAtWork.into(), self.is_autocommit());
                    break;
                }
            };
            if let Some(Pause::Thread) = pause {
                let Some(thread) = self.thread().await else {
                    script.end_all(&Refusal::TooManyAtWork.into(), self.is_autocommit());
                    break;
                };
                let work = move |executor: &mut Executor<'_>| {
                    let pause = script.go_on(executor).err();
                    (script, pause)
                };
                (script, pause) = self.on_thread(thread, &policy, work).await?;
            }
            if let Some(outcome) = self.wait(pause, &script, &policy, &mut latest).await? {
                script.end_statement(outcome);
            }
        }
        if self.state.session.as_ref().is_some_and(|session| session.owes_rotation()) {
            self.settle(&policy).await?;
        }
        Ok(script)
    }

    /// Opens a connection for a script, and runs the first of it in the same visit to a thread if it may block one now.
    async fn open_and_go_on<S: Script>(
        &mut self,
        to_open: ToOpen,
        mut script: S,
        policy: &Policy,
    ) -> Result<(S, Result<Option<Pause>, SqlError>), Refusal> {
        let thread = self.database.free_thread();
        let may_go_on = thread.is_some();
        let work = move |opened: Result<&mut Executor<'_>, SqlError>| {
            let pause =
                opened.map(|executor| if may_go_on { script.go_on(executor).err() } else { Some(Pause::Thread) });
            (script, pause)
        };
        self.open_and(to_open, thread, policy, work).await
    }

    /// Runs what takes no time here: to go to another thread and back takes longer than most statements do.
    fn go_on_briefly(&mut self, script: &mut impl Script, policy: &Policy) -> Result<Option<Pause>, Refusal> {
        let is_alone = script.only_statement().is_some();
        self.briefly(policy, |executor| {
            let mut executor = if is_alone { executor.sharing() } else { executor };
            script.go_on(&mut executor).err()
        })
    }

    /// Runs `work`, which takes no time, here.
    fn briefly<R>(&mut self, policy: &Policy, work: impl FnOnce(Executor<'_>) -> R) -> Result<R, Refusal> {
        let StreamState { session, carried, .. } = &mut self.state;
        let Some(session) = session else { return Err(Refusal::Internal) };
        carried.transaction_is_lost = session.would_lose_transaction();
        let executor = Executor::new(RunsOn::Request, &self.database, policy, session);
        catch_unwind(AssertUnwindSafe(|| stack::with_room(|| work(executor)))).map_err(|_| {
            self.state.session = None;
            crashed("it panicked")
        })
    }

    /// Whether the policy forbids one of these texts, and with it the whole request. What the rules of a token do not
    /// allow is refused at once, with the reason.
    async fn is_forbidden(&mut self, texts: Vec<String>, policy: &Policy) -> Result<bool, Refusal> {
        // What cannot be opened is told by the statements.
        if texts.is_empty() || self.connect(policy).await?.is_err() {
            return Ok(false);
        }
        if let Some(session) = self.state.session.as_ref().filter(|_| policy.rules().is_none())
            && texts.iter().all(|sql| session.recall(sql).is_some_and(|known| !policy.forbids(known.effect)))
        {
            return Ok(false);
        }
        let screen = policy.clone();
        let inspect = move |executor: &mut Executor<'_>| -> Result<bool, Denial> {
            for sql in &texts {
                if screen.forbids(executor.connection().inspect(sql)?) {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        let thread = self.thread().await.ok_or(Refusal::TooManyAtWork)?;
        self.on_thread(thread, policy, inspect).await?.map_err(Refusal::ActionForbidden)
    }

    /// Writes the whole database as SQL text.
    pub(crate) async fn dump(&mut self, policy: &Policy, preserve_row_ids: bool, mut chunks: Chunks) -> Verdict<()> {
        if let Err(error) = self.connect(policy).await? {
            return Ok(Err(error));
        }
        let work = move |executor: &mut Executor<'_>| {
            executor.connection().dump(preserve_row_ids, &mut |text| chunks.push(text))?;
            chunks.flush()
        };
        let thread = self.thread().await.ok_or(Refusal::TooManyAtWork)?;
        self.on_thread(thread, policy, work).await
    }

    /// Refuses a whole request that holds a statement the policy forbids.
    pub(crate) async fn refuse_forbidden(
        &mut self,
        policy: &Policy,
        texts: impl FnOnce() -> Vec<String>,
    ) -> Result<(), Refusal> {
        if policy.needs_screening() && self.is_forbidden(texts(), policy).await? {
            return Err(Refusal::ActionForbidden(Denial::of_writing()));
        }
        Ok(())
    }

    pub(crate) fn is_autocommit(&self) -> bool {
        self.state.session.as_ref().is_none_or(|session| session.is_autocommit())
    }

    /// Puts the stream aside until its next request. Only a session that is more than a fresh one keeps its connection.
    pub(crate) fn park(mut self) -> StreamState {
        self.rest();
        std::mem::take(&mut self.state)
    }

    /// Gives the connection back until the next request if another one would do as well.
    pub(crate) fn rest(&mut self) {
        self.lend();
        self.slot = None;
        self.patience = Patience::default();
    }

    /// Comes when the open transaction has to end; nothing if it does not keep anybody from writing.
    pub(crate) fn forfeit(&self) -> Option<impl Future<Output = ()> + Send + use<>> {
        self.state.session.as_ref()?.forfeit()
    }

    /// Rolls back what is open, and lets the next statement tell its client.
    pub(crate) fn end_transaction(&mut self) {
        self.state.end_transaction(&self.database);
    }

    /// Does what was left for a thread that may block.
    async fn settle(&mut self, policy: &Policy) -> Result<(), Refusal> {
        let settle = |executor: &mut Executor<'_>| {
            executor.settle();
        };
        self.on_thread(ThreadPermit::of_writer(), policy, settle).await
    }

    /// Waits for the right to block a thread, for a while. Others wait for whoever has the turn to write.
    async fn thread(&mut self) -> Option<ThreadPermit> {
        let has_turn = self.state.session.as_ref().is_some_and(|session| session.has_turn());
        if has_turn { Some(ThreadPermit::of_writer()) } else { self.database.thread(&mut self.patience).await }
    }

    /// Runs `work` on the connection that the stream has, on a thread that may block.
    async fn on_thread<R: Send + 'static>(
        &mut self,
        thread: ThreadPermit,
        policy: &Policy,
        work: impl FnOnce(&mut Executor<'_>) -> R + Send + 'static,
    ) -> Result<R, Refusal> {
        let session = self.state.session.take().ok_or(Refusal::Internal)?;
        self.state.carried.transaction_is_lost = session.would_lose_transaction();
        let work = |connected: Result<&mut Executor<'_>, SqlError>| connected.map(work);
        // It is open already.
        self.visit(Some(thread), Connected::Already(session), policy, work).await?.map_err(|_| Refusal::Internal)
    }

    /// Runs `work` on a thread, which it may block if there is the right to, and where the connection may have to be opened.
    async fn visit<R: Send + 'static>(
        &mut self,
        thread: Option<ThreadPermit>,
        connected: Connected,
        policy: &Policy,
        work: impl FnOnce(Result<&mut Executor<'_>, SqlError>) -> R + Send + 'static,
    ) -> Result<R, Refusal> {
        let interrupter = connected.interrupter();
        let running = InterruptOnDrop::new(interrupter.clone()).stopped_by(&self.stopper);
        let (database, policy) = (Arc::clone(&self.database), policy.clone());
        let carried = self.state.carried;
        // The session travels with the work: if the client goes away meanwhile, it ends on that thread, rolled back.
        let working = spawn_blocking(move || {
            let _kept_until_the_end = thread;
            stack::with_room(|| match connected.session(&database, carried, interrupter) {
                Ok(mut session) => {
                    let result = work(Ok(&mut Executor::new(RunsOn::Thread, &database, &policy, &mut session)));
                    (Some(session), result)
                }
                Err(error) => (None, work(Err(error))),
            })
        });
        let finished = working.await;
        running.disarm();
        let (session, result) = finished.map_err(crashed)?;
        self.state.session = session;
        Ok(result)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if let Some(session) = self.state.session.take() {
            self.database.give_back(session);
        }
    }
}

fn crashed(error: impl fmt::Display) -> Refusal {
    tracing::error!(%error, "the engine crashed");
    Refusal::Internal
}
