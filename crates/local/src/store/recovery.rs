//! What was deleted and can be brought back: rows that every other query leaves out.

use jiff::Timestamp;
use rusqlite::params;
use turso_cloud_contract::{DatabaseId, GroupId, databases::DatabaseV3Filter};

use super::{DatabaseRow, GroupRow, Page, Position, StoreError, Transaction, columns, databases, groups, rows::Named};

/// A deleted database with the group it was in.
#[derive(Clone, Debug)]
pub(crate) struct DeletedDatabaseRow {
    pub(crate) database: DatabaseRow,
    pub(crate) deleted_at: Timestamp,
    /// When its group was deleted, if that is deleted too.
    pub(crate) group_deleted_at: Option<Timestamp>,
    /// Whether it was deleted because its group was.
    pub(crate) went_with_group: bool,
}

/// A deleted group.
#[derive(Clone, Debug)]
pub(crate) struct DeletedGroupRow {
    pub(crate) group: GroupRow,
    pub(crate) deleted_at: Timestamp,
    /// How many databases were deleted because of it.
    pub(crate) cascade_databases: u64,
}

impl DeletedDatabaseRow {
    pub(crate) fn position(&self) -> Position {
        Position { time: self.deleted_at.as_microsecond(), row: self.database.id }
    }
}

impl DeletedGroupRow {
    pub(crate) fn position(&self) -> Position {
        Position { time: self.deleted_at.as_microsecond(), row: self.group.id }
    }
}

impl Transaction<'_> {
    /// Deletes a database so that it can be brought back.
    pub(crate) fn delete_database(&self, database: &DatabaseRow, now: Timestamp) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE databases SET deleted_at = ?2 WHERE id = ?1",
            params![database.id, now.as_microsecond()],
        )?;
        Ok(())
    }

    /// Deletes a group with its databases so that all of it can be brought back.
    pub(crate) fn delete_group(&self, group: &GroupRow, now: Timestamp) -> Result<(), StoreError> {
        let deletion = params![group.id, now.as_microsecond()];
        self.0.execute("UPDATE groups SET deleted_at = ?2 WHERE id = ?1", deletion)?;
        self.0.execute(
            "UPDATE databases SET deleted_at = ?2, went_with_group = TRUE
             WHERE group_id = ?1 AND deleted_at IS NULL",
            deletion,
        )?;
        Ok(())
    }

    /// Brings a database back under the name and the label of the row; its group must not be deleted.
    pub(crate) fn restore_database(&self, database: &DatabaseRow) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE databases SET deleted_at = NULL, went_with_group = FALSE, name = ?2, label = ?3 WHERE id = ?1",
            params![database.id, database.name.as_str(), database.label],
        )?;
        Ok(())
    }

    /// Brings a group back without its databases. Those that stay deleted are from now on deleted for themselves.
    pub(crate) fn restore_group(&self, group: &GroupRow) -> Result<(), StoreError> {
        self.0.execute("UPDATE groups SET deleted_at = NULL WHERE id = ?1", [group.id])?;
        self.0.execute("UPDATE databases SET went_with_group = FALSE WHERE group_id = ?1", [group.id])?;
        Ok(())
    }

    pub(crate) fn find_deleted_database(
        &self,
        organization: i64,
        id: &DatabaseId,
    ) -> Result<Option<DeletedDatabaseRow>, StoreError> {
        self.first(
            "SELECT * FROM deleted_databases_with_group WHERE organization_id = ?1 AND uuid = ?2",
            params![organization, id.as_str()],
            deleted_database,
        )
    }

    /// A page of the deleted databases of an organization, or of its `only` group to be looked at, that pass the filter,
    /// those deleted first before the others. It may hold one more than was asked for: then it is not the last.
    pub(crate) fn deleted_databases_of(
        &self,
        organization: i64,
        only: Option<&GroupId>,
        filter: &DatabaseV3Filter,
        page: Page,
    ) -> Result<Vec<DeletedDatabaseRow>, StoreError> {
        self.all(
            "SELECT * FROM deleted_databases_with_group
             WHERE organization_id = ?1 AND group_uuid = coalesce(?2, group_uuid)
                 AND (?3 IS NULL OR parent_uuid = ?3) AND instr(name, lower(coalesce(?4, ''))) > 0
                 AND (deleted_at, id) > (?5, ?6)
                 AND group_uuid = coalesce(?7, group_uuid)
             ORDER BY deleted_at, id LIMIT ?8",
            params![
                organization,
                filter.group_id,
                filter.parent_db_id,
                filter.search,
                page.after.time,
                page.after.row,
                only.map(GroupId::as_str),
                page.rows_to_read()
            ],
            deleted_database,
        )
    }

    /// The deleted databases of a group.
    pub(crate) fn deleted_databases_in(&self, group: &GroupRow) -> Result<Vec<DeletedDatabaseRow>, StoreError> {
        self.all(
            "SELECT * FROM deleted_databases_with_group WHERE group_id = ?1 ORDER BY id",
            [group.id],
            deleted_database,
        )
    }

    /// The databases that were deleted because their group was.
    pub(crate) fn databases_deleted_with(&self, group: &GroupRow) -> Result<Vec<DeletedDatabaseRow>, StoreError> {
        self.all(
            "SELECT * FROM deleted_databases_with_group WHERE group_id = ?1 AND went_with_group ORDER BY id",
            [group.id],
            deleted_database,
        )
    }

    /// Every deleted database of the cloud.
    pub(crate) fn all_deleted_databases(&self) -> Result<Vec<DeletedDatabaseRow>, StoreError> {
        self.all("SELECT * FROM deleted_databases_with_group ORDER BY id", [], deleted_database)
    }

    pub(crate) fn find_deleted_group(&self, organization: i64, id: &GroupId) -> Result<Option<GroupRow>, StoreError> {
        self.first(
            "SELECT * FROM groups WHERE organization_id = ?1 AND uuid = ?2 AND deleted_at IS NOT NULL",
            params![organization, id.as_str()],
            groups::group,
        )
    }

    /// A page of the deleted groups of an organization, those deleted first before the others. It may hold one more
    /// than was asked for: then it is not the last.
    pub(crate) fn deleted_groups_of(&self, organization: i64, page: Page) -> Result<Vec<DeletedGroupRow>, StoreError> {
        self.all(
            "SELECT groups.*, (SELECT count(*) FROM databases WHERE group_id = groups.id AND went_with_group)
                 AS cascade_databases
             FROM groups
             WHERE organization_id = ?1 AND deleted_at IS NOT NULL AND (deleted_at, id) > (?2, ?3)
             ORDER BY deleted_at, id LIMIT ?4",
            params![organization, page.after.time, page.after.row, page.rows_to_read()],
            deleted_group,
        )
    }

    /// Removes for good what was deleted at this time or before, and yields the ids of the databases among it.
    pub(crate) fn purge(&self, deleted_until: Timestamp) -> Result<Vec<String>, StoreError> {
        let until = deleted_until.as_microsecond();
        let mut statement = self.0.prepare_cached(
            "DELETE FROM databases
             WHERE deleted_at <= ?1 OR group_id IN (SELECT id FROM groups WHERE deleted_at <= ?1) RETURNING uuid",
        )?;
        let purged = statement.query_map([until], |row| row.get(0))?.collect::<Result<_, _>>()?;
        self.0.prepare_cached("DELETE FROM groups WHERE deleted_at <= ?1")?.execute([until])?;
        Ok(purged)
    }

    /// The ids of all databases that are gone for good, whose files may still be there.
    pub(crate) fn removed_databases(&self) -> Result<Vec<String>, StoreError> {
        self.all("SELECT uuid FROM removed_databases", [], |row| row.get("uuid"))
    }

    /// Forgets them, once their files are gone.
    pub(crate) fn forget_removed_databases(&self) -> Result<(), StoreError> {
        self.0.execute("DELETE FROM removed_databases", [])?;
        Ok(())
    }
}

fn deleted_database(row: &Named<'_>) -> rusqlite::Result<DeletedDatabaseRow> {
    Ok(DeletedDatabaseRow {
        database: databases::database(row)?,
        deleted_at: columns::instant(row, "deleted_at")?.unwrap_or_default(),
        group_deleted_at: columns::instant(row, "group_deleted_at")?,
        went_with_group: row.get("went_with_group")?,
    })
}

fn deleted_group(row: &Named<'_>) -> rusqlite::Result<DeletedGroupRow> {
    Ok(DeletedGroupRow {
        group: groups::group(row)?,
        deleted_at: columns::instant(row, "deleted_at")?.unwrap_or_default(),
        cascade_databases: row.get("cascade_databases")?,
    })
}
