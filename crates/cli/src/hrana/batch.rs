//! Several statements in one request, of which all or none take effect.

use super::{
    HranaError,
    connection::Connection,
    value::Statement,
    wire::{Batch, BatchResult, Condition, PipelineResult, Request, Response, Step, StepStatement},
};

/// A batch that took no effect, unless the error says that nobody knows.
#[derive(Debug)]
pub(crate) struct BatchError {
    /// Which of the statements is to blame, from 0 on.
    pub(crate) statement: Option<usize>,
    pub(crate) error: HranaError,
}

/// How a transaction around statements ends when all of them succeed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Commit,
    RollBack,
}

impl Connection {
    /// Runs statements in a transaction of its own, outside of the stream and without foreign keys being looked at
    /// before its end. Yields how many rows each changed.
    pub(crate) async fn commit(&self, before: &[Statement], statements: &[Statement]) -> Result<Vec<u64>, BatchError> {
        self.transact(before, statements, Ending::Commit).await
    }

    /// Runs statements as [`commit`](Self::commit) does and takes them back, to see whether they run.
    pub(crate) async fn rehearse(&self, before: &[Statement], statements: &[Statement]) -> Result<(), BatchError> {
        self.transact(before, statements, Ending::RollBack).await.map(drop)
    }

    async fn transact(
        &self,
        before: &[Statement],
        statements: &[Statement],
        ending: Ending,
    ) -> Result<Vec<u64>, BatchError> {
        let layout = Layout { begin: before.len(), count: statements.len() };
        let batch = layout.batch(before, statements, ending);
        let sent = self.pipeline(vec![Request::Batch { batch }, Request::Close]).await;
        let answer = sent.map_err(|error| BatchError { statement: None, error })?;
        match answer.results.into_iter().next() {
            Some(PipelineResult::Ok { response: Response::Batch { result } }) => layout.read(result, ending),
            Some(PipelineResult::Error { error }) => Err(BatchError { statement: None, error: error.into() }),
            _ => Err(BatchError { statement: None, error: HranaError::answer("it has no result of the batch") }),
        }
    }
}

/// Where statements stand among the steps: what comes before the transaction, `BEGIN`, they themselves, and the end.
struct Layout {
    begin: usize,
    count: usize,
}

impl Layout {
    fn batch<'a>(&self, before: &'a [Statement], statements: &'a [Statement], ending: Ending) -> Batch<'a> {
        let own = |sql: &str| StepStatement::Own(Statement::new(sql));
        let mut all: Vec<_> = before.iter().map(StepStatement::Given).collect();
        all.push(own("BEGIN IMMEDIATE"));
        all.extend(statements.iter().map(StepStatement::Given));
        if ending == Ending::Commit {
            all.push(own("COMMIT"));
        }
        // Each where the one before it succeeded: whatever fails, nothing is committed.
        let condition = |at: usize| at.checked_sub(1).map(|step| Condition::Ok { step });
        let mut steps: Vec<_> =
            all.into_iter().enumerate().map(|(at, stmt)| Step { condition: condition(at), stmt }).collect();
        // Where the commit failed, or was never reached; a statement that failed may have ended the transaction itself.
        let conds = vec![Condition::Ok { step: self.begin }, Condition::IsAutocommit.not()];
        steps.push(Step { condition: Some(Condition::And { conds }), stmt: own("ROLLBACK") });
        Batch { steps }
    }

    fn read(&self, result: BatchResult, ending: Ending) -> Result<Vec<u64>, BatchError> {
        let BatchResult { step_results, mut step_errors } = result;
        let first = self.begin + 1;
        if let Some(step) = step_errors.iter().position(Option::is_some) {
            let statement = step.checked_sub(first).filter(|statement| *statement < self.count);
            let error = step_errors.swap_remove(step).map_or_else(|| HranaError::answer("it has no error"), Into::into);
            return Err(BatchError { statement, error });
        }
        let commit = first + self.count;
        let needed = if ending == Ending::Commit { commit } else { commit - 1 };
        if step_results.get(needed).is_none_or(Option::is_none) {
            return Err(BatchError { statement: None, error: HranaError::answer("the batch has no end") });
        }
        let ran = step_results.into_iter().skip(first).take(self.count);
        Ok(ran.map(|result| result.unwrap_or_default().affected_row_count).collect())
    }
}
