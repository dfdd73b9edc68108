//! Runs a dump on a new database, as `sqlite3` would read it: line by line until a statement is complete.

use std::io::{BufRead, Read as _};
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Batch, Connection as Handle, Statement};
use tokio::time::Instant;

use super::file::open_new;
use super::limits::MAX_VALUE_BYTES;
use super::lookout::{Interrupter, Lookout};
use super::observer::{Observer, Purpose};
use super::scanner::Scanner;
use super::seen::Seen;
use super::vectors;
use super::waiters::Waiters;
use super::{TransactionStep, check, errors, size, text};
use crate::data::hrana::SqlError;
use crate::memory::{self, Exhausted};

/// Two digits for each byte of the largest value, and 1 MiB for what is around it.
const MAX_STATEMENT_BYTES: usize = 2 * MAX_VALUE_BYTES + 1024 * 1024;

/// What a dump may use up.
#[derive(Clone, Debug)]
pub(crate) struct LoadLimits {
    /// The bytes the database may grow to.
    pub(crate) size: Option<u64>,
    /// How long all of it may take.
    pub(crate) time: Duration,
    /// Says that nobody waits for it any more.
    pub(crate) interrupter: Interrupter,
}

/// A dump could not be loaded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    /// The statement that begins in this line does not run.
    #[error("the statement in line {line} failed: {problem}")]
    Statement { line: u64, problem: String },
    #[error("it takes longer than {} seconds, and had come to line {line}", .limit.as_secs())]
    TooLong { line: u64, limit: Duration },
    #[error("it was interrupted in line {line}")]
    Interrupted { line: u64 },
    #[error("the dump ends in ROLLBACK (line {line}): whoever wrote it ran into an error")]
    RolledBack { line: u64 },
    #[error("the dump could not be read: {0}")]
    Read(#[from] std::io::Error),
    /// It makes what the engine would not have made, by writing the schema or what is kept for an index of vectors.
    #[error("{0}")]
    Unsound(String),
    #[error("{}", .0.message)]
    Engine(SqlError),
    #[error("the file of a new database could not be made: {0}")]
    File(std::io::Error),
}

impl From<rusqlite::Error> for LoadError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Engine(errors::describe(error))
    }
}

/// Runs the statements of `dump` in one transaction on the database at `file`, which is empty and in nobody's use. Blocks.
///
/// What is left of a failure is for the caller to remove. Otherwise the file has all of it, and there is none beside it.
pub(crate) fn load(file: &Path, limits: &LoadLimits, dump: &mut dyn BufRead) -> Result<(), LoadError> {
    let watch = Watch { end: Instant::now() + limits.time, limits };
    let mut statements = Statements { dump, watch, line: 0, most_bytes: MAX_STATEMENT_BYTES };
    let handle = begin(file, watch)?;
    // What was refused tells so by itself.
    let (loaded, _) = memory::bounded(|| {
        fill(&handle, &mut statements)?;
        drop(handle);
        check_soundness(file, watch)
    });
    loaded.map_err(|error| match error {
        LoadError::Engine(error) => watch.blame(statements.line, error),
        other => other,
    })
}

fn begin(file: &Path, watch: Watch<'_>) -> Result<Handle, LoadError> {
    let handle = open_new(file)?;
    size::limit(&handle, watch.limits.size)?;
    // A dump may name a row before the one it refers to. Inside a transaction, its own pragma would do nothing. The size
    // of a page is what it is as soon as something is written, which the dump may not change.
    handle.execute_batch("PRAGMA foreign_keys=OFF; BEGIN; PRAGMA user_version=0;")?;
    Ok(handle)
}

fn fill(handle: &Handle, statements: &mut Statements<'_>) -> Result<(), LoadError> {
    let watch = statements.watch;
    watch.install(handle);
    let mut loading = Loading { observer: Observer::install(handle), handle, watch, has_vectors: false };
    while let Some((line, sql)) = statements.next()? {
        loading.run(line, &sql)?;
    }
    loading.observer.unwatched(|| handle.execute_batch("COMMIT"))?;
    // As all databases are. Whoever closes it last takes away what is beside it.
    handle.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    loading.observer.unwatched(|| handle.pragma_update(None, "journal_mode", "wal"))?;
    Ok(())
}

/// Asks of what a dump has made what is asked of files: both may have been written by anybody. It is read anew, for what the
/// connection of the dump has in mind is what it was told.
fn check_soundness(file: &Path, watch: Watch<'_>) -> Result<(), LoadError> {
    let handle = check::open(file)?;
    watch.install(&handle);
    let found = check::first_of_quick_check(&handle)?;
    if found != "ok" {
        let problem = format!("quick_check of the database says {found:?}, and must say \"ok\"");
        return Err(LoadError::Unsound(problem));
    }
    vectors::problem(&handle, None)?.map_or(Ok(()), |problem| Err(LoadError::Unsound(problem)))
}

/// Whether there is still time, and somebody who waits.
#[derive(Clone, Copy)]
struct Watch<'l> {
    end: Instant,
    limits: &'l LoadLimits,
}

impl Watch<'_> {
    fn install(&self, handle: &Handle) {
        Lookout::install(handle, self.limits.interrupter.clone(), Waiters::default()).end_at(self.end);
    }

    /// The engine looks at it only in what takes a while.
    fn look(&self, line: u64) -> Result<(), LoadError> {
        if Instant::now() >= self.end {
            return Err(LoadError::TooLong { line, limit: self.limits.time });
        }
        if self.limits.interrupter.is_interrupted() { Err(LoadError::Interrupted { line }) } else { Ok(()) }
    }

    /// What an error of the engine comes from, once a dump is being run.
    fn blame(&self, line: u64, error: SqlError) -> LoadError {
        match self.told(line, error) {
            Ok(error) if error.is_of_disk() => LoadError::Engine(error),
            // The database was sound before.
            Ok(error) => LoadError::Unsound(error.message),
            Err(stopped) => stopped,
        }
    }

    /// Tells of what has stopped the engine, rather than that it was stopped.
    fn told(&self, line: u64, error: SqlError) -> Result<SqlError, LoadError> {
        if !error.is_interruption() {
            return Ok(error);
        }
        self.look(line)?;
        // Nothing else is left.
        Ok(Exhausted.into())
    }
}

/// A database that a dump is being run on.
struct Loading<'h> {
    handle: &'h Handle,
    observer: Observer,
    watch: Watch<'h>,
    /// Whether an index of vectors is made already.
    has_vectors: bool,
}

impl Loading<'_> {
    /// Runs what stands in one line or more.
    fn run(&mut self, line: u64, sql: &str) -> Result<(), LoadError> {
        text::check(sql).map_err(|error| LoadError::Statement { line, problem: error.message })?;
        let sql = text::of_many(sql);
        let mut statements = Batch::new(self.handle, &sql);
        loop {
            self.watch.look(line)?;
            let next = self.observer.compiling(Purpose::Load, || statements.next());
            let seen = self.observer.take();
            let Some(statement) = next.map_err(|error| self.failed(line, error))? else { return Ok(()) };
            match seen.transaction() {
                Some(TransactionStep::Finish) if seen.rolls_back() => return Err(LoadError::RolledBack { line }),
                // The dump's own transaction is a part of the one that is open.
                Some(TransactionStep::Begin | TransactionStep::Finish) => {}
                Some(TransactionStep::Savepoint) | None => self.step(line, statement, seen)?,
            }
        }
    }

    fn step(&mut self, line: u64, mut statement: Statement<'_>, seen: Seen) -> Result<(), LoadError> {
        // What is kept for an index is not looked at again before it is used.
        if self.has_vectors && seen.changes_kept() {
            let problem = "it changes what is kept for an index of vectors that is made already".to_owned();
            return Err(LoadError::Statement { line, problem });
        }
        if seen.marks_vectors() {
            let made = self.observer.index();
            let problem = self.observer.unwatched(|| vectors::problem(self.handle, made.as_deref()))?;
            problem.map_or(Ok(()), |problem| Err(LoadError::Unsound(problem)))?;
        }
        let step = || {
            let mut rows = statement.raw_query();
            while rows.next()?.is_some() {}
            Ok(())
        };
        self.observer.running(seen, || memory::stepping(step)).map_err(|error| self.failed(line, error))?;
        if seen.marks_vectors() {
            self.has_vectors = true;
            self.observer.expect_another(self.handle)?;
        }
        Ok(())
    }

    fn failed(&self, line: u64, error: rusqlite::Error) -> LoadError {
        let told = self.watch.told(line, errors::describe(error));
        told.map_or_else(|stopped| stopped, |error| LoadError::Statement { line, problem: error.message })
    }
}

/// The statements of a dump with the line each begins in. Of a line with several, they are taken together.
struct Statements<'d> {
    dump: &'d mut dyn BufRead,
    watch: Watch<'d>,
    /// How many lines were read to their end.
    line: u64,
    most_bytes: usize,
}

impl Statements<'_> {
    fn next(&mut self) -> Result<Option<(u64, String)>, LoadError> {
        let (mut text, mut scanner) = (Vec::new(), Scanner::default());
        let mut first = self.line + 1;
        loop {
            self.watch.look(self.line)?;
            if text.trim_ascii().is_empty() {
                text.clear();
                first = self.line + 1;
            }
            let start = text.len();
            let room = self.most_bytes.saturating_sub(start) as u64;
            let length = (&mut *self.dump).take(room).read_until(b'\n', &mut text)?;
            // What is too long is not read to the end of its line.
            self.line += u64::from(text.ends_with(b"\n"));
            if length == 0 && self.dump.fill_buf()?.is_empty() {
                return if start == 0 { Ok(None) } else { statement(first, text).map(Some) };
            }
            if length == 0 {
                let problem = format!("it has more than {} bytes", self.most_bytes);
                return Err(LoadError::Statement { line: first, problem });
            }
            let line = text.get(start..).unwrap_or_default();
            for byte in line {
                scanner.take(*byte);
            }
            if scanner.is_between() && line.contains(&b';') {
                return statement(first, text).map(Some);
            }
        }
    }
}

fn statement(line: u64, text: Vec<u8>) -> Result<(u64, String), LoadError> {
    let failed = |error| LoadError::Statement { line, problem: format!("it is no UTF-8: {error}") };
    String::from_utf8(text).map(|sql| (line, sql)).map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Read};
    use std::iter::Cycle;
    use std::str::Bytes;

    use super::*;

    fn within(time: Duration) -> LoadLimits {
        LoadLimits { size: None, time, interrupter: Interrupter::default() }
    }

    fn a_minute() -> LoadLimits {
        within(Duration::from_secs(60))
    }

    #[test]
    fn a_zero_byte_is_refused_and_hides_nothing_behind_it() {
        let directory = tempfile::tempdir().unwrap();
        let dump = "CREATE TABLE t (x);\nINSERT INTO t VALUES (1);\0 INSERT INTO t VALUES (2);\n";
        let failed = load(&directory.path().join("new.db"), &a_minute(), &mut dump.as_bytes());
        let Err(LoadError::Statement { line: 2, problem }) = failed else { panic!("{failed:?}") };
        assert!(problem.contains("a zero byte at offset 25"), "{problem}");
    }

    #[test]
    fn a_statement_may_be_as_long_as_the_engine_takes_and_no_longer() {
        let limits = a_minute();
        let watch = Watch { end: Instant::now() + limits.time, limits: &limits };
        let read = |dump: &str| {
            let mut statements = Statements { dump: &mut dump.as_bytes(), watch, line: 0, most_bytes: 9 };
            let mut read = Vec::new();
            while let Some((line, sql)) = statements.next()? {
                read.push((line, sql.len()));
            }
            Ok::<_, LoadError>(read)
        };
        for (dump, expected) in [
            ("SELECT 1;", [(1, 9)].as_slice()),
            ("SELECT 11", &[(1, 9)]),
            ("SELECT 1;\n", &[(1, 9)]),
            ("SELECT\n1;\nSELECT\n11", &[(1, 9), (3, 9)]),
        ] {
            assert_eq!(read(dump).unwrap(), expected, "{dump}");
        }
        for dump in ["SELECT 11;", "SELECT 11\n;", "SELECT\n111"] {
            let Err(LoadError::Statement { line: 1, problem }) = read(dump) else { panic!("{dump}") };
            assert_eq!(problem, "it has more than 9 bytes");
        }
    }

    #[test]
    fn a_long_statement_takes_no_longer_than_its_lines() {
        let directory = tempfile::tempdir().unwrap();
        let text = "four; words; of; text;\n".repeat(200_000);
        let dump = format!("CREATE TABLE t (x);\nINSERT INTO t VALUES ('{text}');\n");
        let begun = std::time::Instant::now();
        let file = directory.path().join("new.db");
        load(&file, &a_minute(), &mut dump.as_bytes()).unwrap();
        // To look at the whole of it for each line would take hours.
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
        let length = |row: &rusqlite::Row<'_>| row.get::<_, usize>(0);
        let handle = Handle::open(file).unwrap();
        assert_eq!(handle.query_row("SELECT length(x) FROM t", [], length).unwrap(), text.len());
    }

    #[test]
    fn a_statement_that_never_ends_is_ended() {
        let directory = tempfile::tempdir().unwrap();
        let endless =
            "CREATE TABLE t (x);\nWITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT max(i) FROM n;";
        let file = directory.path().join("new.db");
        let failed = load(&file, &within(Duration::from_millis(50)), &mut endless.as_bytes()).unwrap_err();
        assert!(matches!(&failed, LoadError::TooLong { line: 2, .. }), "{failed}");
    }

    #[test]
    fn a_dump_without_end_is_ended_however_short_its_statements_are() {
        let directory = tempfile::tempdir().unwrap();
        for (number, endless) in ["SELECT 1;\n", "\n", "-- nothing\n"].into_iter().enumerate() {
            let mut dump = BufReader::new(Endless(endless.bytes().cycle()));
            let file = directory.path().join(number.to_string());
            let failed = load(&file, &within(Duration::from_millis(50)), &mut dump).unwrap_err();
            assert!(matches!(&failed, LoadError::TooLong { .. }), "{endless}: {failed}");
            let limits = a_minute();
            limits.interrupter.interrupt();
            let failed = load(&directory.path().join("unwanted"), &limits, &mut dump).unwrap_err();
            assert!(matches!(&failed, LoadError::Interrupted { .. }), "{endless}: {failed}");
        }
    }

    #[test]
    fn what_is_loaded_is_one_file_whose_pages_are_as_those_of_all_databases() {
        let directory = tempfile::tempdir().unwrap();
        let dump = "PRAGMA page_size=512;\nPRAGMA auto_vacuum=1;\nCREATE TABLE t (x);\nSAVEPOINT a;\n\
                    INSERT INTO t VALUES (1);\nROLLBACK TO a;\nRELEASE a;\nINSERT INTO t VALUES (zeroblob(5000000));\n";
        let file = directory.path().join("new.db");
        load(&file, &a_minute(), &mut dump.as_bytes()).unwrap();
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
        let handle = Handle::open(file).unwrap();
        let text = |sql: &str| {
            handle.query_row(sql, [], |row| row.get_ref(0)?.as_str().map(str::to_owned).map_err(Into::into))
        };
        assert_eq!(text("PRAGMA journal_mode").unwrap(), "wal");
        for (sql, number) in [("PRAGMA page_size", 4096), ("PRAGMA auto_vacuum", 0), ("SELECT count(*) FROM t", 1)] {
            assert_eq!(handle.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap(), number, "{sql}");
        }
    }

    #[test]
    fn a_statement_is_read_as_far_as_one_of_the_largest_value_goes() {
        let directory = tempfile::tempdir().unwrap();
        let mut endless = BufReader::new(b"SELECT '".chain(std::io::repeat(b'x')));
        let failed = load(&directory.path().join("new.db"), &a_minute(), &mut endless).unwrap_err();
        assert!(failed.to_string().contains("more than 135266304 bytes"), "{failed}");
    }

    #[test]
    fn a_dump_takes_no_more_memory_than_statements_have() {
        let directory = tempfile::tempdir().unwrap();
        let rows = "CREATE TABLE t (x);\nINSERT INTO t SELECT group_concat(hex(zeroblob(1000000))) FROM generate_series(1,9);\n";
        load(&directory.path().join("modest.db"), &a_minute(), &mut rows.as_bytes()).unwrap();
        let blobs: Vec<_> = (0..12).map(|_| "zeroblob(60000000)").collect();
        let greedy = format!("CREATE TABLE t (x);\nSELECT {};\n", blobs.join(","));
        let failed = load(&directory.path().join("greedy.db"), &a_minute(), &mut greedy.as_bytes()).unwrap_err();
        assert!(
            matches!(&failed, LoadError::Statement { line: 2, problem } if problem.contains("out of memory")),
            "{failed}"
        );
    }

    #[test]
    fn a_schema_written_by_hand_makes_no_database_that_nobody_can_read() {
        let directory = tempfile::tempdir().unwrap();
        let by_hand = |root: &str, sql: &str| {
            format!(
                "CREATE TABLE t (a);\nINSERT INTO t VALUES (1);\nPRAGMA writable_schema=ON;\n\
                 INSERT INTO sqlite_schema VALUES ('table', 'q', 'q', {root}, {sql});\n"
            )
        };
        let table = "'CREATE TABLE q (a)'";
        let mut dumps: Vec<_> = ["1", "2", "-5", "99999", "x'00'"].map(|root| by_hand(root, table)).into();
        dumps.extend(["'garbage'", "NULL"].map(|sql| by_hand("0", sql)));
        dumps.extend(["PRAGMA writable_schema=RESET;\n", ""].map(|read_anew| {
            format!("CREATE TABLE t (a);\nPRAGMA writable_schema=ON;\nUPDATE sqlite_schema SET sql = 'x';\n{read_anew}")
        }));
        for (number, dump) in dumps.iter().enumerate() {
            let file = directory.path().join(number.to_string());
            let failed = load(&file, &a_minute(), &mut dump.as_bytes());
            let Err(LoadError::Unsound(_) | LoadError::Statement { .. }) = failed else { panic!("{dump}: {failed:?}") };
        }
    }

    struct Endless<'t>(Cycle<Bytes<'t>>);

    impl Read for Endless<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            buffer.iter_mut().zip(&mut self.0).for_each(|(to, from)| *to = from);
            Ok(buffer.len())
        }
    }

    const VECTORS: &str = "CREATE TABLE t (v F32_BLOB(2));\nINSERT INTO t VALUES (vector('[1,2]'));\n\
                           CREATE INDEX i ON t (libsql_vector_idx(v));\n";

    /// What a dump says of the index, and of one node with so many neighbours.
    fn with_neighbours(count: u8) -> String {
        format!(
            "CREATE TABLE libsql_vector_meta_shadow (name TEXT PRIMARY KEY, metadata BLOB) WITHOUT ROWID;\n\
             INSERT INTO libsql_vector_meta_shadow VALUES ('i', x'010300000000000000030100000000000000040200000000000000\
             050100000000000000060001000000000000');\n\
             CREATE TABLE i_shadow (index_key INTEGER, data BLOB, PRIMARY KEY (index_key));\n\
             INSERT INTO i_shadow VALUES (1, CAST(x'0100000000000000{count:02x}00' || zeroblob(246) AS BLOB));\n{VECTORS}"
        )
    }

    #[test]
    fn what_a_dump_keeps_for_an_index_of_vectors_is_looked_at_before_the_engine_believes_it() {
        let directory = tempfile::tempdir().unwrap();
        let more = "INSERT INTO t VALUES (vector('[3,4]'));\n";
        let taken = format!(
            "CREATE TABLE i_shadow (index_key INTEGER PRIMARY KEY, data BLOB);\nINSERT INTO i_shadow VALUES (1, x'00');\n{VECTORS}"
        );
        let late = format!("{VECTORS}UPDATE i_shadow SET data = x'00';\n");
        let trigger =
            format!("{VECTORS}CREATE TRIGGER a AFTER INSERT ON t BEGIN UPDATE i_shadow SET data = x'00'; END;\n{more}");
        let search = format!("{VECTORS}SELECT count(*) FROM vector_top_k('i', vector('[1,2]'), 1);\n");
        let cases = [
            (format!("{VECTORS}{more}"), None),
            (format!("{}{more}", with_neighbours(9)), None),
            (with_neighbours(200), Some("the index of vectors i is damaged: its node 1")),
            (taken, Some("the index of vectors i is damaged: its node 1")),
            (late, Some("is made already")),
            (trigger, Some("is made already")),
            (search, Some("not authorized")),
        ];
        for (number, (dump, expected)) in cases.into_iter().enumerate() {
            let file = directory.path().join(number.to_string());
            let loaded = load(&file, &a_minute(), &mut dump.as_bytes());
            match expected {
                None => loaded.unwrap(),
                Some(problem) => {
                    let error = loaded.unwrap_err().to_string();
                    assert!(error.contains(problem), "{dump}: {error}");
                }
            }
        }
    }
}
