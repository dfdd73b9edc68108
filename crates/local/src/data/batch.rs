//! A batch: steps that run one after another, each if its condition holds.

use super::engine::{Ran, RowSink};
use super::executor::{Executor, Pause};
use super::hrana::{Condition, SqlError};
use super::plan::PlannedStep;
use super::words::{Word, words};

/// Takes what the steps of a batch produce: the rows of one after the other, each with its end.
pub(crate) trait StepSink: RowSink {
    fn end(&mut self, outcome: Result<Ran, SqlError>);
    fn skip(&mut self);

    /// Before a step, on a thread that may block: says whether anybody takes what it produces. Otherwise it does not run.
    fn is_open(&mut self) -> bool {
        true
    }
}

/// The steps of a batch, and what became of those that have run.
#[derive(Debug)]
pub(crate) struct Steps {
    steps: Vec<PlannedStep>,
    succeeded: Vec<bool>,
}

impl Steps {
    pub(crate) fn new(steps: Vec<PlannedStep>) -> Self {
        Self { succeeded: Vec::with_capacity(steps.len()), steps }
    }

    /// Every SQL text.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.steps.iter().map(|step| step.command.sql.clone()).collect()
    }

    /// Whether one of them may open a transaction.
    pub(crate) fn may_begin(&self) -> bool {
        let begins = |word: Word<'_>| word.is("BEGIN") || word.is("SAVEPOINT");
        self.steps.iter().any(|step| words(&step.command.sql).next().is_some_and(begins))
    }

    pub(crate) fn are_done(&self) -> bool {
        self.succeeded.len() == self.steps.len()
    }

    /// Runs what is left, up to the first step that has to wait.
    pub(crate) fn go_on(&mut self, executor: &mut Executor<'_>, sink: &mut impl StepSink) -> Result<(), Pause> {
        while let Some(step) = self.steps.get(self.succeeded.len())
            && sink.is_open()
        {
            let condition = step.condition.as_ref();
            if condition.is_none_or(|condition| self.holds(condition, executor.is_autocommit())) {
                let outcome = executor.execute(&step.command, sink)?;
                self.end(outcome, sink);
            } else {
                self.succeeded.push(false);
                sink.skip();
            }
        }
        Ok(())
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
