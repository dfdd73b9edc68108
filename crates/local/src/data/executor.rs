//! Runs the statements of a stream, one after another, on a thread that may block.

use tokio::time::{Duration, Instant};

use super::attach::{self, Attach};
use super::database::Database;
use super::engine::{Command, Connection, Interrupter, Ran, RowSink, Stop};
use super::hrana::{Description, SqlError};
use super::policy::Policy;
use super::session::{Session, transaction_timeout};

/// A single statement outside a transaction may take this long: so much that only a mistake does.
const STATEMENT_LIMIT: Duration = Duration::from_secs(300);

/// What a stream runs. It may have to wait for its turn to write, and then goes on where it was.
pub(crate) trait Script: Send + 'static {
    /// Does what takes no connection; says whether anything is left.
    fn needs_connection(&mut self, is_autocommit: bool) -> bool;

    /// Runs what is left, up to the first statement that has to wait.
    fn go_on(&mut self, executor: &mut Executor<'_>) -> Result<(), WaitToWrite>;

    /// Gives the statement that comes next this end.
    fn fail(&mut self, error: SqlError);
}

/// A statement has not started: it must wait for its turn to write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WaitToWrite;

/// The outer failure is for later, the inner one is an answer.
type Attempt<T> = Result<Result<T, SqlError>, WaitToWrite>;

/// A session while statements run on it.
pub(crate) struct Executor<'a> {
    database: &'a Database,
    policy: &'a Policy,
    session: &'a mut Session,
    transaction_is_lost: &'a mut bool,
    abandonment: Interrupter,
}

impl<'a> Executor<'a> {
    pub(crate) fn new(
        database: &'a Database,
        policy: &'a Policy,
        session: &'a mut Session,
        transaction_is_lost: &'a mut bool,
    ) -> Self {
        // Here and not where the connection is opened: the limit may have changed since.
        session.limit_size(database.record().size_limit);
        let abandonment = session.interrupter();
        Self { database, policy, session, transaction_is_lost, abandonment }
    }

    pub(crate) fn is_autocommit(&self) -> bool {
        self.session.is_autocommit()
    }

    /// Runs one statement into a sink.
    pub(crate) fn execute(&mut self, command: &Command, sink: &mut dyn RowSink) -> Attempt<Ran> {
        if let Err(error) = self.begin() {
            return Ok(Err(error));
        }
        if let Some(attach) = attach::parse(&command.sql) {
            let attached = attach.map_err(Stop::from).and_then(|attach| self.attach(&attach));
            return self
                .end(attached)
                .map(|attached| attached.and_then(|()| sink.begin(Vec::new())).map(|()| Ran::default()));
        }
        let run = self.session.with_gate(self.policy, self.transaction_is_lost, |connection, gate| {
            connection.execute(command, gate, sink)
        });
        self.end(run).map(|ran| ran.inspect(|ran| self.database.count(&command.sql, *ran)))
    }

    /// Runs all statements of a text.
    pub(crate) fn execute_all(&mut self, sql: &str) -> Attempt<()> {
        if let Err(error) = self.begin() {
            return Ok(Err(error));
        }
        // A sequence cannot stop halfway to wait, and one that only reads is rare: it takes its turn beforehand.
        if !self.policy.needs_screening() && !self.session.try_to_take_turn() {
            return Err(WaitToWrite);
        }
        let run = self
            .session
            .with_gate(self.policy, self.transaction_is_lost, |connection, gate| connection.execute_all(sql, gate));
        self.end(run).map(|ran| ran.map(|ran| self.database.count(sql, ran)))
    }

    /// Describes a statement.
    pub(crate) fn describe(&mut self, sql: &str) -> Result<Description, SqlError> {
        self.begin()?;
        self.connection().describe(sql)
    }

    /// The connection, for what is no statement of the client.
    pub(crate) fn connection(&mut self) -> &mut dyn Connection {
        self.session.connection(self.policy)
    }

    /// Rolls back what is open if its time is up; says whether it did.
    pub(crate) fn settle(&mut self) -> bool {
        let was_ended = self.session.settle();
        *self.transaction_is_lost |= was_ended;
        was_ended
    }

    /// Attaches a database for the rest of the stream.
    fn attach(&mut self, attach: &Attach) -> Result<(), Stop> {
        let file = self.database.attachable(&attach.id, self.policy)?.existing_file()?;
        self.session.attach(self.policy, self.transaction_is_lost, file, &attach.schema)
    }

    /// Nothing begins that nobody waits for, and nothing goes on for ever.
    fn begin(&mut self) -> Result<(), SqlError> {
        if self.abandonment.is_interrupted() {
            return Err(SqlError::new("SQLITE_INTERRUPT", "SQLite error: interrupted"));
        }
        let end = self.session.deadline().unwrap_or_else(|| Instant::now() + STATEMENT_LIMIT);
        self.session.end_statements_at(end);
        Ok(())
    }

    fn end<T>(&mut self, run: Result<T, Stop>) -> Attempt<T> {
        let was_ended = self.settle();
        match run {
            _ if was_ended => Ok(Err(transaction_timeout())),
            Err(Stop::WaitToWrite) => Err(WaitToWrite),
            Err(Stop::Failed(error)) => Ok(Err(error)),
            Ok(done) => Ok(Ok(done)),
        }
    }
}
