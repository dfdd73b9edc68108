use rusqlite::params;
use turso_cloud_contract::audit_logs::{AuditCode, AuditLog, AuditOrigin};

use super::{StoreError, Transaction, columns, rows::Named};

impl Transaction<'_> {
    pub(crate) fn insert_audit_log(&self, organization: i64, entry: &AuditLog) -> Result<(), StoreError> {
        let mut statement = self.0.prepare_cached(
            "INSERT INTO audit_logs (organization_id, code, message, origin, author, created_at, data)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        statement.execute(params![
            organization,
            entry.code.as_str(),
            entry.message,
            entry.origin.as_str(),
            entry.author,
            entry.created_at.to_string(),
            entry.data.to_json(),
        ])?;
        Ok(())
    }

    pub(crate) fn count_audit_logs(&self, organization: i64) -> Result<u64, StoreError> {
        self.one("SELECT count(*) FROM audit_logs WHERE organization_id = ?1", [organization])
    }

    /// At most `limit` entries of an organization, the newest first, behind the `skipped` newest ones.
    pub(crate) fn audit_logs_of(
        &self,
        organization: i64,
        limit: u64,
        skipped: u64,
    ) -> Result<Vec<AuditLog>, StoreError> {
        self.all(
            "SELECT * FROM audit_logs WHERE organization_id = ?1 ORDER BY sequence DESC LIMIT ?2 OFFSET ?3",
            params![organization, columns::signed(limit), columns::signed(skipped)],
            audit_log,
        )
    }
}

fn audit_log(row: &Named<'_>) -> rusqlite::Result<AuditLog> {
    let code = AuditCode::from(row.get::<String>("code")?.as_str());
    let origin = AuditOrigin::from(row.get::<String>("origin")?.as_str());
    let mut entry = AuditLog::new(code, origin, row.get::<String>("author")?, columns::text(row, "created_at")?);
    entry.message = row.get("message")?;
    entry.data = columns::json(row, "data")?;
    Ok(entry)
}
