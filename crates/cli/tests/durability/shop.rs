//! One database, and what has to be in it.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use turso_cloud::DatabaseId;

use crate::tursoctl::{Cloud, Gone};

/// Rows written in one transaction, with a large change between any two of them.
const PARTS: u64 = 3;

/// The batches of the file that is uploaded.
const UPLOADED: u64 = 5;

const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS goods (batch INTEGER, part INTEGER, PRIMARY KEY (batch, part));
                      CREATE TABLE IF NOT EXISTS filler (id INTEGER PRIMARY KEY, data BLOB);";

const LOOK: &str = "SELECT count(*), coalesce(max(batch), 0), count(DISTINCT batch) FROM goods";

/// A database as its writer knows it.
#[derive(Clone, Debug)]
pub(crate) struct Shop {
    pub(crate) id: DatabaseId,
    /// It waits for its file.
    pub(crate) is_draft: bool,
    /// The transactions that were acknowledged: 1, 2, and so on.
    pub(crate) batches: u64,
    /// At these times it had this many.
    pub(crate) moments: Vec<(Timestamp, u64)>,
}

impl Shop {
    pub(crate) fn new(id: DatabaseId, batches: u64) -> Self {
        Self { id, is_draft: false, batches, moments: Vec::new() }
    }

    pub(crate) fn draft(id: DatabaseId) -> Self {
        Self { is_draft: true, ..Self::new(id, 0) }
    }

    pub(crate) fn receive_file(&mut self) {
        (self.is_draft, self.batches) = (false, UPLOADED);
    }

    pub(crate) fn receive_batch(&mut self) {
        self.batches += 1;
        // Whatever is committed later is later by this clock, which is also that of the cloud.
        self.moments.push((Timestamp::now(), self.batches));
    }
}

/// The statements of the next transaction.
pub(crate) fn batch(number: u64) -> Vec<String> {
    let mut statements: Vec<_> = ["BEGIN"].into_iter().chain(SCHEMA.split_inclusive(';')).map(str::to_owned).collect();
    for part in 0..PARTS {
        statements.push(format!("INSERT INTO goods VALUES ({number}, {part})"));
        // Large enough that the log is archived every now and then, and the database stays small.
        statements.push("REPLACE INTO filler VALUES (1, randomblob(40000))".to_owned());
    }
    statements.push("COMMIT".to_owned());
    statements
}

/// How many batches a database has, which must all be whole.
pub(crate) async fn batches_of(cloud: &Cloud, name: &str) -> Result<u64, Gone> {
    let found = cloud.run(name, &[LOOK.to_owned()]).await?;
    if found.error().is_some_and(|message| message.contains("no such table")) {
        return Ok(0);
    }
    assert!(found.is_ok(), "{name}: {found:?}");
    let row: Vec<u64> = found.row().iter().map(|count| count.parse().unwrap()).collect();
    let [rows, last, batches] = row[..] else { panic!("{name}: {row:?}") };
    assert_eq!((rows, last), (batches * PARTS, batches), "{name} has a batch by half, or lacks one");
    Ok(batches)
}

/// A file for uploads, with the first few batches.
pub(crate) fn make_file(folder: &Path) -> PathBuf {
    let file = folder.join("shop.db");
    let database = rusqlite::Connection::open(&file).unwrap();
    database.execute_batch("PRAGMA journal_mode = WAL").unwrap();
    for number in 1..=UPLOADED {
        database.execute_batch(&batch(number).join(";")).unwrap();
    }
    database.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    file
}
