//! The file of a SQLite database, into a database that is there.
#![expect(clippy::unwrap_used, reason = "a file that cannot be made fails its test")]

use crate::{
    sql::served,
    support::{Served, text},
};

/// Everything a file can have.
const CONTENT: &str = "
    CREATE TABLE plain (a, \"b \"\"c\" TEXT, d REAL);
    INSERT INTO plain VALUES (1, 'it''s', 0.1), (-9223372036854775808, 'größe 🦀', 9e999), (NULL, char(97, 0, 98), -9e999),
        (x'00ff', 'two' || char(10) || 'lines', 1e300), (9223372036854775807, '', 5e-324);
    CREATE TABLE gaps (v, rowid_of_another);
    INSERT INTO gaps (rowid, v) VALUES (5, 'five'), (9, 'nine');
    CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, v);
    INSERT INTO counted (v) VALUES ('a'), ('b'), ('c');
    DELETE FROM counted WHERE id = 3;
    CREATE TABLE never (id INTEGER PRIMARY KEY AUTOINCREMENT);
    INSERT INTO never VALUES (7); DELETE FROM never;
    CREATE TABLE child (id TEXT PRIMARY KEY, parent REFERENCES parent (id)) WITHOUT ROWID;
    CREATE TABLE parent (id INTEGER PRIMARY KEY);
    INSERT INTO child VALUES ('x', 1), ('w', 1); INSERT INTO parent VALUES (1);
    CREATE TABLE made (a INTEGER, b AS (a * 2) STORED, c);
    INSERT INTO made (a, c) VALUES (21, 'c');
    CREATE VIRTUAL TABLE words USING fts5(body);
    INSERT INTO words VALUES ('the quick brown fox'), ('jumps');
    CREATE VIRTUAL TABLE index_alone USING fts5(body, content = '');
    INSERT INTO index_alone (rowid, body) VALUES (3, 'over the lazy dog');
    CREATE VIRTUAL TABLE boxes USING rtree(id, x1, x2);
    INSERT INTO boxes VALUES (1, 0, 10), (2, 20, 30);
    CREATE TABLE places (name, at F32_BLOB(2));
    INSERT INTO places VALUES ('here', vector32('[1,2]')), ('there', vector32('[8,9]'));
    CREATE INDEX near ON places (libsql_vector_idx(at));
    CREATE INDEX by_v ON counted (v);
    CREATE TABLE log (x);
    CREATE TRIGGER logged AFTER INSERT ON plain BEGIN INSERT INTO log VALUES (new.a); END;
    CREATE VIEW doubled AS SELECT a, b FROM made;";

/// What has to be the same in the database as in the file.
const PROBES: [&str; 13] = [
    "SELECT group_concat(quote(a) || typeof(a) || hex(\"b \"\"c\") || typeof(d) || d, '|') FROM plain",
    "SELECT group_concat(rowid || v) FROM gaps",
    "SELECT group_concat(id || v) FROM counted",
    "SELECT group_concat(name || seq) FROM (SELECT * FROM sqlite_sequence ORDER BY name)",
    "SELECT group_concat(id || parent) FROM child",
    "SELECT a || b FROM doubled",
    "SELECT body FROM words WHERE words MATCH 'quick'",
    "SELECT group_concat(rowid) FROM index_alone WHERE index_alone MATCH 'lazy'",
    "SELECT group_concat(id) FROM boxes WHERE x1 > 15",
    "SELECT name FROM vector_top_k('near', vector32('[9,9]'), 1) JOIN places ON places.rowid = id",
    "SELECT count(*) FROM log",
    "SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE name NOT LIKE 'libsql%' ORDER BY name)",
    "SELECT group_concat(integrity_check) FROM pragma_integrity_check",
];

pub(crate) fn file(served: &Served, name: &str, content: &str) -> (String, rusqlite::Connection) {
    let path = served.folder.path().join(name);
    let handle = rusqlite::Connection::open(&path).unwrap();
    handle.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    handle.execute_batch(content).unwrap();
    (text(&path), handle)
}

fn value(served: &Served, sql: &str) -> String {
    let sql = format!("SELECT quote(CAST(({sql}) AS BLOB)) AS v");
    served.done(&["sql", "shop", &sql, "-o", "name"]).trim().to_owned()
}

/// Whether the database answers everything as the file does.
fn assert_same(served: &Served, handle: &rusqlite::Connection) {
    for probe in PROBES {
        let sql = format!("SELECT quote(CAST(({probe}) AS BLOB))");
        let expected: String = handle.query_row(&sql, [], |row| row.get(0)).unwrap();
        assert_eq!(value(served, probe), expected, "{probe}");
    }
}

#[test]
fn a_database_with_nothing_but_a_table_named_like_those_of_the_engine_is_not_empty() {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE libsql_mine (a)"]);
    let (path, _handle) = file(&served, "a.db", "CREATE TABLE t (a)");
    let ended = served.run(&["import", "sqlite", &path, "--to", "shop"]);
    assert_eq!(ended.code, Some(6), "{}", ended.stderr);
    assert!(ended.stderr.contains("\"shop\" is not empty: it has libsql_mine"), "{}", ended.stderr);
}

#[test]
fn all_of_a_file_goes_to_an_empty_database() {
    let served = served(&["shop"]);
    let (path, handle) = file(&served, "all.db", CONTENT);
    let ended = served.run(&["import", "sqlite", &path, "--to", "shop", "--batch", "2", "-o", "json"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(ended.json()["created"], false);
    assert_same(&served, &handle);
    served.done(&[
        "sql",
        "shop",
        "INSERT INTO counted (v) VALUES ('d'); INSERT INTO words VALUES ('more quick words')",
    ]);
    assert_eq!(value(&served, "SELECT max(id) FROM counted"), "X'34'");
    assert_eq!(value(&served, "SELECT count(*) FROM words WHERE words MATCH 'quick'"), "X'32'");
}

#[test]
fn a_dump_or_a_file_of_virtual_tables_comes_back_as_it_was() {
    let served = served(&["shop"]);
    let (path, handle) = file(&served, "all.db", CONTENT);
    served.done(&["import", "sqlite", &path, "--to", "shop"]);
    for (format, kind) in [("dump", "dump"), ("sqlite", "sqlite")] {
        let out = text(&served.folder.path().join(format));
        served.done(&["export", "shop", "--out", &out, "--format", format, "--verify"]);
        served.done(&["db", "delete", "shop", "--yes"]);
        served.done(&["db", "create", "shop", "--group", "default"]);
        served.done(&["import", kind, &out, "--to", "shop", "--batch", "3"]);
        assert_same(&served, &handle);
    }
}

#[test]
fn the_widest_table_comes_over_with_its_row_ids() {
    let served = served(&["shop"]);
    let columns: Vec<_> = (0..2000).map(|index| format!("c{index}")).collect();
    let content = format!(
        "CREATE TABLE wide ({}); INSERT INTO wide (rowid, c0, c1999) VALUES (9, 1, 'last'), (5, 2, 'too');
         CREATE INDEX by_last ON wide (c1999)",
        columns.join(",")
    );
    let (path, handle) = file(&served, "wide.db", &content);
    let rows = "SELECT group_concat(rowid || c0 || c1999) FROM wide NOT INDEXED";
    let expected: String =
        handle.query_row(&format!("SELECT quote(CAST(({rows}) AS BLOB))"), [], |row| row.get(0)).unwrap();
    served.done(&["import", "sqlite", &path, "--to", "shop"]);
    assert_eq!(value(&served, rows), expected);
    let out = text(&served.folder.path().join("wide.sql"));
    served.done(&["export", "shop", "--out", &out, "--format", "dump", "--verify"]);
    served.done(&["db", "delete", "shop", "--yes"]);
    served.done(&["db", "create", "shop", "--group", "default"]);
    served.done(&["import", "dump", &out, "--to", "shop"]);
    assert_eq!(value(&served, rows), expected);
}

#[test]
fn a_dump_that_holds_what_is_behind_a_vector_index_does_not_get_in_its_way() {
    let served = served(&["shop"]);
    let other = "CREATE TABLE others (at F32_BLOB(2)); CREATE INDEX of_others ON others (libsql_vector_idx(at))";
    served.done(&["sql", "shop", other]);
    let dump = served.write(
        "vectors.sql",
        "BEGIN TRANSACTION;\nCREATE TABLE places (name, at F32_BLOB(2));\n\
         INSERT INTO places VALUES('here',X'0000803f00000040');\nINSERT INTO places VALUES('there',X'0000004100001041');\n\
         CREATE TABLE libsql_vector_meta_shadow ( name TEXT PRIMARY KEY, metadata BLOB ) WITHOUT ROWID;\n\
         INSERT INTO libsql_vector_meta_shadow VALUES('near',X'00');\n\
         CREATE TABLE Near_shadow (index_key INTEGER , data BLOB, PRIMARY KEY (index_key));\n\
         INSERT INTO \"Near_shadow\" VALUES(1,X'00');\nCREATE INDEX Near_shadow_idx ON Near_shadow (index_key);\n\
         CREATE INDEX Near ON places (libsql_vector_idx(at));\nCOMMIT;\n",
    );
    served.done(&["import", "dump", &dump, "--to", "shop"]);
    let closest = "SELECT name FROM vector_top_k('Near', vector32('[9,9]'), 1) JOIN places ON places.rowid = id";
    assert_eq!(served.done(&["sql", "shop", closest, "-o", "name"]), "there\n");
}

#[test]
fn a_dump_leaves_the_counters_of_other_tables_alone() {
    let served = served(&["shop"]);
    served.done(&[
        "sql",
        "shop",
        "CREATE TABLE o (id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO o VALUES (9); DELETE FROM o",
    ]);
    let dump = served.write(
        "a.sql",
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT);\nDELETE FROM sqlite_sequence;\nINSERT INTO sqlite_sequence VALUES('t',4);\n",
    );
    served.done(&["import", "dump", &dump, "--to", "shop"]);
    let counters = "SELECT group_concat(name || seq) FROM (SELECT * FROM sqlite_sequence ORDER BY name)";
    assert_eq!(served.done(&["sql", "shop", counters, "-o", "name"]).trim(), "o9,t4");
}

#[test]
fn a_database_that_has_tables_is_left_alone_unless_told_how() {
    let served = served(&["shop"]);
    let before =
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v, own DEFAULT 'own'); INSERT INTO t (id, v) VALUES (1, 'old');
        CREATE TABLE kept (a); INSERT INTO kept VALUES (1)";
    served.done(&["sql", "shop", before]);
    let (path, _) = file(
        &served,
        "new.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (2, 'two'), (3, 'three');
         CREATE TABLE u (a); INSERT INTO u VALUES (7); CREATE INDEX i ON t (v);",
    );
    let import = |more: &[&str]| served.run(&[&["import", "sqlite", &path, "--to", "shop"], more].concat());
    let line = |sql: &str| served.done(&["sql", "shop", sql, "-o", "name"]).trim().to_owned();
    let rows = || line("SELECT group_concat(id || v || own) FROM t");
    let refused = import(&[]);
    assert_eq!(refused.code, Some(6), "{}", refused.stderr);
    assert!(refused.stderr.contains("is not empty: it has kept, t") && refused.stderr.contains("--mode append"));
    assert_eq!(rows(), "1oldown");
    assert_eq!(import(&["--mode", "append"]).code, Some(0));
    assert_eq!(rows(), "1oldown,2twoown,3threeown");
    // The second time, the rows are there already; none of them is lost or doubled.
    let again = import(&["--mode", "append"]);
    assert_eq!(again.code, Some(1), "{}", again.stderr);
    assert!(
        again.stderr.contains("table \"t\": row 1: SQLite error: UNIQUE constraint failed: t.id"),
        "{}",
        again.stderr
    );
    assert_eq!(rows(), "1oldown,2twoown,3threeown");
    served.done(&["sql", "shop", "DELETE FROM t WHERE id = 3"]);
    assert_eq!(import(&["--mode", "replace"]).code, Some(0));
    assert_eq!(rows(), "2twoown,3threeown");
    let names = "SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema ORDER BY name)";
    assert_eq!(line(names), "i,kept,t,u");
    assert_eq!(line("SELECT count(*) FROM u"), "1");
}

#[test]
fn what_does_not_fit_is_told_before_anything_is_changed() {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE t (a); CREATE VIRTUAL TABLE words USING fts5(body)"]);
    let schema = || served.done(&["sql", "shop", "SELECT group_concat(name) FROM sqlite_schema", "-o", "name"]);
    let before = schema();
    let cases: [(&str, &[&str], i32, &str); 4] = [
        (
            "CREATE TABLE s (a); CREATE TABLE t (a, z);",
            &["--mode", "append"],
            2,
            "table \"t\" has no column z; it has a",
        ),
        (
            "CREATE TABLE s (a); CREATE VIRTUAL TABLE words USING fts5(body);",
            &["--mode", "replace"],
            6,
            "it is a virtual one",
        ),
        (
            "CREATE TABLE s (a); INSERT INTO s VALUES ('x'), (CAST(x'ff' AS TEXT));",
            &["--mode", "append"],
            2,
            "table \"s\", row 2, column \"a\": it is text, and not UTF-8",
        ),
        ("CREATE TABLE s (a);", &["--mode", "append", "--create"], 2, "cannot be used with"),
    ];
    for (at, (content, more, code, said)) in cases.into_iter().enumerate() {
        let (path, handle) = file(&served, &format!("{at}.db"), content);
        drop(handle);
        let ended = served.run(&[&["import", "sqlite", &path, "--to", "shop"], more].concat());
        assert_eq!(ended.code, Some(code), "{}", ended.stderr);
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
    // Changes that are in the log beside the file alone would be lost.
    let (path, _handle) = file(&served, "wal.db", "PRAGMA journal_mode = WAL; CREATE TABLE s (a);");
    let ended = served.run(&["import", "sqlite", &path, "--to", "shop", "--mode", "append"]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("-wal holds ") && ended.stderr.contains("wal_checkpoint"), "{}", ended.stderr);
    assert_eq!(schema(), before);
}

#[test]
fn a_transaction_that_never_ended_is_refused_and_one_that_has_is_not() {
    let served = served(&["shop"]);
    let (path, handle) = file(&served, "hot.db", "PRAGMA journal_mode = PERSIST; CREATE TABLE s (a);");
    // It has ended: its journal is there, and begins with zeros.
    assert!(std::fs::metadata(format!("{path}-journal")).unwrap().len() > 0);
    served.done(&["import", "sqlite", &path, "--to", "shop"]);
    handle
        .execute_batch("PRAGMA cache_size = 1; BEGIN; CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(100000))")
        .unwrap();
    for more in [&["--to", "shop", "--mode", "append"][..], &["--to", "new", "--create"]] {
        let ended = served.run(&[&["import", "sqlite", &path], more].concat());
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains("hot.db-journal holds a transaction that never ended"), "{}", ended.stderr);
    }
}

#[test]
fn a_database_that_was_empty_is_marked_as_the_file_is() {
    let served = served(&["shop", "other"]);
    let marks = "PRAGMA user_version = 7; PRAGMA application_id = 42;";
    let (path, handle) = file(&served, "marked.db", &format!("{marks} CREATE TABLE s (a);"));
    drop(handle);
    served.done(&["import", "sqlite", &path, "--to", "shop"]);
    let read = |database: &str| {
        let sql =
            "SELECT (SELECT user_version FROM pragma_user_version), (SELECT application_id FROM pragma_application_id)";
        served.done(&["sql", database, sql, "-o", "jsonl"]).replace(|c: char| !c.is_ascii_digit() && c != ',', "")
    };
    assert!(read("shop").ends_with("7,42"), "{}", read("shop"));
    served.done(&["sql", "other", "PRAGMA user_version = 3; CREATE TABLE there (a)"]);
    let kept = served.run(&["import", "sqlite", &path, "--to", "other", "--mode", "append"]);
    assert!(
        kept.stderr.contains("user_version 7 of the file is left out: the database keeps its own"),
        "{}",
        kept.stderr
    );
    assert_eq!(served.done(&["sql", "other", "PRAGMA user_version", "-o", "name"]), "3\n");
}

#[cfg(unix)]
#[test]
fn the_log_is_looked_for_beside_the_file_a_link_leads_to() {
    let served = served(&["shop"]);
    let (path, _handle) = file(&served, "wal.db", "PRAGMA journal_mode = WAL; CREATE TABLE s (a);");
    let links = tempfile::tempdir().unwrap();
    let link = links.path().join("link.db");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let ended = served.run(&["import", "sqlite", &text(&link), "--to", "shop"]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("wal.db-wal holds "), "{}", ended.stderr);
}

#[test]
fn an_import_that_fails_leaves_nothing_of_what_it_made() {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE t (id INTEGER PRIMARY KEY CHECK (id < 3)); INSERT INTO t VALUES (2)"]);
    let (path, _) = file(
        &served,
        "new.db",
        "CREATE TABLE s (a); INSERT INTO s VALUES (1); CREATE INDEX i ON s (a); CREATE VIRTUAL TABLE w USING fts5(a);
         INSERT INTO w VALUES ('x'); CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1), (5);",
    );
    let ended = served.run(&["import", "sqlite", &path, "--to", "shop", "--mode", "replace"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("the rows cannot be replaced: SQLite error: CHECK constraint failed"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("what it had made was removed again"), "{}", ended.stderr);
    assert_eq!(served.done(&["sql", "shop", "SELECT group_concat(name) FROM sqlite_schema", "-o", "name"]), "t\n");
    assert_eq!(served.done(&["sql", "shop", "SELECT group_concat(id) FROM t", "-o", "name"]), "2\n");
}

#[test]
fn a_file_is_read_only_where_it_could_go() {
    let served = served(&["shop"]);
    let content = "PRAGMA journal_mode = WAL; CREATE TABLE goods (id); INSERT INTO goods VALUES (1)";
    let (file, handle) = file(&served, "goods.db", content);
    drop(handle);
    let mut bytes = std::fs::read(&file).unwrap();
    // What is behind the page with the schema.
    bytes.get_mut(4096..).unwrap().fill(0xff);
    std::fs::write(&file, bytes).unwrap();
    let import = |to: &[&str]| served.run(&[&["import", "sqlite", &file, "--to"], to].concat());
    for (to, code, said) in [
        (&["nowhere"][..], 5, "there is no database \"nowhere\""),
        (&["shop", "--create"], 6, "database \"shop\" exists already"),
        (&["shop", "--create", "--keep"], 2, "--keep: an upload that stops"),
        (&["shop"], 2, "is damaged"),
    ] {
        let ended = import(to);
        assert!(ended.code == Some(code) && ended.stderr.contains(said), "{to:?}: {}", ended.stderr);
    }
}
