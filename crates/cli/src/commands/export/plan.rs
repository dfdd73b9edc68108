//! Which file each thing goes to.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use anyhow::Result;

use crate::{
    args::{ExportArgs, ExportFormat},
    exit::{Failure, Kind},
    out::{self, Place},
};

pub(super) struct Plan {
    out: PathBuf,
    format: ExportFormat,
    is_one_file: bool,
    may_replace: bool,
}

impl Plan {
    /// Refuses databases of which one would be written over another.
    pub(super) fn new(args: &ExportArgs, databases: &[String]) -> Result<Self> {
        if args.table.is_some() && !args.format.is_by_table() {
            return Err(Failure::usage("--table goes with --format csv and --format jsonl only").into());
        }
        let is_standard_output = out::is_standard_output(&args.out);
        let is_one_thing = databases.len() == 1 && !args.all && args.glob.is_none();
        let is_one_file = is_one_thing && (!args.format.is_by_table() || args.table.is_some());
        if is_standard_output && !is_one_file {
            let hint = if is_one_thing { "give --table TABLE" } else { "give one database" };
            return Err(out::several_files().hint(hint).into());
        }
        if args.verify && is_standard_output {
            return Err(Failure::usage("--verify looks at a file, and standard output is none").into());
        }
        let is_one_file = is_one_file && !args.out.is_dir();
        let plan = Self { out: args.out.clone(), format: args.format, is_one_file, may_replace: args.overwrite };
        plan.keep_apart(databases)?;
        Ok(plan)
    }

    fn keep_apart(&self, databases: &[String]) -> Result<()> {
        let mut taken = HashMap::new();
        for database in databases {
            let place = self.out.join(file_name(database));
            if let Some(other) = taken.insert(place.clone(), database) {
                let problem = format!("{other} and {database} would be written to the same place: {}", place.display());
                return Err(Failure::usage(problem).hint("export them one by one").into());
            }
        }
        Ok(())
    }

    pub(super) fn is_standard_output(&self) -> bool {
        out::is_standard_output(&self.out)
    }

    /// For a database as a whole.
    pub(super) fn whole(&self, database: &str) -> Place {
        let name = format!("{}.{}", file_name(database), self.format.extension());
        if self.is_one_file { self.place(&self.out) } else { self.place(&self.out.join(name)) }
    }

    /// For a table of a database.
    pub(super) fn table(&self, database: &str, table: &str) -> Result<Place> {
        if self.is_one_file {
            return Ok(self.place(&self.out));
        }
        if table.contains(['/', '\\', '\0']) || table.starts_with('.') {
            let problem = format!("table {table:?} of database {database}: no file can be named so");
            return Err(Failure::new(Kind::Failed, problem).hint("give --table and a file as --out").into());
        }
        let name = format!("{table}.{}", self.format.extension());
        Ok(self.place(&self.out.join(file_name(database)).join(name)))
    }

    /// The folder for the tables of a database.
    pub(super) fn folder(&self, database: &str) -> Place {
        self.place(&self.out.join(file_name(database)).join(""))
    }

    fn place(&self, path: &Path) -> Place {
        Place::new(path, self.may_replace)
    }
}

/// A database in the name of a file: of a URL, its host and path.
fn file_name(database: &str) -> String {
    let name = database.split_once("://").map_or(database, |(_, rest)| rest.trim_end_matches('/'));
    name.replace(['/', '\\', ':'], "_")
}
