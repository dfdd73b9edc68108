//! Turns the requests of a body into tasks, and refuses what breaks the protocol, or would take too much memory, before
//! anything runs.

use std::borrow::Cow;

use super::batch::Steps;
use crate::data::database::StoredSql;
use crate::data::engine::Command;
use crate::data::hrana::{
    Batch, Condition, NamedValue, Outcome, Request, Response, SqlError, SqlText, Statement, StatementResult, Value,
};
use crate::data::refusal::Refusal;
use crate::memory::Tally;

/// The texts a stream of HTTP may store.
const MAX_STORED_SQL: usize = 50;
const MAX_STORED_SQL_BYTES: usize = 5_000;

/// The protocol asks for a limit and names none.
const MAX_CONDITION_DEPTH: usize = 32;

/// What a request takes, and its outcome. A short one says in 20 bytes what takes some hundred.
const TASK_BYTES: usize = size_of::<Task>() + size_of::<Outcome>();

/// What a step takes, and its outcome.
const STEP_BYTES: usize =
    size_of::<PlannedStep>() + size_of::<Option<StatementResult>>() + size_of::<Option<SqlError>>() + size_of::<bool>();

/// The tasks of a body, and the memory for them and their outcomes.
pub(crate) struct Plan {
    pub(crate) tasks: Vec<Task>,
    pub(crate) room: Tally,
}

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
pub(crate) fn pipeline(requests: Vec<Request>, stored: &mut StoredSql) -> Result<Plan, Refusal> {
    let last = requests.len().saturating_sub(1);
    let mut room = Tally::default();
    room.add(requests.len().saturating_mul(TASK_BYTES))?;
    let mut tasks = Vec::with_capacity(requests.len());
    for (index, request) in requests.into_iter().enumerate() {
        if index != last && matches!(request, Request::Close) {
            return Err(Refusal::protocol("`close` must be the last request of a pipeline"));
        }
        tasks.push(task(request, stored, MAX_STORED_SQL, &mut room)?);
    }
    Ok(Plan { tasks, room })
}

/// Plans one request.
pub(crate) fn single(request: Request, stored: &mut StoredSql, max_stored: usize) -> Result<Plan, Refusal> {
    let mut room = Tally::default();
    Ok(Plan { tasks: vec![task(request, stored, max_stored, &mut room)?], room })
}

fn task(request: Request, stored: &mut StoredSql, max_stored: usize, room: &mut Tally) -> Result<Task, Refusal> {
    Ok(match request {
        Request::Close => Task::Close,
        Request::Execute { stmt } => Task::Execute(command(stmt, stored, room)?),
        Request::Batch { batch: steps } => Task::Batch(batch(steps, stored)?),
        Request::Sequence(text) => Task::Sequence(resolve(text, stored, room)?),
        Request::Describe(text) => Task::Describe(resolve(text, stored, room)?),
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
    let steps = batch.steps.unwrap_or_default();
    let mut room = Tally::default();
    room.add(steps.len().saturating_mul(STEP_BYTES))?;
    let mut planned = Vec::with_capacity(steps.len());
    for (index, step) in steps.into_iter().enumerate() {
        if let Some(condition) = &step.condition {
            check(condition, index, MAX_CONDITION_DEPTH, &mut room)?;
        }
        planned.push(PlannedStep { condition: step.condition, command: command(step.stmt, stored, &mut room)? });
    }
    Ok(Steps::new(planned, room))
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

fn command(statement: Statement, stored: &StoredSql, room: &mut Tally) -> Result<Command, Refusal> {
    let Statement { sql, sql_id, args, named_args, want_rows } = statement;
    let positional: usize = args.iter().map(bytes_of).sum();
    let named: usize =
        named_args.iter().map(|arg| size_of::<NamedValue>() + arg.name.len() + bytes_of(&arg.value)).sum();
    room.add(positional + named)?;
    let sql = resolve(SqlText { sql, sql_id }, stored, room)?;
    Ok(Command { sql, args, named_args, want_rows: want_rows.unwrap_or(true) })
}

fn bytes_of(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::Text(text) => text.len(),
            Value::Blob(bytes) => bytes.len(),
            Value::Null | Value::Integer(_) | Value::Float(_) => 0,
        }
}

fn resolve(text: SqlText, stored: &StoredSql, room: &mut Tally) -> Result<String, Refusal> {
    let sql = match (text.sql, text.sql_id) {
        (Some(sql), None) => Cow::Owned(sql),
        (None, Some(id)) => match stored.get(&id) {
            Some(sql) => Cow::Borrowed(sql),
            None => return Err(Refusal::protocol(format!("SQL text {id} was not stored"))),
        },
        (Some(_), Some(_)) => return Err(Refusal::protocol("only one of `sql` and `sql_id` may be given")),
        (None, None) => return Err(Refusal::protocol("one of `sql` and `sql_id` must be given")),
    };
    // Once more for those who look at it before it runs, and again while the engine reads it.
    room.add(size_of::<String>() + 3 * sql.len())?;
    Ok(sql.into_owned())
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

fn check(condition: &Condition, own_step: usize, depth_left: usize, room: &mut Tally) -> Result<(), Refusal> {
    room.add(size_of::<Condition>())?;
    let Some(depth_left) = depth_left.checked_sub(1) else {
        return Err(Refusal::protocol("a batch condition is nested too deeply"));
    };
    match condition {
        Condition::Ok { step } | Condition::Error { step } if *step >= own_step => {
            Err(Refusal::protocol("a batch condition must refer to an earlier step"))
        }
        Condition::Ok { .. } | Condition::Error { .. } | Condition::IsAutocommit => Ok(()),
        Condition::Not { cond } => check(cond, own_step, depth_left, room),
        Condition::And { conds } | Condition::Or { conds } => {
            conds.iter().try_for_each(|condition| check(condition, own_step, depth_left, room))
        }
    }
}
