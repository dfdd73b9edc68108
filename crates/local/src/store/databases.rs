mod listed;

use jiff::Timestamp;
use rusqlite::params;
use turso_cloud_contract::{
    ByteSize, DatabaseId, DatabaseName, GroupId,
    databases::{Cipher, DatabaseV3Filter, Parent},
};

pub(crate) use listed::ListedDatabase;

use crate::data::KeyDigest;

use super::{GroupRow, Page, StoreError, Transaction, columns, rows::Named};

/// A database with the group it is in.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "the flags of the service")]
pub(crate) struct DatabaseRow {
    /// Its row; 0 before it is inserted.
    pub(crate) id: i64,
    pub(crate) uuid: DatabaseId,
    pub(crate) name: DatabaseName,
    pub(crate) group: GroupRow,
    /// What stands for it in host names and URLs: unique in the whole cloud.
    pub(crate) label: String,
    pub(crate) role_id: String,
    pub(crate) size_limit: Option<ByteSize>,
    pub(crate) block_reads: bool,
    pub(crate) block_writes: bool,
    pub(crate) delete_protection: bool,
    pub(crate) allow_attach: bool,
    pub(crate) allowed_ips: Vec<String>,
    pub(crate) allowed_vpc_ids: Vec<String>,
    pub(crate) archived: bool,
    /// It waits for its file to be uploaded.
    pub(crate) draft: bool,
    pub(crate) parent: Option<Parent>,
    pub(crate) created_at: Timestamp,
    pub(crate) uses_tursodb: bool,
    pub(crate) encryption: Option<DatabaseEncryption>,
}

/// How a database is encrypted; the key itself is not kept.
#[derive(Clone, Debug)]
pub(crate) struct DatabaseEncryption {
    pub(crate) cipher: Cipher,
    pub(crate) key: KeyDigest,
}

impl DatabaseRow {
    /// A new database, on which nothing is switched on.
    pub(crate) fn new(
        uuid: DatabaseId,
        name: DatabaseName,
        group: GroupRow,
        label: String,
        role_id: String,
        now: Timestamp,
    ) -> Self {
        Self {
            id: 0,
            uuid,
            name,
            group,
            label,
            role_id,
            size_limit: None,
            block_reads: false,
            block_writes: false,
            delete_protection: false,
            allow_attach: false,
            allowed_ips: Vec::new(),
            allowed_vpc_ids: Vec::new(),
            archived: false,
            draft: false,
            parent: None,
            created_at: now,
            uses_tursodb: false,
            encryption: None,
        }
    }
}

impl Transaction<'_> {
    /// Inserts a database and yields it with its row.
    pub(crate) fn insert_database(&self, database: DatabaseRow) -> Result<DatabaseRow, StoreError> {
        let parent = database.parent.as_ref();
        self.0.execute(
            "INSERT INTO databases (organization_id, group_id, uuid, name, label, role_id, size_limit, block_reads,
                 block_writes, delete_protection, allow_attach, allowed_ips, allowed_vpc_ids, archived, parent_uuid,
                 parent_name, branched_at, created_at, draft, uses_tursodb, encryption_cipher, encryption_key)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,
                 ?22)",
            params![
                database.group.organization_id,
                database.group.id,
                database.uuid.as_str(),
                database.name.as_str(),
                database.label,
                database.role_id,
                database.size_limit.map(|size| columns::signed(size.bytes())),
                database.block_reads,
                database.block_writes,
                database.delete_protection,
                database.allow_attach,
                columns::json_array(&database.allowed_ips),
                columns::json_array(&database.allowed_vpc_ids),
                database.archived,
                parent.map(|parent| parent.id.as_str()),
                parent.map(|parent| parent.name.as_str()),
                parent.map(|parent| parent.branched_at.to_string()),
                database.created_at.to_string(),
                database.draft,
                database.uses_tursodb,
                database.encryption.as_ref().map(|encryption| encryption.cipher.as_str()),
                database.encryption.as_ref().map(|encryption| encryption.key.as_bytes()),
            ],
        )?;
        Ok(DatabaseRow { id: self.0.last_insert_rowid(), ..database })
    }

    pub(crate) fn find_database(
        &self,
        organization: i64,
        name: &DatabaseName,
    ) -> Result<Option<DatabaseRow>, StoreError> {
        self.first(
            "SELECT * FROM databases_with_group WHERE organization_id = ?1 AND name = ?2",
            params![organization, name.as_str()],
            database,
        )
    }

    pub(crate) fn find_database_by_id(
        &self,
        organization: i64,
        id: &DatabaseId,
    ) -> Result<Option<DatabaseRow>, StoreError> {
        self.first(
            "SELECT * FROM databases_with_group WHERE organization_id = ?1 AND uuid = ?2",
            params![organization, id.as_str()],
            database,
        )
    }

    pub(crate) fn find_database_by_row(&self, row: i64) -> Result<Option<DatabaseRow>, StoreError> {
        self.first("SELECT * FROM databases_with_group WHERE id = ?1", [row], database)
    }

    pub(crate) fn find_database_by_label(&self, label: &str) -> Result<Option<DatabaseRow>, StoreError> {
        self.first("SELECT * FROM databases_with_group WHERE label = ?1", [label], database)
    }

    pub(crate) fn label_is_taken(&self, label: &str) -> Result<bool, StoreError> {
        self.exists("SELECT 1 FROM databases WHERE label = ?1 AND deleted_at IS NULL", [label])
    }

    /// All databases of an organization, in the order they were made.
    pub(crate) fn databases_of(&self, organization: i64) -> Result<Vec<DatabaseRow>, StoreError> {
        self.all("SELECT * FROM databases_with_group WHERE organization_id = ?1 ORDER BY id", [organization], database)
    }

    pub(crate) fn count_databases(&self, organization: i64) -> Result<u64, StoreError> {
        self.one("SELECT count(*) FROM databases_with_group WHERE organization_id = ?1", [organization])
    }

    /// A page of the databases of an organization, or of its `only` group to be looked at, that pass the filter, in the
    /// order they were made. It may hold one more than was asked for: then it is not the last.
    pub(crate) fn page_of_databases(
        &self,
        organization: i64,
        only: Option<&GroupId>,
        filter: &DatabaseV3Filter,
        page: Page,
    ) -> Result<Vec<DatabaseRow>, StoreError> {
        self.all(
            "SELECT * FROM databases_with_group
             WHERE organization_id = ?1 AND group_uuid = coalesce(?2, group_uuid)
                 AND (?3 IS NULL OR parent_uuid = ?3) AND instr(name, lower(coalesce(?4, ''))) > 0 AND id > ?5
                 AND group_uuid = coalesce(?6, group_uuid)
             ORDER BY id LIMIT ?7",
            params![
                organization,
                filter.group_id,
                filter.parent_db_id,
                filter.search,
                page.after.row,
                only.map(GroupId::as_str),
                page.rows_to_read()
            ],
            database,
        )
    }

    pub(crate) fn databases_in(&self, group: &GroupRow) -> Result<Vec<DatabaseRow>, StoreError> {
        self.all("SELECT * FROM databases_with_group WHERE group_id = ?1 ORDER BY id", [group.id], database)
    }

    pub(crate) fn all_databases(&self) -> Result<Vec<DatabaseRow>, StoreError> {
        self.all("SELECT * FROM databases_with_group ORDER BY id", [], database)
    }

    /// Writes down what may change of a database, its group among it.
    pub(crate) fn update_database(&self, database: &DatabaseRow) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE databases SET organization_id = ?2, group_id = ?3, label = ?4, role_id = ?5, size_limit = ?6,
                 block_reads = ?7, block_writes = ?8, delete_protection = ?9, allow_attach = ?10, allowed_ips = ?11,
                 allowed_vpc_ids = ?12, archived = ?13
             WHERE id = ?1",
            params![
                database.id,
                database.group.organization_id,
                database.group.id,
                database.label,
                database.role_id,
                database.size_limit.map(|size| columns::signed(size.bytes())),
                database.block_reads,
                database.block_writes,
                database.delete_protection,
                database.allow_attach,
                columns::json_array(&database.allowed_ips),
                columns::json_array(&database.allowed_vpc_ids),
                database.archived,
            ],
        )?;
        Ok(())
    }

    /// Makes a draft a database like others, and yields it; nothing if there is no draft with this id.
    pub(crate) fn activate_database(&self, uuid: &str) -> Result<Option<DatabaseRow>, StoreError> {
        let sql = "UPDATE databases SET draft = FALSE WHERE uuid = ?1 AND draft AND deleted_at IS NULL";
        if self.0.execute(sql, [uuid])? == 0 {
            return Ok(None);
        }
        self.first("SELECT * FROM databases_with_group WHERE uuid = ?1", [uuid], database)
    }
}

pub(super) fn database(row: &Named<'_>) -> rusqlite::Result<DatabaseRow> {
    Ok(DatabaseRow {
        id: row.get("id")?,
        uuid: columns::name(row, "uuid")?,
        name: columns::name(row, "name")?,
        group: GroupRow {
            id: row.get("group_id")?,
            organization_id: row.get("organization_id")?,
            uuid: columns::name(row, "group_uuid")?,
            name: columns::name(row, "group_name")?,
            location: columns::name(row, "group_location")?,
            replicas: columns::json(row, "group_replicas")?,
            signing_key: columns::signing_seed(row, "group_signing_key")?,
            role_id: row.get("group_role_id")?,
            delete_protection: row.get("group_delete_protection")?,
            archived: row.get("group_archived")?,
        },
        label: row.get("label")?,
        role_id: row.get("role_id")?,
        size_limit: row.get::<Option<i64>>("size_limit")?.map(|bytes| ByteSize::new(bytes.unsigned_abs())),
        block_reads: row.get("block_reads")?,
        block_writes: row.get("block_writes")?,
        delete_protection: row.get("delete_protection")?,
        allow_attach: row.get("allow_attach")?,
        allowed_ips: columns::json(row, "allowed_ips")?,
        allowed_vpc_ids: columns::json(row, "allowed_vpc_ids")?,
        archived: row.get("archived")?,
        draft: row.get("draft")?,
        parent: parent(row)?,
        created_at: columns::text(row, "created_at")?,
        uses_tursodb: row.get("uses_tursodb")?,
        encryption: encryption(row)?,
    })
}

fn encryption(row: &Named<'_>) -> rusqlite::Result<Option<DatabaseEncryption>> {
    let Some(cipher) = cipher(row)? else { return Ok(None) };
    Ok(Some(DatabaseEncryption { cipher, key: row.get("encryption_key").map(KeyDigest::from_bytes)? }))
}

fn cipher(row: &Named<'_>) -> rusqlite::Result<Option<Cipher>> {
    Ok(row.get::<Option<String>>("encryption_cipher")?.as_deref().map(Cipher::from))
}

fn parent(row: &Named<'_>) -> rusqlite::Result<Option<Parent>> {
    if row.get::<Option<String>>("parent_uuid")?.is_none() {
        return Ok(None);
    }
    let (id, name) = (columns::name(row, "parent_uuid")?, columns::name(row, "parent_name")?);
    Ok(Some(Parent::new(id, name, columns::text(row, "branched_at")?)))
}
