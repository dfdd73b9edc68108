//! A file that is read, and never written to.

use std::{collections::HashSet, path::Path};

use anyhow::{Context as _, Result};
use rusqlite::{Connection as Handle, ErrorCode, OpenFlags, Row, Rows, Statement, types::ValueRef};

use super::{
    super::rows::MOST_COLUMNS,
    content::{Content, FileTable, Other, Sort},
};
use crate::{
    exit::{Failure, Kind},
    hrana::Value,
    script::{Entity, quote_identifier, quote_text},
    vectors,
};

/// A virtual table comes before those behind it, which are made with it.
const TABLES: &str = "SELECT s.name, s.sql, l.type, l.wr FROM sqlite_schema AS s \
     JOIN pragma_table_list AS l ON l.schema = 'main' AND l.name = s.name \
     WHERE s.type = 'table' AND s.sql IS NOT NULL AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY s.rowid";

const OTHERS: &str = "SELECT type, name, tbl_name, sql FROM sqlite_schema \
     WHERE type IN ('index', 'view', 'trigger') AND sql IS NOT NULL \
     ORDER BY CASE type WHEN 'index' THEN 0 WHEN 'view' THEN 1 ELSE 2 END, rowid";

/// A PRIMARY KEY that needs no index of its own is the row id.
const HAS_ROW_ID_COLUMN: &str = "SELECT EXISTS (SELECT 1 FROM pragma_table_info(?1) WHERE pk > 0) \
     AND NOT EXISTS (SELECT 1 FROM pragma_index_list(?1) WHERE origin = 'pk')";

#[derive(Debug)]
pub(super) struct Reader {
    handle: Handle,
    file: String,
}

impl Reader {
    /// Opens a file that has all that was written to it.
    pub(super) fn open(file: &Path) -> Result<Self> {
        // Immutable: nothing is created beside it, and nothing is written to it.
        let uri = url::Url::from_file_path(std::path::absolute(file)?)
            .map_err(|()| Failure::usage(format!("{}: the path cannot be used", file.display())))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let file = file.display().to_string();
        let unreadable = |error| unreadable(&file, &error);
        let handle = Handle::open_with_flags(format!("{uri}?immutable=1"), flags).map_err(unreadable)?;
        // Its indexes and rules may call them.
        turso_cloud_local::install_functions(&handle).map_err(unreadable)?;
        // The first that reads of it.
        handle.query_row("PRAGMA schema_version", [], |_| Ok(())).map_err(unreadable)?;
        Ok(Self { handle, file })
    }

    /// Looks whether all of it is sound.
    pub(super) fn check(&self) -> Result<()> {
        let found = self.handle.query_row("PRAGMA quick_check(1)", [], |row| row.get(0));
        let found: String = found.map_err(|error| unreadable(&self.file, &error))?;
        if found != "ok" {
            let problem = format!("{} is damaged: {found}", self.file);
            return Err(Failure::usage(problem).hint("sqlite3 FILE .recover rescues what can be read").into());
        }
        Ok(())
    }

    /// Reads everything: what cannot be sent has to be known before a database is touched.
    pub(super) fn survey(&self) -> Result<Content> {
        let of_indexes = self.list(vectors::QUERY, |row| row.get(0))?.into_iter().collect();
        Ok(Content {
            tables: self.tables(&of_indexes)?,
            others: self.others(&of_indexes)?,
            counters: self.counters()?,
            marks: self.marks()?,
        })
    }

    fn tables(&self, of_indexes: &HashSet<String>) -> Result<Vec<FileTable>> {
        let found: Vec<(String, String, String, bool)> = self.list(TABLES, |row| row.try_into())?;
        let own = found.into_iter().filter(|(name, ..)| !of_indexes.contains(name));
        own.map(|(name, sql, kind, is_without_row_ids)| self.table(name, sql, &kind, is_without_row_ids)).collect()
    }

    fn others(&self, of_indexes: &HashSet<String>) -> Result<Vec<Other>> {
        let found: Vec<(String, String, String, String)> = self.list(OTHERS, |row| row.try_into())?;
        let own = found.into_iter().filter(|(_, _, table, _)| !of_indexes.contains(table));
        let other = |(kind, name, _, sql): (String, _, _, _)| {
            let entity = match kind.as_str() {
                "index" => Entity::Index,
                "view" => Entity::View,
                _ => Entity::Trigger,
            };
            Other { entity, name, sql }
        };
        Ok(own.map(other).collect())
    }

    fn counters(&self) -> Result<Vec<(String, i64)>> {
        let has_counters = "SELECT name FROM sqlite_schema WHERE name = 'sqlite_sequence'";
        if self.list(has_counters, |_| Ok(()))?.is_empty() {
            return Ok(Vec::new());
        }
        let counters = "SELECT name, seq FROM sqlite_sequence WHERE typeof(seq) = 'integer' AND name IN \
                        (SELECT name FROM sqlite_schema WHERE type = 'table')";
        self.list(counters, |row| row.try_into())
    }

    fn marks(&self) -> Result<Vec<(&'static str, i64)>> {
        let mut marks = Vec::new();
        for name in ["user_version", "application_id"] {
            let value = self.handle.pragma_query_value(None, name, |row| row.get(0));
            match value.with_context(|| self.unreadable())? {
                0 => {}
                value => marks.push((name, value)),
            }
        }
        Ok(marks)
    }

    fn table(&self, name: String, sql: String, kind: &str, is_without_row_ids: bool) -> Result<FileTable> {
        let sort = match kind {
            "virtual" => Sort::Virtual,
            "shadow" => Sort::Behind,
            _ => Sort::Ordinary,
        };
        let mut table = FileTable { name, sql, sort, columns: Vec::new(), row_id: None, rows: 0 };
        if sort == Sort::Virtual {
            return Ok(table);
        }
        let columns = format!("SELECT name FROM pragma_table_xinfo({}) WHERE hidden = 0", quote_text(&table.name));
        table.columns = self.list(&columns, |row| row.get(0))?;
        let has_own = self.handle.query_row(HAS_ROW_ID_COLUMN, [&table.name], |row| row.get(0));
        if !is_without_row_ids && !has_own.with_context(|| self.unreadable())? {
            let is_free = |name: &&str| !table.columns.iter().any(|column| column.eq_ignore_ascii_case(name));
            table.row_id = ["rowid", "_rowid_", "oid"].into_iter().find(is_free);
        }
        table.rows = self.count(&table)?;
        Ok(table)
    }

    /// Has the rows of a table read that come behind so many of them, as far as there is room for their columns.
    pub(super) fn select(&self, table: &FileTable, columns: &[&str], after: u64) -> Result<Statement<'_>> {
        let list: Vec<_> = columns.iter().take(MOST_COLUMNS).map(|column| quote_identifier(column)).collect();
        // Not by an index, which would have an order of its own.
        let sql = format!(
            "SELECT {} FROM {} NOT INDEXED LIMIT -1 OFFSET {after}",
            list.join(", "),
            quote_identifier(&table.name)
        );
        self.handle.prepare(&sql).with_context(|| self.unreadable())
    }

    /// The values of the next row; nothing behind the last.
    pub(super) fn next(&self, rows: &mut Rows<'_>, table: &FileTable, place: u64) -> Result<Option<Vec<Value>>> {
        let Some(row) = rows.next().with_context(|| self.unreadable())? else { return Ok(None) };
        let mut values = self.values(row, table, place)?;
        values.extend(self.without_room(row, table, place)?);
        Ok(Some(values))
    }

    /// The last column of the widest table there can be, for which its row ids leave no room.
    fn without_room(&self, row: &Row<'_>, table: &FileTable, place: u64) -> Result<Vec<Value>> {
        let (Some(row_id), [.., last]) = (table.row_id, table.columns.as_slice()) else { return Ok(Vec::new()) };
        let begins_with_row_id = row.as_ref().column_name(0).is_ok_and(|name| name == row_id);
        if table.columns.len() < MOST_COLUMNS || !begins_with_row_id {
            return Ok(Vec::new());
        }
        let sql =
            format!("SELECT {} FROM {} WHERE {row_id} = ?1", quote_identifier(last), quote_identifier(&table.name));
        let row_id: i64 = row.get(0).with_context(|| self.unreadable())?;
        let mut statement = self.handle.prepare_cached(&sql).with_context(|| self.unreadable())?;
        let mut rows = statement.query([row_id]).with_context(|| self.unreadable())?;
        match rows.next().with_context(|| self.unreadable())? {
            Some(row) => self.values(row, table, place),
            None => Ok(Vec::new()),
        }
    }

    fn values(&self, row: &Row<'_>, table: &FileTable, place: u64) -> Result<Vec<Value>> {
        let columns = row.as_ref().column_names();
        let value = |(at, column): (usize, &&str)| {
            let value = row.get_ref(at).with_context(|| self.unreadable())?;
            owned(value).ok_or_else(|| {
                let place = format!("table {:?}, row {place}, column {column:?}", table.name);
                Failure::usage(format!("{}: {place}: it is text, and not UTF-8", self.file)).into()
            })
        };
        columns.iter().enumerate().map(value).collect()
    }

    /// Reads all rows of a table.
    fn count(&self, table: &FileTable) -> Result<u64> {
        let mut statement = self.select(table, &table.columns(false), 0)?;
        let mut rows = statement.raw_query();
        let mut count = 0;
        while self.next(&mut rows, table, count + 1)?.is_some() {
            count += 1;
        }
        Ok(count)
    }

    fn list<T>(&self, sql: &str, read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>) -> Result<Vec<T>> {
        let mut statement = self.handle.prepare(sql).with_context(|| self.unreadable())?;
        let rows = statement.query_map([], read).with_context(|| self.unreadable())?;
        rows.collect::<Result<_, _>>().with_context(|| self.unreadable())
    }

    fn unreadable(&self) -> String {
        format!("cannot read {}", self.file)
    }
}

fn unreadable(file: &str, error: &rusqlite::Error) -> Failure {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => Failure::usage(format!("{file} is no SQLite database"))
            .hint("a dump in SQL is imported by tursoctl import dump, and rows by tursoctl import csv"),
        _ => Failure::new(Kind::Failed, format!("cannot read {file}: {error}")),
    }
}

/// Nothing where it is text that is none.
fn owned(value: ValueRef<'_>) -> Option<Value> {
    Some(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(value) => Value::Integer(value),
        ValueRef::Real(value) => Value::Real(value),
        ValueRef::Text(bytes) => Value::Text(std::str::from_utf8(bytes).ok()?.to_owned()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    })
}
