//! One stream of a socket: a task of its own, so that a stream that waits holds up no other.

use std::collections::VecDeque;
use std::pin::pin;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::time::timeout_at;

use super::connection::response_error;
use crate::data::batch::Steps;
use crate::data::chunk::Entries;
use crate::data::cursor;
use crate::data::hrana::{CursorEntry, Outcome, OwnResponse, ServerMessage, SocketResponse, SqlError};
use crate::data::pipeline::Pipeline;
use crate::data::plan::{self, Task};
use crate::data::policy::Policy;
use crate::data::refusal::Refusal;
use crate::data::stream::Stream;

/// An answer to a request for entries is cut at about this size, however many were asked for.
const MAX_FETCH_BYTES: usize = 1024 * 1024;

/// One request for a stream.
pub(super) struct Job {
    pub(super) request_id: i32,
    pub(super) work: Work,
}

/// What a stream is asked to do.
pub(super) enum Work {
    Run(Task, Policy),
    OpenCursor(Steps, Policy),
    FetchCursor { max_count: u32 },
    CloseCursor,
    Close,
}

/// Does the jobs of a stream, one after another in the order they came.
pub(super) struct Worker {
    pub(super) stream: Stream,
    pub(super) jobs: mpsc::UnboundedReceiver<Job>,
    pub(super) answers: mpsc::Sender<ServerMessage>,
}

impl Worker {
    pub(super) async fn run(mut self) {
        let mut left_over = None;
        loop {
            let job = match left_over.take() {
                Some(job) => job,
                None => self.next_job().await,
            };
            let Some(Job { request_id, work }) = job else { return };
            let outcome = match work {
                Work::Run(task, policy) => self.perform(task, policy).await,
                Work::OpenCursor(steps, policy) => {
                    left_over = self.open_cursor(request_id, steps, policy).await;
                    continue;
                }
                Work::FetchCursor { .. } => Err(SqlError::new("CURSOR_NOT_OPEN", "the cursor could not be opened")),
                Work::CloseCursor => Ok(OwnResponse::CloseCursor.into()),
                Work::Close => {
                    // Ended before the answer, so that the client can rely on it.
                    drop(self.stream);
                    let _socket_is_gone =
                        self.answers.send(answer(request_id, Ok(OwnResponse::CloseStream.into()))).await;
                    return;
                }
            };
            let _socket_is_gone = self.answers.send(answer(request_id, outcome)).await;
        }
    }

    /// Waits for the next request, and ends the transaction meanwhile if its time is up.
    async fn next_job(&mut self) -> Option<Job> {
        self.stream.rest();
        while let Some(deadline) = self.stream.deadline() {
            match timeout_at(deadline, self.jobs.recv()).await {
                Ok(job) => return job,
                Err(_) => self.stream.end_transaction(),
            }
        }
        self.jobs.recv().await
    }

    async fn perform(&mut self, task: Task, policy: Policy) -> Result<SocketResponse, SqlError> {
        let tasks = vec![task];
        self.stream.refuse_forbidden(&policy, || plan::sql_texts(&tasks)).await.map_err(refused)?;
        let pipeline = self.stream.run(Pipeline::new(tasks), policy).await.map_err(refused)?;
        match pipeline.into_outcomes().pop() {
            Some(Outcome::Ok { response }) => Ok(response.into()),
            Some(Outcome::Error { error }) => Err(error),
            None => Err(refused(Refusal::Internal)),
        }
    }

    /// Serves a cursor until it is closed; says what was asked then, which is nothing when the socket is gone.
    async fn open_cursor(&mut self, request_id: i32, steps: Steps, policy: Policy) -> Option<Option<Job>> {
        let allowed = self.stream.refuse_forbidden(&policy, || steps.texts()).await;
        let is_open = allowed.is_ok();
        let outcome = allowed.map(|()| OwnResponse::OpenCursor.into()).map_err(refused);
        let _socket_is_gone = self.answers.send(answer(request_id, outcome)).await;
        if !is_open {
            return None;
        }
        let (entries, chunks) = cursor::channel(Entries::default());
        let mut batch = pin!(async {
            if let Ok(Some(mut rest)) = cursor::run(&mut self.stream, steps, policy, entries).await {
                let _cursor_is_closed = rest.flush().await;
            }
        });
        let mut fetches = pin!(serve_fetches(&mut self.jobs, &self.answers, chunks));
        let last = tokio::select! {
            last = &mut fetches => last,
            () = &mut batch => return Some(fetches.await),
        };
        // Its stream lives on after a closed cursor; otherwise the query that still runs is stopped by dropping it.
        if let Some(Job { work: Work::CloseCursor, .. }) = last {
            batch.await;
        }
        Some(last)
    }
}

/// Answers the requests for entries until the cursor or the stream is closed, which is for when the batch has ended.
async fn serve_fetches(
    jobs: &mut mpsc::UnboundedReceiver<Job>,
    answers: &mpsc::Sender<ServerMessage>,
    mut chunks: mpsc::Receiver<Vec<CursorEntry>>,
) -> Option<Job> {
    let mut waiting = VecDeque::new();
    let mut queue = VecDeque::new();
    loop {
        let job = match queue.pop_front() {
            Some(job) => job,
            None => jobs.recv().await?,
        };
        let Work::FetchCursor { max_count } = job.work else { return Some(job) };
        // A client that closes the cursor need not wait for its first row.
        while waiting.is_empty() && queue.iter().all(is_fetch) {
            tokio::select! {
                biased;
                chunk = chunks.recv() => match chunk {
                    Some(chunk) => waiting.extend(chunk),
                    None => break,
                },
                job = jobs.recv() => queue.push_back(job?),
            }
        }
        let response = fetch(&mut waiting, &mut chunks, max_count);
        let _socket_is_gone = answers.send(answer(job.request_id, Ok(response.into()))).await;
    }
}

fn is_fetch(job: &Job) -> bool {
    matches!(job.work, Work::FetchCursor { .. })
}

/// Takes what there is.
fn fetch(
    waiting: &mut VecDeque<CursorEntry>,
    chunks: &mut mpsc::Receiver<Vec<CursorEntry>>,
    max_count: u32,
) -> OwnResponse {
    let max_count = usize::try_from(max_count).unwrap_or(usize::MAX);
    let mut entries = Vec::new();
    let mut bytes = 0;
    let mut done = false;
    while entries.len() < max_count && bytes < MAX_FETCH_BYTES && !done {
        if let Some(entry) = waiting.pop_front() {
            bytes += entry.wire_size();
            entries.push(entry);
            continue;
        }
        match chunks.try_recv() {
            Ok(chunk) => waiting.extend(chunk),
            Err(TryRecvError::Empty) => break,
            Err(TryRecvError::Disconnected) => done = true,
        }
    }
    OwnResponse::FetchCursor { entries, done }
}

fn answer(request_id: i32, outcome: Result<SocketResponse, SqlError>) -> ServerMessage {
    match outcome {
        Ok(response) => ServerMessage::ResponseOk { request_id, response },
        Err(error) => ServerMessage::ResponseError { request_id, error },
    }
}

#[expect(clippy::needless_pass_by_value, reason = "used as a function for `map_err`")]
fn refused(refusal: Refusal) -> SqlError {
    response_error(&refusal)
}
