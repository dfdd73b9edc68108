use crate::{
    import_sqlite::file,
    sql::served,
    support::{Ended, piped},
};

#[test]
fn a_script_from_standard_input_uses_what_the_shell_knows() {
    let served = served(&["shop"]);
    let more = served.write("more.sql", "INSERT INTO goods VALUES (2, 'b');\n");
    let input = format!(
        "CREATE TABLE goods (id INTEGER PRIMARY KEY, name);\nCREATE INDEX by_name ON goods (name);\n\
         CREATE VIEW names AS SELECT name FROM goods;\nINSERT INTO goods VALUES (1, 'a');\n.read {more}\n\
         .mode csv\nSELECT * FROM goods;\n.headers off\nSELECT 1;\n.tables\n.tables g%\n.schema goods\n.mode line\n\
         SELECT * FROM names LIMIT 1;\n.quit\nSELECT 'never';\n"
    );
    let ended = piped(&served, &["shell", "shop"], &input);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let expected = "id,name\n1,a\n2,b\n\n1\ngoods\nnames\ngoods\nCREATE TABLE goods (id INTEGER PRIMARY KEY, name);\n\
                    CREATE INDEX by_name ON goods (name);\nname = a\n";
    assert_eq!(ended.stdout, expected);
}

#[test]
fn a_transaction_lasts_from_one_statement_to_the_next() {
    let served = served(&["shop"]);
    let script =
        "CREATE TABLE t (a); BEGIN; INSERT INTO t VALUES (1); ROLLBACK; BEGIN; INSERT INTO t VALUES (2); COMMIT;";
    assert_eq!(served.run(&["shell", "shop", "-c", script]).code, Some(0));
    assert_eq!(served.done(&["shell", "shop", "-c", "SELECT a FROM t", "--mode", "quote"]), "2\n");
    // What is left open is not committed.
    let ended = piped(&served, &["shell", "shop"], "BEGIN; INSERT INTO t VALUES (3);\n");
    assert!(ended.code == Some(1) && ended.stderr.contains("rolled back"), "{}", ended.stderr);
    assert_eq!(served.done(&["shell", "shop", "-c", "SELECT a FROM t", "--mode", "quote"]), "2\n");
}

#[test]
fn why_a_script_failed_is_told_where_it_cannot_be_taken_back_either() {
    let served = served(&["shop"]);
    for command in ["sql", "shell"] {
        // Behind BEGIN and the statements.
        let fault = served.cloud.faults().on_sql().nth(4).reply(500);
        let arguments = [command, "shop", "--file", "-", "--single-transaction"];
        let ended = piped(&served, &arguments, "SELECT 42;\nSELECT wrong;\n");
        assert_eq!((ended.code, fault.count()), (Some(1), 1));
        assert!(ended.stdout.contains("42"), "{}", ended.stdout);
        assert!(ended.stderr.contains("statement 2 (line 2): "), "{}", ended.stderr);
    }
}

#[test]
fn a_dump_is_the_database_as_sql() {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE t (a); INSERT INTO t VALUES ('it''s')"]);
    let dump = served.done(&["shell", "shop", "-c", ".dump"]);
    assert!(dump.starts_with("PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE t (a);"), "{dump}");
    assert!(dump.contains("'it''s'") && dump.ends_with("COMMIT;\n"), "{dump}");
}

/// As they were written: a line comment and a block comment that nothing ends.
#[test]
fn a_comment_at_the_end_of_a_statement_swallows_no_semicolon() {
    let served = served(&["again"]);
    let (file, handle) = file(&served, "shop.db", "PRAGMA journal_mode = WAL; CREATE TABLE t (a)");
    for view in
        ["lined AS SELECT '/*' AS x -- note", "opened AS SELECT a FROM t /* note", "closed AS SELECT 1 AS x /* note */"]
    {
        handle.execute_batch(&format!("CREATE VIEW {view}")).unwrap();
    }
    drop(handle);
    served.done(&["db", "create", "shop", "--from-file", &file]);
    let schema = served.done(&["shell", "shop", "-c", ".schema"]);
    let dump = served.done(&["shell", "shop", "-c", ".dump"]);
    for said in ["AS x -- note\n;\n", "FROM t /* note*/;\n", "AS x /* note */;\n"] {
        assert!(schema.contains(said) && dump.contains(said), "{schema}{dump}");
    }
    assert_eq!(piped(&served, &["sql", "again", "--file", "-"], &dump).code, Some(0));
    let counted = ["sql", "again", "SELECT count(*) FROM sqlite_schema", "-o", "name"];
    assert_eq!(served.done(&counted), "4\n");
    let file = served.folder.path().join("shop.sql");
    let file = file.to_str().unwrap();
    served.done(&["export", "shop", "--format", "dump", "--out", file, "--verify"]);
}

#[test]
fn a_failure_ends_a_script_with_its_line() {
    let served = served(&["shop"]);
    for (script, said) in [
        ("SELECT 1;\nSELECT x;\nSELECT 2;\n", "statement 2 (line 2)"),
        ("SELECT 1;\n.tabels\n", "line 2: .tabels: there is no such command"),
        (".mode wrong\n", "there are table, line, quote"),
        (".read no-such-file\n", "no-such-file"),
    ] {
        let ended = piped(&served, &["shell", "shop", "--mode", "quote"], script);
        assert_ne!(ended.code, Some(0));
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
        assert!(!ended.stdout.contains('2'), "{}", ended.stdout);
    }
    let itself = served.folder.path().join("loop.sql");
    std::fs::write(&itself, format!(".read {}\n", itself.display())).unwrap();
    let ended = piped(&served, &["shell", "shop"], &format!(".read {}\n", itself.display()));
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("16 scripts"), "{}", ended.stderr);
}

#[test]
fn a_database_is_reached_by_its_url_with_a_token_from_the_environment() {
    let served = served(&["shop"]);
    let (url, token) = served.access("shop");
    let arguments = ["shell", &url, "-c", "SELECT 42", "--mode", "quote"];
    let refused = served.run(&arguments);
    assert_eq!(refused.code, Some(4), "{}", refused.stderr);
    let output = served.command(&arguments).env("TURSO_AUTH_TOKEN", &token).output().unwrap();
    let ended = Ended::of(output);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "42\n"), "{}", ended.stderr);
    let traced = served
        .command(&["shell", &url, "-c", "SELECT 42", "--trace-http"])
        .env("TURSO_AUTH_TOKEN", &token)
        .output()
        .unwrap();
    let traced = Ended::of(traced);
    assert!(traced.stderr.contains("/v3/cursor") && !traced.stderr.contains(&token), "{}", traced.stderr);
}
