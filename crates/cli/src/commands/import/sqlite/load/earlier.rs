//! Tables that an earlier run has begun.

use anyhow::Result;

use super::{
    super::{
        super::{
            journal::Earlier,
            outcome::{Broken, counted},
            table::Table,
        },
        content::{FileTable, Sort},
    },
    Load, broken,
};
use crate::{
    args::ImportMode,
    exit::{Failure, Kind},
};

impl Load<'_> {
    /// A table that an earlier run has filled.
    pub(super) async fn filled(&mut self, earlier: &Earlier, index: usize, table: &FileTable) -> Result<(), Broken> {
        let target = self.find(earlier, index, table).await?;
        if !self.is_there(&target) {
            return Err(gone(&target, table.rows));
        }
        self.tables.push(target);
        Ok(())
    }

    /// The table at which an earlier run stopped.
    pub(super) async fn go_on(&mut self, earlier: &Earlier, index: usize, table: &FileTable) -> Result<Table, Broken> {
        let target = self.find(earlier, index, table).await?;
        let done = earlier.position.done.saturating_sub(self.content.rows_before(index));
        let is_there = self.is_there(&target);
        self.loader.journal.rows_before = earlier.rows_before;
        self.loader.journal.table = earlier.table.clone();
        match (is_there, done + earlier.sent) {
            (true, _) => {}
            // It had no time to make it, or nothing was in it.
            (false, 0) => return self.begin(index, table).await,
            (false, sent) => return Err(gone(&target, sent)),
        }
        if table.sort != Sort::Virtual {
            let counted = self.loader.stop.or(target.count(&self.loader.connection)).await;
            self.loader.position.done += counted.and_then(|count| earlier.went_on(count, done)).map_err(broken)?;
        }
        self.tables.push(target.clone());
        Ok(target)
    }

    /// Where the rows of a table went.
    async fn find(&self, earlier: &Earlier, index: usize, table: &FileTable) -> Result<Table, Broken> {
        if earlier.table.made.contains(&index) {
            return Ok(Table::made(&table.name));
        }
        let (connection, mode) = (&self.loader.connection, self.mode.unwrap_or(ImportMode::Append));
        let columns = table.columns(false);
        self.loader.stop.or(Table::find(connection, &table.name, &columns, mode)).await.map_err(broken)
    }

    fn is_there(&self, target: &Table) -> bool {
        self.existing.contains(&target.target().to_lowercase())
    }
}

/// The rows are lost, or have taken the place of others already: going on behind them would call a part the whole.
fn gone(target: &Table, rows: u64) -> Broken {
    let problem = format!(
        "--resume: {} of the file were sent to table {:?}, which is not there any more",
        counted(rows, "row"),
        target.target()
    );
    Failure::new(Kind::Refused, problem).hint("leave out --resume to begin anew").into()
}
