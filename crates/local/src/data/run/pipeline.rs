//! `POST /v2/pipeline` and `POST /v3/pipeline`: runs the tasks of a body one after another.

use std::collections::VecDeque;
use std::mem;

use super::batch::StepSink;
use super::executor::{Executor, Pause, Script};
use super::plan::{Plan, Task};
use crate::data::database::{KeptRows, Output};
use crate::data::engine::{Command, Ran, RowSink};
use crate::data::hrana::{BatchResult, Column, Outcome, Response, SqlError, StatementResult, ValueRef};
use crate::memory::Tally;

/// The rows of one answer may take this much; larger results are for the cursor endpoint.
const MAX_RESPONSE_BYTES: usize = 10 * 1024 * 1024;

/// About what the result of a statement takes beside its columns and rows.
const ENVELOPE: usize = 256;

/// The tasks of a body, within the size limit of one answer. A failed task does not stop the ones after it.
pub(crate) struct Pipeline {
    tasks: VecDeque<Task>,
    outcomes: Vec<Outcome>,
    collector: Collector,
    _room: Tally,
}

impl Pipeline {
    pub(crate) fn new(plan: Plan) -> Self {
        let Plan { tasks, room } = plan;
        let outcomes = Vec::with_capacity(tasks.len());
        Self { tasks: tasks.into(), outcomes, collector: Collector::new(), _room: room }
    }

    /// One outcome per task.
    pub(crate) fn into_outcomes(self) -> Vec<Outcome> {
        self.outcomes
    }

    /// Ends the first task.
    fn end(&mut self, answer: Result<Response, SqlError>) {
        self.tasks.pop_front();
        self.outcomes.push(match answer {
            Ok(response) => Outcome::Ok { response },
            Err(error) => Outcome::Error { error },
        });
    }
}

impl Script for Pipeline {
    fn needs_connection(&mut self, is_autocommit: bool) -> bool {
        while let Some(mut task) = self.tasks.pop_front() {
            if let Task::Batch(steps) = &mut task {
                steps.skip_unmet(is_autocommit, &mut self.collector);
            }
            self.outcomes.push(match task {
                Task::Answer(outcome) => outcome,
                Task::Close => Outcome::Ok { response: Response::Close },
                Task::GetAutocommit => Outcome::Ok { response: Response::GetAutocommit { is_autocommit } },
                Task::Batch(steps) if steps.are_done() => {
                    Outcome::Ok { response: Response::Batch { result: mem::take(&mut self.collector.batch) } }
                }
                task => {
                    self.tasks.push_front(task);
                    return true;
                }
            });
        }
        false
    }

    fn only_statement(&self) -> Option<&Command> {
        let mut tasks = self.tasks.iter();
        match (tasks.next(), tasks.next()) {
            (Some(Task::Execute(command)), None | Some(Task::Close)) => Some(command),
            _ => None,
        }
    }

    fn go_on(&mut self, executor: &mut Executor<'_>) -> Result<(), Pause> {
        while self.needs_connection(executor.is_autocommit()) {
            let answer = match self.tasks.front_mut() {
                Some(Task::Execute(command)) => {
                    let outcome = match self.collector.make_room() {
                        Ok(()) => executor.execute(command, &mut self.collector)?,
                        Err(error) => Err(error),
                    };
                    self.collector.take_result(outcome).map(|result| Response::Execute { result })
                }
                Some(Task::Batch(steps)) => {
                    steps.go_on(executor, &mut self.collector)?;
                    continue;
                }
                Some(Task::Sequence(sql)) => executor.execute_all(sql)?.map(|()| Response::Sequence),
                Some(Task::Describe(sql)) => executor.describe(sql)?.map(|result| Response::Describe { result }),
                _ => return Ok(()),
            };
            self.end(answer);
        }
        Ok(())
    }

    fn end_statement(&mut self, outcome: Result<Output, SqlError>) {
        // It has been committed: its rows come with the memory that they take, so that nothing can go wrong with them.
        let outcome = outcome.map(|Output { ran, kept }| {
            self.collector.kept = kept;
            ran
        });
        if let Some(Task::Batch(steps)) = self.tasks.front_mut() {
            return steps.end(outcome, &mut self.collector);
        }
        let answer = self.collector.take_result(outcome).map(|result| Response::Execute { result });
        self.end(answer);
    }
}

/// Keeps the rows for the answer.
struct Collector {
    bytes_left: usize,
    kept: KeptRows,
    batch: BatchResult,
}

impl Collector {
    fn new() -> Self {
        let (kept, batch) = Default::default();
        Self { bytes_left: MAX_RESPONSE_BYTES, kept, batch }
    }

    /// The result of the statement whose rows were taken last.
    fn take_result(&mut self, outcome: Result<Ran, SqlError>) -> Result<StatementResult, SqlError> {
        let KeptRows { columns: cols, rows, bytes, lease } = mem::take(&mut self.kept);
        let ran = outcome?;
        self.bytes_left = self.bytes_left.saturating_sub(bytes);
        Ok(StatementResult {
            cols,
            rows,
            affected_row_count: ran.affected_row_count,
            last_insert_rowid: ran.last_insert_rowid,
            replication_index: None,
            rows_read: ran.rows_read,
            rows_written: ran.rows_written,
            query_duration_ms: ran.duration.as_secs_f64() * 1000.0,
            _lease: lease,
        })
    }
}

impl RowSink for Collector {
    fn begin(&mut self, columns: Vec<Column>) -> Result<(), SqlError> {
        // Anew, for it may be the second attempt.
        if self.kept.begin(columns, self.bytes_left)? { Ok(()) } else { Err(too_large()) }
    }

    fn row(&mut self, row: &[ValueRef<'_>]) -> Result<(), SqlError> {
        if self.kept.add(row, self.bytes_left)? { Ok(()) } else { Err(too_large()) }
    }
}

fn too_large() -> SqlError {
    SqlError::new("RESPONSE_TOO_LARGE", "Response is too large")
}

impl StepSink for Collector {
    fn make_room(&mut self) -> Result<(), SqlError> {
        Ok(self.kept.make_room(ENVELOPE)?)
    }

    fn end(&mut self, outcome: Result<Ran, SqlError>) {
        let (result, error) = match self.take_result(outcome) {
            Ok(result) => (Some(result), None),
            Err(error) => (None, Some(error)),
        };
        self.batch.step_results.push(result);
        self.batch.step_errors.push(error);
    }

    fn skip(&mut self) {
        self.batch.step_results.push(None);
        self.batch.step_errors.push(None);
    }
}
