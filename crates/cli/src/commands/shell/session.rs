//! What a shell knows between two statements.

use std::{
    io::{self, BufReader, Read, Write as _},
    time::Instant,
};

use anyhow::{Context as _, Result};
use turso_cloud_local::Scanner;

use super::{
    dots::{Dot, HELP},
    names::Names,
};
use crate::{
    commands::{
        export::copy_dump,
        sql::{Flow, IsLast, Performer, Runner},
    },
    context::Context,
    exit::Failure,
    hrana::{Statement, Value},
    many::counted,
    script::{Item, ScriptReader, Source, first_word},
    stdin,
};

/// Scripts that read one another have to end somewhere.
const DEEPEST: usize = 16;

pub(super) struct Session<'c> {
    cx: &'c Context,
    pub(super) runner: Runner<'c>,
    name: String,
    is_timed: bool,
    is_interactive: bool,
    has_changed_names: bool,
}

impl<'c> Session<'c> {
    pub(super) fn new(cx: &'c Context, runner: Runner<'c>, database: &str) -> Self {
        // Of a URL, the host says which one it is.
        let name = match database.split_once("://") {
            Some((_, rest)) => rest.split(['.', '/', ':']).next().unwrap_or(rest),
            None => database,
        };
        Self { cx, runner, name: name.to_owned(), is_timed: false, is_interactive: false, has_changed_names: false }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The prompt: a star tells that a transaction is open.
    pub(super) fn prompt(&mut self, is_first: bool) -> String {
        self.is_interactive = true;
        let mark = if self.runner.connection.is_in_transaction() { "*" } else { "" };
        if is_first {
            format!("{}{mark}> ", self.name)
        } else {
            format!("{:>width$}> ", "...", width = self.name.chars().count() + mark.len())
        }
    }

    /// Whether names may have changed since this was asked last.
    pub(super) fn has_changed_names(&mut self) -> bool {
        std::mem::take(&mut self.has_changed_names)
    }

    pub(super) async fn names(&mut self) -> Result<Names> {
        Ok(Names::read(&self.runner.connection).await.map_err(Failure::from)?)
    }

    /// Ends what was being written of rows, for there will be no more.
    pub(super) fn abandon_rows(&mut self) -> io::Result<()> {
        self.runner.flush()
    }

    async fn statement(&mut self, source: &Source, is_last: IsLast<'_>) -> Result<()> {
        let started = Instant::now();
        let word = first_word(&source.text);
        self.has_changed_names |= matches!(word.as_str(), "CREATE" | "DROP" | "ALTER" | "ATTACH" | "ROLLBACK");
        let outcome = self.runner.statement(source, is_last).await?;
        if self.is_interactive
            && !outcome.has_rows
            && matches!(word.as_str(), "INSERT" | "UPDATE" | "DELETE" | "REPLACE")
        {
            self.cx.notice(format_args!("{} changed", counted(outcome.ended.affected, "row")));
        }
        if self.is_timed {
            self.cx.notice(format_args!("{:.3} s", started.elapsed().as_secs_f64()));
        }
        Ok(())
    }

    async fn item(&mut self, item: &Item, depth: usize, is_last: IsLast<'_>) -> Result<Flow> {
        match item {
            Item::Statement(statement) => self.statement(statement, is_last).await.map(|()| Flow::GoOn),
            Item::Command(command) => self.command(command, depth).await,
        }
    }

    async fn command(&mut self, source: &Source, depth: usize) -> Result<Flow> {
        let dot = Dot::parse(&source.text).map_err(|problem| {
            Failure::usage(if self.is_interactive { problem } else { format!("line {}: {problem}", source.line) })
                .hint(".help lists the commands of the shell")
        })?;
        match dot {
            Dot::Quit => return Ok(Flow::Quit),
            Dot::Help => self.write(HELP)?,
            Dot::Mode(mode) => self.runner.writer.set_mode(mode),
            Dot::Headers(has_headers) => self.runner.writer.has_headers = has_headers,
            Dot::Timer(is_timed) => self.is_timed = is_timed,
            Dot::Tables(pattern) => self.tables(pattern).await?,
            Dot::Schema(table) => self.schema(table).await?,
            Dot::Dump => self.dump().await?,
            Dot::Read(file) => return Box::pin(self.read(&file, depth)).await,
        }
        Ok(Flow::GoOn)
    }

    async fn tables(&mut self, pattern: Option<String>) -> Result<()> {
        let sql = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' \
                   ESCAPE '\\' AND name LIKE ?1 ORDER BY name";
        self.texts(sql, pattern, |_| "").await
    }

    async fn schema(&mut self, table: Option<String>) -> Result<()> {
        let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
                   AND (name LIKE ?1 OR tbl_name LIKE ?1) ORDER BY tbl_name, type DESC, name";
        self.texts(sql, table, Scanner::ending_of).await
    }

    /// Writes texts that a query yields, one in a line, each with what ends it.
    async fn texts(&mut self, sql: &str, argument: Option<String>, ending: fn(&str) -> &'static str) -> Result<()> {
        let statement = Statement::new(sql).with(vec![Value::Text(argument.unwrap_or_else(|| "%".to_owned()))]);
        let rows = self.runner.connection.rows(&statement).await.map_err(Failure::from)?;
        for row in rows {
            if let Some(Value::Text(text)) = row.first() {
                self.write(&format!("{text}{}\n", ending(text)))?;
            }
        }
        Ok(())
    }

    async fn dump(&mut self) -> Result<()> {
        copy_dump(&self.runner.connection, self.runner.writer.out(), |_| {}).await?;
        self.runner.flush()?;
        Ok(())
    }

    /// Runs a script that this many are reading.
    async fn read(&mut self, file: &str, depth: usize) -> Result<Flow> {
        if depth >= DEEPEST {
            return Err(Failure::usage(format!(".read {file}: {DEEPEST} scripts are being read already")).into());
        }
        let opened = stdin::open(file.as_ref()).with_context(|| format!("cannot read {file}"))?;
        let mut script = ScriptReader::new(BufReader::new(opened));
        self.read_all(&mut script, depth + 1).await.with_context(|| file.to_owned())
    }

    async fn read_all(&mut self, script: &mut ScriptReader<BufReader<impl Read>>, depth: usize) -> Result<Flow> {
        while let Some(item) = script.next().map_err(Failure::from)? {
            // What reads this script may go on behind it.
            if self.item(&item, depth, &mut || false).await? == Flow::Quit {
                return Ok(Flow::Quit);
            }
        }
        Ok(Flow::GoOn)
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        let out = self.runner.writer.out();
        out.write_all(text.as_bytes())?;
        out.flush()
    }
}

impl<'c> Performer<'c> for Session<'c> {
    fn runner(&mut self) -> &mut Runner<'c> {
        &mut self.runner
    }

    async fn perform(&mut self, item: &Item, is_last: IsLast<'_>) -> Result<Flow> {
        self.item(item, 0, is_last).await
    }
}
