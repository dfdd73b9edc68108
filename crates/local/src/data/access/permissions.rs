//! The fine-grained permissions of a token: which tables it may touch, and how.
//!
//! A token without any may do all that its access allows. A token with some may do what one of them allows, still within
//! its access.

use serde::{Deserialize, Serialize};
use turso_cloud_contract::database_tokens::{Action, Permission};

use crate::data::hrana::SqlError;

/// Something that may be done to a table, in the words of the claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Right {
    DataRead,
    DataAdd,
    DataUpdate,
    DataDelete,
    SchemaAdd,
    SchemaUpdate,
    SchemaDelete,
    /// A word of a later version: it allows nothing here.
    #[serde(other)]
    Unknown,
}

impl Right {
    const OF_THE_DATA: [Self; 4] = [Self::DataRead, Self::DataAdd, Self::DataUpdate, Self::DataDelete];

    const OF_THE_SCHEMA: [Self; 3] = [Self::SchemaAdd, Self::SchemaUpdate, Self::SchemaDelete];

    fn word(self) -> &'static str {
        match self {
            Self::DataRead => "data_read",
            Self::DataAdd => "data_add",
            Self::DataUpdate => "data_update",
            Self::DataDelete => "data_delete",
            Self::SchemaAdd => "schema_add",
            Self::SchemaUpdate => "schema_update",
            Self::SchemaDelete => "schema_delete",
            Self::Unknown => "unknown",
        }
    }

    fn of(action: &Action) -> Self {
        match action {
            Action::DataRead => Self::DataRead,
            Action::DataAdd => Self::DataAdd,
            Action::DataUpdate => Self::DataUpdate,
            Action::DataDelete => Self::DataDelete,
            Action::SchemaAdd => Self::SchemaAdd,
            Action::SchemaUpdate => Self::SchemaUpdate,
            Action::SchemaDelete => Self::SchemaDelete,
            _ => Self::Unknown,
        }
    }
}

/// Rights on some tables, or on all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rule {
    #[serde(rename = "a", default)]
    rights: Vec<Right>,
    #[serde(rename = "t", default)]
    tables: Option<Vec<String>>,
}

impl Rule {
    /// The engine compares the names of tables without regard to the case of ASCII letters.
    fn covers(&self, table: &str) -> bool {
        self.tables.as_ref().is_none_or(|tables| tables.iter().any(|name| name.eq_ignore_ascii_case(table)))
    }
}

/// All permissions of a token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Rules(Vec<Rule>);

impl Rules {
    /// Rules as they were asked for.
    pub(crate) fn of(permissions: &[Permission]) -> Self {
        let rule = |permission: &Permission| Rule {
            rights: permission.actions.iter().map(Right::of).collect(),
            tables: permission.tables.clone(),
        };
        Self(permissions.iter().map(rule).collect())
    }

    /// Whether there is none, so that everything is allowed.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether something may be done to a table.
    pub(crate) fn check(&self, right: Right, table: &str) -> Result<(), Denial> {
        if self.allow(right, table) {
            return Ok(());
        }
        let class = if right == Right::DataRead { Class::Read } else { Class::Write };
        Err(Denial::new(class, format!("current session doesn't have {} permission on table {table}", right.word())))
    }

    /// Whether rows of all tables may be read.
    pub(crate) fn check_reading_everywhere(&self) -> Result<(), Denial> {
        self.check_everywhere(Right::DataRead)
    }

    /// Whether anything may be done to the rows of all tables.
    pub(crate) fn check_data_everywhere(&self) -> Result<(), Denial> {
        Right::OF_THE_DATA.into_iter().try_for_each(|right| self.check_everywhere(right))
    }

    fn check_everywhere(&self, right: Right) -> Result<(), Denial> {
        if self.0.iter().any(|rule| rule.tables.is_none() && rule.rights.contains(&right)) {
            return Ok(());
        }
        let reason = format!("current session doesn't have {} permission on all tables", right.word());
        Err(Denial::new(Class::Write, reason))
    }

    /// Whether a table may get this name, which must not allow more than its own does.
    pub(crate) fn check_new_name(&self, table: &str, name: &str) -> Result<(), Denial> {
        self.check(Right::SchemaAdd, name)?;
        let rights = Right::OF_THE_DATA.into_iter().chain(Right::OF_THE_SCHEMA);
        rights.filter(|right| self.allow(*right, name)).try_for_each(|right| self.check(right, table))
    }

    fn allow(&self, right: Right, table: &str) -> bool {
        self.0.iter().any(|rule| rule.rights.contains(&right) && rule.covers(table))
    }

    /// Whether anything at all may be done to a table.
    pub(crate) fn know(&self, table: &str) -> bool {
        self.0.iter().any(|rule| !rule.rights.is_empty() && rule.covers(table))
    }

    /// Whether the definitions of all tables may be seen: by who reads all tables, and by who may change the schema of
    /// any, for the engine reads them to do so.
    pub(crate) fn show_the_schema(&self) -> bool {
        self.check_reading_everywhere().is_ok() || self.change_the_schema()
    }

    /// Whether the schema of any table may be changed.
    pub(crate) fn change_the_schema(&self) -> bool {
        self.0.iter().any(|rule| rule.rights.iter().any(|right| Right::OF_THE_SCHEMA.contains(right)))
    }
}

/// The class of a statement, in the words of the service's refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Read,
    Write,
}

/// Something a token's rules do not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Denial {
    class: Class,
    reason: String,
}

impl Denial {
    pub(crate) fn new(class: Class, reason: impl Into<String>) -> Self {
        Self { class, reason: reason.into() }
    }

    /// What whoever may only read is refused.
    pub(crate) fn of_writing() -> Self {
        Self::new(Class::Write, "current session doesn't have write permission")
    }

    /// What its bearer is told.
    pub(crate) fn message(&self) -> String {
        let class = match self.class {
            Class::Read => "read",
            Class::Write => "write",
        };
        format!("SQL {class} operations are forbidden ({})", self.reason)
    }
}

impl From<Denial> for SqlError {
    fn from(denial: Denial) -> Self {
        blocked(&denial.message())
    }
}

/// The refusal of one statement.
pub(crate) fn blocked(reason: &str) -> SqlError {
    SqlError::new("BLOCKED", format!("Operation was blocked: {reason}"))
}
