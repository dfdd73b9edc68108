//! The file of a SQLite database: the content of a new database, or rows for one that is there.

mod check;
mod content;
mod load;
mod reader;
mod upload;

use anyhow::Result;

use super::journal::Fingerprint;
use crate::{
    args::ImportSqlite,
    commands::{input::is_standard_input, sqlite_file},
    context::Context,
    exit::Failure,
    progress,
};
use reader::Reader;

pub(super) async fn run(cx: &Context, args: &ImportSqlite) -> Result<()> {
    let file = &args.import.file;
    if is_standard_input(file) {
        let problem = "the file of a SQLite database cannot come from standard input: it is read in any order";
        return Err(Failure::usage(problem).hint("save it first, or pipe a dump to tursoctl import dump -").into());
    }
    let destination = &args.import.destination;
    if destination.create && args.import.keep {
        let problem = "--keep: an upload that stops leaves nothing to go on with";
        return Err(Failure::usage(problem).hint("leave out --create to copy rows into a database that exists").into());
    }
    let fingerprint = Fingerprint::of(file)?;
    if destination.create {
        sqlite_file::check_upload(file, destination.encryption_cipher.as_ref())?;
    } else {
        sqlite_file::check_settled(file)?;
    }
    let reader = Reader::open(file)?;
    // A file that may be large is read only where it could go.
    let group = destination.check(cx).await?;
    let checking = progress::of_file(cx, "checking", file, fingerprint.bytes());
    reader.check()?;
    if let Some(group) = group {
        drop((checking, reader));
        return upload::run(cx, &args.import, &group, fingerprint.bytes()).await;
    }
    let content = reader.survey()?;
    drop(checking);
    load::run(cx, args, &reader, &content, fingerprint).await
}
