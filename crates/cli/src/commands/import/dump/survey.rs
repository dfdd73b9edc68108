//! A look at all of a dump before anything of it is run.

use std::collections::HashSet;

use anyhow::Result;

use super::{super::journal::Position, open};
use crate::{
    commands::input::Input,
    context::Context,
    exit::{Failure, Kind},
    progress,
    script::{
        Altered, Change, Created, Entity, Item, Source, altered, changed, created, first_word, folded, virtual_table,
    },
    vectors,
};

/// What a dump holds.
#[derive(Debug, Default)]
pub(super) struct Survey {
    pub(super) statements: u64,
    /// The tables it makes, and the lines that do so. `sqlite3` writes `IF NOT EXISTS` of some as well: those with a name within
    /// quotes.
    tables: Vec<(String, u64)>,
    /// What it removes or alters, and the lines that do so.
    altered: Vec<(Altered, u64)>,
    /// As the engine compares names.
    tables_of_indexes: HashSet<String>,
}

impl Survey {
    /// Reads all of a dump to see whether it is one, and whole.
    pub(super) fn take(cx: &Context, input: &Input, bytes: u64) -> Result<Self> {
        let progress = progress::of_file(cx, "checking", input.path(), bytes);
        let unfit = |problem: String| Failure::usage(format!("{input}: {problem}"));
        let mut script = open(input, &Position::default());
        let mut survey = Self::default();
        let (mut is_open, mut last, mut last_line) = (false, String::new(), 0);
        while let Some(item) = script.next().map_err(|error| unfit(error.to_string()))? {
            let source = match item {
                Item::Statement(source) => source,
                Item::Command(source) => {
                    let problem =
                        format!("line {}: {} is a command of the sqlite3 shell, not SQL", source.line, source.text);
                    return Err(unfit(problem).into());
                }
            };
            if last == "ROLLBACK" {
                return Err(unfit(taken_back(last_line, &last)).into());
            }
            survey.statements += 1;
            (last, last_line) = (first_word(&source.text), source.line);
            match last.as_str() {
                "BEGIN" => is_open = true,
                "COMMIT" | "END" => is_open = false,
                // What it is for is to be taken back.
                "SAVEPOINT" | "RELEASE" => return Err(unfit(taken_back(source.line, &last)).into()),
                "ATTACH" | "DETACH" | "VACUUM" => {
                    return Err(unfit(format!("line {}: {last} cannot be imported", source.line)).into());
                }
                _ => {}
            }
            survey.see(&source).map_err(unfit)?;
            progress.set_position(source.end);
        }
        if survey.statements == 0 {
            return Err(unfit("it is empty: there is no statement in it".to_owned()).into());
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

    /// Notes what a statement makes.
    fn see(&mut self, source: &Source) -> Result<(), String> {
        let sql = virtual_table(&source.text);
        if sql.is_none() && changed(&source.text).is_some_and(|table| is_schema(&table)) {
            return Err(format!("line {}: it writes into the schema by hand what is no virtual table", source.line));
        }
        let sql = sql.as_deref().unwrap_or(&source.text);
        match created(sql) {
            Some(Created { entity: Entity::Table, name, .. }) => self.tables.push((name, source.line)),
            Some(Created { entity: Entity::Index, name, .. }) => {
                if let Some(table) = vectors::table_of(&name, sql) {
                    self.tables_of_indexes.extend([folded(&table), vectors::LIST.to_owned()]);
                }
            }
            _ => self.altered.extend(altered(sql).map(|altered| (altered, source.line))),
        }
        Ok(())
    }

    /// The names of the tables that it makes.
    pub(super) fn tables(&self) -> impl Iterator<Item = &str> {
        self.tables.iter().map(|(name, _)| name.as_str())
    }

    /// The tables, as the engine compares names, that vector indexes keep their content in.
    pub(super) fn tables_of_indexes(&self) -> &HashSet<String> {
        &self.tables_of_indexes
    }

    /// Refuses a dump that makes a table that is there, or removes or alters what is: nobody could take that back.
    pub(super) fn refuse_what_exists(&self, existing: &HashSet<String>) -> Result<()> {
        let is_there = |name: &str| {
            let name = folded(name);
            existing.contains(&name) && !self.tables_of_indexes.contains(&name)
        };
        if let Some((Altered { entity, name, change }, line)) =
            self.altered.iter().find(|(altered, _)| existing.contains(&folded(&altered.name)))
        {
            let does = if *change == Change::Removed { "removes" } else { "changes" };
            let problem = format!("{} {name:?} is there, and line {line} {does} it", entity.word());
            let hint = "tursoctl sql --file runs a script that changes what is there";
            return Err(Failure::new(Kind::Refused, problem).hint(hint).into());
        }
        match self.tables.iter().find(|(name, _)| is_there(name)) {
            None => Ok(()),
            Some((name, line)) => {
                Err(Failure::new(Kind::Refused, format!("table {name:?}, which line {line} makes, exists already"))
                    .into())
            }
        }
    }
}

/// Parts of a dump are committed as they come, whatever transactions it has.
fn taken_back(line: u64, word: &str) -> String {
    format!("line {line}: {word} cannot be imported: what a dump takes back would have been committed already")
}

fn is_schema(table: &str) -> bool {
    ["sqlite_schema", "sqlite_master"].iter().any(|schema| table.eq_ignore_ascii_case(schema))
}
