//! The conditions between the steps of a batch.

use super::hrana::Condition;

/// What became of the steps so far.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    succeeded: Vec<bool>,
}

impl Progress {
    /// Whether the next step runs.
    pub(crate) fn allows(&self, condition: Option<&Condition>, is_autocommit: bool) -> bool {
        condition.is_none_or(|condition| self.holds(condition, is_autocommit))
    }

    pub(crate) fn ran(&mut self, is_ok: bool) {
        self.succeeded.push(is_ok);
    }

    pub(crate) fn skipped(&mut self) {
        self.succeeded.push(false);
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
