use rusqlite::params;
use turso_cloud_contract::{OrganizationId, OrganizationSlug, organizations::OrganizationKind};

use super::{StoreError, Transaction, UserRow, columns, rows::Named};

/// An organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OrganizationRow {
    /// The number inside tokens; 0 before it is inserted.
    pub(crate) id: i64,
    pub(crate) uuid: String,
    pub(crate) slug: OrganizationSlug,
    pub(crate) name: String,
    pub(crate) kind: OrganizationKind,
    pub(crate) plan: String,
    pub(crate) overages: bool,
    pub(crate) require_mfa: bool,
    /// Whether what was deleted can be brought back.
    pub(crate) restore_enabled: bool,
}

impl Transaction<'_> {
    /// Inserts an organization and yields it with its number.
    pub(crate) fn insert_organization(&self, organization: OrganizationRow) -> Result<OrganizationRow, StoreError> {
        self.0.execute(
            "INSERT INTO organizations (uuid, slug, name, kind, plan, overages, require_mfa, restore_enabled)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                organization.uuid,
                organization.slug.as_str(),
                organization.name,
                organization.kind.as_str(),
                organization.plan,
                organization.overages,
                organization.require_mfa,
                organization.restore_enabled,
            ],
        )?;
        Ok(OrganizationRow { id: self.0.last_insert_rowid(), ..organization })
    }

    pub(crate) fn find_organization(&self, slug: &OrganizationSlug) -> Result<Option<OrganizationRow>, StoreError> {
        self.first("SELECT * FROM organizations WHERE slug = ?1", [slug.as_str()], organization)
    }

    pub(crate) fn find_organization_by_id(&self, id: &OrganizationId) -> Result<Option<OrganizationRow>, StoreError> {
        self.first("SELECT * FROM organizations WHERE uuid = ?1", [id.as_str()], organization)
    }

    pub(crate) fn all_organizations(&self) -> Result<Vec<OrganizationRow>, StoreError> {
        self.all("SELECT * FROM organizations ORDER BY id", [], organization)
    }

    /// Writes down what can change about an organization.
    pub(crate) fn update_organization(&self, organization: &OrganizationRow) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE organizations SET plan = ?2, overages = ?3, require_mfa = ?4, restore_enabled = ?5 WHERE id = ?1",
            params![
                organization.id,
                organization.plan,
                organization.overages,
                organization.require_mfa,
                organization.restore_enabled,
            ],
        )?;
        Ok(())
    }

    /// Deletes an organization with everything it owns, and yields the ids of the databases among it.
    pub(crate) fn delete_organization(&self, organization: &OrganizationRow) -> Result<Vec<String>, StoreError> {
        let mut statement = self.0.prepare("DELETE FROM databases WHERE organization_id = ?1 RETURNING uuid")?;
        let databases = statement.query_map([organization.id], |row| row.get(0))?.collect::<Result<_, _>>()?;
        self.0.execute("DELETE FROM organizations WHERE id = ?1", [organization.id])?;
        Ok(databases)
    }

    /// The organization that belongs to a user alone, whose slug is their name.
    pub(crate) fn find_personal_organization(&self, user: &UserRow) -> Result<Option<OrganizationRow>, StoreError> {
        self.first("SELECT * FROM organizations WHERE slug = ?1 AND kind = 'personal'", [&user.username], organization)
    }

    /// The organizations a user is a member of, in the order they were made.
    pub(crate) fn organizations_of(&self, user: i64) -> Result<Vec<OrganizationRow>, StoreError> {
        self.all(
            "SELECT organizations.* FROM organizations
             JOIN members ON members.organization_id = organizations.id
             WHERE members.user_id = ?1 ORDER BY organizations.id",
            [user],
            organization,
        )
    }
}

fn organization(row: &Named<'_>) -> rusqlite::Result<OrganizationRow> {
    Ok(OrganizationRow {
        id: row.get("id")?,
        uuid: row.get("uuid")?,
        slug: columns::name(row, "slug")?,
        name: row.get("name")?,
        kind: OrganizationKind::from(row.get::<String>("kind")?.as_str()),
        plan: row.get("plan")?,
        overages: row.get("overages")?,
        require_mfa: row.get("require_mfa")?,
        restore_enabled: row.get("restore_enabled")?,
    })
}
