//! A batch: steps that run one after another, each if its condition holds.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::executor::{Executor, Pause};
use super::plan::PlannedStep;
use crate::data::engine::words::{Word, words};
use crate::data::engine::{Ran, RowSink};
use crate::data::hrana::{Condition, SqlError};
use crate::memory::Tally;

/// Takes what the steps of a batch produce: the rows of one after the other, each with its end.
pub(crate) trait StepSink: RowSink {
    fn end(&mut self, outcome: Result<Ran, SqlError>);
    fn skip(&mut self);

    /// Before a step: makes sure that what becomes of it can be kept. Otherwise it does not run.
    fn make_room(&mut self) -> Result<(), SqlError> {
        Ok(())
    }

    /// Before a step, on a thread that may block: says whether anybody takes what it produces. Otherwise it does not run.
    fn is_open(&mut self) -> bool {
        true
    }
}

/// The steps of a batch, and what became of those that have run.
#[derive(Debug)]
pub(crate) struct Steps {
    planned: Vec<PlannedStep>,
    succeeded: Vec<bool>,
    /// The steps up to the last one that may open a transaction, if that matters to anybody.
    opening: usize,
    has_transaction: Arc<AtomicBool>,
    /// For all of it.
    _room: Tally,
}

impl Steps {
    pub(crate) fn new(planned: Vec<PlannedStep>, room: Tally) -> Self {
        let succeeded = Vec::with_capacity(planned.len());
        Self { succeeded, planned, opening: 0, has_transaction: Arc::default(), _room: room }
    }

    /// Every SQL text.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.planned.iter().map(|step| step.command.sql.clone()).collect()
    }

    /// Tells, while the batch runs, whether it has a transaction, open or still to be opened: whoever stops it cannot ask
    /// its session any more.
    pub(crate) fn watch_transaction(&mut self, is_autocommit: bool) -> Arc<AtomicBool> {
        self.opening = self.planned.iter().rposition(may_begin).map_or(0, |last| last + 1);
        self.note_transaction(is_autocommit);
        Arc::clone(&self.has_transaction)
    }

    fn note_transaction(&self, is_autocommit: bool) {
        self.has_transaction.store(!is_autocommit || self.succeeded.len() < self.opening, Ordering::Release);
    }

    pub(crate) fn are_done(&self) -> bool {
        self.succeeded.len() == self.planned.len()
    }

    /// Runs what is left, up to the first step that has to wait.
    pub(crate) fn go_on(&mut self, executor: &mut Executor<'_>, sink: &mut impl StepSink) -> Result<(), Pause> {
        loop {
            self.skip_unmet(executor.is_autocommit(), sink);
            let Some(step) = self.next().filter(|_| sink.is_open()) else { return Ok(()) };
            let outcome = match sink.make_room() {
                Ok(()) => executor.execute(&step.command, sink)?,
                Err(error) => Err(error),
            };
            self.end(outcome, sink);
        }
    }

    /// Skips the steps up to the first one whose condition holds.
    pub(crate) fn skip_unmet(&mut self, is_autocommit: bool, sink: &mut impl StepSink) {
        while let Some(condition) = self.next().and_then(|step| step.condition.as_ref())
            && !self.holds(condition, is_autocommit)
        {
            self.succeeded.push(false);
            sink.skip();
        }
        self.note_transaction(is_autocommit);
    }

    fn next(&self) -> Option<&PlannedStep> {
        self.planned.get(self.succeeded.len())
    }

    /// Ends the step that comes next.
    pub(crate) fn end(&mut self, outcome: Result<Ran, SqlError>, sink: &mut impl StepSink) {
        self.succeeded.push(outcome.is_ok());
        sink.end(outcome);
    }

    fn holds(&self, condition: &Condition, is_autocommit: bool) -> bool {
        let is_ok = |step: &usize| self.succeeded.get(*step).copied().unwrap_or_default();
        match condition {
            Condition::Ok { step } => is_ok(step),
            // Not a test that the step ran: it is true for a skipped step too.
            Condition::Error { step } => !is_ok(step),
            Condition::Not { cond } => !self.holds(cond, is_autocommit),
            Condition::And { conds } => conds.iter().all(|condition| self.holds(condition, is_autocommit)),
            Condition::Or { conds } => conds.iter().any(|condition| self.holds(condition, is_autocommit)),
            Condition::IsAutocommit => is_autocommit,
        }
    }
}

/// Whether a step may open a transaction.
fn may_begin(step: &PlannedStep) -> bool {
    let begins = |word: Word<'_>| word.is("BEGIN") || word.is("SAVEPOINT");
    words(&step.command.sql).next().is_some_and(begins)
}
