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
    let text =
        |sql: &str| handle.query_row(sql, [], |row| row.get_ref(0)?.as_str().map(str::to_owned).map_err(Into::into));
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
    let rows =
        "CREATE TABLE t (x);\nINSERT INTO t SELECT group_concat(hex(zeroblob(1000000))) FROM generate_series(1,9);\n";
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
