//! Turns the requests of a body into tasks, and refuses what breaks the protocol before anything runs.

use super::batch::Steps;
use crate::data::database::StoredSql;
use crate::data::engine::Command;
use crate::data::hrana::{Batch, Condition, Outcome, Request, Response, SqlError, SqlText, Statement};
use crate::data::refusal::Refusal;

/// The texts a stream of HTTP may store.
const MAX_STORED_SQL: usize = 50;
const MAX_STORED_SQL_BYTES: usize = 5_000;

/// The protocol asks for a limit and names none.
const MAX_CONDITION_DEPTH: usize = 32;

/// One request whose SQL is resolved and whose form is sound.
#[derive(Debug)]
pub(crate) enum Task {
    Execute(Command),
    Batch(Steps),
    Sequence(String),
    Describe(String),
    GetAutocommit,
    Close,
    /// Decided while planning.
    Answer(Outcome),
}

/// One step of a batch.
#[derive(Debug)]
pub(crate) struct PlannedStep {
    pub(crate) condition: Option<Condition>,
    pub(crate) command: Command,
}

/// Plans a pipeline and brings `stored` to what it will be after it.
pub(crate) fn pipeline(requests: Vec<Request>, stored: &mut StoredSql) -> Result<Vec<Task>, Refusal> {
    let last = requests.len().saturating_sub(1);
    let mut tasks = Vec::with_capacity(requests.len());
    for (index, request) in requests.into_iter().enumerate() {
        if index != last && matches!(request, Request::Close) {
            return Err(Refusal::protocol("`close` must be the last request of a pipeline"));
        }
        tasks.push(task(request, stored, MAX_STORED_SQL)?);
    }
    Ok(tasks)
}

/// Plans one request.
pub(crate) fn task(request: Request, stored: &mut StoredSql, max_stored: usize) -> Result<Task, Refusal> {
    Ok(match request {
        Request::Close => Task::Close,
        Request::Execute { stmt } => Task::Execute(command(stmt, stored)?),
        Request::Batch { batch: steps } => Task::Batch(batch(steps, stored)?),
        Request::Sequence(text) => Task::Sequence(resolve(text, stored)?),
        Request::Describe(text) => Task::Describe(resolve(text, stored)?),
        Request::StoreSql { sql_id, sql } => Task::Answer(store(sql_id, sql, stored, max_stored)),
        Request::CloseSql { sql_id } => {
            stored.remove(&sql_id);
            Task::Answer(Outcome::Ok { response: Response::CloseSql })
        }
        Request::GetAutocommit => Task::GetAutocommit,
    })
}

/// Plans a batch.
pub(crate) fn batch(batch: Batch, stored: &StoredSql) -> Result<Steps, Refusal> {
    let steps = batch.steps.unwrap_or_default().into_iter().enumerate().map(|(index, step)| {
        if let Some(condition) = &step.condition {
            check(condition, index, MAX_CONDITION_DEPTH)?;
        }
        Ok(PlannedStep { condition: step.condition, command: command(step.stmt, stored)? })
    });
    Ok(Steps::new(steps.collect::<Result<_, Refusal>>()?))
}

/// Every SQL text that a plan would run; describing is not running.
pub(crate) fn sql_texts(tasks: &[Task]) -> Vec<String> {
    let mut texts = Vec::new();
    for task in tasks {
        match task {
            Task::Execute(command) => texts.push(command.sql.clone()),
            Task::Batch(steps) => texts.extend(steps.texts()),
            Task::Sequence(sql) => texts.push(sql.clone()),
            Task::Describe(_) | Task::GetAutocommit | Task::Close | Task::Answer(_) => {}
        }
    }
    texts
}

fn command(statement: Statement, stored: &StoredSql) -> Result<Command, Refusal> {
    let text = SqlText { sql: statement.sql, sql_id: statement.sql_id };
    Ok(Command {
        sql: resolve(text, stored)?,
        args: statement.args,
        named_args: statement.named_args,
        want_rows: statement.want_rows.unwrap_or(true),
    })
}

fn resolve(text: SqlText, stored: &StoredSql) -> Result<String, Refusal> {
    match (text.sql, text.sql_id) {
        (Some(sql), None) => Ok(sql),
        (None, Some(id)) => {
            stored.get(&id).cloned().ok_or_else(|| Refusal::protocol(format!("SQL text {id} was not stored")))
        }
        (Some(_), Some(_)) => Err(Refusal::protocol("only one of `sql` and `sql_id` may be given")),
        (None, None) => Err(Refusal::protocol("one of `sql` and `sql_id` must be given")),
    }
}

fn store(id: i32, sql: String, stored: &mut StoredSql, max_stored: usize) -> Outcome {
    if sql.len() > MAX_STORED_SQL_BYTES {
        let message = format!("a stored SQL text may have at most {MAX_STORED_SQL_BYTES} bytes");
        return Outcome::Error { error: SqlError::new("SQL_STORE_TOO_LARGE", message) };
    }
    if stored.len() >= max_stored && !stored.contains_key(&id) {
        let message = format!("at most {max_stored} SQL texts may be stored");
        return Outcome::Error { error: SqlError::new("SQL_STORE_TOO_MANY", message) };
    }
    stored.insert(id, sql);
    Outcome::Ok { response: Response::StoreSql }
}

fn check(condition: &Condition, own_step: usize, depth_left: usize) -> Result<(), Refusal> {
    let Some(depth_left) = depth_left.checked_sub(1) else {
        return Err(Refusal::protocol("a batch condition is nested too deeply"));
    };
    match condition {
        Condition::Ok { step } | Condition::Error { step } if *step >= own_step => {
            Err(Refusal::protocol("a batch condition must refer to an earlier step"))
        }
        Condition::Ok { .. } | Condition::Error { .. } | Condition::IsAutocommit => Ok(()),
        Condition::Not { cond } => check(cond, own_step, depth_left),
        Condition::And { conds } | Condition::Or { conds } => {
            conds.iter().try_for_each(|condition| check(condition, own_step, depth_left))
        }
    }
}
