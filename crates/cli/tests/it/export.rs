#![expect(clippy::unwrap_used, reason = "a folder that cannot be read fails its test")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::json;

use crate::{
    gate::{Gate, Then},
    sql::served,
    support::{Ended, Served, text},
};

const SCHEMA: &str = "CREATE TABLE goods (id INTEGER PRIMARY KEY, name TEXT, price REAL, photo BLOB);\
     INSERT INTO goods VALUES (1, 'a, \"b\"', 1.5, x'00ff'), (2, NULL, -1e300, NULL), (9, 'ä\n', 0, x'');\
     CREATE TABLE \"odd name\" (\"select\"); INSERT INTO \"odd name\" VALUES (9223372036854775807);\
     CREATE INDEX by_name ON goods (name);";

fn shop() -> Served {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", SCHEMA]);
    served
}

fn out(served: &Served, name: &str) -> PathBuf {
    served.folder.path().join(name)
}

/// The names of what is in a folder.
fn listing(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

#[test]
fn the_file_of_a_database_is_the_database() {
    let served = shop();
    let file = out(&served, "shop.db");
    let exported = served.run(&["export", "shop", "--out", &text(&file), "--verify", "-o", "json"]);
    assert_eq!(exported.code, Some(0), "{}", exported.stderr);
    assert_eq!(exported.json()[0]["rows"], 4);
    let handle = rusqlite::Connection::open(&file).unwrap();
    let check: String = handle.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    let found: (i64, Vec<u8>) = handle
        .query_row("SELECT (SELECT count(*) FROM goods), photo FROM goods WHERE name LIKE 'a%'", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!((check.as_str(), found), ("ok", (3, vec![0, 255])));
}

#[test]
fn a_file_has_what_was_written_over_several_generations() {
    let served = shop();
    served.done(&["sql", "shop", "CREATE TABLE many (i, t)"]);
    for round in 0..3 {
        let sql = format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000) INSERT INTO many SELECT i + {round}, hex(randomblob(300)) FROM n"
        );
        served.done(&["sql", "shop", &sql]);
    }
    served.done(&["sql", "shop", "DELETE FROM many WHERE i > 8000; INSERT INTO many VALUES (0, 'last')"]);
    let expected = served.done(&["sql", "shop", "SELECT count(*), sum(i), max(length(t)) FROM many", "-o", "csv"]);
    let file = out(&served, "shop.db");
    served.done(&["export", "shop", "--out", &text(&file), "--verify"]);
    let handle = rusqlite::Connection::open(&file).unwrap();
    let found: (i64, i64, i64) = handle
        .query_row("SELECT count(*), sum(i), max(length(t)) FROM many", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap();
    assert_eq!(expected.lines().nth(1).unwrap(), format!("{},{},{}", found.0, found.1, found.2));
}

#[test]
fn tables_become_files_of_csv_and_jsonl() {
    let served = shop();
    let folder = out(&served, "tables");
    served.done(&["export", "shop", "--out", &text(&folder), "--format", "csv", "--verify"]);
    assert_eq!(listing(&folder.join("shop")), ["goods.csv", "odd name.csv"]);
    let goods = fs::read_to_string(folder.join("shop/goods.csv")).unwrap();
    assert_eq!(goods, "id,name,price,photo\n1,\"a, \"\"b\"\"\",1.5,X'00ff'\n2,,-1e300,\n9,\"ä\n\",0.0,X''\n");
    let file = out(&served, "odd.jsonl");
    served.done(&["export", "shop", "--out", &text(&file), "--format", "jsonl", "--table", "ODD NAME", "--verify"]);
    assert_eq!(fs::read_to_string(file).unwrap(), "{\"select\":9223372036854775807}\n");
}

#[test]
fn tables_are_left_out_only_where_an_index_of_vectors_makes_them() {
    let served = served(&["shop"]);
    let schema = "CREATE TABLE t (a, at F32_BLOB(2)); INSERT INTO t VALUES (1, vector32('[1,2]'));\
         CREATE INDEX near ON t (libsql_vector_idx(at)); CREATE INDEX by_a ON t (a);\
         CREATE TABLE by_a_shadow (b); INSERT INTO by_a_shadow VALUES (2), (3); CREATE TABLE libsql_mine (c)";
    served.done(&["sql", "shop", schema]);
    let folder = out(&served, "tables");
    served.done(&["export", "shop", "--out", &text(&folder), "--format", "csv", "--verify"]);
    assert_eq!(listing(&folder.join("shop")), ["by_a_shadow.csv", "libsql_mine.csv", "t.csv"]);
    for format in ["sqlite", "dump"] {
        let (file, copy) = (text(&out(&served, format)), format!("{format}-copy"));
        let exported = served.run(&["export", "shop", "--out", &file, "--format", format, "--verify", "-o", "json"]);
        assert_eq!(exported.json()[0]["rows"], 3, "{format}");
        served.done(&["db", "create", &copy]);
        served.done(&["import", format, &file, "--to", &copy]);
        let sql = "SELECT group_concat(b) FROM by_a_shadow";
        assert_eq!(served.done(&["sql", &copy, sql, "-o", "name"]), "2,3\n", "{format}");
    }
}

#[test]
fn what_a_text_cannot_say_is_told_by_table_and_column() {
    let served = served(&["shop"]);
    served.done(&[
        "sql",
        "shop",
        "CREATE TABLE t (id, far REAL); INSERT INTO t VALUES (1, 9e999), (2, -9e999), (3, 1)",
    ]);
    for (format, stand_in) in [("csv", "NaN"), ("jsonl", "null")] {
        let file = text(&out(&served, &format!("t.{format}")));
        let export = ["export", "shop", "--out", &file, "--format", format, "--table", "t"];
        let loss = format!("table \"t\": infinite numbers are written as {stand_in}, in column \"far\" (2)");
        let verified = served.run(&[&export[..], &["--verify", "-o", "json"]].concat());
        assert_eq!((verified.code, &verified.error()["message"]), (Some(3), &json!(loss)));
        assert!(!Path::new(&file).exists());
        let written = served.run(&[&export[..], &["--quiet"]].concat());
        assert_eq!(written.code, Some(0));
        assert_eq!(written.stderr, format!("warning: {loss}; --format sqlite keeps them\n"));
    }
    served.done(&["export", "shop", "--out", &text(&out(&served, "shop.db")), "--verify"]);
}

#[test]
fn numbers_come_back_from_csv_as_they_were() {
    let served = served(&["shop"]);
    let numbers = "0.1 + 0.2, 5e-324, 1.7976931348623157e308, -1e16, 123456789012345680.0, 1.0, 2.5e-7";
    let rows = numbers.replace(", ", "), (");
    served.done(&["sql", "shop", &format!("CREATE TABLE t (n REAL); INSERT INTO t VALUES ({rows})")]);
    let file = text(&out(&served, "t.csv"));
    served.done(&["export", "shop", "--out", &file, "--format", "csv", "--table", "t", "--verify"]);
    served.done(&["import", "csv", &file, "--to", "copy", "--create"]);
    let read = |database: &str| served.done(&["sql", database, "SELECT n, typeof(n) FROM t", "-o", "jsonl"]);
    assert_eq!(read("copy"), read("shop"));
}

#[test]
fn empty_texts_and_null_come_back_from_csv_as_they_were() {
    let served = served(&["shop", "copy"]);
    let schema = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT)";
    let rows = "(1, '', NULL), (2, NULL, ''), (3, NULL, NULL), (4, '', ''), (5, '\"\"', ','), (6, 'NULL', 'x')";
    served.done(&["sql", "shop", &format!("{schema}; INSERT INTO t VALUES {rows}")]);
    served.done(&["sql", "copy", schema]);
    let file = text(&out(&served, "t.csv"));
    served.done(&["export", "shop", "--out", &file, "--format", "csv", "--table", "t", "--verify"]);
    served.done(&["import", "csv", &file, "--to", "copy", "--batch", "2"]);
    let read = |database: &str| served.done(&["sql", database, "SELECT id, a, b FROM t", "-o", "jsonl"]);
    assert_eq!(read("copy"), read("shop"));
    let said = served.done(&["sql", "shop", "SELECT a, b FROM t WHERE id < 4", "-o", "csv"]);
    assert_eq!(said, "a,b\n\"\",\n,\"\"\n,\n");
}

#[test]
fn empty_texts_and_null_come_back_from_a_file_of_one_column() {
    let served = served(&["shop", "copy"]);
    let rows = "(NULL), (''), (NULL), (NULL), ('x'), ('\n'), ('\r\n\r\n'), (NULL), ('\"'), (''), (NULL)";
    served.done(&["sql", "shop", &format!("CREATE TABLE t (a TEXT); INSERT INTO t VALUES {rows}")]);
    served.done(&["sql", "copy", "CREATE TABLE t (a TEXT)"]);
    let file = text(&out(&served, "t.csv"));
    let exported = served.run(&["export", "shop", "--out", &file, "--format", "csv", "--table", "t", "--verify", "-q"]);
    assert_eq!((exported.code, exported.stderr.as_str()), (Some(0), ""));
    served.done(&["import", "csv", &file, "--to", "copy", "--batch", "2"]);
    let read = |database: &str| served.done(&["sql", database, "SELECT a FROM t ORDER BY rowid", "-o", "jsonl"]);
    assert_eq!(read("copy"), read("shop"));
    assert_eq!(served.done(&["sql", "shop", "SELECT a FROM t LIMIT 2", "-o", "csv"]), "a\n\n\"\"\n");
    // What stands for NULL was chosen: an empty line is an empty text then.
    served.done(&["sql", "copy", "DELETE FROM t"]);
    served.done(&["import", "csv", &file, "--to", "copy", "--null", "x"]);
    let counts = "SELECT count(*), sum(a IS NULL), sum(a = '') FROM t";
    assert_eq!(served.done(&["sql", "copy", counts, "-o", "csv"]).lines().last(), Some("11,1,7"));
}

#[test]
fn a_table_with_generated_columns_comes_back_from_csv() {
    let served = served(&["shop", "copy"]);
    let schema = "CREATE TABLE t (g AS (a * 2), a INTEGER, s TEXT AS (b || '!') STORED, b TEXT)";
    served.done(&["sql", "shop", &format!("{schema}; INSERT INTO t (a, b) VALUES (1, 'x'), (2, NULL)")]);
    served.done(&["sql", "copy", schema]);
    let file = text(&out(&served, "t.csv"));
    served.done(&["export", "shop", "--out", &file, "--format", "csv", "--table", "t", "--verify"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), "g,a,s,b\n2,1,x!,x\n4,2,,\n");
    for mode in ["append", "replace"] {
        let imported = served.run(&["import", "csv", &file, "--to", "copy", "--mode", mode]);
        assert_eq!(imported.code, Some(0), "{}", imported.stderr);
        assert!(imported.stderr.contains("table \"t\" generates g, s: "), "{}", imported.stderr);
        let read = |database: &str| served.done(&["sql", database, "SELECT * FROM t", "-o", "jsonl"]);
        assert_eq!(read("copy"), read("shop"), "{mode}");
    }
    let file = served.write("t.csv", "g\n2\n");
    let refused = served.run(&["import", "csv", &file, "--to", "copy"]);
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    assert!(refused.stderr.contains("generates every column of the file: g"), "{}", refused.stderr);
}

#[test]
fn standard_output_takes_one_file() {
    let served = shop();
    let goods = served.done(&["export", "shop", "--out", "-", "--format", "csv", "--table", "odd name", "--quiet"]);
    assert_eq!(goods, "select\n9223372036854775807\n");
    let dump = served.done(&["export", "shop", "--out", "-", "--format", "dump", "--quiet"]);
    assert!(dump.ends_with("COMMIT;\n"), "{dump}");
    for arguments in [
        &["export", "shop", "--out", "-", "--format", "csv"][..],
        &["export", "--all", "--out", "-"],
        &["export", "shop", "--out", "-", "--verify"],
        &["export", "shop", "--out", "x", "--table", "goods"],
        &["export", "--out", "x"],
        &["export", "shop", "--all", "--out", "x"],
    ] {
        assert_eq!(served.run(arguments).code, Some(2), "{arguments:?}");
    }
}

#[test]
fn many_databases_go_to_a_folder() {
    let served = served(&["tenant-1", "tenant-2", "other"]);
    served.done(&["sql", "tenant-1", "tenant-2", "other", "CREATE TABLE t (a); INSERT INTO t VALUES (1)"]);
    let folder = out(&served, "backup");
    let names = served.done(&["export", "--glob", "tenant-*", "--out", &text(&folder), "--verify", "-o", "name"]);
    assert_eq!(names.lines().count(), 2);
    assert_eq!(listing(&folder), ["tenant-1.db", "tenant-2.db"]);
    served.done(&["export", "--all", "--out", &text(&folder), "--overwrite"]);
    assert_eq!(listing(&folder), ["other.db", "tenant-1.db", "tenant-2.db"]);
    assert_eq!(served.run(&["export", "--glob", "nobody-*", "--out", &text(&folder)]).code, Some(5));
    // One that is in the way keeps the others from nothing.
    fs::remove_file(folder.join("other.db")).unwrap();
    let ended = served.run(&["export", "--all", "--out", &text(&folder), "-o", "json"]);
    assert_eq!((ended.code, ended.json().as_array().unwrap().len()), (Some(7), 1), "{}", ended.stderr);
    assert!(!ended.stderr.lines().any(|line| line.starts_with("tenant-1")), "{}", ended.stderr);
    let failed = ended.error()["message"].as_str().unwrap().to_owned();
    assert!(failed.starts_with("2 of 3 failed: tenant-1 (") && failed.contains(" exists"), "{failed}");
}

#[test]
fn databases_do_not_go_to_the_same_file() {
    let served = served(&["one", "two"]);
    served.done(&["sql", "one", "CREATE TABLE t (a); INSERT INTO t VALUES ('one')"]);
    served.done(&["sql", "two", "CREATE TABLE t (a); INSERT INTO t VALUES ('two')"]);
    let folder = out(&served, "backup");
    let export = |databases: [&str; 2], more: &[&str]| {
        let arguments = [&["export"], &databases[..], &["--out", folder.to_str().unwrap()], more].concat();
        Ended::of(served.command(&arguments).env("TURSO_AUTH_TOKEN", served.access("one").1).output().unwrap())
    };
    let ((one, _), (two, _)) = (served.access("one"), served.access("two"));
    for more in [&["--overwrite"][..], &["--format", "csv", "--overwrite"], &[]] {
        let ended = export([&one, one.trim_end_matches('/')], more);
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains("would be written to"), "{}", ended.stderr);
        assert!(!folder.exists());
    }
    // The token is for one of them only.
    let ended = export([&one, &two], &["--overwrite"]);
    assert_eq!(ended.code, Some(7), "{}", ended.stderr);
    let port = served.addr().port();
    assert_eq!(listing(&folder), [format!("127.0.0.1_{port}_db_one-acme.db")]);
}

#[test]
fn nothing_is_written_over_unless_it_may_be() {
    let served = shop();
    let file = served.write("shop.db", "mine");
    let ended = served.run(&["export", "shop", "--out", &file]);
    assert_eq!(ended.code, Some(6));
    assert!(ended.stderr.contains("--overwrite"), "{}", ended.stderr);
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    served.done(&["export", "shop", "--out", &file, "--overwrite"]);
    assert!(fs::read(&file).unwrap().starts_with(b"SQLite format 3\0"));
}

/// Runs the program where no file may become larger than 64 blocks of 512 or 1024 bytes.
#[cfg(unix)]
#[test]
fn a_disk_that_is_full_leaves_nothing() {
    let served = shop();
    served.done(&["sql", "shop", "CREATE TABLE big (t); INSERT INTO big VALUES (hex(zeroblob(200000)))"]);
    let folder = out(&served, "full");
    fs::create_dir(&folder).unwrap();
    for format in ["sqlite", "dump", "jsonl"] {
        let file = text(&folder.join("big"));
        let mut arguments = vec!["export", "shop", "--out", &file, "--format", format];
        if format == "jsonl" {
            arguments.extend(["--table", "big"]);
        }
        let program = served.command(&arguments);
        let mut limited = std::process::Command::new("sh");
        limited.args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\""]).arg(program.get_program());
        limited.args(program.get_args()).envs(served.variables());
        let ended = Ended::of(limited.output().unwrap());
        assert_eq!(ended.code, Some(1), "{format}: {}", ended.stderr);
        assert!(ended.stderr.contains("cannot write"), "{format}: {}", ended.stderr);
        assert_eq!(listing(&folder), Vec::<String>::new(), "{format}");
    }
}

#[test]
fn a_folder_that_cannot_be_written_to_is_told() {
    let served = shop();
    let file = served.write("plain", "");
    let ended = served.run(&["export", "shop", "--out", &format!("{file}/shop.db")]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("cannot write"), "{}", ended.stderr);
}

#[test]
fn an_export_that_breaks_off_leaves_nothing() {
    let served = shop();
    let (url, token) = served.access("shop");
    let folder = out(&served, "broken");
    fs::create_dir(&folder).unwrap();
    for format in ["sqlite", "dump"] {
        // One request gets through at most.
        let gate = Gate::after(1, Then::Close, served.addr());
        let url = url.replace(&served.addr().to_string(), &gate.addr().to_string());
        let mut command = served.command(&["export", &url, "--out", &text(&folder.join("x")), "--format", format]);
        let ended = Ended::of(command.env("TURSO_AUTH_TOKEN", &token).output().unwrap());
        assert!(matches!(ended.code, Some(1 | 9)), "{}", ended.stderr);
        assert_eq!(listing(&folder), Vec::<String>::new());
    }
}

#[test]
fn a_database_that_fails_in_between_is_not_taken_for_one_without_more() {
    let served = shop();
    let folder = out(&served, "failed");
    fs::create_dir(&folder).unwrap();
    for status in [400, 500, 502] {
        let fault = served.cloud.faults().on_path("/sync/*").error("out of order").reply(status);
        let ended = served.run(&["export", "shop", "--out", &text(&folder.join("x"))]);
        assert_eq!((ended.code, fault.count()), (Some(1), 1), "{status}: {}", ended.stderr);
        assert!(ended.stderr.contains("out of order"), "{}", ended.stderr);
        assert_eq!(listing(&folder), Vec::<String>::new());
        served.cloud.faults().clear();
    }
}

#[test]
fn what_is_exported_can_be_imported_again() {
    let served = shop();
    let dump = out(&served, "shop.sql");
    let file = out(&served, "shop.db");
    let csv = out(&served, "goods.csv");
    served.done(&["export", "shop", "--out", &text(&dump), "--format", "dump", "--verify"]);
    served.done(&["export", "shop", "--out", &text(&file)]);
    served.done(&["export", "shop", "--out", &text(&csv), "--format", "csv", "--table", "goods"]);
    served.done(&["import", "dump", &text(&dump), "--to", "by-dump", "--create"]);
    served.done(&["import", "sqlite", &text(&file), "--to", "by-file", "--create"]);
    served.done(&["import", "csv", &text(&csv), "--to", "by-csv", "--create", "--table", "goods"]);
    let rows = |database: &str| served.done(&["sql", database, "SELECT * FROM goods ORDER BY id", "-o", "jsonl"]);
    let expected = rows("shop");
    assert_eq!(expected.lines().count(), 3);
    for database in ["by-dump", "by-file", "by-csv"] {
        assert_eq!(rows(database), expected, "{database}");
    }
    let indexes = ["sql", "by-dump", "SELECT count(*) FROM sqlite_schema WHERE type = 'index'", "-o", "name"];
    assert_eq!(served.done(&indexes), "1\n");
    assert_eq!(served.run(&["sql", "by-csv", "SELECT 1 AS a", "-o", "json"]).json(), json!([{ "a": 1 }]));
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_become_so_large_is_told_and_leaves_nothing() {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE t (a); INSERT INTO t VALUES (hex(zeroblob(200000)))"]);
    for format in ["sqlite", "dump", "csv"] {
        let out = served.folder.path().join("out");
        let program = served.command(&["export", "shop", "--out", out.to_str().unwrap(), "--format", format]);
        let mut command = std::process::Command::new("sh");
        command.args(["-c", "ulimit -f 8; exec \"$0\" \"$@\""]).arg(program.get_program()).args(program.get_args());
        let ended = Ended::of(command.envs(served.variables()).output().unwrap());
        assert!(
            ended.code == Some(1) && ended.stderr.contains("File too large"),
            "{format} {:?} {}",
            ended.code,
            ended.stderr
        );
        let left = std::fs::read_dir(served.folder.path()).unwrap();
        let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).filter(|name| name != "config").collect();
        assert!(left.is_empty(), "{format} {left:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_database_may_have_more_tables_than_files_can_be_open() {
    let served = served(&["shop"]);
    let tables: Vec<_> = (0..200).map(|table| format!("CREATE TABLE t{table} (a);")).collect();
    served.done(&["sql", "shop", &tables.concat(), "--quiet"]);
    let folder = out(&served, "tables");
    let program = served.command(&["export", "shop", "--out", &text(&folder), "--format", "csv", "--verify"]);
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "ulimit -n 100; exec \"$0\" \"$@\""]).arg(program.get_program()).args(program.get_args());
    let ended = Ended::of(command.envs(served.variables()).output().unwrap());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(listing(&folder.join("shop")).len(), 200);
}

#[cfg(unix)]
#[test]
fn what_a_killed_run_has_left_is_not_in_the_way_of_one_with_its_process_id() {
    let served = shop();
    let file = text(&out(&served, "shop.db"));
    let program = served.command(&["export", "shop", "--out", &file]);
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "echo half > \"$0.$$\"; exec \"$@\"", &file]).arg(program.get_program());
    let ended = Ended::of(command.args(program.get_args()).envs(served.variables()).output().unwrap());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(fs::read(&file).unwrap().starts_with(b"SQLite format 3\0"));
}
