use rusqlite::params;
use turso_cloud_contract::{
    DatabaseId, DatabaseName, GroupId,
    databases::{Cipher, DatabaseFilter, Parent},
};

use super::{DatabaseRow, GroupRow, Named, Page, StoreError, Transaction, cipher, columns, parent};

/// What a listing shows of a database. Reading the rest of each, with its group, was most of a long listing.
#[derive(Clone, Debug)]
pub(crate) struct ListedDatabase {
    /// Its row.
    pub(crate) id: i64,
    /// The row of its group.
    pub(crate) group: i64,
    pub(crate) uuid: DatabaseId,
    pub(crate) name: DatabaseName,
    pub(crate) label: String,
    pub(crate) block_reads: bool,
    pub(crate) block_writes: bool,
    pub(crate) delete_protection: bool,
    pub(crate) parent: Option<Parent>,
    pub(crate) cipher: Option<Cipher>,
}

impl DatabaseRow {
    /// Its group, and what a listing shows of it.
    pub(crate) fn listed(self) -> (GroupRow, ListedDatabase) {
        let listed = ListedDatabase {
            id: self.id,
            group: self.group.id,
            uuid: self.uuid,
            name: self.name,
            label: self.label,
            block_reads: self.block_reads,
            block_writes: self.block_writes,
            delete_protection: self.delete_protection,
            parent: self.parent,
            cipher: self.encryption.map(|encryption| encryption.cipher),
        };
        (self.group, listed)
    }
}

impl Transaction<'_> {
    /// A page of the databases of an organization, or of its `only` group to be looked at, that pass the filter, in the
    /// order they were made. It may hold one more than was asked for: then it is not the last.
    pub(crate) fn listed_databases_of(
        &self,
        organization: i64,
        only: Option<&GroupId>,
        filter: &DatabaseFilter,
        page: Page,
    ) -> Result<Vec<ListedDatabase>, StoreError> {
        self.all(
            "SELECT id, group_id, uuid, name, label, block_reads, block_writes, delete_protection, parent_uuid,
                 parent_name, branched_at, encryption_cipher
             FROM databases
             WHERE organization_id = ?1 AND deleted_at IS NULL
                 AND (?2 IS NULL OR group_id IN (SELECT id FROM groups WHERE organization_id = ?1 AND name = ?2))
                 AND (?3 IS NULL OR parent_uuid = ?3) AND id > ?4
                 AND (?5 IS NULL OR group_id IN (SELECT id FROM groups WHERE organization_id = ?1 AND uuid = ?5))
             ORDER BY id LIMIT ?6",
            params![
                organization,
                filter.group,
                filter.parent,
                page.after.row,
                only.map(GroupId::as_str),
                page.rows_to_read()
            ],
            listed,
        )
    }
}

fn listed(row: &Named<'_>) -> rusqlite::Result<ListedDatabase> {
    Ok(ListedDatabase {
        id: row.get("id")?,
        group: row.get("group_id")?,
        uuid: columns::name(row, "uuid")?,
        name: columns::name(row, "name")?,
        label: row.get("label")?,
        block_reads: row.get("block_reads")?,
        block_writes: row.get("block_writes")?,
        delete_protection: row.get("delete_protection")?,
        parent: parent(row)?,
        cipher: cipher(row)?,
    })
}
