//! How large a database is, and may become.

use rusqlite::Connection as Handle;

/// The engine's own limit of pages.
const MOST_PAGES: u64 = 0xffff_fffe;

/// Lets the database grow no further than to this many bytes.
pub(super) fn limit(handle: &Handle, bytes: Option<u64>) -> rusqlite::Result<()> {
    let pages = match bytes {
        Some(bytes) => {
            let page_size: u64 = handle.query_row("PRAGMA page_size", [], |row| row.get(0))?;
            (bytes / page_size.max(1)).clamp(1, MOST_PAGES)
        }
        None => MOST_PAGES,
    };
    handle.query_row(&format!("PRAGMA main.max_page_count = {pages}"), [], |_| Ok(()))
}

/// The bytes of its pages. Asked for by statements: a client's table may have the name of the functions.
pub(super) fn bytes(handle: &Handle) -> rusqlite::Result<u64> {
    let ask = |sql| handle.query_row(sql, [], |row| row.get::<_, u64>(0));
    Ok(ask("PRAGMA main.page_count")?.saturating_mul(ask("PRAGMA main.page_size")?))
}
