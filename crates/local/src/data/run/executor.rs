//! Runs the statements of a stream, one after another: on a thread that may block, or briefly on one that must not.

use tokio::time::{Duration, Instant};

use crate::data::database::attach::{self, Attach};
use crate::data::database::{Database, Fate, Output, Policy, Session, Write, transaction_timeout};
use crate::data::engine::words::{Word, words};
use crate::data::engine::{Command, EngineConnection, Interrupter, Known, Ran, RowSink, Stop};
use crate::data::hrana::{Description, SqlError};

/// A statement may take this long: so much that only a mistake does.
const STATEMENT_LIMIT: Duration = Duration::from_secs(300);

/// The first words of statements that leave the database as it is, or that only end what others have begun.
const READING: [&str; 7] = ["SELECT", "VALUES", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"];

/// How long statements may stay on a thread that must not block: ten times as long as it takes to go to another thread and
/// back.
const BRIEF_TURN: Duration = Duration::from_micros(250);

/// What a stream runs. It may have to wait for its turn to write, and then goes on where it was.
pub(crate) trait Script: Send + 'static {
    /// Whether it runs only where it may block.
    const BLOCKS: bool = false;

    /// Does what takes no connection; says whether anything is left.
    fn needs_connection(&mut self, is_autocommit: bool) -> bool;

    /// The statement that comes next, if none comes after it.
    fn only_statement(&self) -> Option<&Command> {
        None
    }

    /// Runs what is left, up to the first statement that has to wait.
    fn go_on(&mut self, executor: &mut Executor<'_>) -> Result<(), Pause>;

    /// Gives the statement that comes next this end.
    fn end_statement(&mut self, outcome: Result<Output, SqlError>);

    /// Gives this end to all that is left and would run.
    fn end_all(&mut self, error: &SqlError, is_autocommit: bool) {
        while self.needs_connection(is_autocommit) {
            self.end_statement(Err(error.clone()));
        }
    }
}

/// What a statement waits for that has not started, or was undone.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pause {
    /// Its turn to write.
    Turn,
    /// Its turn to write, which it may share with others.
    SharedTurn,
    /// A thread that may block.
    Thread,
}

/// Where statements run.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RunsOn {
    /// On a thread that may block.
    Thread,
    /// Where the request is, which must not block: only what has been brief before, and nothing for long.
    Request,
}

/// The outer failure is for later, the inner one is an answer.
type Attempt<T> = Result<Result<T, SqlError>, Pause>;

/// A session while statements run on it.
pub(crate) struct Executor<'a> {
    database: &'a Database,
    policy: &'a Policy,
    session: &'a mut Session,
    abandonment: Interrupter,
    /// When to leave the thread, if it must not block.
    leave: Option<Instant>,
    /// Whether a transaction was open when the statement began.
    had_transaction: bool,
    /// Whether a turn to write may be shared.
    may_share: bool,
}

impl<'a> Executor<'a> {
    pub(crate) fn new(runs_on: RunsOn, database: &'a Database, policy: &'a Policy, session: &'a mut Session) -> Self {
        let leave = match runs_on {
            RunsOn::Thread => None,
            RunsOn::Request => Some(Instant::now() + BRIEF_TURN),
        };
        session.set_may_block(leave.is_none());
        // Here and not where the connection is opened: the limit may have changed since.
        session.limit_size(database.record().size_limit);
        let abandonment = session.interrupter();
        let (had_transaction, may_share) = (false, false);
        Self { database, policy, session, abandonment, leave, had_transaction, may_share }
    }

    /// For a statement that comes alone: where it may share its turn to write, it is to wait for that.
    pub(crate) fn sharing(self) -> Self {
        Self { may_share: true, ..self }
    }

    pub(crate) fn is_autocommit(&self) -> bool {
        self.session.is_autocommit()
    }

    /// Runs one statement into a sink.
    pub(crate) fn execute(&mut self, command: &Command, sink: &mut dyn RowSink) -> Attempt<Ran> {
        if let Err(error) = self.begin(Some(&command.sql))? {
            return Ok(Err(error));
        }
        let run = match attach::parse(&command.sql) {
            Some(attach) => self.attach(attach).and_then(|()| Ok(sink.begin(Vec::new())?)).map(|()| Ran::default()),
            None => self
                .session
                .with_gate(self.database, self.policy, |connection, gate| connection.execute(command, gate, sink)),
        };
        Ok(self.end(run)?.inspect(|ran| self.database.count(&command.sql, *ran)))
    }

    /// Runs all statements of a text.
    pub(crate) fn execute_all(&mut self, sql: &str) -> Attempt<()> {
        if let Err(error) = self.begin(None)? {
            return Ok(Err(error));
        }
        // A sequence cannot stop halfway to wait: what it has begun would run twice. It takes its turn beforehand.
        if may_write_late(sql) && !self.policy.is_read_only() && !self.session.try_to_take_turn() {
            return Err(Pause::Turn);
        }
        let run =
            self.session.with_gate(self.database, self.policy, |connection, gate| connection.execute_all(sql, gate));
        Ok(self.end(run)?.map(|ran| self.database.count(sql, ran)))
    }

    /// Describes a statement.
    pub(crate) fn describe(&mut self, sql: &str) -> Attempt<Description> {
        Ok(match self.begin(None)? {
            Ok(()) => self.connection().describe(sql),
            Err(error) => Err(error),
        })
    }

    /// The connection, for what is no statement of the client.
    pub(crate) fn connection(&mut self) -> &mut EngineConnection {
        self.session.end_statements_at(latest_end());
        self.session.connection(self.policy)
    }

    /// Rolls back what is open if it has held up others for too long; says whether it did.
    pub(crate) fn settle(&mut self) -> bool {
        self.session.settle()
    }

    /// Runs writes of several requests as one transaction. Needs the turn to write.
    pub(crate) fn execute_together(&mut self, writes: &[&Write]) -> Vec<Fate> {
        let fates = self.commit_together(writes);
        if fates.is_none()
            && let Err(error) = self.session.connection(self.policy).roll_back()
        {
            tracing::warn!(message = error.message, "could not roll back what requests did together");
        }
        self.settle();
        fates.unwrap_or_else(|| writes.iter().map(|_| Fate::Alone).collect())
    }

    /// The fate of each, or nothing if the transaction was undone.
    fn commit_together(&mut self, writes: &[&Write]) -> Option<Vec<Fate>> {
        let leave = self.leave?;
        self.session.end_statements_at(leave);
        self.session.connection(self.policy).begin().ok()?;
        let fates = writes.iter().map(|write| self.write_one_of_many(write, leave)).collect::<Option<Vec<_>>>()?;
        self.session.connection(self.policy).commit().ok()?;
        for (write, fate) in writes.iter().zip(&fates) {
            if let Fate::Done { outcome: Ok(output), .. } = fate {
                self.database.count(&write.command.sql, output.ran);
            }
        }
        Some(fates)
    }

    /// Does one write of a transaction that is shared. Nothing if that cannot go on: the write has ended it, or left what
    /// others would have to answer for, or has done what it can only do alone.
    fn write_one_of_many(&mut self, write: &Write, leave: Instant) -> Option<Fate> {
        if Instant::now() >= leave {
            return Some(Fate::Again);
        }
        // Another connection knows it to be brief; this one might have to find out.
        if self.session.recall(&write.command.sql).is_none_or(|known| !known.is_brief) {
            return Some(Fate::Alone);
        }
        self.session.set_last_insert_rowid(write.last_insert_rowid);
        let mut output = Output::default();
        let run = self.session.with_gate(self.database, &write.policy, |connection, gate| {
            connection.execute(&write.command, gate, &mut output)
        });
        if self.session.is_autocommit() || self.session.owes_foreign_keys() || output.is_too_much() {
            return None;
        }
        let outcome = match run {
            Ok(ran) => Ok(output.end(ran)),
            Err(Stop::Failed(error)) if !has_done_nothing(&error) => Err(error),
            Err(_) => return Some(Fate::Alone),
        };
        Some(Fate::Done { outcome, last_insert_rowid: self.session.last_insert_rowid() })
    }

    /// Attaches a database for the rest of the stream.
    fn attach(&mut self, attach: Result<Attach, SqlError>) -> Result<(), Stop> {
        let attach = attach?;
        let other = self.database.attachable(&attach.id, self.policy)?;
        self.session.attach(self.database, self.policy, &other, &attach.schema)
    }

    /// Lets nothing begin that nobody waits for, nor anything that may block where it must not, and gives everything an end.
    /// Only a single statement can be known to be brief.
    fn begin(&mut self, statement: Option<&str>) -> Attempt<()> {
        if self.abandonment.is_interrupted() {
            return Ok(Err(SqlError::interrupted()));
        }
        let end = match self.leave {
            None => latest_end(),
            Some(leave) => {
                self.check_brevity(statement, leave)?;
                leave
            }
        };
        self.session.end_statements_at(end);
        self.had_transaction = !self.is_autocommit();
        Ok(Ok(()))
    }

    /// Says what has to be waited for before a statement may run where nothing may block.
    fn check_brevity(&mut self, statement: Option<&str>, leave: Instant) -> Result<(), Pause> {
        let known = statement.and_then(|sql| self.session.recall(sql)).filter(|known| known.is_brief);
        let Some(Known { effect, .. }) = known.filter(|_| !self.session.owes_rotation() && Instant::now() < leave)
        else {
            return Err(Pause::Thread);
        };
        if effect.writes && !self.is_autocommit() {
            // It could not be undone without the rest of the transaction.
            return Err(Pause::Thread);
        }
        if !effect.writes || self.session.has_turn() {
            Ok(())
        } else if self.can_share() {
            Err(Pause::SharedTurn)
        } else if self.session.try_to_take_turn() {
            Ok(())
        } else {
            Err(Pause::Turn)
        }
    }

    /// Whether a write may run on the connection of another stream, among the writes of others. A lost transaction is told to
    /// its own client: no leader of a group has one.
    fn can_share(&self) -> bool {
        self.may_share
            && self.session.is_disposable()
            && !self.session.has_lost_transaction()
            && self.policy.rules().is_none()
    }

    fn end<T>(&mut self, run: Result<T, Stop>) -> Attempt<T> {
        let was_ended = self.settle() || self.was_rolled_back(&run);
        match run {
            _ if was_ended => Ok(Err(transaction_timeout())),
            // Most likely it needs what the transaction had made.
            Err(Stop::Failed(_)) if self.session.has_lost_transaction() => Ok(Err(transaction_timeout())),
            Err(Stop::WaitToWrite) => Err(Pause::Turn),
            Err(Stop::Failed(error)) if self.leave.is_some() && has_done_nothing(&error) => Err(Pause::Thread),
            Err(Stop::Failed(error)) => Ok(Err(error)),
            Ok(done) => Ok(Ok(done)),
        }
    }

    /// Whether an interruption has cost the open transaction: with a write, the engine takes back all that is not committed.
    fn was_rolled_back<T>(&mut self, run: &Result<T, Stop>) -> bool {
        let was_interrupted = matches!(run, Err(Stop::Failed(error)) if error.is_interruption());
        let was_rolled_back = was_interrupted && self.had_transaction && self.is_autocommit();
        if was_rolled_back {
            self.session.lose_transaction();
        }
        was_rolled_back
    }
}

/// Whether a text of several statements may write, by what each begins with. Drivers begin transactions like this that may
/// only read, and those wait for nobody. A statement that is alone can wait for its turn itself.
fn may_write_late(sql: &str) -> bool {
    let (mut words, mut is_alone, mut may_write) = (words(sql), true, false);
    while let Some(first) = words.find(|word| *word != Word::Sign(';')) {
        let rest = words.by_ref().take_while(|word| *word != Word::Sign(';'));
        // Counted to the end of the statement: what follows is the next one.
        let more = rest.filter(|word| !word.is("DEFERRED") && !word.is("TRANSACTION")).count();
        let only_reads = READING.iter().any(|keyword| first.is(keyword)) || (first.is("BEGIN") && more == 0);
        may_write |= !only_reads;
        if may_write && !is_alone {
            return true;
        }
        is_alone = false;
    }
    false
}

fn latest_end() -> Instant {
    Instant::now() + STATEMENT_LIMIT
}

/// Whether a statement would have had to go on for longer, or to wait: both undo it.
fn has_done_nothing(error: &SqlError) -> bool {
    error.is_interruption() || error.code == "SQLITE_BUSY"
}
