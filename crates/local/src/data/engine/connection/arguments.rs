//! The arguments of a statement: each finds its parameter by its place or by its name.

use std::collections::HashMap;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Statement, ToSql};

use crate::data::engine::{Command, errors};
use crate::data::hrana::{NamedValue, SqlError, Value};

const PREFIXES: [char; 3] = [':', '@', '$'];

/// Binds the arguments, which must match the statement's parameters exactly.
pub(super) fn bind(statement: &mut Statement<'_>, command: &Command) -> Result<(), SqlError> {
    let (args, named) = (&command.args, &command.named_args);
    if !args.is_empty() && !named.is_empty() {
        return Err(SqlError::new(
            "ARGS_BOTH_POSITIONAL_AND_NAMED",
            "Specifying both positional and named arguments is not supported",
        ));
    }
    let expected = statement.parameter_count();
    let given = args.len().max(named.len());
    if given > expected {
        return Err(mismatch(&format!("too many parameters, expected {expected} found {given}")));
    }
    let named = Named::new(named);
    for index in 1..=expected {
        // The engine looks through all names for the one of a parameter: it is asked where the name matters.
        let value = if named.0.is_empty() {
            args.get(index - 1)
        } else {
            statement.parameter_name(index).and_then(|name| named.find(name, statement))
        };
        let Some(value) = value else {
            return Err(missing(index, statement.parameter_name(index)));
        };
        statement.raw_bind_parameter(index, value).map_err(errors::describe)?;
    }
    Ok(())
}

/// Refuses a statement that has parameters where there are no values for them: the engine would take each for NULL.
pub(super) fn refuse_parameters(statement: &Statement<'_>) -> Result<(), SqlError> {
    if statement.parameter_count() == 0 { Ok(()) } else { Err(missing(1, statement.parameter_name(1))) }
}

/// Arguments by their names, with the prefix or without, as the client wrote them.
struct Named<'a>(HashMap<&'a str, &'a Value>);

impl<'a> Named<'a> {
    fn new(args: &'a [NamedValue]) -> Self {
        let mut values = HashMap::with_capacity(args.len());
        for arg in args {
            values.entry(arg.name.as_str()).or_insert(&arg.value);
        }
        Self(values)
    }

    /// The argument of a parameter: one of just this name, else of this name without a prefix, else with another prefix
    /// that makes it the name of no other parameter.
    fn find(&self, name: &str, statement: &Statement<'_>) -> Option<&'a Value> {
        let bare = name.strip_prefix(PREFIXES).unwrap_or(name);
        let with_another_prefix = || {
            let names = PREFIXES.into_iter().map(|prefix| format!("{prefix}{bare}"));
            let mut free = names.filter(|other| !matches!(statement.parameter_index(other), Ok(Some(_))));
            free.find_map(|other| self.0.get(other.as_str()))
        };
        self.0.get(name).or_else(|| self.0.get(bare)).or_else(with_another_prefix).copied()
    }
}

fn missing(index: usize, name: Option<&str>) -> SqlError {
    let parameter = name.map_or_else(|| index.to_string(), str::to_owned);
    mismatch(&format!("value for parameter {parameter} not found"))
}

fn mismatch(problem: &str) -> SqlError {
    SqlError::new("ARGS_INVALID", format!("Arguments do not match SQL parameters: {problem}"))
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(value) => ValueRef::Integer(*value),
            Self::Float(value) => ValueRef::Real(*value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
            Self::Blob(value) => ValueRef::Blob(value),
        }))
    }
}
