//! Tables that an earlier run has begun.

use anyhow::Result;

use super::{
    super::{
        super::{
            journal::Earlier,
            table::{Table, gone},
        },
        content::{FileTable, Sort},
    },
    Load,
};
use crate::{args::ImportMode, script::folded};

impl Load<'_> {
    /// Finds the tables that an earlier run has filled, the one it stopped at, and how far it came there. Yields its place
    /// in the file. Changes nothing, and leaves the note as it is: another run may be luckier.
    pub(super) async fn catch_up(&mut self, earlier: Option<&Earlier>) -> Result<usize> {
        let Some(earlier) = earlier else { return Ok(0) };
        self.loader.journal.rows_before = earlier.rows_before;
        self.loader.journal.table = earlier.table.clone();
        let content = self.content;
        for (index, table) in content.tables.iter().enumerate().take(earlier.table.index) {
            let target = self.find(earlier, index, table).await?;
            if !self.is_there(&target) {
                return Err(gone(&target, table.rows));
            }
            self.tables.push(target);
        }
        if let Some(table) = content.tables.get(earlier.table.index) {
            self.catch_up_with(earlier, table).await?;
        }
        Ok(earlier.table.index)
    }

    async fn catch_up_with(&mut self, earlier: &Earlier, table: &FileTable) -> Result<()> {
        let target = self.find(earlier, earlier.table.index, table).await?;
        let done = earlier.position.done.saturating_sub(self.content.rows_before(earlier.table.index));
        if !self.is_there(&target) {
            return match done + earlier.sent {
                // The earlier run had no time to make it, or nothing was in it.
                0 => Ok(()),
                sent => Err(gone(&target, sent)),
            };
        }
        if table.sort != Sort::Virtual {
            let count = self.loader.stop.or(target.count(&self.loader.connection)).await?;
            self.loader.position.done += earlier.went_on(count, done)?;
        }
        self.tables.push(target);
        Ok(())
    }

    /// Where the rows of a table went.
    async fn find(&self, earlier: &Earlier, index: usize, table: &FileTable) -> Result<Table> {
        if earlier.table.made.contains(&index) {
            return Ok(Table::made(&table.name));
        }
        let (connection, mode) = (&self.loader.connection, self.mode.unwrap_or(ImportMode::Append));
        let (columns, mark) = (table.columns(false), &self.loader.journal.table.mark);
        self.loader.stop.or(Table::find(connection, &table.name, &columns, mode, mark)).await
    }

    fn is_there(&self, target: &Table) -> bool {
        self.existing.contains(&folded(target.target()))
    }
}
