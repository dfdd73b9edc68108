//! A database as SQL text that `sqlite3` reads back.

use data_encoding::HEXLOWER;
use rusqlite::types::ValueRef;
use rusqlite::{Connection as Handle, Row};

use crate::data::engine::text::identifier;
use crate::data::engine::vectors::VECTOR_INDEX_TABLES;
use crate::data::engine::{DumpSink, Scanner, errors};
use crate::data::hrana::SqlError;

/// Tables first and in the order they were made, so that a virtual table comes before those it keeps its rows in; the
/// counters of AUTOINCREMENT last, when the rows that move them are in.
const TABLES: &str = "type = 'table' ORDER BY name = 'sqlite_sequence', rowid";

/// What refers to tables: indexes, then views, then triggers, of which some are of a view.
const OTHERS: &str = "type IN ('index', 'trigger', 'view') ORDER BY type = 'trigger', type, rowid";

/// As many as a table may have: those of one that is as wide as can be, and its row ids, are one too many for an answer.
const MOST_COLUMNS: usize = 2000;

/// Writes the statements that make the database as it is at one moment.
pub(super) fn write(handle: &Handle, preserve_row_ids: bool, sink: &mut DumpSink<'_>) -> Result<(), SqlError> {
    handle.execute_batch("BEGIN").map_err(errors::describe)?;
    let written = write_all(handle, preserve_row_ids, sink);
    let ended = handle.execute_batch("ROLLBACK").map_err(errors::describe);
    written.and(ended)
}

fn write_all(handle: &Handle, preserve_row_ids: bool, sink: &mut DumpSink<'_>) -> Result<(), SqlError> {
    sink("PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n")?;
    let mut edits_schema = false;
    for (name, sql) in schema(handle, TABLES)? {
        let is_virtual = sql.get(..20).is_some_and(|head| head.eq_ignore_ascii_case("CREATE VIRTUAL TABLE"));
        if is_virtual {
            if !std::mem::replace(&mut edits_schema, true) {
                sink("PRAGMA writable_schema=ON;\n")?;
            }
            // Making it would make the tables behind it too, whose rows follow.
            let (name, sql) = (literal(&name), literal(&sql));
            sink(&format!(
                "INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)VALUES('table',{name},{name},0,{sql});\n"
            ))?;
            continue;
        }
        match name.as_str() {
            "sqlite_sequence" => sink("DELETE FROM sqlite_sequence;\n")?,
            _ if name.starts_with("sqlite_stat") => sink("ANALYZE sqlite_schema;\n")?,
            _ if name.starts_with("sqlite_") => continue,
            _ => sink(&line(&sql))?,
        }
        write_rows(handle, &name, preserve_row_ids, sink)?;
    }
    for (_, sql) in schema(handle, OTHERS)? {
        sink(&line(&sql))?;
    }
    if edits_schema {
        sink("PRAGMA writable_schema=OFF;\n")?;
    }
    sink("COMMIT;\n")
}

fn line(sql: &str) -> String {
    format!("{sql}{}\n", Scanner::ending_of(sql))
}

/// Names and texts of a part of the schema. Making an index of vectors makes what is kept for it.
fn schema(handle: &Handle, part: &str) -> Result<Vec<(String, String)>, SqlError> {
    let sql = format!(
        "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND tbl_name NOT IN ({VECTOR_INDEX_TABLES}) AND {part}"
    );
    let mut statement = handle.prepare(&sql).map_err(errors::describe)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(errors::describe)?;
    rows.collect::<Result<_, _>>().map_err(errors::describe)
}

fn write_rows(handle: &Handle, table: &str, preserve_row_ids: bool, sink: &mut DumpSink<'_>) -> Result<(), SqlError> {
    let mut columns = columns(handle, table)?;
    let row_id = if preserve_row_ids { row_id_of(handle, table, &columns)? } else { None };
    let table = identifier(table);
    let mut names = String::new();
    if let Some(row_id) = row_id {
        columns.insert(0, row_id.to_owned());
        names = format!("({})", list(&columns));
    }
    let (together, apart) = columns.split_at(columns.len().min(MOST_COLUMNS));
    let mut statement = handle.prepare(&select(together, &table)).map_err(errors::describe)?;
    let mut last = match columns.first() {
        Some(row_id) if !apart.is_empty() => {
            let sql = format!("{} WHERE {} = ?1", select(apart, &table), identifier(row_id));
            Some(handle.prepare(&sql).map_err(errors::describe)?)
        }
        _ => None,
    };
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(errors::describe)? {
        let mut line = values(row, together.len()).map_err(errors::describe)?;
        if let Some(last) = &mut last {
            let row_id: i64 = row.get(0).map_err(errors::describe)?;
            let rest = last.query_row([row_id], |row| values(row, apart.len())).map_err(errors::describe)?;
            line = format!("{line},{rest}");
        }
        sink(&format!("INSERT INTO {table}{names} VALUES({line});\n"))?;
    }
    Ok(())
}

fn select(columns: &[String], table: &str) -> String {
    format!("SELECT {} FROM {table}", list(columns))
}

/// The columns that hold something: not the generated ones.
fn columns(handle: &Handle, table: &str) -> Result<Vec<String>, SqlError> {
    ask(handle, "table_info", table, |row| row.get("name"))
}

/// The name of the row ids of a table that no column of its own holds.
fn row_id_of(handle: &Handle, table: &str, columns: &[String]) -> Result<Option<&'static str>, SqlError> {
    let has_none = ask(handle, "table_list", table, |row| row.get::<_, bool>("wr"))?.contains(&true);
    let has_key = ask(handle, "table_info", table, |row| Ok(row.get::<_, i64>("pk")? > 0))?.contains(&true);
    // An INTEGER PRIMARY KEY is the row id, so that it needs no index of its own.
    let is_key = has_key
        && !ask(handle, "index_list", table, |row| Ok(row.get_ref("origin")?.as_str()? == "pk"))?.contains(&true);
    let is_free = |name: &&str| !columns.iter().any(|column| column.eq_ignore_ascii_case(name));
    Ok(if has_none || is_key { None } else { ["rowid", "_rowid_", "oid"].into_iter().find(is_free) })
}

/// What the engine says of a table, asked by a statement: another table may have the name of the function.
fn ask<T>(
    handle: &Handle,
    pragma: &str,
    table: &str,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, SqlError> {
    let sql = format!("PRAGMA main.{pragma}({})", identifier(table));
    let mut statement = handle.prepare(&sql).map_err(errors::describe)?;
    let rows = statement.query_map([], read).map_err(errors::describe)?;
    rows.collect::<Result<_, _>>().map_err(errors::describe)
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| identifier(name)).collect::<Vec<_>>().join(",")
}

fn values(row: &Row<'_>, width: usize) -> rusqlite::Result<String> {
    let values = (0..width).map(|index| row.get_ref(index).map(value)).collect::<Result<Vec<_>, _>>()?;
    Ok(values.join(","))
}

fn value(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(value) => value.to_string(),
        // There is no literal for an infinity, but a number this large is read as one.
        ValueRef::Real(value) if value.is_infinite() => if value > 0.0 { "1e999" } else { "-1e999" }.to_owned(),
        ValueRef::Real(value) => format!("{value:?}"),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => literal(text),
            // A literal ends at the first zero byte.
            _ => format!("CAST({} AS TEXT)", hexadecimal(bytes)),
        },
        ValueRef::Blob(bytes) => hexadecimal(bytes),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    format!("X'{}'", HEXLOWER.encode(bytes))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
