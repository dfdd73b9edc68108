//! Whether a file and a database fit, before anything is done.

use std::collections::HashSet;

use anyhow::Result;

use super::{
    super::table::Table,
    content::{Content, Sort},
};
use crate::{
    args::ImportSqlite,
    exit::{Failure, Kind},
    hrana::Connection,
    script::{folded, quote_identifier},
    vectors,
};

/// Refuses a database that is not empty unless it was said what to do then, and tables that do not fit.
pub(super) async fn check(
    args: &ImportSqlite,
    content: &Content,
    existing: &HashSet<String>,
    connection: &Connection,
) -> Result<()> {
    let to = &args.import.destination.to;
    let Some(mode) = args.mode else {
        let mut names: Vec<_> = existing.iter().filter(|name| !is_of_engine(name)).map(String::as_str).collect();
        names.sort_unstable();
        return if names.is_empty() { Ok(()) } else { Err(not_empty(to, &names).into()) };
    };
    for table in &content.tables {
        match table.sort {
            Sort::Ordinary => {
                Table::find(connection, &table.name, &table.columns(false), mode, "").await?;
            }
            // Its rows could not be told from those that are there.
            Sort::Virtual | Sort::Behind if existing.contains(&folded(&table.name)) => {
                let problem = format!("table {:?}: database {to:?} has it, and it is a virtual one", table.name);
                let hint = format!("tursoctl sql {to} 'DROP TABLE {}'", quote_identifier(&table.name));
                return Err(Failure::new(Kind::Refused, problem).hint(hint).into());
            }
            Sort::Virtual | Sort::Behind => {}
        }
    }
    Ok(())
}

fn not_empty(database: &str, names: &[&str]) -> Failure {
    const SHOWN: usize = 5;
    let shown = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    let more = if names.len() > SHOWN { ", .." } else { "" };
    Failure::new(Kind::Refused, format!("database {database:?} is not empty: it has {shown}{more}"))
        .hint("--mode append adds rows to tables that are there, and --mode replace replaces theirs")
}

fn is_of_engine(name: &str) -> bool {
    name.starts_with("sqlite_") || name == vectors::LIST
}
