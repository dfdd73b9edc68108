//! Where a command writes what it was asked for: a file of somebody's own, or standard output.

mod target;

use std::{
    fmt,
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use crate::{
    exit::{Failure, Kind},
    files::holds_something,
};
pub(crate) use target::Target;

/// What names standard output where a file could be named.
const STANDARD_OUTPUT: &str = "-";

/// What was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    StandardOutput,
    File { path: PathBuf, may_replace: bool },
}

impl Place {
    pub(crate) fn new(path: &Path, may_replace: bool) -> Self {
        if is_standard_output(path) { Self::StandardOutput } else { Self::File { path: path.to_owned(), may_replace } }
    }

    /// Writes all that there is.
    pub(crate) async fn write(&self, bytes: &[u8]) -> Result<()> {
        let mut target = Target::create(self)?;
        target.write_all(bytes).with_context(|| format!("cannot write {self}"))?;
        target.close().await?.finish().await.map(drop)
    }

    /// Refuses to write over what is there, for a command to know before it asks a service for anything.
    pub(crate) fn check(&self) -> Result<()> {
        match self {
            Self::File { path, .. } if path.is_dir() => {
                Err(Failure::usage(format!("{} is a folder, and no file", path.display())).into())
            }
            Self::File { path, may_replace: false } if holds_something(path) => Err(exists(&path.display()).into()),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StandardOutput => f.write_str("to standard output"),
            Self::File { path, .. } => write!(f, "to {}", path.display()),
        }
    }
}

/// That something would be replaced, be it there before or only when all is written.
fn exists(path: &dyn fmt::Display) -> Failure {
    Failure::new(Kind::Refused, format!("{path} exists")).hint("--overwrite replaces it")
}

/// That standard output was named for what is more than one file.
pub(crate) fn several_files() -> Failure {
    Failure::usage("--out -: several files cannot go to standard output")
}

pub(crate) fn is_standard_output(path: &Path) -> bool {
    path == Path::new(STANDARD_OUTPUT)
}
