//! What is said at the end of an import, good or bad.

use serde::Serialize;

use crate::{exit::Failure, output::Shape};

pub(super) const IMPORTED: Shape = Shape {
    noun: "db",
    name: "database",
    columns: &[("database", "database"), ("table", "table"), ("rows", "rows"), ("statements", "statements")],
    wide: &[("created", "created")],
};

/// What an import has done.
#[derive(Debug, Default, Serialize)]
pub(super) struct Imported {
    pub(super) database: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) table: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rows: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) statements: Option<u64>,
    /// Whether the database is new.
    pub(super) created: bool,
}

/// Why an import ended early.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) failure: Failure,
    /// Whether the last batch may have been committed although nobody said so.
    pub(super) is_last_unknown: bool,
}

impl Broken {
    /// What there is to say of it, if its outcome is not known.
    pub(super) fn unknown(&self) -> Vec<String> {
        let said = "nobody knows whether the last batch took effect";
        if self.is_last_unknown { vec![said.to_owned()] } else { Vec::new() }
    }
}

impl From<Failure> for Broken {
    fn from(failure: Failure) -> Self {
        Self { failure, is_last_unknown: false }
    }
}

impl From<anyhow::Error> for Broken {
    fn from(error: anyhow::Error) -> Self {
        Failure::of_any(error).into()
    }
}

/// Why an import ended, which is only safe to run again where nothing is left of it.
pub(super) fn leaving(failure: Failure, is_changed: bool) -> Failure {
    if is_changed { failure.after_changes() } else { failure }
}

/// A sentence with further parts.
pub(super) fn append(mut said: String, parts: &[String]) -> String {
    for part in parts {
        said.push_str("; ");
        said.push_str(part);
    }
    said
}
