use rusqlite::params;

use super::{DatabaseRow, StoreError, Transaction};
use crate::data::{Hour, Hours, Rows};

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
        statement.execute(params![database, hour.0, signed(rows.read), signed(rows.written), i64::MAX])?;
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

    /// What all databases of an organization used in these hours, as far as it is written down.
    pub(crate) fn usage_in(&self, organization: i64, hours: Hours) -> Result<Rows, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT rows_read, rows_written FROM usage
             JOIN databases ON databases.id = usage.database_id
             WHERE databases.organization_id = ?1 AND hour BETWEEN ?2 AND ?3",
        )?;
        added_up(statement.query(params![organization, hours.first.0, hours.last.0])?)
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

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
