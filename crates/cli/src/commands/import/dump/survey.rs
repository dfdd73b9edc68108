//! A look at all of a dump before anything of it is run.

use std::{collections::HashSet, path::Path};

use anyhow::Result;

use super::{super::journal::Position, open};
use crate::{
    context::Context,
    exit::{Failure, Kind},
    progress,
    script::{Created, Item, created, first_word},
};

/// What a dump holds.
#[derive(Debug, Default)]
pub(super) struct Survey {
    pub(super) statements: u64,
    /// The tables it makes, and the lines that do so, unless they do nothing where there is one.
    tables: Vec<(String, u64)>,
}

impl Survey {
    /// Reads all of a dump to see whether it is one, and whole.
    pub(super) fn take(cx: &Context, file: &Path, bytes: u64) -> Result<Self> {
        let progress = progress::of_file(cx, "checking", file, bytes);
        let unfit = |problem: String| Failure::usage(format!("{}: {problem}", file.display()));
        let mut script = open(file, &Position::default())?;
        let mut survey = Self::default();
        let (mut is_open, mut last) = (false, String::new());
        while let Some(item) = script.next().map_err(|error| unfit(error.to_string()))? {
            let source = match item {
                Item::Statement(source) => source,
                Item::Command(source) => {
                    let problem =
                        format!("line {}: {} is a command of the sqlite3 shell, not SQL", source.line, source.text);
                    return Err(unfit(problem).into());
                }
            };
            survey.statements += 1;
            last = first_word(&source.text);
            match last.as_str() {
                "BEGIN" => is_open = true,
                "COMMIT" | "END" => is_open = false,
                "ATTACH" | "DETACH" | "VACUUM" => {
                    return Err(unfit(format!("line {}: {last} cannot be imported", source.line)).into());
                }
                _ => {}
            }
            if let Some(Created { kind: "TABLE", name, is_only_if_absent: false }) = created(&source.text) {
                survey.tables.push((name, source.line));
            }
            progress.set_position(source.end);
        }
        if last == "ROLLBACK" {
            let problem = "it ends in ROLLBACK: whoever wrote it ran into an error, and it is not whole";
            return Err(unfit(problem.to_owned()).into());
        }
        if is_open {
            return Err(unfit("it ends before its COMMIT: it is not whole".to_owned()).into());
        }
        Ok(survey)
    }

    /// Refuses a dump that makes a table that is there.
    pub(super) fn refuse_what_exists(&self, existing: &HashSet<String>) -> Result<()> {
        match self.tables.iter().find(|(name, _)| existing.contains(&name.to_lowercase())) {
            None => Ok(()),
            Some((name, line)) => {
                Err(Failure::new(Kind::Refused, format!("table {name:?}, which line {line} makes, exists already"))
                    .into())
            }
        }
    }
}
