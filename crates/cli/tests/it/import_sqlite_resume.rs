//! Imports of SQLite files that stop, and those that go on.

use crate::{
    gate::{Gate, Then},
    import_sqlite::file,
    sql::served,
    support::{Ended, Served},
};

const NUMBERS: &str = "CREATE TABLE first (a); INSERT INTO first VALUES (1), (2);
    CREATE TABLE numbers (id INTEGER, text);
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
        INSERT INTO numbers SELECT i, 'this is row ' || i FROM n;
    CREATE TABLE last (a); INSERT INTO last VALUES (3); CREATE INDEX by_id ON numbers (id);";

/// An import that stops at the third row of `numbers`, with those of `first` and two of `numbers` inserted. The mode decides
/// how many requests come before.
fn stopped(served: &Served, mode: &[&str]) -> String {
    let (path, _) = file(served, "few.db", &NUMBERS.replace("20000", "5"));
    let nth = if mode.is_empty() { 10 } else { 13 };
    let fault = served.cloud.faults().on_path("/v3/pipeline").nth(nth).carried_out().reset();
    let arguments = [&["import", "sqlite", &path, "--to", "shop", "--batch", "1", "--keep"], mode].concat();
    let ended = served.run(&arguments);
    assert!(ended.stderr.contains("(4 of 8 rows inserted)") && fault.count() == 1, "{}", ended.stderr);
    served.cloud.faults().clear();
    path
}

fn resumed(served: &Served, path: &str, more: &[&str]) -> Ended {
    served.run(&[&["import", "sqlite", path, "--to", "shop", "--resume"], more].concat())
}

fn line(served: &Served, sql: &str) -> String {
    served.done(&["sql", "shop", sql, "-o", "name"]).trim().to_owned()
}

const OLD: &str =
    "CREATE TABLE first (a); CREATE TABLE numbers (id INTEGER, text); INSERT INTO numbers VALUES (-1, 'old')";
const TABLES: &str = "SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema ORDER BY name)";

#[test]
fn an_import_whose_rows_are_gone_with_their_table_does_not_go_on() {
    let cases: [(&str, &[&str], &str); 6] = [
        ("SELECT 1", &[], "numbers"),
        ("SELECT 1", &[], "first"),
        (OLD, &["--mode", "append"], "numbers"),
        (OLD, &["--mode", "append"], "first"),
        (OLD, &["--mode", "replace"], "_tursoctl_import_numbers_"),
        (OLD, &["--mode", "replace"], "_tursoctl_import_first_"),
    ];
    for (before, mode, gone) in cases {
        let served = served(&["shop"]);
        served.done(&["sql", "shop", before]);
        let path = stopped(&served, mode);
        let gone = line(&served, &format!("SELECT name FROM sqlite_schema WHERE name LIKE '{gone}%'"));
        served.done(&["sql", "shop", &format!("DROP TABLE {gone}")]);
        let left = line(&served, TABLES);
        // What was noted of it stays as it was.
        for _ in 0..2 {
            let ended = resumed(&served, &path, mode);
            assert_eq!(ended.code, Some(6), "{mode:?} {gone}: {}", ended.stderr);
            let said = format!("rows of the file were sent to table {gone:?}, which is not there any more");
            assert!(ended.stderr.contains(&said) && ended.stderr.contains("leave out --resume"), "{}", ended.stderr);
        }
        assert_eq!(line(&served, TABLES), left);
        if before == OLD && gone != "numbers" {
            assert_eq!(line(&served, "SELECT count(*) FROM numbers WHERE id = -1"), "1");
        }
    }
}

#[test]
fn an_import_that_may_have_replaced_the_rows_does_not_do_so_again() {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE t (a); INSERT INTO t VALUES ('old')"]);
    let (path, _) = file(&served, "t.db", "CREATE TABLE t (a); INSERT INTO t VALUES ('new')");
    // The last of all puts the new rows in the place of the old ones.
    served.cloud.faults().on_path("/v3/pipeline").nth(6).carried_out().reset();
    let mode = ["--mode", "replace"];
    let ended = served.run(&[&["import", "sqlite", &path, "--to", "shop"][..], &mode].concat());
    assert!(ended.stderr.contains("nobody knows whether the last batch took effect"), "{}", ended.stderr);
    let ended = resumed(&served, &path, &mode);
    assert_eq!(ended.code, Some(6), "{}", ended.stderr);
    assert_eq!(line(&served, "SELECT group_concat(a) FROM t"), "new");
}

#[test]
fn a_replacement_goes_on_behind_tables_that_it_made() {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE numbers (id INTEGER, text); INSERT INTO numbers VALUES (-1, 'old')"]);
    let mode = ["--mode", "replace"];
    let path = stopped(&served, &mode);
    // One that cannot even look where the other stopped leaves it to the next one.
    served.cloud.faults().on_path("/v3/cursor").nth(3).reply(500);
    let ended = resumed(&served, &path, &mode);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let ended = resumed(&served, &path, &mode);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(
        line(&served, "SELECT group_concat(id) || '|' || (SELECT count(*) FROM first) FROM numbers"),
        "1,2,3,4,5|2"
    );
    assert_eq!(line(&served, TABLES), "by_id,first,last,numbers");
}

#[test]
fn an_import_goes_on_where_it_stopped_even_if_the_last_answer_was_lost() {
    for then in [Then::Close, Then::Mute] {
        let served = served(&["shop"]);
        let (path, _) = file(&served, "numbers.db", NUMBERS);
        let gate = Gate::after(600_000, then, served.addr());
        let ended = Ended::of(gate.import(&served, "sqlite", &path, &["--keep"]).output().unwrap());
        assert!(matches!(ended.code, Some(1 | 9)), "{}", ended.stderr);
        assert!(
            ended.stderr.contains("of 20003 rows inserted") && ended.stderr.contains("--resume"),
            "{}",
            ended.stderr
        );
        gate.open();
        let ended = Ended::of(gate.import(&served, "sqlite", &path, &["--resume"]).output().unwrap());
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let sums = "SELECT count(*) || ' ' || count(DISTINCT id) || ' ' || sum(rowid = id) || ' ' ||
            (SELECT count(*) FROM first) || (SELECT count(*) FROM last) FROM numbers";
        assert_eq!(served.done(&["sql", "shop", sums, "-o", "name"]), "20000 20000 20000 21\n", "{then:?}");
        let ended = Ended::of(gate.import(&served, "sqlite", &path, &["--resume"]).output().unwrap());
        assert_eq!(ended.code, Some(6), "{}", ended.stderr);
        assert!(ended.stderr.contains("there is nothing to go on with"), "{}", ended.stderr);
    }
}
