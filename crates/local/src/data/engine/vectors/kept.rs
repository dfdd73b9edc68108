//! Whether what a database keeps for its indexes of vectors is what the engine would have written: of one that came from
//! outside, for the engine believes it.

use rusqlite::types::ValueRef;
use rusqlite::{Connection as Handle, OptionalExtension as _, Row};

use super::{LIST, MOST_NEIGHBOURS, SUFFIX, is_plain, kept};

/// Where versions of the engine before July 2024 kept what their indexes are, and where it still looks.
pub(super) const OLD_LIST: &str = "libsql_vector_index";

/// What is wrong with it, if anything is. Reads all of it. An index that is about to be made may be there already.
pub(crate) fn problem(handle: &Handle, made: Option<&str>) -> rusqlite::Result<Option<String>> {
    if kind(handle, OLD_LIST)?.is_some() {
        return Ok(Some(format!("{OLD_LIST} must not be there: make its indexes of vectors anew")));
    }
    let mut indexes = kept(handle)?;
    indexes.extend(made.map(|index| format!("{index}{SUFFIX}")));
    match kind(handle, LIST)? {
        None => return Ok(None),
        Some(kind) if kind != Kind::Table => return Ok(Some(format!("{LIST} must be a table"))),
        Some(_) => {}
    }
    let mut list = handle.prepare(&format!("SELECT name, metadata FROM main.{LIST}"))?;
    let mut rows = list.query([])?;
    while let Some(row) = rows.next()? {
        if let Some(problem) = problem_of(handle, &indexes, row)? {
            return Ok(Some(problem));
        }
    }
    Ok(None)
}

/// What is wrong with one index.
fn problem_of(handle: &Handle, indexes: &[String], row: &Row<'_>) -> rusqlite::Result<Option<String>> {
    let (ValueRef::Text(name), ValueRef::Blob(parameters)) = (row.get_ref(0)?, row.get_ref(1)?) else {
        return Ok(Some(format!("{LIST} must have texts as names and blobs as what is said of them")));
    };
    let name = String::from_utf8_lossy(name);
    let table = format!("{name}{SUFFIX}");
    if !is_plain(&name) || !indexes.iter().any(|kept| kept.eq_ignore_ascii_case(&table)) {
        return Ok(Some(format!("{LIST} names {name:?}, which is no index of vectors")));
    }
    let of_index = |problem: &str| Ok(Some(format!("the index of vectors {name} is damaged: {problem}; make it anew")));
    let Some(layout) = Layout::read(parameters) else {
        return of_index("what is said of it cannot be");
    };
    if kind(handle, &table)? != Some(Kind::Table) {
        return of_index(&format!("it keeps its content in {table}, which is no table"));
    }
    match layout.damaged_node(handle, &table)? {
        Some(node) => of_index(&format!("its node {node} is not of the form that it says")),
        None => Ok(None),
    }
}

/// What a name in the schema stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Table,
    /// A view, or a table that is made of something else.
    Other,
}

fn kind(handle: &Handle, name: &str) -> rusqlite::Result<Option<Kind>> {
    let sql = "SELECT type = 'table' AND rootpage > 0 FROM main.sqlite_schema WHERE name = ?1 COLLATE NOCASE AND \
               type IN ('table', 'view')";
    let is_table = handle.query_row(sql, [name], |row| row.get::<_, bool>(0)).optional()?;
    Ok(is_table.map(|is_table| if is_table { Kind::Table } else { Kind::Other }))
}

/// How the content of an index lies in a node, as far as the engine does not look for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Layout {
    node_bytes: u64,
    most_edges: u64,
}

/// The most bytes of a node the engine makes.
const MAX_NODE_BYTES: u64 = 128 << 20;

/// The most dimensions of a vector.
const MAX_DIMENSIONS: u64 = 65_536;

/// The first versions of a node, which had a shorter head.
const OLD_FORMATS: u64 = 2;

impl Layout {
    /// Reads what is said of an index, if an index can be like that: numbers of eight bytes behind a byte that says what
    /// each is, the last of which holds.
    fn read(parameters: &[u8]) -> Option<Self> {
        const MAX_BYTES: usize = 128;
        let number = |tag| number(parameters, tag);
        let [format, vector, dimensions, metric] = [1, 3, 4, 5].map(number);
        let node_bytes = match number(6) {
            // As old versions wrote it down.
            units @ 0..=128 => units << 9,
            bytes => bytes,
        };
        let edge = if number(11) == 0 { vector } else { number(11) };
        let is_possible = parameters.len() <= MAX_BYTES
            && (1..=3).contains(&format)
            && (1..=MAX_DIMENSIONS).contains(&dimensions)
            && (1..=2).contains(&metric)
            && node_bytes <= MAX_NODE_BYTES
            && has_few_candidates(parameters)
            // Bits have but one distance.
            && (metric == 1 || edge != BITS);
        let head = if format <= OLD_FORMATS { 10 } else { 16 } + vector_bytes(vector, dimensions)?;
        let most_edges = node_bytes.checked_sub(head)? / (vector_bytes(edge, dimensions)? + 16);
        (is_possible && most_edges > 0).then_some(Self { node_bytes, most_edges })
    }

    /// A node that is not like that.
    fn damaged_node(self, handle: &Handle, table: &str) -> rusqlite::Result<Option<i64>> {
        let mut nodes = handle.prepare(&format!("SELECT rowid, data FROM main.\"{table}\""))?;
        let mut rows = nodes.query([])?;
        while let Some(row) = rows.next()? {
            let is_sound = matches!(row.get_ref(1)?, ValueRef::Blob(node) if self.fits(node));
            if !is_sound {
                return row.get(0).map(Some);
            }
        }
        Ok(None)
    }

    fn fits(self, node: &[u8]) -> bool {
        let edges = node.get(8..10).and_then(|edges| edges.try_into().ok()).map(u16::from_le_bytes);
        node.len() as u64 == self.node_bytes && edges.is_some_and(|edges| u64::from(edges) <= self.most_edges)
    }
}

const BITS: u64 = 3;

/// One of the numbers that are said of an index; 0 where it is not.
fn number(parameters: &[u8], tag: u8) -> u64 {
    let last = parameters.chunks_exact(9).rfind(|entry| entry.first() == Some(&tag));
    last.and_then(|entry| entry.get(1..)?.try_into().ok()).map_or(0, u64::from_le_bytes)
}

fn has_few_candidates(parameters: &[u8]) -> bool {
    [8, 9].into_iter().all(|tag| number(parameters, tag) <= MOST_NEIGHBOURS.into())
}

/// Whether an index that was just made keeps more candidates than a search bears.
pub(super) fn keeps_too_many(handle: &Handle, index: &str) -> rusqlite::Result<bool> {
    if kind(handle, LIST)? != Some(Kind::Table) {
        return Ok(false);
    }
    let sql = format!("SELECT metadata FROM main.{LIST} WHERE name = ?1 COLLATE NOCASE");
    let mut list = handle.prepare(&sql)?;
    let mut rows = list.query([index])?;
    while let Some(row) = rows.next()? {
        if matches!(row.get_ref(0)?, ValueRef::Blob(parameters) if !has_few_candidates(parameters)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The bytes of a vector of a type.
fn vector_bytes(kind: u64, dimensions: u64) -> Option<u64> {
    match kind {
        1 => Some(dimensions * 4),
        2 => Some(dimensions * 8),
        BITS => Some(dimensions.div_ceil(8)),
        4 => Some(dimensions.next_multiple_of(4) + 8),
        5 | 6 => Some(dimensions * 2),
        _ => None,
    }
}
