//! Where the statements of a run are.

use std::{
    io::{BufRead, BufReader, Cursor},
    path::Path,
};

use anyhow::{Context as _, Result};

use crate::{
    commands::input::{Input, is_standard_input, refuse_folder},
    stdin::{self, Stdin},
};

/// Statements that every database gets from their beginning.
#[derive(Debug)]
pub(in crate::commands) enum Text<'a> {
    Given(&'a str),
    File(&'a Path),
    /// What can be read only once, as standard input and what is behind a pipe.
    Kept(Input),
}

impl<'a> Text<'a> {
    /// For one database, what can be read only once is run as it comes.
    pub(super) fn of_file(file: &'a Path, databases: usize) -> Result<Self> {
        if databases < 2 || !is_read_once(file) {
            return Ok(Self::File(file));
        }
        Input::of_stream(open_file(file)?, file.to_owned()).map(Self::Kept)
    }

    /// The same once more, where reading it takes nothing away.
    pub(super) fn again(&self) -> Result<Option<Box<dyn BufRead + '_>>> {
        match self {
            Self::File(file) if is_read_once(file) => Ok(None),
            _ => self.open().map(Some),
        }
    }

    pub(in crate::commands) fn open(&self) -> Result<Box<dyn BufRead + '_>> {
        match self {
            Self::Given(sql) => Ok(Box::new(Cursor::new(*sql))),
            Self::File(file) => open_file(file).map(|file| file as Box<dyn BufRead>),
            Self::Kept(input) => Ok(Box::new(BufReader::new(input.from(0)))),
        }
    }
}

/// Whether reading it takes something away.
fn is_read_once(file: &Path) -> bool {
    is_standard_input(file) || !file.is_file()
}

/// A file, or with `-` the standard input.
fn open_file(file: &Path) -> Result<Box<dyn BufRead>> {
    if is_standard_input(file) {
        return Ok(Box::new(BufReader::new(Stdin)));
    }
    refuse_folder(file)?;
    let opened = stdin::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(Box::new(BufReader::new(opened)))
}
