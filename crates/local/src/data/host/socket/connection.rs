//! One WebSocket: reads requests, gives each to its stream, and writes answers in the order they are ready.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::ws::{Message, WebSocket};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use http::request::Parts;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant, MissedTickBehavior, interval_at, timeout};

use super::Violation;
use super::backlog::{Backlog, Ticket};
use super::guest::Guest;
use super::subprotocol::{Subprotocol, Version};
use super::violation::Failure;
use super::worker::{Job, Reply, Work, Worker};
use crate::clock::Clock;
use crate::data::database::{Database, StoredSql, StreamState};
use crate::data::hrana::{
    ClientMessage, Outcome, OwnResponse, Request, ServerMessage, SocketRequest, SocketResponse, SqlError,
};
use crate::data::refusal::Refusal;
use crate::data::run::cursor::MAX_STALL;
use crate::data::run::plan::{self, Task};
use crate::data::run::{Steps, Stream};
use crate::lifeline::Lifeline;

/// Streams without a transaction hold no connection, so this many cost little.
const MAX_STREAMS: usize = 1024;

/// Drivers keep up to 100 texts for a socket.
const MAX_STORED_SQL: usize = 150;

/// Answers that wait to be written.
const ANSWERS_AHEAD: usize = 16;

/// A peer that has sent nothing for two of these, not even the answer to a ping, is gone.
const PING_INTERVAL: Duration = Duration::from_secs(30);

/// How long a client may take to confirm the end.
const MAX_FAREWELL: Duration = Duration::from_secs(1);

/// How long a server that ends, or a state of the cloud, waits for a client to take what it is still sent: as long as for the
/// end of a request.
const MAX_LEAVE: Duration = Duration::from_secs(5);

pub(super) struct Connection {
    socket: WebSocket,
    /// With no token before the first greeting.
    guest: Guest,
    was_greeted: bool,
    subprotocol: Subprotocol,
    stored: StoredSql,
    streams: HashMap<i32, OpenStream>,
    /// The stream of each open cursor.
    cursors: HashMap<i32, i32>,
    /// They end with the connection, and their streams with them.
    workers: JoinSet<()>,
    /// What they answer comes in here.
    replies: mpsc::Receiver<Reply>,
    reply: mpsc::Sender<Reply>,
    backlog: Backlog,
}

struct OpenStream {
    jobs: mpsc::UnboundedSender<Job>,
    cursor: Option<i32>,
}

impl Connection {
    pub(super) fn new(
        socket: WebSocket,
        database: Arc<Database>,
        clock: Clock,
        head: Parts,
        subprotocol: Subprotocol,
    ) -> Self {
        let (reply, replies) = mpsc::channel(ANSWERS_AHEAD);
        Self {
            socket,
            guest: Guest { head: Arc::new(head), token: Arc::default(), database, clock },
            was_greeted: false,
            subprotocol,
            stored: StoredSql::new(),
            streams: HashMap::new(),
            cursors: HashMap::new(),
            workers: JoinSet::new(),
            replies,
            reply,
            backlog: Backlog::default(),
        }
    }

    /// Serves the socket until one side closes it or one of the lifelines ends.
    pub(super) async fn serve_until(mut self, lifelines: &[Lifeline]) {
        let mut ended: FuturesUnordered<_> =
            lifelines.iter().cloned().map(|mut line| async move { line.ended().await }).collect();
        let end = tokio::select! {
            end = self.converse() => Ok(end),
            Some(()) = ended.next() => Err(Violation::going_away()),
        };
        match end {
            Ok(end) => self.part(end).await,
            Err(leave) => {
                let _without_a_word = timeout(MAX_LEAVE, self.part(Some(leave))).await;
            }
        }
    }

    /// Says why the server closes the socket; nothing if the client is gone.
    async fn converse(&mut self) -> Option<Violation> {
        let mut pings = interval_at(Instant::now() + PING_INTERVAL, PING_INTERVAL);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = Instant::now();
        loop {
            tokio::select! {
                received = self.socket.recv(), if self.backlog.has_room() => {
                    heard = Instant::now();
                    let message = match received {
                        None | Some(Ok(Message::Close(_))) => return None,
                        Some(Err(error)) => return Some(Violation::broken(error)),
                        Some(Ok(message)) => message,
                    };
                    if let Err(violation) = self.receive(message).await {
                        return Some(violation);
                    }
                }
                Some(Reply { ticket, message }) = self.replies.recv() => {
                    self.backlog.remove(ticket);
                    if let Err(violation) = self.send(message).await {
                        return Some(violation);
                    }
                }
                Some(ended) = self.workers.join_next() => {
                    // What its stream was asked would never be answered.
                    if let Err(error) = ended {
                        return Some(Violation::internal("a stream of a socket has crashed", &error));
                    }
                }
                _ = pings.tick() => {
                    let is_silent = heard.elapsed() > 2 * PING_INTERVAL && self.backlog.has_room();
                    if is_silent || self.write(Message::Ping(Vec::new().into())).await.is_err() {
                        return None;
                    }
                }
            }
        }
    }

    /// Ends all streams, and the connection.
    async fn part(mut self, end: Option<Violation>) {
        self.workers.shutdown().await;
        if let Some(violation) = end
            && self.write(violation.into_message()).await.is_err()
        {
            return;
        }
        // A connection closed with something unread in it would take the last frame back; and the client's own farewell is
        // answered when what follows it is read.
        let _ = timeout(MAX_FAREWELL, async { while let Some(Ok(_)) = self.socket.recv().await {} }).await;
    }

    async fn receive(&mut self, message: Message) -> Result<(), Violation> {
        let size = match &message {
            Message::Text(text) => text.len(),
            Message::Binary(bytes) => bytes.len(),
            _ => return Ok(()),
        };
        match self.subprotocol.encoding.read_message(&message)? {
            ClientMessage::Hello { jwt } => self.greet(jwt.unwrap_or_default()).await,
            ClientMessage::Request { .. } if !self.was_greeted => {
                Err(Violation::forbidden("a request came before the `hello`"))
            }
            ClientMessage::Request { request_id, request } => {
                let outcome = match self.handle(Ticket { request_id, bytes: size }, request) {
                    Ok(None) => return Ok(()),
                    Ok(Some(response)) => Ok(response),
                    Err(Failure::Answer(error)) => Err(error),
                    Err(Failure::End(violation)) => return Err(violation),
                };
                self.send(ServerMessage::of(request_id, outcome)).await
            }
        }
    }

    async fn greet(&mut self, token: String) -> Result<(), Violation> {
        if self.was_greeted && self.subprotocol.version < Version::Hrana2 {
            return Err(Violation::forbidden("`hello` may be sent once in hrana1"));
        }
        let guest = Guest { token: token.into(), ..self.guest.clone() };
        if let Err(error) = guest.policy() {
            self.send(ServerMessage::HelloError { error }).await?;
            return Err(Violation::end());
        }
        (self.guest, self.was_greeted) = (guest, true);
        self.send(ServerMessage::HelloOk).await
    }

    /// Answers a request, or hands it to the worker of its stream, which answers later.
    fn handle(&mut self, ticket: Ticket, request: SocketRequest) -> Handled {
        self.check_version(&request)?;
        match request {
            SocketRequest::OpenStream { stream_id } => self.open_stream(stream_id).map(Some),
            SocketRequest::CloseStream { stream_id } => self.close_stream(ticket, stream_id),
            SocketRequest::Execute { stream_id, stmt } => self.run_on(ticket, stream_id, Request::Execute { stmt }),
            SocketRequest::Batch { stream_id, batch } => self.run_on(ticket, stream_id, Request::Batch { batch }),
            SocketRequest::Sequence { stream_id, text } => self.run_on(ticket, stream_id, Request::Sequence(text)),
            SocketRequest::Describe { stream_id, text } => self.run_on(ticket, stream_id, Request::Describe(text)),
            SocketRequest::GetAutocommit { stream_id } => self.run_on(ticket, stream_id, Request::GetAutocommit),
            SocketRequest::StoreSql { sql_id, sql } => self.stored(Request::StoreSql { sql_id, sql }).map(Some),
            SocketRequest::CloseSql { sql_id } => self.stored(Request::CloseSql { sql_id }).map(Some),
            SocketRequest::OpenCursor { stream_id, cursor_id, batch } => {
                let steps = plan::batch(batch, &self.stored)?;
                self.open_cursor(ticket, stream_id, cursor_id, steps)
            }
            SocketRequest::FetchCursor { cursor_id, max_count } => {
                self.ask_cursor(ticket, cursor_id, Work::FetchCursor { max_count })
            }
            SocketRequest::CloseCursor { cursor_id } => self.close_cursor(ticket, cursor_id),
        }
    }

    fn check_version(&self, request: &SocketRequest) -> Result<(), Violation> {
        let (name, since) = match request {
            SocketRequest::Sequence { .. } => ("sequence", Version::Hrana2),
            SocketRequest::Describe { .. } => ("describe", Version::Hrana2),
            SocketRequest::StoreSql { .. } => ("store_sql", Version::Hrana2),
            SocketRequest::CloseSql { .. } => ("close_sql", Version::Hrana2),
            SocketRequest::GetAutocommit { .. } => ("get_autocommit", Version::Hrana3),
            SocketRequest::OpenCursor { .. } => ("open_cursor", Version::Hrana3),
            SocketRequest::FetchCursor { .. } => ("fetch_cursor", Version::Hrana3),
            SocketRequest::CloseCursor { .. } => ("close_cursor", Version::Hrana3),
            _ => return Ok(()),
        };
        if self.subprotocol.version < since {
            return Err(Violation::forbidden(format!("`{name}` is not in the version of the protocol agreed upon")));
        }
        Ok(())
    }

    fn open_stream(&mut self, stream_id: i32) -> Result<SocketResponse, Failure> {
        if self.streams.contains_key(&stream_id) {
            return Err(Violation::forbidden(format!("stream {stream_id} is open already")).into());
        }
        if self.streams.len() >= MAX_STREAMS {
            let message = format!("a connection may have at most {MAX_STREAMS} open streams");
            return Err(SqlError::new("TOO_MANY_STREAMS", message).into());
        }
        self.guest.policy()?;
        let (sender, jobs) = mpsc::unbounded_channel();
        let stream = Stream::new(Arc::clone(&self.guest.database), StreamState::default());
        self.workers.spawn(Worker { stream, jobs, answers: self.reply.clone() }.run());
        self.streams.insert(stream_id, OpenStream { jobs: sender, cursor: None });
        Ok(OwnResponse::OpenStream.into())
    }

    fn close_stream(&mut self, ticket: Ticket, stream_id: i32) -> Handled {
        // A stream that could not be opened is closed by its client all the same.
        let Some(stream) = self.streams.remove(&stream_id) else { return Ok(Some(OwnResponse::CloseStream.into())) };
        if let Some(cursor) = stream.cursor {
            self.cursors.remove(&cursor);
        }
        give(&mut self.backlog, &stream, ticket, Work::Close)
    }

    fn run_on(&mut self, ticket: Ticket, stream_id: i32, request: Request) -> Handled {
        let plan = plan::single(request, &mut self.stored, MAX_STORED_SQL)?;
        let stream = self.streams.get(&stream_id).ok_or_else(|| not_open(stream_id))?;
        check_unoccupied(stream_id, stream)?;
        give(&mut self.backlog, stream, ticket, Work::Run(plan, self.guest.clone()))
    }

    fn stored(&mut self, request: Request) -> Result<SocketResponse, Failure> {
        match plan::single(request, &mut self.stored, MAX_STORED_SQL)?.tasks.pop() {
            Some(Task::Answer(Outcome::Ok { response })) => Ok(response.into()),
            Some(Task::Answer(Outcome::Error { error })) => Err(error.into()),
            _ => Err(SqlError::from(Refusal::Internal).into()),
        }
    }

    fn open_cursor(&mut self, ticket: Ticket, stream_id: i32, cursor_id: i32, steps: Steps) -> Handled {
        if self.cursors.contains_key(&cursor_id) {
            return Err(Violation::forbidden(format!("cursor {cursor_id} is open already")).into());
        }
        self.guest.policy()?;
        let stream = self.streams.get_mut(&stream_id).ok_or_else(|| not_open(stream_id))?;
        check_unoccupied(stream_id, stream)?;
        stream.cursor = Some(cursor_id);
        self.cursors.insert(cursor_id, stream_id);
        give(&mut self.backlog, stream, ticket, Work::OpenCursor(steps, self.guest.clone()))
    }

    fn close_cursor(&mut self, ticket: Ticket, cursor_id: i32) -> Handled {
        let answer = self.ask_cursor(ticket, cursor_id, Work::CloseCursor);
        if let Some(stream_id) = self.cursors.remove(&cursor_id)
            && let Some(stream) = self.streams.get_mut(&stream_id)
        {
            stream.cursor = None;
        }
        answer
    }

    fn ask_cursor(&mut self, ticket: Ticket, cursor_id: i32, work: Work) -> Handled {
        let stream = self.cursors.get(&cursor_id).and_then(|stream_id| self.streams.get(stream_id));
        match stream {
            Some(stream) => give(&mut self.backlog, stream, ticket, work),
            None => Err(SqlError::new("CURSOR_NOT_OPEN", format!("cursor {cursor_id} is not open")).into()),
        }
    }

    async fn send(&mut self, answer: ServerMessage) -> Result<(), Violation> {
        let message = self.subprotocol.encoding.write_message(answer)?;
        self.write(message).await
    }

    /// A client that does not read keeps its transactions open, so it gets as long as the reader of a cursor.
    async fn write(&mut self, message: Message) -> Result<(), Violation> {
        match timeout(MAX_STALL, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Violation::end()),
        }
    }
}

/// The answer to a request; nothing as long as its stream works on it.
type Handled = Result<Option<SocketResponse>, Failure>;

fn give(backlog: &mut Backlog, stream: &OpenStream, ticket: Ticket, work: Work) -> Handled {
    // A worker that takes no more has crashed, which ends the connection.
    stream.jobs.send(Job { ticket, work }).map_err(|_| SqlError::from(Refusal::Internal))?;
    backlog.enter(ticket);
    Ok(None)
}

fn check_unoccupied(stream_id: i32, stream: &OpenStream) -> Result<(), Violation> {
    match stream.cursor {
        Some(cursor) => Err(Violation::forbidden(format!("stream {stream_id} is occupied by cursor {cursor}"))),
        None => Ok(()),
    }
}

fn not_open(stream_id: i32) -> SqlError {
    SqlError::new("STREAM_NOT_OPEN", format!("stream {stream_id} is not open"))
}
