//! Statements run one after another, and their rows written.

use std::io::{self, Write as _};

use anyhow::Result;

use super::arguments::Given;
use crate::{
    context::say,
    exit::{Failure, Report},
    hrana::{Connection, Ended, HranaError, Statement, Value},
    rows::RowWriter,
    script::{Source, only_reads},
    stdout::{self, Out},
};

/// A connection and where its rows go.
pub(in crate::commands) struct Runner<'w> {
    pub(in crate::commands) connection: Connection,
    pub(in crate::commands) writer: &'w mut RowWriter<Out>,
    /// Said in a first column, where there are several.
    pub(super) database: Option<String>,
    given: Given,
    /// Whether a statement was carried out that may change something, and will not be rolled back.
    has_changed: bool,
    /// The same, in a transaction that is open.
    has_pending: bool,
}

/// Tells whether a statement is the last of its script. That may have to wait for whoever writes the script.
pub(in crate::commands) type IsLast<'a> = &'a mut dyn FnMut() -> bool;

/// What came of a statement.
#[derive(Clone, Copy, Debug)]
pub(in crate::commands) struct Outcome {
    pub(in crate::commands) ended: Ended,
    pub(in crate::commands) has_rows: bool,
}

impl<'w> Runner<'w> {
    pub(in crate::commands) fn new(connection: Connection, writer: &'w mut RowWriter<Out>, given: Given) -> Self {
        Self { connection, writer, database: None, given, has_changed: false, has_pending: false }
    }

    /// Whether something was carried out that makes it unsafe to run everything again.
    pub(super) fn has_changed(&self) -> bool {
        self.has_changed
    }

    /// Runs a statement and writes its rows as they come. Where nobody reads them any more, it is run to its end all the
    /// same, unless that would make no difference to anything.
    pub(in crate::commands) async fn statement(&mut self, source: &Source, is_last: IsLast<'_>) -> Result<Outcome> {
        let arguments = self.given.arguments_for(source)?;
        let statement = Statement::new(source.text.as_str()).with_arguments(arguments);
        let place = |error| named(error, source);
        let only_reads = only_reads(&source.text);
        let mut may_be_left = !self.connection.is_in_transaction() && only_reads;
        let mut cursor = self.connection.query(&statement).await.map_err(place)?;
        let has_rows = !cursor.columns().is_empty();
        if has_rows {
            let mut columns = cursor.columns().to_vec();
            if self.database.is_some() {
                columns.insert(0, "database".to_owned());
            }
            self.writer.begin(&columns)?;
        }
        while let Some(mut row) = cursor.next().await.map_err(place)? {
            if let Some(database) = &self.database {
                row.insert(0, Value::Text(database.clone()));
            }
            self.writer.row(&row)?;
            if may_be_left && stdout::is_closed() {
                if is_last() {
                    break;
                }
                may_be_left = false;
            }
        }
        let ended = cursor.ended();
        self.note_change(!only_reads);
        if let Some(loss) = self.writer.loss() {
            say(format_args!("warning: {loss}"));
        }
        // With several databases, the next one goes on in the same document.
        if self.database.is_none() {
            self.writer.end()?;
        }
        Ok(Outcome { ended, has_rows })
    }

    /// Tells of values that nothing has asked for, in a script that is over.
    pub(super) fn tell_unused(&self) {
        if let Some(unused) = self.given.unused() {
            say(format_args!("warning: {unused}"));
        }
    }

    pub(super) async fn begin(&mut self) -> Result<()> {
        self.control("BEGIN").await
    }

    pub(super) async fn commit(&mut self) -> Result<()> {
        self.control("COMMIT").await?;
        self.note_change(false);
        Ok(())
    }

    /// Takes everything back, unless the database has done so by itself.
    pub(super) async fn roll_back(&mut self) -> Result<()> {
        if self.connection.is_in_transaction() { self.control("ROLLBACK").await } else { Ok(()) }
    }

    /// Says whether a transaction was open.
    pub(in crate::commands) async fn close(&mut self) -> bool {
        self.connection.close().await
    }

    pub(in crate::commands) fn flush(&mut self) -> io::Result<()> {
        self.writer.end()?;
        self.writer.out().flush()
    }

    /// Tells of a statement that failed while the others are run.
    pub(in crate::commands) fn pass_over(&mut self, error: &anyhow::Error) -> io::Result<()> {
        // With several databases, the next one goes on in the same document.
        if self.database.is_none() {
            self.writer.end()?;
        }
        self.writer.out().flush()?;
        tell(self.database.as_deref(), error);
        Ok(())
    }

    /// Notes what is carried out as soon as it cannot be rolled back any more.
    fn note_change(&mut self, may_change: bool) {
        self.has_pending |= may_change;
        if !self.connection.is_in_transaction() {
            self.has_changed |= std::mem::take(&mut self.has_pending);
        }
    }

    async fn control(&mut self, sql: &str) -> Result<()> {
        let Err(failed) = self.connection.rows(&Statement::new(sql)).await else { return Ok(()) };
        let is_late = matches!(&failed, HranaError::Sql { code, .. } if code == "TRANSACTION_TIMEOUT");
        let failure = Failure::new(failed.exit(), format!("{sql}: {failed}")).caused_by(failed);
        Err(if is_late { failure.hint("run it again without --single-transaction") } else { failure }.into())
    }
}

/// Says which statement failed, or where a script broke off.
fn named(error: HranaError, source: &Source) -> anyhow::Error {
    // What keeps the first from being run at all is not about a statement.
    if error.is_sql() || source.number > 1 { source.blame(error).into() } else { Failure::from(error).into() }
}

/// Tells of a failure that does not end the run, and of the database where there are several.
pub(super) fn tell(database: Option<&str>, error: &anyhow::Error) {
    let said = Report::of(error);
    let place = database.map(|database| format!("database {database}: ")).unwrap_or_default();
    say(format_args!("error: {place}{}", said.shown()));
}

/// Whether a database failed, be it on the way there, rather than this program or what was typed.
pub(super) fn is_of_database(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.is::<HranaError>() || cause.is::<turso_cloud::Error>())
}

/// Whether a statement failed, rather than the way to the database.
pub(in crate::commands) fn is_of_statement(error: &anyhow::Error) -> bool {
    error.chain().filter_map(|cause| cause.downcast_ref::<HranaError>()).any(HranaError::is_sql)
}
