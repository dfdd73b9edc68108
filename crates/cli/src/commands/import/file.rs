//! What an import is made from.

use std::io::{self, IsTerminal as _};

use anyhow::Result;
use turso_cloud::GroupName;

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
        let fingerprint = Fingerprint::of_standard_input(input.bytes()?);
        Ok((input, fingerprint, group))
    }
}
