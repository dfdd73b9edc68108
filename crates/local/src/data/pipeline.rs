//! `POST /v2/pipeline` and `POST /v3/pipeline`: runs the tasks of a body one after another.

use std::sync::Arc;

use super::batch::Progress;
use super::engine::{Command, RowSink};
use super::hrana::{BatchResult, Column, Outcome, Response, SqlError, StatementResult, Value};
use super::plan::{PlannedStep, Task};
use super::policy::Policy;
use super::refusal::Refusal;
use super::stream::Stream;

/// The rows of one answer may take this much; larger results are for the cursor endpoint.
const MAX_RESPONSE_BYTES: usize = 10 * 1024 * 1024;

/// Runs tasks on a stream, within the size limit of one answer.
pub(crate) struct Pipeline<'a> {
    stream: &'a mut Stream,
    policy: Policy,
    bytes_left: usize,
}

impl<'a> Pipeline<'a> {
    pub(crate) fn new(stream: &'a mut Stream, policy: Policy) -> Self {
        Self { stream, policy, bytes_left: MAX_RESPONSE_BYTES }
    }

    /// One outcome per task. A failed task does not stop the ones after it.
    pub(crate) async fn run(mut self, tasks: Vec<Task>) -> Result<Vec<Outcome>, Refusal> {
        let mut outcomes = Vec::with_capacity(tasks.len());
        for task in tasks {
            outcomes.push(self.perform(task).await?);
        }
        Ok(outcomes)
    }

    async fn perform(&mut self, task: Task) -> Result<Outcome, Refusal> {
        let answer = match task {
            Task::Execute(command) => self.statement(&command).await?.map(|result| Response::Execute { result }),
            Task::Batch(steps) => Ok(Response::Batch { result: self.batch(steps).await? }),
            Task::Sequence(sql) => {
                self.stream.execute_all(&sql, self.policy.clone()).await?.map(|()| Response::Sequence)
            }
            Task::Describe(sql) => {
                self.stream.describe(&sql, self.policy.clone()).await?.map(|result| Response::Describe { result })
            }
            Task::GetAutocommit => Ok(Response::GetAutocommit { is_autocommit: self.stream.is_autocommit() }),
            Task::Close => Ok(Response::Close),
            Task::Answer(outcome) => return Ok(outcome),
        };
        Ok(match answer {
            Ok(response) => Outcome::Ok { response },
            Err(error) => Outcome::Error { error },
        })
    }

    async fn batch(&mut self, steps: Vec<PlannedStep>) -> Result<BatchResult, Refusal> {
        let mut progress = Progress::default();
        let mut result = BatchResult::default();
        for step in steps {
            if !progress.allows(step.condition.as_ref(), self.stream.is_autocommit()) {
                progress.skipped();
                result.step_results.push(None);
                result.step_errors.push(None);
                continue;
            }
            let outcome = self.statement(&step.command).await?;
            progress.ran(outcome.is_ok());
            result.step_errors.push(outcome.as_ref().err().cloned());
            result.step_results.push(outcome.ok());
        }
        Ok(result)
    }

    async fn statement(&mut self, command: &Arc<Command>) -> Result<Result<StatementResult, SqlError>, Refusal> {
        let sink = Collector { bytes_left: self.bytes_left, ..Collector::default() };
        let (collected, outcome) = self.stream.execute(command, self.policy.clone(), sink).await?;
        let ran = match outcome {
            Ok(ran) => ran,
            Err(error) => return Ok(Err(error)),
        };
        self.bytes_left = collected.bytes_left;
        Ok(Ok(StatementResult {
            cols: collected.columns,
            rows: collected.rows,
            affected_row_count: ran.affected_row_count,
            last_insert_rowid: ran.last_insert_rowid,
            replication_index: None,
            rows_read: ran.rows_read,
            rows_written: ran.rows_written,
            query_duration_ms: ran.duration.as_secs_f64() * 1000.0,
        }))
    }
}

/// Keeps the rows for the answer.
#[derive(Default)]
struct Collector {
    columns: Vec<Column>,
    rows: Vec<Vec<Value>>,
    bytes_left: usize,
}

impl RowSink for Collector {
    fn begin(&mut self, columns: Vec<Column>) -> Result<(), SqlError> {
        self.columns = columns;
        Ok(())
    }

    fn row(&mut self, row: Vec<Value>) -> Result<(), SqlError> {
        let size: usize = row.iter().map(Value::wire_size).sum();
        let Some(bytes_left) = self.bytes_left.checked_sub(size) else {
            return Err(SqlError::new("RESPONSE_TOO_LARGE", "Response is too large"));
        };
        self.bytes_left = bytes_left;
        self.rows.push(row);
        Ok(())
    }
}
