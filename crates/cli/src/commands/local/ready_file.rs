//! The file that tells others how to reach a cloud that is ready.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};

use super::variables;
use crate::{
    exit::{Failure, Kind},
    files::holds_something,
};

/// Refuses a file that has anything in it but what an earlier cloud has written, for all of it will be replaced.
pub(super) fn check(file: &Path) -> Result<()> {
    if !holds_something(file) {
        return Ok(());
    }
    let before = fs::read(file).with_context(|| format!("cannot write {}", file.display()))?;
    if std::str::from_utf8(&before).is_ok_and(variables::are_of_local_cloud) {
        return Ok(());
    }
    let problem = format!("{} has other things in it, and --ready-file would replace all of them", file.display());
    Err(Failure::new(Kind::Refused, problem).hint("give a file of its own, such as --ready-file .env.turso").into())
}
