//! The rules for a dump, which are those of the official command line.

use turso_cloud_contract::uploads::DATABASE_MAGIC;

use super::{super::file::SourceFile, unfit};
use crate::Error;

/// 8 GiB.
const LARGEST: u64 = 8 << 30;
const LOOKED_AT: u64 = 4096;
const FIRST_LINES: [&str; 2] = ["PRAGMA foreign_keys=OFF;", "BEGIN TRANSACTION;"];
const AGAIN: &str = "make the dump with `sqlite3 FILE .dump`";

pub(super) fn check(file: &SourceFile) -> Result<(), Error> {
    let head = file.head(LOOKED_AT)?;
    if head.starts_with(DATABASE_MAGIC) {
        let repair = "upload it as a database, or dump it first with `sqlite3 FILE .dump`";
        return Err(unfit(file, "it is a database", "a dump in SQL").advising(repair).into());
    }
    if head.contains(&0) {
        return Err(unfit(file, "it holds a byte of 0", "text").advising(AGAIN).into());
    }
    if file.size() > LARGEST {
        let found = format!("it has {} bytes", file.size());
        return Err(unfit(file, &found, "at most 8 GiB").advising("upload the database itself").into());
    }
    let text = String::from_utf8_lossy(&head);
    let mut lines = text.lines();
    for (number, needed) in FIRST_LINES.iter().enumerate() {
        let line = lines.next().unwrap_or_default().trim_end();
        if line != *needed {
            let shown: String = line.chars().take(40).collect();
            let found = format!("line {} is {shown:?}", number + 1);
            return Err(unfit(file, &found, &format!("{needed:?}")).advising(AGAIN).into());
        }
    }
    Ok(())
}
