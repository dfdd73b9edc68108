use std::{fs, path::Path};

use anyhow::{Context as _, Result};

use crate::stdin;

/// The text of a file; `-` is the standard input.
pub(super) fn read(file: &Path) -> Result<String> {
    if file == Path::new("-") {
        return stdin::whole().context("cannot read the standard input");
    }
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}
