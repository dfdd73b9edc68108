use rusqlite::params;
use turso_cloud_contract::{GroupId, GroupName, LocationCode};

use super::{StoreError, Transaction, columns, rows::Named};
use crate::data::SigningSeed;

/// A group.
#[derive(Clone, Debug)]
pub(crate) struct GroupRow {
    /// Its row; 0 before it is inserted.
    pub(crate) id: i64,
    pub(crate) organization_id: i64,
    pub(crate) uuid: GroupId,
    pub(crate) name: GroupName,
    /// The primary location, which takes the writes.
    pub(crate) location: LocationCode,
    /// Its further locations.
    pub(crate) replicas: Vec<LocationCode>,
    /// Signs the tokens of the group and of its databases.
    pub(crate) signing_key: SigningSeed,
    pub(crate) role_id: String,
    pub(crate) delete_protection: bool,
    pub(crate) archived: bool,
}

impl GroupRow {
    /// Every location, the primary one first.
    pub(crate) fn locations(&self) -> impl Iterator<Item = &LocationCode> {
        std::iter::once(&self.location).chain(&self.replicas)
    }
}

impl Transaction<'_> {
    /// Inserts a group and yields it with its row.
    pub(crate) fn insert_group(&self, group: GroupRow) -> Result<GroupRow, StoreError> {
        self.0.execute(
            "INSERT INTO groups (organization_id, uuid, name, location, replicas, signing_key, role_id,
                 delete_protection, archived)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                group.organization_id,
                group.uuid.as_str(),
                group.name.as_str(),
                group.location.as_str(),
                columns::json_array(&group.replicas),
                group.signing_key.expose(),
                group.role_id,
                group.delete_protection,
                group.archived,
            ],
        )?;
        Ok(GroupRow { id: self.0.last_insert_rowid(), ..group })
    }

    pub(crate) fn find_group(&self, organization: i64, name: &GroupName) -> Result<Option<GroupRow>, StoreError> {
        self.first(
            "SELECT * FROM groups WHERE organization_id = ?1 AND name = ?2 AND deleted_at IS NULL",
            params![organization, name.as_str()],
            group,
        )
    }

    pub(crate) fn find_group_by_id(&self, organization: i64, id: &GroupId) -> Result<Option<GroupRow>, StoreError> {
        self.first(
            "SELECT * FROM groups WHERE organization_id = ?1 AND uuid = ?2 AND deleted_at IS NULL",
            params![organization, id.as_str()],
            group,
        )
    }

    /// The groups of an organization, in the order they were made.
    pub(crate) fn groups_of(&self, organization: i64) -> Result<Vec<GroupRow>, StoreError> {
        self.all(
            "SELECT * FROM groups WHERE organization_id = ?1 AND deleted_at IS NULL ORDER BY id",
            [organization],
            group,
        )
    }

    pub(crate) fn count_groups(&self, organization: i64) -> Result<u64, StoreError> {
        self.one("SELECT count(*) FROM groups WHERE organization_id = ?1 AND deleted_at IS NULL", [organization])
    }

    /// Writes down what may change of a group.
    pub(crate) fn update_group(&self, group: &GroupRow) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE groups SET organization_id = ?2, name = ?3, replicas = ?4, role_id = ?5, delete_protection = ?6,
                 archived = ?7
             WHERE id = ?1",
            params![
                group.id,
                group.organization_id,
                group.name.as_str(),
                columns::json_array(&group.replicas),
                group.role_id,
                group.delete_protection,
                group.archived,
            ],
        )?;
        Ok(())
    }
}

pub(super) fn group(row: &Named<'_>) -> rusqlite::Result<GroupRow> {
    Ok(GroupRow {
        id: row.get("id")?,
        organization_id: row.get("organization_id")?,
        uuid: columns::name(row, "uuid")?,
        name: columns::name(row, "name")?,
        location: columns::name(row, "location")?,
        replicas: columns::json(row, "replicas")?,
        signing_key: columns::signing_seed(row, "signing_key")?,
        role_id: row.get("role_id")?,
        delete_protection: row.get("delete_protection")?,
        archived: row.get("archived")?,
    })
}
