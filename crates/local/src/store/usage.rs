use rusqlite::params;

use super::{DatabaseRow, StoreError, Transaction, columns};
use crate::data::{Hour, Hours, Month, Rows};

impl Transaction<'_> {
    /// Adds to what a database used in an hour. Of a database that is gone, nothing is kept.
    pub(crate) fn add_usage(&self, database: &str, hour: Hour, rows: Rows) -> Result<(), StoreError> {
        let mut statement = self.0.prepare_cached(
            "INSERT INTO usage (database_id, hour, rows_read, rows_written)
             SELECT id, ?2, ?3, ?4 FROM databases WHERE uuid = ?1
             ON CONFLICT DO UPDATE SET
                 rows_read = min(rows_read, ?5 - excluded.rows_read) + excluded.rows_read,
                 rows_written = min(rows_written, ?5 - excluded.rows_written) + excluded.rows_written",
        )?;
        statement.execute(params![
            database,
            hour.0,
            columns::signed(rows.read),
            columns::signed(rows.written),
            i64::MAX
        ])?;
        Ok(())
    }

    /// What a database used in these hours, as far as it is written down.
    pub(crate) fn usage_of(&self, database: &DatabaseRow, hours: Hours) -> Result<Rows, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT rows_read, rows_written FROM usage
             WHERE database_id = ?1 AND hour BETWEEN ?2 AND ?3",
        )?;
        added_up(statement.query(params![database.id, hours.first.0, hours.last.0])?)
    }

    /// Writes down what an organization used in a month, instead of what was known of it. Of one that is gone, nothing is kept.
    pub(crate) fn set_usage_of_organization(
        &self,
        organization: i64,
        month: Month,
        rows: Rows,
    ) -> Result<(), StoreError> {
        let mut statement = self.0.prepare_cached(
            "INSERT OR REPLACE INTO organization_usage (organization_id, month, rows_read, rows_written)
             SELECT id, ?2, ?3, ?4 FROM organizations WHERE id = ?1",
        )?;
        statement.execute(params![
            organization,
            month.first.0,
            columns::signed(rows.read),
            columns::signed(rows.written)
        ])?;
        Ok(())
    }

    /// What an organization used in each month, as far as it is written down.
    pub(crate) fn usage_of_organization(&self, organization: i64) -> Result<Vec<(Month, Rows)>, StoreError> {
        self.all("SELECT * FROM organization_usage WHERE organization_id = ?1 ORDER BY month", [organization], |row| {
            let rows = Rows { read: row.get("rows_read")?, written: row.get("rows_written")? };
            Ok((Month { first: Hour(row.get("month")?) }, rows))
        })
    }
}

/// By hand: `sum` fails where there are more than it has numbers for.
fn added_up(mut counted: rusqlite::Rows<'_>) -> Result<Rows, StoreError> {
    let mut sum = Rows::default();
    while let Some(row) = counted.next()? {
        sum += Rows { read: row.get(0)?, written: row.get(1)? };
    }
    Ok(sum)
}
