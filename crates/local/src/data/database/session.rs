//! A connection in the hands of one stream, with its place in the queue of writers and its deadline.

use std::sync::{Arc, Weak};

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Duration, Instant, sleep_until};

use super::attach::refused;
use super::policy::Policy;
use super::writers::{Turn, Writers};
use super::{Database, OpenPermit};
use crate::data::engine::{Effect, EngineConnection, Interrupter, Known, Lease, Stop, TransactionStep};
use crate::data::hrana::SqlError;
use crate::data::refusal::Refusal;
use crate::data::storage::DatabaseFile;
use crate::data::storage::history::History;

/// An explicit transaction that has kept others from writing for so long is rolled back as soon as one of them waits, so
/// that no client can lock the others out.
pub(crate) const TRANSACTION_LIMIT: Duration = Duration::from_secs(5);

/// What a stream takes along from one connection to the next.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Carried {
    /// What `last_insert_rowid()` says.
    pub(crate) last_insert_rowid: i64,
    /// The server rolled a transaction back and the client has not noticed yet.
    pub(crate) transaction_is_lost: bool,
}

/// The fields are dropped in this order: closing the connection rolls back, then the next writer may start, and the
/// file may go last.
pub(crate) struct Session {
    connection: EngineConnection,
    turn: Option<Turn>,
    /// How long the open transaction may keep the turn to write from others.
    lease: Lease,
    transaction_is_lost: bool,
    /// Whether the thread on which statements run may block.
    may_block: bool,
    /// It is for this session to archive the log, which takes a while.
    owes_rotation: bool,
    writers: Arc<Writers>,
    history: Arc<History>,
    slot: OwnedSemaphorePermit,
    _file: Arc<DatabaseFile>,
    attached: Vec<Attached>,
}

/// Another database that statements of the session read, under a name.
struct Attached {
    schema: String,
    database: Weak<Database>,
    _file: Arc<DatabaseFile>,
    _permit: OpenPermit,
}

impl Session {
    pub(crate) fn new(
        mut connection: EngineConnection,
        writers: Arc<Writers>,
        slot: OwnedSemaphorePermit,
        history: Arc<History>,
        file: Arc<DatabaseFile>,
        carried: Carried,
    ) -> Self {
        connection.set_last_insert_rowid(carried.last_insert_rowid);
        Self {
            lease: connection.lease(),
            connection,
            turn: None,
            transaction_is_lost: carried.transaction_is_lost,
            may_block: true,
            owes_rotation: false,
            writers,
            history,
            slot,
            _file: file,
            attached: Vec::new(),
        }
    }

    /// Runs `work` on the connection, which is one of `database`, with the gate every statement has to pass.
    pub(crate) fn with_gate<R>(
        &mut self,
        database: &Database,
        policy: &Policy,
        work: impl FnOnce(&mut EngineConnection, &mut dyn FnMut(Effect) -> Result<(), Stop>) -> R,
    ) -> R {
        let Self { connection, turn, lease, writers, attached, transaction_is_lost, .. } = self;
        connection.restrict(policy.rules());
        let is_autocommit = connection.is_autocommit();
        // A read-only token may have the baton of one that has written.
        let ends_writes = policy.is_read_only() && connection.holds_write_lock();
        let mut may_detach = false;
        let mut gate = |effect: Effect| {
            may_detach |= effect.attaches;
            let effect = Effect { writes: effect.writes || (ends_writes && effect.transaction.is_some()), ..effect };
            policy.check(effect)?;
            check_attached(attached, database, policy, effect)?;
            check_lost_transaction(transaction_is_lost, effect)?;
            if effect.writes && turn.is_none() {
                *turn = Some(writers.try_turn().ok_or(Stop::WaitToWrite)?);
                if !is_autocommit {
                    lease.begin(TRANSACTION_LIMIT);
                }
            }
            Ok(())
        };
        let done = work(connection, &mut gate);
        if may_detach {
            self.let_go_of_detached();
        }
        done
    }

    /// What was detached may be deleted, and its files belong to others.
    fn let_go_of_detached(&mut self) {
        match self.connection.attached() {
            Ok(names) => self.attached.retain(|other| names.contains(&other.schema)),
            Err(error) => tracing::warn!(message = error.message, "could not find out what was detached"),
        }
    }

    /// The connection, held to the rules of the policy.
    pub(crate) fn connection(&mut self, policy: &Policy) -> &mut EngineConnection {
        self.connection.restrict(policy.rules());
        &mut self.connection
    }

    /// Attaches another database for the rest of the session.
    pub(crate) fn attach(
        &mut self,
        database: &Database,
        policy: &Policy,
        other: &Arc<Database>,
        schema: &str,
    ) -> Result<(), Stop> {
        let file = other.existing_file()?;
        let permit = other.permit_to_attach().ok_or_else(|| SqlError::from(Refusal::TooManyFiles))?;
        self.with_gate(database, policy, |connection, gate| {
            gate(Effect::default())?;
            Ok::<_, Stop>(connection.attach(file.path(), schema)?)
        })?;
        let (schema, database) = (schema.to_owned(), Arc::downgrade(other));
        self.attached.push(Attached { schema, database, _file: file, _permit: permit });
        Ok(())
    }

    /// Holds the database to a size from the next statement on.
    pub(crate) fn limit_size(&mut self, bytes: Option<u64>) {
        if let Err(error) = self.connection.limit_size(bytes) {
            // The statement that follows will most likely fail for the same reason, and tell its client so.
            tracing::warn!(message = error.message, "could not limit the size of a database");
        }
    }

    /// Draws the consequences of what just ran: writes down what was committed, lets the next writer in, starts the
    /// deadline of a new transaction that writes, ends one that has held up others for too long. Says whether it was ended.
    /// What takes long is left for the next time where the thread may not block, and the turn to write is kept until then.
    pub(crate) fn settle(&mut self) -> bool {
        // A sequence may have committed and then opened a transaction.
        let is_long = self.history.enter(&mut self.connection) || self.owes_rotation;
        if self.connection.is_autocommit() {
            self.lease.release();
            self.owes_rotation = is_long && self.turn.is_some();
            if !self.owes_rotation {
                self.turn = None;
            } else if self.may_block {
                self.rotate();
            }
            return false;
        }
        self.start_lease();
        // A sequence takes its turn before it is known whether it writes, and a write may have failed before it began.
        if self.turn.is_some() && !self.lease.has_yielded() && !self.connection.holds_write_lock() {
            self.give_turn_back();
            return false;
        }
        if !self.is_forfeit() {
            return false;
        }
        self.roll_back();
        true
    }

    /// Ends the open transaction for those who wait, which its client has yet to be told. Settings and temporary objects
    /// stay.
    pub(crate) fn roll_back(&mut self) {
        self.transaction_is_lost = true;
        if let Err(error) = self.connection.roll_back() {
            tracing::warn!(message = error.message, "could not roll back a transaction");
        }
        self.give_turn_back();
    }

    fn give_turn_back(&mut self) {
        self.turn = None;
        // It is for who commits next.
        self.owes_rotation = false;
        self.lease.release();
    }

    fn start_lease(&self) {
        if self.turn.is_some() && !self.is_autocommit() {
            self.lease.begin(TRANSACTION_LIMIT);
        }
    }

    fn is_forfeit(&self) -> bool {
        self.lease.is_over() && (self.lease.has_yielded() || self.writers.waiters().are_there())
    }

    /// Comes when the open transaction has to be rolled back; nothing if it does not keep anybody from writing.
    pub(crate) fn forfeit(&self) -> Option<impl Future<Output = ()> + Send + use<>> {
        let (end, waiters) = (self.lease.end()?, self.writers.waiters().clone());
        Some(async move {
            sleep_until(end).await;
            waiters.come().await;
        })
    }

    fn rotate(&mut self) {
        self.history.rotate(&mut self.connection);
        self.owes_rotation = false;
        self.turn = None;
        self.history.forget();
    }

    /// Whether it has to settle on a thread that may block.
    pub(crate) fn owes_rotation(&self) -> bool {
        self.owes_rotation
    }

    /// What is known of a text without compiling it.
    pub(crate) fn recall(&self, sql: &str) -> Option<Known> {
        self.connection.recall(sql)
    }

    pub(crate) fn has_turn(&self) -> bool {
        self.turn.is_some()
    }

    /// Takes the turn to write if nobody else has it or waits for it; says whether the session has it.
    pub(crate) fn try_to_take_turn(&mut self) -> bool {
        if self.turn.is_none() {
            self.turn = self.writers.try_turn();
            self.start_lease();
        }
        self.turn.is_some()
    }

    /// Says whether the thread on which statements run may block.
    pub(crate) fn set_may_block(&mut self, may_block: bool) {
        self.may_block = may_block;
        self.connection.set_may_block(may_block);
    }

    /// Interrupts statements that still run at this time.
    pub(crate) fn end_statements_at(&mut self, time: Instant) {
        self.connection.end_statements_at(time);
    }

    pub(crate) fn interrupter(&self) -> Interrupter {
        self.connection.interrupter()
    }

    pub(crate) fn take_turn(&mut self, turn: Turn) {
        self.turn = Some(turn);
        self.start_lease();
    }

    pub(crate) fn is_autocommit(&self) -> bool {
        self.connection.is_autocommit()
    }

    /// Whether the open transaction has left a foreign key that leads nowhere.
    pub(crate) fn owes_foreign_keys(&self) -> bool {
        self.connection.owes_foreign_keys()
    }

    /// Whether the open transaction was rolled back, and the client has not noticed yet.
    pub(crate) fn has_lost_transaction(&self) -> bool {
        self.transaction_is_lost
    }

    /// The engine has rolled it back.
    pub(crate) fn lose_transaction(&mut self) {
        self.transaction_is_lost = true;
    }

    /// Whether one is lost to the client if the session does not come back from where it runs.
    pub(crate) fn would_lose_transaction(&self) -> bool {
        self.transaction_is_lost || !self.is_autocommit()
    }

    /// What its stream takes along to another connection.
    pub(crate) fn carried(&self) -> Carried {
        Carried { last_insert_rowid: self.last_insert_rowid(), transaction_is_lost: self.transaction_is_lost }
    }

    pub(crate) fn last_insert_rowid(&self) -> i64 {
        self.connection.last_insert_rowid()
    }

    pub(crate) fn set_last_insert_rowid(&mut self, rowid: i64) {
        self.connection.set_last_insert_rowid(rowid);
    }

    /// Whether another connection would do as well.
    pub(crate) fn is_disposable(&self) -> bool {
        self.connection.is_autocommit() && self.is_pristine()
    }

    /// Whether another connection would do as well once the transaction is over.
    pub(crate) fn is_pristine(&self) -> bool {
        self.connection.is_pristine()
    }

    /// The connection, for others to use, and the slot.
    pub(crate) fn into_parts(self) -> (EngineConnection, OwnedSemaphorePermit) {
        let mut connection = self.connection;
        connection.recycle();
        (connection, self.slot)
    }
}

/// Whether a database may be attached is asked again for each statement that may read of it: the token may be another one now,
/// and the other database may have been deleted, moved, or shut. What ends a transaction or detaches reads nothing.
fn check_attached(attached: &[Attached], to: &Database, policy: &Policy, effect: Effect) -> Result<(), SqlError> {
    if effect.attaches || effect.transaction.is_some() {
        return Ok(());
    }
    for other in attached {
        let other = other.database.upgrade().filter(|other| other.is_in_service());
        let other = other
            .ok_or_else(|| refused("a database that this stream has attached was deleted; open another stream"))?;
        to.check_attachable(&other, &other.record().id, policy)?;
    }
    Ok(())
}

/// After a rollback the client did not ask for, nothing may run as if it were still inside the transaction: the client
/// may have sent the rest of it already. `BEGIN` starts afresh.
fn check_lost_transaction(is_lost: &mut bool, effect: Effect) -> Result<(), SqlError> {
    if !*is_lost {
        return Ok(());
    }
    match effect.transaction {
        Some(TransactionStep::Begin) => {
            *is_lost = false;
            Ok(())
        }
        Some(TransactionStep::Finish) => {
            *is_lost = false;
            Err(transaction_timeout())
        }
        Some(TransactionStep::Savepoint) | None => Err(transaction_timeout()),
    }
}

pub(crate) fn transaction_timeout() -> SqlError {
    SqlError::new("TRANSACTION_TIMEOUT", "Transaction timed out")
}
