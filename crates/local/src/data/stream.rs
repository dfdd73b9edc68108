//! A stream while a request runs on it: the asynchronous side of a session.

use std::sync::Arc;

use tokio::task::{JoinError, JoinHandle, spawn_blocking};
use tokio::time::{Duration, Instant, timeout, timeout_at};

use super::attach::{self, Attach};
use super::database::Database;
use super::dump::Chunks;
use super::engine::{Command, Ran, RowSink, Stop};
use super::hrana::{Description, SqlError};
use super::permissions::Denial;
use super::plan::StoredSql;
use super::policy::Policy;
use super::refusal::Refusal;
use super::session::{InterruptOnDrop, Session, transaction_timeout};
use super::stack;

/// Long enough for a writer in front to use up its own limit and for the queue behind it to move.
const MAX_WAIT_TO_WRITE: Duration = Duration::from_secs(10);
const MAX_WAIT_FOR_CONNECTION: Duration = Duration::from_secs(5);

/// A single statement outside a transaction may take this long: so much that only a mistake does.
const STATEMENT_LIMIT: Duration = Duration::from_secs(300);

/// The outer failure refuses the whole request, the inner one is an answer.
type Attempt<T> = Result<Result<T, SqlError>, Refusal>;

/// What a stream keeps between requests.
#[derive(Default)]
pub(crate) struct StreamState {
    pub(crate) session: Option<Box<Session>>,
    pub(crate) stored: StoredSql,
    /// What `last_insert_rowid()` said when the stream gave its connection back.
    last_insert_rowid: i64,
    /// The server rolled a transaction back and the client has not noticed yet.
    pub(crate) transaction_is_lost: bool,
}

/// A stream in use. Dropping it ends it.
pub(crate) struct Stream {
    database: Arc<Database>,
    pub(crate) state: StreamState,
}

impl Stream {
    pub(crate) fn new(database: Arc<Database>, state: StreamState) -> Self {
        Self { database, state }
    }

    /// Runs one statement. The sink comes back filled.
    pub(crate) async fn execute<S>(
        &mut self,
        command: &Arc<Command>,
        policy: Policy,
        mut sink: S,
    ) -> Result<(S, Result<Ran, SqlError>), Refusal>
    where
        S: RowSink + Send + 'static,
    {
        if let Some(attach) = attach::parse(&command.sql) {
            let attached = self.attach(attach, policy).await?;
            let ran = attached.and_then(|()| sink.begin(Vec::new())).map(|()| Ran::default());
            return Ok((sink, ran));
        }
        loop {
            if let Err(error) = self.connect().await? {
                return Ok((sink, Err(error)));
            }
            let (running, policy) = (Arc::clone(command), policy.clone());
            let work = move |session: &mut Session, is_lost: &mut bool| {
                let run = session
                    .with_gate(&policy, is_lost, |connection, gate| connection.execute(&running, gate, &mut sink));
                (sink, run)
            };
            let ((returned, run), was_ended) = self.on_thread(work).await?;
            sink = returned;
            let outcome = match run {
                _ if was_ended => Err(transaction_timeout()),
                Err(Stop::WaitToWrite) => match self.wait_to_write().await? {
                    Ok(()) => continue,
                    Err(error) => Err(error),
                },
                Err(Stop::Failed(error)) => Err(error),
                Ok(ran) => {
                    self.database.count(&command.sql, ran);
                    Ok(ran)
                }
            };
            return Ok((sink, outcome));
        }
    }

    /// Runs all statements of a text.
    pub(crate) async fn execute_all(&mut self, sql: &Arc<str>, policy: Policy) -> Attempt<()> {
        if let Err(error) = self.connect().await? {
            return Ok(Err(error));
        }
        // A sequence cannot stop halfway to wait, and one that only reads is rare: it takes its turn beforehand.
        if !policy.needs_screening()
            && let Err(error) = self.wait_to_write().await?
        {
            return Ok(Err(error));
        }
        let running = Arc::clone(sql);
        let work = move |session: &mut Session, is_lost: &mut bool| {
            session.with_gate(&policy, is_lost, |connection, gate| connection.execute_all(&running, gate))
        };
        let (run, was_ended) = self.on_thread(work).await?;
        Ok(match run {
            _ if was_ended => Err(transaction_timeout()),
            Ok(ran) => {
                self.database.count(sql, ran);
                Ok(())
            }
            Err(Stop::Failed(error)) => Err(error),
            Err(Stop::WaitToWrite) => Err(busy()),
        })
    }

    /// Describes a statement.
    pub(crate) async fn describe(&mut self, sql: &Arc<str>, policy: Policy) -> Attempt<Description> {
        if let Err(error) = self.connect().await? {
            return Ok(Err(error));
        }
        let sql = Arc::clone(sql);
        let (description, _) = self.on_thread(move |session, _| session.connection(&policy).describe(&sql)).await?;
        Ok(description)
    }

    /// Whether the policy forbids one of these texts, and with it the whole request. What the rules of a token do not
    /// allow is refused at once, with the reason.
    async fn is_forbidden(&mut self, texts: Vec<String>, policy: Policy) -> Result<bool, Refusal> {
        if texts.is_empty() || self.connect().await?.is_err() {
            return Ok(false);
        }
        let inspect = move |session: &mut Session, _: &mut bool| -> Result<bool, Denial> {
            for sql in &texts {
                if policy.forbids(session.connection(&policy).inspect(sql)?) {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        self.on_thread(inspect).await?.0.map_err(Refusal::ActionForbidden)
    }

    /// Attaches a database for the rest of the stream.
    async fn attach(&mut self, attach: Result<Attach, SqlError>, policy: Policy) -> Attempt<()> {
        let target = attach.and_then(|attach| Ok((self.database.attachable(&attach.id, &policy)?, attach.schema)));
        let (target, schema) = match target {
            Ok(target) => target,
            Err(error) => return Ok(Err(error)),
        };
        if let Err(error) = self.connect().await? {
            return Ok(Err(error));
        }
        let work = move |session: &mut Session, is_lost: &mut bool| {
            let file = target.existing_file()?;
            session.attach(&policy, is_lost, file, &schema)
        };
        let (attached, was_ended) = self.on_thread(work).await?;
        Ok(match attached {
            _ if was_ended => Err(transaction_timeout()),
            Ok(()) => Ok(()),
            Err(Stop::Failed(error)) => Err(error),
            Err(Stop::WaitToWrite) => Err(busy()),
        })
    }

    /// Writes the whole database as SQL text.
    pub(crate) async fn dump(&mut self, policy: &Policy, preserve_row_ids: bool, mut chunks: Chunks) -> Attempt<()> {
        if let Err(error) = self.connect().await? {
            return Ok(Err(error));
        }
        let policy = policy.clone();
        let work = move |session: &mut Session, _: &mut bool| {
            session
                .connection(&policy)
                .dump(preserve_row_ids, &mut |text| chunks.push(text))
                .and_then(|()| chunks.flush())
        };
        Ok(self.on_thread(work).await?.0)
    }

    /// Refuses a whole request that holds a statement the policy forbids.
    pub(crate) async fn refuse_forbidden(
        &mut self,
        policy: &Policy,
        texts: impl FnOnce() -> Vec<String>,
    ) -> Result<(), Refusal> {
        if policy.needs_screening() && self.is_forbidden(texts(), policy.clone()).await? {
            return Err(Refusal::WriteForbidden);
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
        if let Some(session) = self.state.session.take_if(|session| session.is_disposable()) {
            self.state.last_insert_rowid = session.last_insert_rowid();
            self.database.give_back(session);
        }
    }

    /// When the open transaction has to end.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.state.session.as_ref()?.deadline()
    }

    /// Rolls back what is open, and lets the next statement tell its client.
    pub(crate) fn end_transaction(&mut self) {
        self.state.transaction_is_lost = true;
        if let Some(session) = self.state.session.take() {
            self.database.give_back(session);
        }
    }

    /// Makes sure the stream has a connection.
    async fn connect(&mut self) -> Attempt<()> {
        if self.state.session.is_some() {
            return Ok(Ok(()));
        }
        let slot = timeout(MAX_WAIT_FOR_CONNECTION, self.database.slots().acquire_owned()).await;
        let Ok(Ok(slot)) = slot else {
            return Err(Refusal::TooManyStreams);
        };
        let connection = if let Some(connection) = self.database.idle_connection() {
            connection
        } else {
            let database = Arc::clone(&self.database);
            match spawn_blocking(move || database.connect()).await.map_err(crashed)? {
                Ok(connection) => connection,
                Err(error) => return Ok(Err(error)),
            }
        };
        let session = self.state.session.insert(Box::new(self.database.session(connection, slot)));
        session.set_last_insert_rowid(self.state.last_insert_rowid);
        Ok(Ok(()))
    }

    /// Waits in the database's queue of writers; without success, the open transaction may have been ended.
    async fn wait_to_write(&mut self) -> Attempt<()> {
        let Some(session) = self.state.session.as_mut().filter(|session| !session.has_turn()) else {
            return Ok(Ok(()));
        };
        let patience = Instant::now() + MAX_WAIT_TO_WRITE;
        let until = session.deadline().map_or(patience, |deadline| deadline.min(patience));
        match timeout_at(until, self.database.writers().acquire_owned()).await {
            Ok(Ok(turn)) => {
                session.take_turn(turn);
                Ok(Ok(()))
            }
            Ok(Err(_)) => Err(Refusal::Internal),
            Err(_) => {
                let ((), was_ended) = self.on_thread(|_, _| ()).await?;
                Ok(Err(if was_ended { transaction_timeout() } else { busy() }))
            }
        }
    }

    /// Runs `work` on a thread that may block. Says also whether the transaction was ended because its time was up.
    async fn on_thread<R: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Session, &mut bool) -> R + Send + 'static,
    ) -> Result<(R, bool), Refusal> {
        let mut session = self.state.session.take().ok_or(Refusal::Internal)?;
        let mut is_lost = self.state.transaction_is_lost;
        let running = InterruptOnDrop::new(&session);
        let deadline = session.deadline().unwrap_or_else(|| Instant::now() + STATEMENT_LIMIT);
        let size_limit = self.database.record().size_limit;
        // The session travels with the work: if the client goes away meanwhile, it ends on that thread, rolled back.
        let thread = spawn_blocking(move || {
            // Here and not where the connection is opened: the limit may have changed since.
            session.limit_size(size_limit);
            let result = stack::with_room(|| work(&mut session, &mut is_lost));
            let was_ended = session.settle();
            (session, is_lost | was_ended, result, was_ended)
        });
        let finished = interrupt_at(deadline, &running, thread).await;
        running.disarm();
        let (session, is_lost, result, was_ended) = finished.map_err(crashed)?;
        self.state.session = Some(session);
        self.state.transaction_is_lost = is_lost;
        Ok((result, was_ended))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if let Some(session) = self.state.session.take() {
            self.database.give_back(session);
        }
    }
}

async fn interrupt_at<T>(
    deadline: Instant,
    running: &InterruptOnDrop,
    mut thread: JoinHandle<T>,
) -> Result<T, JoinError> {
    if let Ok(finished) = timeout_at(deadline, &mut thread).await {
        return finished;
    }
    running.interrupt();
    thread.await
}

fn busy() -> SqlError {
    SqlError::new("SQLITE_BUSY", "SQLite error: database is locked")
}

#[expect(clippy::needless_pass_by_value, reason = "used as a function for `map_err`")]
fn crashed(error: JoinError) -> Refusal {
    tracing::error!(%error, "the engine crashed");
    Refusal::Internal
}
