use crate::{
    sql::served,
    support::{Ended, Served, piped},
};

/// That a run was refused before anything was sent.
fn refused(served: &Served, ended: &Ended, said: &str) {
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{said}: {}", ended.stderr);
    assert!(ended.stderr.contains(said), "{said}: {}", ended.stderr);
    assert_eq!(served.done(&["sql", "shop", "SELECT count(*) FROM t", "-o", "name"]), "0\n", "{said}");
}

#[test]
fn a_value_that_no_statement_takes_is_refused_before_anything_is_sent() {
    let served = served(&["shop", "eu"]);
    served.done(&["sql", "shop", "eu", "CREATE TABLE t (a)"]);
    let insert = "INSERT INTO t VALUES (1); INSERT INTO t VALUES (:a)";
    let file = served.write("a.sql", insert);
    let nope = "--param nope: no statement has a parameter of this name\nhint: there are :a";
    for arguments in [
        &["sql", "shop", insert][..],
        &["sql", "shop", insert, "--dry-run"],
        &["sql", "shop", "eu", insert],
        &["sql", "shop", "--file", &file],
        &["sql", "eu", "shop", "--file", &file, "--on-error", "continue"],
        &["shell", "shop", "--command", insert],
        &["shell", "shop", "--file", &file],
    ] {
        let ended = served.run(&[arguments, &["--param", "a=1", "--param", "nope=1"]].concat());
        refused(&served, &ended, nope);
    }
    // Several databases get what was kept of standard input, which is known before the first of them does.
    let arguments = ["sql", "eu", "shop", "--file", "-", "--param", "nope=1"];
    refused(&served, &piped(&served, &arguments, insert), nope);
    for (sql, given, said) in [
        ("INSERT INTO t VALUES (':a') -- :a", &["--param", "a=1"][..], "hint: the statements have no parameters"),
        ("INSERT INTO t VALUES (?)", &["--arg", "1", "--arg", "2"], "--arg: 2 values given, and the statement takes 1"),
        ("INSERT INTO t VALUES (1)", &["--arg", "1"], "--arg: 1 value given, and the statement takes 0"),
        ("INSERT INTO t VALUES (1); INSERT INTO t VALUES (?)", &["--arg", "1"], "--arg is for one statement"),
        ("INSERT INTO t VALUES (?1)", &["--param", "?1=1"], "--param ?1: it has a place and no name"),
        ("INSERT INTO t VALUES (:a)", &["--param", "a=1", "--param", ":a=2"], "--param a: there are several values"),
    ] {
        refused(&served, &served.run(&[&["sql", "shop", sql], given].concat()), said);
    }
}

#[test]
fn a_place_that_sqlite_does_not_have_is_refused_as_it_refuses_it() {
    let served = served(&["shop"]);
    for sql in ["SELECT ?18446744073709551615, ?", "SELECT ?99999999999999999999, ?", "SELECT ?32767"] {
        let ended = served.run(&["sql", "shop", sql, "--arg", "1"]);
        let said = "variable number must be between ?1 and ?32766";
        assert!(ended.code == Some(1) && ended.stderr.contains(said), "{sql}: {:?} {}", ended.code, ended.stderr);
    }
}

#[test]
fn a_value_by_place_is_for_the_only_statement_among_the_commands_of_the_shell() {
    let served = served(&["shop"]);
    let script = ".mode quote\n.headers off\nSELECT ?3 - ?1;\n";
    let values = ["--arg", "1", "--arg", "2", "--arg", "3"];
    assert_eq!(served.done(&[&["shell", "shop", "--command", script], &values[..]].concat()), "2\n");
}

#[test]
fn what_a_script_does_not_take_that_is_read_as_it_comes_is_told_at_its_end() {
    let served = served(&["shop"]);
    let warning = "warning: no statement that was run had a parameter nope\n";
    for command in ["sql", "shell"] {
        let arguments = [command, "shop", "--file", "-", "--param", "a=7", "--param", "nope=1", "-o", "name"];
        let ended = piped(&served, &arguments, "SELECT :a;\n");
        assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (Some(0), "7\n", warning), "{command}");
    }
    // What a script reads may ask for more than itself.
    let more = served.write("more.sql", "SELECT $a;\n");
    let script = format!(".read {more}\n");
    let arguments = ["shell", "shop", "--command", &script, "-o", "name", "--param", "a=7"];
    let ended = served.run(&arguments);
    assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (Some(0), "7\n", ""));
    let ended = served.run(&[&arguments[..], &["--param", "nope=1"]].concat());
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), warning));
}
