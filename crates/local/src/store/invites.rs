use rusqlite::params;
use turso_cloud_contract::{EmailAddress, invites::Invite, members::Role};

use super::{StoreError, Transaction, columns, rows::Named};

impl Transaction<'_> {
    /// Writes an invite down under the next number. There is at most one for an address.
    pub(crate) fn insert_invite(&self, organization: i64, invite: &Invite) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO invites (organization_id, email, role, created_at) VALUES (?1, ?2, ?3, ?4)",
            params![organization, invite.email.as_str(), invite.role.as_str(), invite.created_at.to_string()],
        )?;
        Ok(())
    }

    /// Takes an invite back, and tells whether there was one.
    pub(crate) fn delete_invite(&self, organization: i64, email: &str) -> Result<bool, StoreError> {
        let deleted = self
            .0
            .execute("DELETE FROM invites WHERE organization_id = ?1 AND email = ?2", params![organization, email])?;
        Ok(deleted > 0)
    }

    /// The open invites of an organization, in the order they were sent.
    pub(crate) fn invites_of(&self, organization: i64) -> Result<Vec<Invite>, StoreError> {
        self.all("SELECT * FROM invites WHERE organization_id = ?1 ORDER BY id", [organization], invite)
    }

    /// Whether any organization waits for the owner of an address.
    pub(crate) fn is_invited(&self, email: &str) -> Result<bool, StoreError> {
        self.exists("SELECT 1 FROM invites WHERE email = ?1", [email])
    }
}

fn invite(row: &Named<'_>) -> rusqlite::Result<Invite> {
    let email: EmailAddress = columns::name(row, "email")?;
    let role = Role::from(row.get::<String>("role")?.as_str());
    Ok(Invite::new(row.get("id")?, email, role, columns::text(row, "created_at")?))
}
