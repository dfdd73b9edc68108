//! The tables that the engine keeps for vector indexes. They are not the user's: creating such an index creates and fills
//! them.

/// A query for the names of the tables in which the indexes of a database keep their content.
pub(crate) use turso_cloud_local::VECTOR_INDEX_TABLES as QUERY;

/// The table that all of them have in common.
pub(crate) const LIST: &str = "libsql_vector_meta_shadow";

/// The function that makes an index one of vectors.
const MARK: &str = "libsql_vector_idx";

/// The table in which an index keeps its content, if the statement that makes it makes it one of vectors.
pub(crate) fn table_of(index: &str, sql: &str) -> Option<String> {
    sql.to_ascii_lowercase().contains(MARK).then(|| format!("{index}_shadow"))
}
