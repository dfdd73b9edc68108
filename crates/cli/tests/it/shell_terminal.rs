//! The shell as a person sees it.

use crate::{
    sql::served,
    support::Served,
    terminal::{COLUMNS, Terminal},
};

fn shell(served: &Served) -> Terminal {
    Terminal::new(&served.command(&["shell", "shop"]))
}

#[test]
fn statements_of_several_lines_are_run_and_the_prompt_tells_of_transactions() {
    let served = served(&["shop"]);
    let mut shell = shell(&served);
    shell.expect("Connected to shop");
    shell.expect("shop> ");
    shell.line("CREATE TABLE goods (id INTEGER PRIMARY KEY, name);");
    shell.expect("shop> ");
    shell.line("INSERT INTO goods");
    shell.expect(" ...> ");
    shell.line("VALUES (1, 'a'), (2, 'b');");
    shell.expect("2 rows changed");
    shell.expect("shop> ");
    shell.line("BEGIN;");
    shell.expect("shop*> ");
    shell.line("DELETE FROM goods;");
    shell.expect("shop*> ");
    shell.line("ROLLBACK;");
    shell.expect("shop> ");
    shell.line(".mode quote");
    shell.expect("shop> ");
    shell.line("SELECT count(*) + 40 FROM goods;");
    shell.expect("42");
    shell.line("SELECT wrong;");
    shell.expect("error: statement 1 (line 1): ");
    shell.expect("shop> ");
    shell.control('d');
    assert_eq!(shell.end().0, 0);
}

#[test]
fn names_are_completed() {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE warehouses (location)"]);
    let mut shell = shell(&served);
    shell.expect("shop> ");
    shell.keys("SELECT 'x' || count(*) FROM wareh\t;\n");
    shell.expect("warehouses");
    shell.expect("x0");
    shell.expect("shop> ");
    // What is made in the shell is known at once.
    shell.line("CREATE TABLE elephants (trunk);");
    shell.expect("shop> ");
    shell.keys("SELECT 'y' || count(*) FROM eleph\t;\n");
    shell.expect("y0");
    shell.line(".quit");
    assert_eq!(shell.end().0, 0);
}

#[test]
fn an_interrupt_drops_what_is_typed_or_stops_what_runs_and_not_the_shell() {
    let served = served(&["shop"]);
    let mut shell = shell(&served);
    shell.expect("shop> ");
    shell.line("SELECT 'never");
    shell.expect(" ...> ");
    shell.control('c');
    shell.expect("shop> ");
    shell.line("SELECT 40 + 1 AS almost;");
    shell.expect("41");
    shell.expect("shop> ");
    // Its first rows say that it runs, and it never ends.
    shell.line(".mode quote");
    shell.expect("shop> ");
    shell.line("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT 'runs', i FROM n;");
    shell.expect("'runs',100");
    shell.control('c');
    shell.expect("interrupted");
    shell.expect("shop> ");
    shell.line("SELECT 40 + 2;");
    shell.expect("42");
    shell.control('d');
    assert_eq!(shell.end().0, 0);
}

#[test]
fn scripts_that_are_interrupted_leave_nothing_open() {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE t (a)"]);
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 0;";
    let script = served
        .write("endless.sql", &format!(".mode quote\nBEGIN;\nINSERT INTO t VALUES (1) RETURNING 'runs';\n{endless}\n"));
    let mut shell = shell(&served);
    shell.expect("shop> ");
    // More often than scripts may read one another.
    for _ in 0..17 {
        shell.line(&format!(".read {script}"));
        shell.expect("'runs'");
        shell.control('c');
        shell.expect("interrupted; the transaction is rolled back");
        shell.expect("shop> ");
    }
    assert_eq!(
        served.done(&["sql", "shop", "INSERT INTO t VALUES (2) RETURNING (SELECT count(*) FROM t)", "-o", "name"]),
        "1\n"
    );
    shell.control('d');
    assert_eq!(shell.end().0, 0);
}

#[test]
fn a_shell_that_is_told_to_end_leaves_the_terminal_as_it_was() {
    let served = served(&["shop"]);
    let file = served.folder.path().join("pid");
    let mut command = std::process::Command::new("sh");
    let script = r#"trap : TERM; sh -c 'echo $$ >"$FILE"; exec "$0" shell shop' "$0"
        code=$?; stty -a | grep -o -- '-*icanon'; exit $code"#;
    let program = served.command(&[]);
    command.args(["-c", script]).arg(program.get_program()).envs(served.variables()).env("FILE", &file);
    let mut shell = Terminal::new(&command);
    shell.expect("shop> ");
    let pid = std::fs::read_to_string(&file).unwrap();
    assert!(std::process::Command::new("kill").args(["-TERM", pid.trim()]).status().unwrap().success());
    let (code, said) = shell.end();
    assert!(code == 143 && said.contains("\nicanon"), "{code} {said:?}");
}

#[test]
fn a_table_fits_and_what_was_typed_is_kept_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let served = served(&["shop"]);
    let mut shell = shell(&served);
    shell.expect("shop> ");
    shell.line("SELECT replace(hex(zeroblob(60)), '00', 'word ') AS words, 'end' AS e;");
    let first = shell.expect("word word");
    let rest = shell.expect("shop> ");
    let lines: Vec<_> =
        first.lines().last().into_iter().chain(rest.lines()).filter(|line| line.contains("word")).collect();
    assert!(lines.len() > 3 && lines.iter().all(|line| console::measure_text_width(line) <= COLUMNS), "{lines:?}");
    shell.line(" SELECT 'a secret';");
    shell.expect("shop> ");
    shell.control('d');
    assert_eq!(shell.end().0, 0);
    let history = served.config_folder().join("state/history");
    assert_eq!(std::fs::metadata(&history).unwrap().permissions().mode() & 0o777, 0o600);
    let kept = std::fs::read_to_string(&history).unwrap();
    assert!(kept.contains("AS words") && !kept.contains("a secret"), "{kept}");
}

#[test]
fn what_was_typed_is_kept_even_if_the_shell_is_killed() {
    let served = served(&["shop"]);
    let file = served.folder.path().join("pid");
    let mut command = std::process::Command::new("sh");
    let program = served.command(&[]);
    command.args(["-c", r#"echo $$ >"$FILE"; exec "$0" shell shop"#]).arg(program.get_program());
    let mut shell = Terminal::new(command.envs(served.variables()).env("FILE", &file));
    for line in ["SELECT 40 + 1;", "SELECT 40 + 2;"] {
        shell.expect("shop> ");
        shell.line(line);
    }
    shell.expect("42");
    let pid = std::fs::read_to_string(&file).unwrap();
    assert!(std::process::Command::new("kill").args(["-KILL", pid.trim()]).status().unwrap().success());
    assert_eq!(shell.end().0, 137);
    let kept = std::fs::read_to_string(served.config_folder().join("state/history")).unwrap();
    assert_eq!(kept.matches("SELECT 40").count(), 2, "{kept}");
}

#[test]
fn a_table_fits_the_terminal_as_it_is_now() {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE VIEW v AS SELECT replace(hex(zeroblob(11)), '00', 'word ') AS words"]);
    let mut shell = shell(&served);
    shell.expect("shop> ");
    shell.resize(30);
    shell.line("SELECT * FROM v;");
    let said = shell.expect("word\r\n");
    let first = said.lines().last().unwrap();
    assert!(first.starts_with("word ") && first.len() < 30, "{said:?}");
    shell.control('d');
    assert_eq!(shell.end().0, 0);
}
