//! One stream of a socket: a task of its own, so that a stream that waits holds up no other.

use std::collections::VecDeque;
use std::pin::pin;

use tokio::sync::{mpsc, oneshot};

use super::backlog::Ticket;
use super::entries::Entries;
use super::guest::Guest;
use super::supply::Supply;
use crate::data::database::Policy;
use crate::data::hrana::{Outcome, OwnResponse, ServerMessage, SocketResponse, SqlError};
use crate::data::refusal::Refusal;
use crate::data::run::cursor::{self, Ending, Outlet};
use crate::data::run::plan::{self, Plan};
use crate::data::run::{Pipeline, Steps, Stream};

/// One request for a stream.
pub(super) struct Job {
    pub(super) ticket: Ticket,
    pub(super) work: Work,
}

/// Its answer.
pub(super) struct Reply {
    pub(super) ticket: Ticket,
    pub(super) message: ServerMessage,
}

/// What a stream is asked to do.
pub(super) enum Work {
    Run(Plan, Guest),
    OpenCursor(Steps, Guest),
    FetchCursor { max_count: u32 },
    CloseCursor,
    Close,
}

/// Does the jobs of a stream, one after another in the order they came.
pub(super) struct Worker {
    pub(super) stream: Stream,
    pub(super) jobs: mpsc::UnboundedReceiver<Job>,
    pub(super) answers: mpsc::Sender<Reply>,
}

impl Worker {
    pub(super) async fn run(mut self) {
        let mut next = self.next_job().await;
        while let Some(Job { ticket, work }) = next {
            let outcome = match work {
                Work::Run(plan, guest) => self.perform(plan, &guest).await,
                Work::OpenCursor(steps, guest) => {
                    next = self.open_cursor(ticket, steps, &guest).await;
                    continue;
                }
                Work::FetchCursor { .. } => Err(SqlError::new("CURSOR_NOT_OPEN", "the cursor could not be opened")),
                Work::CloseCursor => Ok(OwnResponse::CloseCursor.into()),
                Work::Close => {
                    // Ended before the answer, so that the client can rely on it.
                    drop(self.stream);
                    let _socket_is_gone = self.answers.send(answer(ticket, Ok(OwnResponse::CloseStream.into()))).await;
                    return;
                }
            };
            let _socket_is_gone = self.answers.send(answer(ticket, outcome)).await;
            next = self.next_job().await;
        }
    }

    /// Nothing when the socket is gone.
    async fn next_job(&mut self) -> Option<Job> {
        wait_for(self.jobs.recv(), &mut self.stream).await
    }

    async fn perform(&mut self, plan: Plan, guest: &Guest) -> Result<SocketResponse, SqlError> {
        let policy = guest.policy()?;
        self.stream.refuse_forbidden(&policy, || plan::sql_texts(&plan.tasks)).await?;
        let pipeline = self.stream.run(Pipeline::new(plan), policy).await?;
        match pipeline.into_outcomes().pop() {
            Some(Outcome::Ok { response }) => Ok(response.into()),
            Some(Outcome::Error { error }) => Err(error),
            None => Err(Refusal::Internal.into()),
        }
    }

    async fn allow(&mut self, steps: &Steps, guest: &Guest) -> Result<Policy, SqlError> {
        let policy = guest.policy()?;
        self.stream.refuse_forbidden(&policy, || steps.texts()).await?;
        Ok(policy)
    }

    /// Serves a cursor until it is closed, and yields the job that comes next.
    async fn open_cursor(&mut self, ticket: Ticket, steps: Steps, guest: &Guest) -> Option<Job> {
        let allowed = self.allow(&steps, guest).await;
        let outcome = allowed.as_ref().map(|_| OwnResponse::OpenCursor.into()).map_err(Clone::clone);
        let _socket_is_gone = self.answers.send(answer(ticket, outcome)).await;
        let Ok(policy) = allowed else {
            return self.next_job().await;
        };
        let (entries, chunks) = cursor::channel(Entries::default());
        let (ending, ended) = oneshot::channel();
        let mut fetches = pin!(serve_fetches(&mut self.jobs, &self.answers, Supply::new(chunks, ended)));
        {
            let stopper = self.stream.stopper();
            let mut batch = pin!(run_batch(&mut self.stream, steps, policy, entries, ending));
            tokio::select! {
                last = &mut fetches => {
                    // Its stream lives on after a closed cursor; otherwise the query that still runs is stopped by
                    // dropping it, and what it has left with it.
                    if matches!(last, Some(Job { work: Work::CloseCursor, .. })) && stopper.stop() {
                        batch.await;
                    }
                    return last;
                }
                () = &mut batch => {}
            }
        }
        wait_for(fetches, &mut self.stream).await
    }
}

/// Waits while nothing runs on the stream, and ends its transaction meanwhile if it is forfeit.
async fn wait_for<T>(next: impl Future<Output = T>, stream: &mut Stream) -> T {
    let mut next = pin!(next);
    stream.rest();
    while let Some(forfeit) = stream.forfeit() {
        tokio::select! {
            biased;
            next = &mut next => return next,
            () = forfeit => stream.end_transaction(),
        }
    }
    next.await
}

async fn run_batch(stream: &mut Stream, steps: Steps, policy: Policy, entries: Outlet<Entries>, ending: Ending) {
    let end = match cursor::run(stream, steps, policy, entries).await {
        Ok(Some(mut rest)) => rest.flush().await,
        Ok(None) => return,
        Err(error) => Err(error),
    };
    let _cursor_is_closed = ending.send(end);
}

/// Answers the requests for entries until the cursor or the stream is closed, which is for when the batch has ended.
async fn serve_fetches(
    jobs: &mut mpsc::UnboundedReceiver<Job>,
    answers: &mpsc::Sender<Reply>,
    mut supply: Supply,
) -> Option<Job> {
    let mut queue = VecDeque::new();
    loop {
        let job = match queue.pop_front() {
            Some(job) => job,
            None => jobs.recv().await?,
        };
        let Work::FetchCursor { max_count } = job.work else { return Some(job) };
        // A client that closes the cursor need not wait for its first row.
        while !supply.is_ready() && queue.iter().all(is_fetch) {
            tokio::select! {
                biased;
                () = supply.fill() => {}
                job = jobs.recv() => queue.push_back(job?),
            }
        }
        let response = supply.fetch(max_count);
        let _socket_is_gone = answers.send(answer(job.ticket, Ok(response.into()))).await;
    }
}

fn is_fetch(job: &Job) -> bool {
    matches!(job.work, Work::FetchCursor { .. })
}

fn answer(ticket: Ticket, outcome: Result<SocketResponse, SqlError>) -> Reply {
    Reply { ticket, message: ServerMessage::of(ticket.request_id, outcome) }
}
