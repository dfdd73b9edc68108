//! The file of a SQLite database that somebody has, before anything is done with it.

use std::path::Path;

use anyhow::Result;
use turso_cloud::{Cipher, DatabaseFile, UnfitFile};

use crate::{exit::Failure, quote};

/// Refuses a file that no new database can have as its content.
pub(super) fn check_upload(file: &Path, cipher: Option<&Cipher>) -> Result<()> {
    let said = |unfit: UnfitFile| {
        let problem = format!("{} cannot be uploaded: {}", file.display(), unfit.found());
        refused(file, problem, &unfit)
    };
    Ok(DatabaseFile::open(file)?.check_upload(cipher).map_err(said)?)
}

/// Refuses a file that does not have what was written to it.
pub(super) fn check_settled(file: &Path) -> Result<()> {
    let said = |unfit: UnfitFile| refused(file, unfit.found().to_owned(), &unfit);
    Ok(DatabaseFile::open(file)?.check_settled().map_err(said)?)
}

/// Says what to type.
fn refused(file: &Path, problem: String, unfit: &UnfitFile) -> Failure {
    let command =
        unfit.sql().map(|sql| format!("sqlite3 {} {}", quote::word(&file.display().to_string()), quote::shell(sql)));
    let hint: Vec<_> = unfit.advice().map(str::to_owned).into_iter().chain(command).collect();
    Failure::usage(problem).hint(hint.join(": "))
}
