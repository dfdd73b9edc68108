//! From the shared structures to what drivers ask for.

use super::schema::{AnyValue, Batch, BatchCond, BatchStep, Cond, CondList, NamedArg, Stmt, Value};
use super::{Unreadable, required};
use crate::data::hrana::{self, Condition, NamedValue, Statement, Step};

impl TryFrom<Stmt> for Statement {
    type Error = Unreadable;

    fn try_from(stmt: Stmt) -> Result<Self, Unreadable> {
        Ok(Self {
            sql: stmt.sql,
            sql_id: stmt.sql_id,
            args: stmt.args.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            named_args: stmt.named_args.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            want_rows: stmt.want_rows,
        })
    }
}

impl TryFrom<NamedArg> for NamedValue {
    type Error = Unreadable;

    fn try_from(arg: NamedArg) -> Result<Self, Unreadable> {
        Ok(Self { name: arg.name, value: required(arg.value, "value")?.try_into()? })
    }
}

impl TryFrom<Value> for hrana::Value {
    type Error = Unreadable;

    fn try_from(value: Value) -> Result<Self, Unreadable> {
        Ok(match required(value.value, "value")? {
            AnyValue::Null(_) => Self::Null,
            AnyValue::Integer(value) => Self::Integer(value),
            AnyValue::Float(value) => Self::Float(value),
            AnyValue::Text(value) => Self::Text(value),
            AnyValue::Blob(value) => Self::Blob(value),
        })
    }
}

impl TryFrom<Batch> for hrana::Batch {
    type Error = Unreadable;

    fn try_from(batch: Batch) -> Result<Self, Unreadable> {
        Ok(Self { steps: Some(batch.steps.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?) })
    }
}

impl TryFrom<BatchStep> for Step {
    type Error = Unreadable;

    fn try_from(step: BatchStep) -> Result<Self, Unreadable> {
        Ok(Self {
            condition: step.condition.map(TryInto::try_into).transpose()?,
            stmt: required(step.stmt, "stmt")?.try_into()?,
        })
    }
}

/// Recursion is bounded: `prost` reads no message that is nested more than 100 deep.
impl TryFrom<BatchCond> for Condition {
    type Error = Unreadable;

    fn try_from(condition: BatchCond) -> Result<Self, Unreadable> {
        Ok(match required(condition.cond, "cond")? {
            Cond::StepOk(step) => Self::Ok { step: index(step) },
            Cond::StepError(step) => Self::Error { step: index(step) },
            Cond::Not(cond) => Self::Not { cond: Box::new((*cond).try_into()?) },
            Cond::And(list) => Self::And { conds: conditions(list)? },
            Cond::Or(list) => Self::Or { conds: conditions(list)? },
            Cond::IsAutocommit(_) => Self::IsAutocommit,
        })
    }
}

fn conditions(list: CondList) -> Result<Vec<Condition>, Unreadable> {
    list.conds.into_iter().map(TryInto::try_into).collect()
}

/// A step beyond all memory is a later one, which is refused.
fn index(step: u32) -> usize {
    usize::try_from(step).unwrap_or(usize::MAX)
}
