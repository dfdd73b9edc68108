use std::fs;

use proptest::{
    num::f64,
    prelude::*,
    test_runner::{Config, TestRunner},
};
use serde_json::{Value, json};

use crate::{
    sql::served,
    support::{Served, text},
};

fn rows(served: &Served, database: &str, sql: &str) -> String {
    served.done(&["sql", database, sql, "-o", "csv"])
}

#[test]
fn a_csv_file_becomes_a_table_of_the_types_it_shows() {
    let served = served(&[]);
    let file = served.write(
        "goods.csv",
        "id,name,weight,size,price,zip,photo,nothing\r\n1,\"a, \"\"b\"\"\",1.5,1.5,1.50,01067,X'00ff',\r\n\
         2,,2.0,2,2.00,10115,,\r\n\"-3\",\"two\nlines\",1e300,,1e3,7,X'',\r\n",
    );
    let ended = served.run(&["import", "csv", &file, "--to", "shop", "--create", "-o", "json"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let said = ended.json();
    assert_eq!((&said["table"], &said["rows"], &said["created"]), (&"goods".into(), &3.into(), &true.into()));
    let types = "SELECT name, type FROM pragma_table_info('goods')";
    let expected =
        "name,type\nid,INTEGER\nname,TEXT\nweight,REAL\nsize,\"\"\nprice,TEXT\nzip,TEXT\nphoto,BLOB\nnothing,TEXT\n";
    assert_eq!(rows(&served, "shop", types), expected);
    let kept = "kept as text, which numbers would not be written as: price (1.50), zip (01067); --types price=real ";
    assert!(ended.stderr.contains(kept), "{}", ended.stderr);
    let found = served.done(&["sql", "shop", "SELECT * FROM goods", "--output", "jsonl"]);
    let expected = [
        json!({"id": 1, "name": "a, \"b\"", "weight": 1.5, "size": 1.5, "price": "1.50", "zip": "01067", "photo": "AP8="}),
        json!({"id": 2, "name": null, "weight": 2.0, "size": 2, "price": "2.00", "zip": "10115", "photo": null}),
        json!({"id": -3, "name": "two\nlines", "weight": 1e300, "size": null, "price": "1e3", "zip": "7", "photo": ""}),
    ];
    for (line, mut expected) in found.lines().zip(expected) {
        expected["nothing"] = json!(null);
        assert_eq!(serde_json::from_str::<Value>(line).unwrap(), expected);
    }
    assert_eq!(found.lines().count(), 3);
}

#[test]
fn a_file_of_semicolons_or_tabs_is_doubted_and_read_as_said() {
    let served = served(&["shop"]);
    for (name, separator, typed) in [("semicolons", ';', ";"), ("tabs", '\t', "\\t")] {
        let file = served.write(&format!("{name}.csv"), &format!("id{separator}price\n1{separator}2\n"));
        let doubted = served.run(&["import", "csv", &file, "--to", "shop", "--dry-run", "--quiet"]);
        assert_eq!(doubted.code, Some(0), "{}", doubted.stderr);
        let hint = format!("; --delimiter '{typed}' if it is meant to be several");
        assert!(doubted.stderr.starts_with("warning: ") && doubted.stderr.contains(&hint), "{}", doubted.stderr);
        let read = served.run(&["import", "csv", &file, "--to", "shop", "--delimiter", typed]);
        assert!(read.code == Some(0) && !read.stderr.contains("warning"), "{}", read.stderr);
        assert_eq!(rows(&served, "shop", &format!("SELECT id + price AS sum FROM {name}")), "sum\n3\n");
    }
    for refused in ["ä", ";;", "", "\"", "\n"] {
        let file = served.write("t.csv", "a\n1\n");
        assert_eq!(served.run(&["import", "csv", &file, "--to", "shop", "--delimiter", refused]).code, Some(2));
    }
}

const INTEGERS: &str = "0|-?[1-9][0-9]{0,17}";
const REALS: &str = "-?[1-9][0-9]{0,2}\\.([0-9]|[0-9]{0,9}[1-9])";
/// What is no number or blob as `export` writes it, and what is.
const KINDS: [&str; 7] = [
    INTEGERS,
    REALS,
    "[-+]?[0-9]{1,3}",
    "-?[0-9]{1,3}\\.[0-9]{1,3}",
    "-?[1-9](\\.[0-9])?e[-+]?[0-9]{1,2}",
    "[xX]'([0-9a-fA-F]{2}){0,3}'",
    "[a-z0-9 .,;+'\"é\n-]{1,6}",
];

/// A column of so many fields that look alike, of any reals, or of numbers of both kinds; some are NULL.
fn column(rows: usize) -> impl Strategy<Value = Vec<Option<String>>> {
    let alike = prop::sample::select(&KINDS[..])
        .prop_flat_map(move |kind| prop::collection::vec(prop::option::weighted(0.9, kind), rows));
    let any_real = (f64::NORMAL | f64::SUBNORMAL).prop_map(|number| format!("{number:?}"));
    let reals = prop::collection::vec(any_real.clone().prop_map(Some), rows);
    let numbers = prop_oneof![4 => INTEGERS, 3 => REALS, 1 => any_real];
    let numbers = prop::collection::vec(prop::option::weighted(0.9, numbers), rows);
    prop_oneof![4 => alike, 1 => reals, 1 => numbers]
}

/// A file as `export` writes one.
fn files() -> impl Strategy<Value = String> {
    let columns = (1..6_usize).prop_flat_map(|rows| prop::collection::vec(column(rows), 12));
    columns.prop_map(|columns| {
        let quoted = |field: &str| {
            let is_special = field.contains([',', '"', '\n']);
            if is_special { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.to_owned() }
        };
        let names = (0..columns.len()).map(|at| format!("c{at}")).collect::<Vec<_>>().join(",");
        let row = |at: usize| {
            let fields = columns.iter().map(|column| column[at].as_deref().map_or_else(String::new, quoted));
            fields.collect::<Vec<_>>().join(",") + "\n"
        };
        let rows = (0..columns[0].len()).map(row);
        format!("{names}\n{}", rows.collect::<String>())
    })
}

#[test]
fn what_is_imported_into_a_new_table_is_exported_as_it_was() {
    let served = served(&["shop"]);
    let copied = |text: &str| {
        served.done(&["sql", "shop", "DROP TABLE IF EXISTS t"]);
        let file = served.write("t.csv", text);
        served.done(&["import", "csv", &file, "--to", "shop", "--batch", "2"]);
        served.done(&["export", "shop", "--out", "-", "--format", "csv", "--table", "t"])
    };
    // The engine makes another number of the text of the first.
    let far = "n\n1.945576447500054e-308\n-1.7976931348623157e308\n0.0\n";
    assert_eq!(copied(far), far);
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&files(), |text| {
        prop_assert_eq!(copied(&text), text);
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn columns_that_are_there_decide_what_numbers_become() {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE t (numeric NUMERIC, real REAL, text TEXT, untyped)"]);
    let file = served.write("t.csv", "numeric,real,text,untyped\n1.10,1.10,1.10,1.10\n2.0,7,007,007\n");
    served.done(&["import", "csv", &file, "--to", "shop"]);
    assert_eq!(
        rows(&served, "shop", "SELECT * FROM t"),
        "numeric,real,text,untyped\n1.1,1.1,1.10,1.10\n2,7.0,007,007\n"
    );
    // One without a type gets numbers where there are some.
    let file = served.write("t.csv", "untyped\n1\n2.5\n");
    served.done(&["import", "csv", &file, "--to", "shop", "--mode", "replace"]);
    assert_eq!(rows(&served, "shop", "SELECT typeof(untyped) AS t FROM t"), "t\ninteger\nreal\n");
}

#[test]
fn columns_that_are_there_decide_what_is_a_blob() {
    let served = served(&["shop"]);
    let create = "k INTEGER, text TEXT, name VARCHAR(9), blob BLOB, untyped, bytes VARBINARY(4)";
    served.done(&["sql", "shop", &format!("CREATE TABLE t ({create}); CREATE TABLE copy ({create})")]);
    let blob = "X'00ff'";
    let file = served.write(
        "t.csv",
        &format!("k,text,name,blob,untyped,bytes\n1,{blob},{blob},{blob},{blob},{blob}\n2,a,X'00',NULL,X'0',X''\n"),
    );
    served.done(&["import", "csv", &file, "--to", "shop"]);
    let quoted = |table: &str| {
        let columns = "quote(text) || quote(name) || quote(blob) || quote(untyped) || quote(bytes)";
        served.done(&["sql", "shop", &format!("SELECT {columns} FROM {table} ORDER BY k"), "-o", "name"])
    };
    let kept = "'X''00ff''''X''00ff'''X'00FF'X'00FF'X'00FF'\n'a''X''00''''NULL''X''0'''X''\n";
    assert_eq!(quoted("t"), kept);
    let out = text(&served.folder.path().join("copy.csv"));
    served.done(&["export", "shop", "--out", &out, "--format", "csv", "--table", "t"]);
    for mode in ["append", "replace"] {
        served.done(&["import", "csv", &out, "--to", "shop", "--mode", mode]);
        assert_eq!(quoted("copy"), kept, "{mode}");
    }
    // Who says what a column has is believed.
    let types = ["--mode", "replace", "--types", "name=blob,blob=text"];
    let file = served.write("t.csv", "name,blob\nX'01',X'02'\n");
    served.done(&[&["import", "csv", &file, "--to", "shop"], &types[..]].concat());
    assert_eq!(quoted("t").trim(), "NULLX'01''X''02'''NULLNULL");
}

#[test]
fn types_null_and_the_delimiter_can_be_given() {
    let served = served(&["shop"]);
    let file = served.write("t.csv", "\u{feff}a;b;c\n1;;NA\n2;x;3\n");
    let arguments =
        ["import", "csv", &file, "--to", "shop", "--delimiter", ";", "--null", "NA", "--types", "a=text,C=integer"];
    served.done(&arguments);
    assert_eq!(
        rows(&served, "shop", "SELECT typeof(a), quote(b), c FROM t"),
        "typeof(a),quote(b),c\ntext,'',\ntext,'x',3\n"
    );
}

#[test]
fn rows_are_appended_to_a_table_that_exists_or_replace_its_own() {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE t (b TEXT, a INTEGER PRIMARY KEY, c DEFAULT 7); CREATE INDEX i ON t (b); INSERT INTO t (a, b) VALUES (1, 'old')"]);
    let file = served.write("t.csv", "A,b\n2,02\n3,\n");
    served.done(&["import", "csv", &file, "--to", "shop", "--batch", "1"]);
    assert_eq!(rows(&served, "shop", "SELECT a, b, c FROM t"), "a,b,c\n1,old,7\n2,02,7\n3,,7\n");
    served.done(&["import", "csv", &file, "--to", "shop", "--mode", "replace"]);
    assert_eq!(rows(&served, "shop", "SELECT a, b FROM t ORDER BY a"), "a,b\n2,02\n3,\n");
    assert_eq!(rows(&served, "shop", "SELECT name FROM sqlite_schema ORDER BY name"), "name\ni\nt\n");
    let file = served.write("u.csv", "a,d\n1,2\n");
    let ended = served.run(&["import", "csv", &file, "--to", "shop", "--table", "t"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("has no column d; it has b, a, c"), "{}", ended.stderr);
}

#[test]
fn many_columns_and_long_fields_fit_into_statements() {
    let served = served(&["shop"]);
    let header: Vec<_> = (0..900).map(|column| format!("c{column}")).collect();
    let row = vec!["x".repeat(50); 900].join(",");
    let long = "y".repeat(600_000);
    let file = served.write("wide.csv", &format!("{}\n{}", header.join(","), format!("{row}\n").repeat(60)));
    served.done(&["import", "csv", &file, "--to", "shop"]);
    assert_eq!(rows(&served, "shop", "SELECT count(c899) AS n FROM wide"), "n\n60\n");
    let file = served.write("long.csv", &format!("a\n{long}\n{long}\n"));
    served.done(&["import", "csv", &file, "--to", "shop"]);
    assert_eq!(rows(&served, "shop", "SELECT sum(length(a)) AS n FROM long"), "n\n1200000\n");
}

#[test]
fn a_dump_with_triggers_views_and_rows_before_their_parents_is_run() {
    let served = served(&["shop"]);
    let dump = "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE child (id INTEGER PRIMARY KEY AUTOINCREMENT, p REFERENCES parent (id));\n\
                INSERT INTO child VALUES(5,1);\nCREATE TABLE parent (id PRIMARY KEY, t);\nINSERT INTO parent VALUES(1,'a;\nb');\n\
                DELETE FROM sqlite_sequence;\nINSERT INTO sqlite_sequence VALUES('child',9);\n\
                CREATE TRIGGER tr AFTER INSERT ON parent BEGIN UPDATE parent SET t = 'x;' WHERE id = new.id; END;\n\
                CREATE VIEW v AS SELECT t FROM parent;\nCOMMIT;\n";
    let file = served.write("a.sql", dump);
    served.done(&["import", "dump", &file, "--to", "shop", "--batch", "2"]);
    served.done(&["sql", "shop", "INSERT INTO child (p) VALUES (1)"]);
    assert_eq!(
        rows(&served, "shop", "SELECT max(id) AS id, (SELECT t FROM v) AS t FROM child"),
        "id,t\n10,\"a;\nb\"\n"
    );
}

#[test]
fn a_sqlite_file_becomes_a_database() {
    let served = served(&[]);
    let file = served.folder.path().join("shop.db");
    let handle = rusqlite::Connection::open(&file).unwrap();
    handle
        .execute_batch(
            "PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (7); PRAGMA wal_checkpoint(TRUNCATE)",
        )
        .unwrap();
    drop(handle);
    let before = fs::read(&file).unwrap();
    served.done(&["import", "sqlite", &text(&file), "--to", "shop", "--create"]);
    assert_eq!(rows(&served, "shop", "SELECT a FROM t"), "a\n7\n");
    assert_eq!(fs::read(&file).unwrap(), before);
    let beside: Vec<_> = fs::read_dir(served.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!beside.iter().any(|name| name.to_string_lossy().starts_with("shop.db-")), "{beside:?}");
}

#[test]
fn a_dry_run_looks_at_the_file_and_sends_nothing() {
    let served = served(&[]);
    let file = served.write("goods.csv", "a\n1\n2\n");
    let ended = served.run(&["import", "csv", &file, "--to", "shop", "--create", "--dry-run", "-o", "json"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("insert 2 rows into table \"goods\""), "{}", ended.stderr);
    assert_eq!(ended.json()[0]["method"], "POST");
    assert_eq!(served.done(&["db", "list", "-o", "json"]).trim(), "[]");
}

#[test]
fn a_database_that_an_import_creates_is_in_the_only_group_there_is_or_in_the_one_that_is_named() {
    let served = served(&[]);
    served.done(&["group", "create", "eu", "--location", "local"]);
    served.done(&["group", "delete", "default", "--confirm", "default"]);
    let file = served.write("t.csv", "a\n1\n");
    let group_of = |database| served.run(&["db", "get", database, "-o", "json"]).json()["group"].clone();
    let import = |database| ["import", "csv", &file, "--to", database, "--create"];
    served.done(&import("shop"));
    assert_eq!(group_of("shop"), "eu");

    served.done(&["group", "create", "us", "--location", "local"]);
    let ended = served.run(&import("other"));
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("choose one") && ended.stderr.contains("one of eu, us"), "{}", ended.stderr);
    let ended = served.run(&[&import("other")[..], &["--group", "uss"]].concat());
    assert_eq!(ended.code, Some(5), "{}", ended.stderr);
    assert!(ended.stderr.contains("the group uss") && ended.stderr.contains("did you mean us?"), "{}", ended.stderr);
    let ended = served.run(&["db", "create", "other", "--group", "uss"]);
    assert_eq!(ended.code, Some(5), "{}", ended.stderr);
    assert!(ended.stderr.contains("the group uss") && ended.stderr.contains("did you mean us?"), "{}", ended.stderr);
    served.done(&[&import("other")[..], &["--group", "us"]].concat());
    assert_eq!(group_of("other"), "us");
}

/// What is behind the quote is not gathered to the end of the file, however long that is.
#[test]
fn a_record_that_does_not_end_is_named_by_the_line_of_its_quote() {
    let served = served(&["shop"]);
    let lines = "this is no field\n".repeat(4 << 20);
    let import = |head: &str, field: &str| {
        let file = served.write("long.csv", &format!("{head}{field}{lines}{lines}"));
        served.run(&["import", "csv", &file, "--to", "shop"])
    };
    for (head, said) in [
        ("a,b\n1,2\n\"x\n\",", "line 4: a quote opened there has not ended after 64 MiB"),
        ("", "line 1: a quote opened there has not ended after 64 MiB"),
    ] {
        let ended = import(head, "\"");
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
    let long = "x".repeat(65 << 20);
    let ended = import("a,b\n1,2\n", &long);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("line 3: the record has more than 64 MiB"), "{}", ended.stderr);
}
