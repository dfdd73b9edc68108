//! Where the statements of a run are.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Cursor, Seek as _},
    path::Path,
};

use anyhow::{Context as _, Result};

use crate::{commands::input::refuse_folder, stdin::Stdin};

/// Statements that every database gets from their beginning.
#[derive(Debug)]
pub(super) enum Text<'a> {
    Given(&'a str),
    File(&'a Path),
    /// Standard input, which can be read only once.
    Kept(File),
}

impl<'a> Text<'a> {
    /// For one database, standard input is run as it comes.
    pub(super) fn of_file(file: &'a Path, databases: usize) -> Result<Self> {
        if databases < 2 || !is_standard_input(file) {
            return Ok(Self::File(file));
        }
        let mut kept = tempfile::tempfile().context("cannot write a temporary file")?;
        io::copy(&mut Stdin, &mut kept).context("cannot copy standard input to a temporary file")?;
        Ok(Self::Kept(kept))
    }

    pub(super) fn open(&self) -> Result<Box<dyn BufRead + '_>> {
        match self {
            Self::Given(sql) => Ok(Box::new(Cursor::new(*sql))),
            Self::File(file) => open_file(file).map(|file| file as Box<dyn BufRead>),
            Self::Kept(file) => {
                let mut file = file;
                file.rewind().context("cannot read the temporary file again")?;
                Ok(Box::new(BufReader::new(file)))
            }
        }
    }
}

/// A file, or with `-` the standard input.
pub(in crate::commands) fn open_file(file: &Path) -> Result<Box<dyn BufRead>> {
    if is_standard_input(file) {
        return Ok(Box::new(BufReader::new(Stdin)));
    }
    refuse_folder(file)?;
    let opened = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(Box::new(BufReader::new(opened)))
}

fn is_standard_input(file: &Path) -> bool {
    file == Path::new("-")
}
