use proptest::prelude::*;

use super::reader::ScriptError;
use super::{
    Altered, Asked, Change, Entity, Item, ScriptReader, altered, changed, created, first_word, indexed, makes_the_same,
    makes_virtual_table, only_reads, shown, virtual_table,
};

fn read(text: &str) -> Result<Vec<(u64, String)>, ScriptError> {
    let mut reader = ScriptReader::new(text.as_bytes());
    let mut found = Vec::new();
    let mut statements = 0;
    while let Some(item) = reader.next()? {
        statements += u64::from(matches!(item, Item::Statement(_)));
        let (Item::Statement(source) | Item::Command(source)) = item;
        assert_eq!(source.number, statements);
        found.push((source.line, source.text));
    }
    Ok(found)
}

fn texts(text: &str) -> Vec<String> {
    read(text).unwrap().into_iter().map(|(_, text)| text).collect()
}

#[test]
fn statements_are_told_apart_with_the_lines_they_begin_in() {
    let script = "-- what follows\n\nSELECT 1; SELECT\n  2;\n/* ; */ SELECT 3";
    let found = read(script).unwrap();
    assert_eq!(found, [(3, "SELECT 1".into()), (3, "SELECT\n  2".into()), (5, "SELECT 3".into())]);
}

#[test]
fn a_semicolon_within_something_ends_nothing() {
    for whole in [
        "SELECT ';'",
        "SELECT 'it''s ;'",
        "SELECT \"a;b\"",
        "SELECT [a;b]",
        "SELECT `a;b`",
        "SELECT 1 -- ;\n + 1",
        "SELECT 1 /* ; */ + 1",
        "SELECT 1 / 2 - 3",
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT CASE WHEN 1 THEN 2 END; DELETE FROM b; END",
        "CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO b VALUES ('; END;'); END",
        "EXPLAIN CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END",
    ] {
        assert_eq!(texts(&format!("{whole};\nSELECT 2;")), [whole, "SELECT 2"]);
    }
}

#[test]
fn what_only_looks_like_a_trigger_ends_at_its_semicolon() {
    assert_eq!(texts("CREATE TABLE trigger_log (x); SELECT 1;"), ["CREATE TABLE trigger_log (x)", "SELECT 1"]);
    assert_eq!(texts("DROP TRIGGER t; SELECT 1;"), ["DROP TRIGGER t", "SELECT 1"]);
    assert_eq!(texts("BEGIN; END; SELECT 1;"), ["BEGIN", "END", "SELECT 1"]);
}

#[test]
fn nothing_is_no_statement() {
    for nothing in ["", ";", " ;\n; ", "-- only a comment", "/* and another */ ;", "\u{feff}"] {
        assert_eq!(texts(nothing), Vec::<String>::new(), "{nothing:?}");
    }
}

#[test]
fn what_only_looks_like_a_comment_is_kept() {
    assert_eq!(texts("-;/;- 1;/-"), ["-", "/", "- 1", "/-"]);
    assert_eq!(texts("- -- comment\n;-/* comment */;"), ["- -- comment", "-/* comment */"]);
}

#[test]
fn a_line_with_a_dot_is_a_command_only_between_statements() {
    let mut reader = ScriptReader::new(".tables\nSELECT 1\n.5;\n".as_bytes());
    assert!(matches!(reader.next().unwrap(), Some(Item::Command(source)) if source.text == ".tables"));
    assert!(matches!(reader.next().unwrap(), Some(Item::Statement(source)) if source.text == "SELECT 1\n.5"));
    assert!(reader.next().unwrap().is_none());
}

#[test]
fn what_is_not_finished_is_named_with_its_line() {
    let unfinished = [
        ("SELECT 1;\nSELECT 'a\n", "the statement in line 2 lacks the ' that ends a string"),
        ("SELECT \"a", "the statement in line 1 lacks the \" that ends a name"),
        (
            "\n\nCREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1;",
            "the statement in line 3 lacks the END of a trigger",
        ),
        ("SELECT 1 /* and", "the statement in line 1 lacks the */ that ends a comment"),
    ];
    for (script, problem) in unfinished {
        assert_eq!(read(script).unwrap_err().to_string(), problem);
    }
}

#[test]
fn bytes_that_are_no_text_are_named_with_their_line() {
    let mut reader = ScriptReader::new(&b"SELECT 1;\nSELECT\n'\xff';"[..]);
    assert!(reader.next().unwrap().is_some());
    assert_eq!(reader.next().unwrap_err().to_string(), "line 3 is not UTF-8");
}

#[test]
fn a_statement_is_shown_in_one_short_line() {
    assert_eq!(shown("SELECT\n   1"), "SELECT 1");
    let long = shown(&"ä ".repeat(400));
    assert_eq!((long.chars().count(), long.ends_with('…')), (120, true));
}

#[test]
fn whether_a_script_is_over_is_told_without_losing_what_follows() {
    let mut reader = ScriptReader::new("SELECT 1;\n-- nothing\nSELECT 2;\nSELECT 'a".as_bytes());
    assert!(reader.next().unwrap().is_some() && !reader.is_over() && !reader.is_over());
    assert!(matches!(reader.next().unwrap(), Some(Item::Statement(source)) if source.text == "SELECT 2"));
    assert!(!reader.is_over());
    assert!(reader.next().is_err());
    let mut reader = ScriptReader::new("SELECT 1; ; -- the end".as_bytes());
    assert!(reader.next().unwrap().is_some() && reader.is_over());
    assert!(reader.next().unwrap().is_none());
}

#[test]
fn what_certainly_only_reads_is_known() {
    for sql in
        ["SELECT 1", "-- x\n values (1)", "WITH a AS (SELECT 'INSERT') SELECT * FROM a", "EXPLAIN SELECT \"delete\""]
    {
        assert!(only_reads(sql), "{sql}");
    }
    for sql in
        ["WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a", "INSERT INTO t VALUES (1) RETURNING a", "PRAGMA a", ""]
    {
        assert!(!only_reads(sql), "{sql}");
    }
}

#[test]
fn what_a_statement_makes_is_known() {
    for (sql, made) in [
        ("CREATE TABLE t (x)", Some((Entity::Table, "t", false))),
        ("create table if not exists \"a \"\"b\" (x)", Some((Entity::Table, "a \"b", true))),
        ("/* a */ CREATE -- b\n TABLE main.[t u](x)", Some((Entity::Table, "t u", false))),
        ("CREATE VIRTUAL TABLE f USING fts5(x)", Some((Entity::Table, "f", false))),
        ("CREATE UNIQUE INDEX i ON t (x)", Some((Entity::Index, "i", false))),
        ("CREATE VIEW v AS SELECT 1", Some((Entity::View, "v", false))),
        ("CREATE TEMP TABLE t (x)", None),
        ("SELECT 1", None),
    ] {
        let found = created(sql);
        let found = found.as_ref().map(|made| (made.entity, made.name.as_str(), made.is_only_if_absent));
        assert_eq!(found, made, "{sql}");
    }
    assert_eq!(first_word(" -- x\n commit"), "COMMIT");
}

#[test]
fn what_the_engine_keeps_of_a_statement_makes_the_same() {
    let written = "create unique index if not exists main.\"a b\" /* x */ on t (c)\n-- y";
    assert!(makes_the_same(written, "CREATE UNIQUE INDEX \"a b\" on t (c)"));
    for other in
        ["CREATE INDEX c ON t (c)", "CREATE INDEX \"a b\" on t (d)", "CREATE TABLE \"a b\" (c)", "SELECT 1", ""]
    {
        assert!(!makes_the_same(written, other), "{other}");
    }
    assert!(!makes_the_same("", ""));
}

#[test]
fn a_statement_tells_what_it_removes_or_alters() {
    let renamed = Change::Renamed("u u".to_owned());
    for (sql, entity, name, change) in [
        ("DROP TABLE t", Entity::Table, "t", Change::Removed),
        ("/* x */ drop view if exists main.[a b];", Entity::View, "a b", Change::Removed),
        ("ALTER TABLE t RENAME TO \"u u\"", Entity::Table, "t", renamed),
        ("ALTER TABLE \"t\" RENAME a TO b", Entity::Table, "t", Change::Reshaped),
        ("ALTER TABLE t DROP COLUMN a", Entity::Table, "t", Change::Reshaped),
    ] {
        assert_eq!(altered(sql), Some(Altered { entity, name: name.to_owned(), change }), "{sql}");
    }
    for sql in ["CREATE TABLE t (a)", "DELETE FROM t", "DROP", "ALTER TABLE", "SELECT 'DROP TABLE t'"] {
        assert_eq!(altered(sql), None, "{sql}");
    }
}

fn statement() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[a-z]{1,6}",
        "'([a-z; ]|'')*'".prop_map(String::from),
        "\"[a-z;]{1,4}\"",
        "/\\*[a-z;' ]*\\*/",
        "--[a-z;' ]*\n",
        Just("+ 1".to_owned()),
        "\\[[a-z;]{1,3}\\]",
        "[äöü€]{1,3}",
    ];
    prop::collection::vec(part, 1..6).prop_map(|parts| format!("SELECT {}", parts.join(" ")).trim_end().to_owned())
}

/// One that ends with a comment of a line would hide a semicolon behind it.
fn joined(statements: &[String]) -> String {
    statements.iter().flat_map(|statement| [statement, "\n;"]).collect()
}

proptest! {
    #[test]
    fn statements_joined_by_semicolons_come_apart_again(statements in prop::collection::vec(statement(), 0..8)) {
        let script = joined(&statements);
        prop_assert_eq!(texts(&script), statements);
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        if let Ok(found) = read(&text) {
            prop_assert!(found.iter().all(|(line, text)| *line >= 1 && !text.is_empty()));
        }
    }

    #[test]
    fn reading_ends_where_it_says(statements in prop::collection::vec(statement(), 1..6)) {
        let script = joined(&statements);
        let mut reader = ScriptReader::new(script.as_bytes());
        let Some(Item::Statement(first)) = reader.next().unwrap() else { panic!("no statement") };
        let rest = script.get(usize::try_from(first.end).unwrap()..).unwrap();
        prop_assert_eq!(texts(rest), &statements[1..]);
    }
}

#[test]
fn a_statement_tells_which_table_it_changes() {
    for (sql, table) in [
        ("INSERT INTO t VALUES (1)", Some("t")),
        ("insert or replace into \"a b\" (x) select 1", Some("a b")),
        ("REPLACE INTO [t] VALUES (1)", Some("t")),
        ("/* x */ DELETE FROM 'it''s' WHERE a", Some("it's")),
        ("INSERT", None),
        ("SELECT 'INSERT INTO t'", None),
        ("UPDATE t SET a = 1", None),
    ] {
        assert_eq!(changed(sql).as_deref(), table, "{sql}");
    }
    assert_eq!(indexed("CREATE UNIQUE INDEX i ON \"on\" (a)").as_deref(), Some("on"));
    assert_eq!(indexed("CREATE TABLE t (a REFERENCES b ON DELETE CASCADE)"), None);
}

#[test]
fn a_virtual_table_that_a_dump_writes_into_the_schema_is_found() {
    let head = "INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)VALUES('table','w','w',0,";
    let sql = "CREATE VIRTUAL TABLE w USING fts5(b, content='')";
    let found = virtual_table(&format!("{head}{})", super::quote_text(sql)));
    assert_eq!(found.as_deref(), Some(sql));
    assert!(makes_virtual_table(sql) && !makes_virtual_table("CREATE TABLE virtual (a)"));
    let old = head.replace("schema", "master");
    assert!(virtual_table(&format!("{old}'create virtual table w using fts5(b)')")).is_some());
    assert_eq!(virtual_table(&format!("{head}'CREATE TABLE w (a)')")), None);
    assert_eq!(virtual_table("INSERT INTO t VALUES('CREATE VIRTUAL TABLE w USING fts5(b)')"), None);
}

proptest! {
    #[test]
    fn any_text_is_taken_apart_without_a_panic(sql in "(?s).{0,80}", kind in "INSERT INTO |DELETE FROM |CREATE INDEX |REPLACE |DROP |ALTER TABLE |") {
        let sql = kind + &sql;
        let _ = (Asked::by(&sql), altered(&sql), changed(&sql), indexed(&sql), virtual_table(&sql), makes_virtual_table(&sql));
    }
}
