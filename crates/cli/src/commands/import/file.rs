//! The file that an import reads.

use std::io::{self, IsTerminal as _, Read as _};

use anyhow::{Context as _, Result};
use turso_cloud::{GroupName, contract::uploads::DATABASE_MAGIC};

use super::journal::Fingerprint;
use crate::{
    args::Import,
    commands::input::{Input, is_standard_input},
    context::Context,
    exit::Failure,
    progress,
};

impl Import {
    /// The file with what tells it from others, and the group of a database that is to be created. Whether it can go there is
    /// seen before it is read: whoever is writing it to standard input may not be able to do so again.
    pub(super) async fn open(&self, cx: &Context) -> Result<(Input, Fingerprint, Option<GroupName>)> {
        if !is_standard_input(&self.file) {
            let fingerprint = Fingerprint::of(&self.file)?;
            let input = Input::open(&self.file)?;
            refuse_binary(&input)?;
            return Ok((input, fingerprint, self.destination.check(cx).await?));
        }
        for (is_given, flag) in [(self.keep, "--keep"), (self.resume, "--resume")] {
            if is_given {
                let problem = format!("{flag} needs a file: standard input cannot be read again");
                return Err(Failure::usage(problem).into());
            }
        }
        if io::stdin().is_terminal() {
            let problem = "standard input is a terminal: there is nothing to import";
            return Err(Failure::usage(problem).hint("pipe it in, or name a file").into());
        }
        if cx.flags().token_stdin {
            // It is the first line.
            cx.token()?;
        }
        let group = self.destination.check(cx).await?;
        let _reading = progress::waiting(cx, "reading standard input");
        let input = Input::of_standard_input()?;
        refuse_binary(&input)?;
        let fingerprint = Fingerprint::of_standard_input(input.bytes()?);
        Ok((input, fingerprint, group))
    }
}

/// What was mistaken for a text by whoever named it would be told by the first byte that is none.
fn refuse_binary(input: &Input) -> Result<()> {
    let mut head = Vec::new();
    input
        .from(0)
        .take(DATABASE_MAGIC.len() as u64)
        .read_to_end(&mut head)
        .with_context(|| format!("cannot read {input}"))?;
    let (found, hint) = match &*head {
        head if head == DATABASE_MAGIC => ("a SQLite database", "tursoctl import sqlite imports it"),
        [0x1f, 0x8b, ..] => ("compressed", "pipe what it holds in: gunzip --stdout FILE, and give - as the file"),
        _ => return Ok(()),
    };
    Err(Failure::usage(format!("{input} is {found}, and no text")).hint(hint).into())
}
