//! Dumps that would do harm, or do something else than they did where they were written.

use crate::{
    sql::served,
    support::{Ended, Served},
};

fn line(served: &Served, sql: &str) -> String {
    served.done(&["sql", "shop", sql, "-o", "name"]).trim().to_owned()
}

fn import(served: &Served, dump: &str) -> Ended {
    let file = served.write("a.sql", dump);
    served.run(&["import", "dump", &file, "--to", "shop", "--batch", "1"])
}

const NAMES: &str = "SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema ORDER BY name)";

/// `sqlite3` writes `IF NOT EXISTS` where the name is within quotes.
#[test]
fn a_table_whose_name_is_within_quotes_keeps_its_counter_and_is_seen_to_be_there() {
    let served = served(&["shop"]);
    let dump = "BEGIN TRANSACTION;\nCREATE TABLE IF NOT EXISTS \"my t\" (id INTEGER PRIMARY KEY AUTOINCREMENT);\n\
                INSERT INTO \"my t\" VALUES(1);\nDELETE FROM sqlite_sequence;\n\
                INSERT INTO sqlite_sequence VALUES('my t',3);\nCOMMIT;\n";
    let ended = import(&served, dump);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(line(&served, "SELECT group_concat(name || seq) FROM sqlite_sequence"), "my t3");
    let ended = import(&served, dump);
    assert_eq!(ended.code, Some(6), "{}", ended.stderr);
    assert!(ended.stderr.contains("table \"my t\", which line 2 makes, exists already"), "{}", ended.stderr);
}

#[test]
fn a_dump_that_takes_back_what_it_did_is_refused() {
    let served = served(&["shop"]);
    for (dump, said) in [
        (
            "CREATE TABLE t (a);\nBEGIN;\nINSERT INTO t VALUES (666);\nROLLBACK;\nINSERT INTO t VALUES (2);\n",
            "4: ROLLBACK",
        ),
        (
            "CREATE TABLE t (a);\nSAVEPOINT s;\nINSERT INTO t VALUES (666);\nROLLBACK TO s;\nRELEASE s;\n",
            "2: SAVEPOINT",
        ),
        ("CREATE TABLE t (a);\nrelease s;\n", "2: RELEASE"),
    ] {
        let ended = import(&served, dump);
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains(&format!("line {said} cannot be imported: ")), "{}", ended.stderr);
        assert_eq!(line(&served, NAMES), "");
    }
}
