//! `import`: files that become databases or tables.

mod csv;
mod destination;
mod dump;
mod exchange;
mod file;
mod journal;
mod load;
mod made;
mod outcome;
mod rows;
mod sqlite;
mod stop;
mod table;
mod turn;

use anyhow::Result;

pub(super) use csv::Records;

use crate::{
    args::{ImportCommand, ImportCsv, ImportDump, ImportSqlite},
    context::Context,
};

pub(crate) async fn run(cx: &Context, command: &ImportCommand) -> Result<()> {
    let (ImportCommand::Sqlite(ImportSqlite { import, .. })
    | ImportCommand::Dump(ImportDump { import })
    | ImportCommand::Csv(ImportCsv { import, .. })) = command;
    import.destination.check_name()?;
    // Before a file is read that may be large.
    import.destination.encryption(cx)?;
    match command {
        ImportCommand::Sqlite(args) => sqlite::run(cx, args).await,
        ImportCommand::Dump(args) => dump::run(cx, args).await,
        ImportCommand::Csv(args) => csv::run(cx, args).await,
    }
}
