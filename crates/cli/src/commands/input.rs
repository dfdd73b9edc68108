use std::{fs, path::Path};

use anyhow::{Context as _, Result};

use crate::{exit::Failure, stdin};

/// The text of a file; `-` is the standard input.
pub(super) fn read(file: &Path) -> Result<String> {
    if file == Path::new("-") {
        return stdin::whole().context("cannot read the standard input");
    }
    refuse_folder(file)?;
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

/// A folder in the place of a file is a slip of whoever typed it.
pub(super) fn refuse_folder(file: &Path) -> Result<(), Failure> {
    if file.is_dir() { Err(Failure::usage(format!("{} is a folder, and no file", file.display()))) } else { Ok(()) }
}
