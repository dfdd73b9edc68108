//! The shell as a person sees it: in a terminal of 60 columns.
#![expect(clippy::unwrap_used, reason = "a terminal that cannot be had fails its test")]

use rexpect::session::{PtySession, spawn_command};

use crate::{sql::served, support::Served};

/// A machine that is busy is no failure.
const PATIENCE: u64 = 60_000;

fn shell(served: &Served) -> PtySession {
    let mut command = std::process::Command::new("sh");
    let program = served.command(&["shell", "shop"]);
    command.args(["-c", "stty cols 60 rows 24; exec \"$0\" \"$@\""]).arg(program.get_program());
    command.args(program.get_args()).envs(served.variables()).env("TERM", "xterm");
    spawn_command(command, Some(PATIENCE)).unwrap()
}

fn expect(shell: &mut PtySession, text: &str) -> String {
    shell.exp_string(text).unwrap()
}

#[test]
fn statements_of_several_lines_are_run_and_the_prompt_tells_of_transactions() {
    let served = served(&["shop"]);
    let mut shell = shell(&served);
    expect(&mut shell, "Connected to shop");
    expect(&mut shell, "shop> ");
    shell.send_line("CREATE TABLE goods (id INTEGER PRIMARY KEY, name);").unwrap();
    expect(&mut shell, "shop> ");
    shell.send_line("INSERT INTO goods").unwrap();
    expect(&mut shell, " ...> ");
    shell.send_line("VALUES (1, 'a'), (2, 'b');").unwrap();
    expect(&mut shell, "2 rows changed");
    expect(&mut shell, "shop> ");
    shell.send_line("BEGIN;").unwrap();
    expect(&mut shell, "shop*> ");
    shell.send_line("DELETE FROM goods;").unwrap();
    expect(&mut shell, "shop*> ");
    shell.send_line("ROLLBACK;").unwrap();
    expect(&mut shell, "shop> ");
    shell.send_line(".mode quote").unwrap();
    expect(&mut shell, "shop> ");
    shell.send_line("SELECT count(*) + 40 FROM goods;").unwrap();
    expect(&mut shell, "42");
    shell.send_line("SELECT wrong;").unwrap();
    expect(&mut shell, "error: statement 1 (line 1): ");
    expect(&mut shell, "shop> ");
    shell.send_control('d').unwrap();
    shell.exp_eof().unwrap();
}

#[test]
fn names_are_completed() {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE warehouses (location)"]);
    let mut shell = shell(&served);
    expect(&mut shell, "shop> ");
    shell.send("SELECT 'x' || count(*) FROM wareh\t;\n").unwrap();
    expect(&mut shell, "warehouses");
    expect(&mut shell, "x0");
    expect(&mut shell, "shop> ");
    // What is made in the shell is known at once.
    shell.send_line("CREATE TABLE elephants (trunk);").unwrap();
    expect(&mut shell, "shop> ");
    shell.send("SELECT 'y' || count(*) FROM eleph\t;\n").unwrap();
    expect(&mut shell, "y0");
    shell.send_line(".quit").unwrap();
    shell.exp_eof().unwrap();
}

#[test]
fn an_interrupt_drops_what_is_typed_or_stops_what_runs_and_not_the_shell() {
    let served = served(&["shop"]);
    let mut shell = shell(&served);
    expect(&mut shell, "shop> ");
    shell.send_line("SELECT 'never").unwrap();
    expect(&mut shell, " ...> ");
    shell.send_control('c').unwrap();
    expect(&mut shell, "shop> ");
    shell.send_line("SELECT 40 + 1 AS almost;").unwrap();
    expect(&mut shell, "41");
    expect(&mut shell, "shop> ");
    // Its first rows say that it runs, and it never ends.
    shell.send_line(".mode quote").unwrap();
    expect(&mut shell, "shop> ");
    shell
        .send_line("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT 'runs', i FROM n;")
        .unwrap();
    expect(&mut shell, "'runs',100");
    shell.send_control('c').unwrap();
    expect(&mut shell, "interrupted");
    expect(&mut shell, "shop> ");
    shell.send_line("SELECT 40 + 2;").unwrap();
    expect(&mut shell, "42");
    shell.send_control('d').unwrap();
    shell.exp_eof().unwrap();
}

#[test]
fn a_table_fits_and_what_was_typed_is_kept_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let served = served(&["shop"]);
    let mut shell = shell(&served);
    expect(&mut shell, "shop> ");
    shell.send_line("SELECT replace(hex(zeroblob(60)), '00', 'word ') AS words, 'end' AS e;").unwrap();
    // The reader of the terminal knows no more than bytes, so that only lines of ASCII can be measured.
    let first = expect(&mut shell, "word word");
    let rest = expect(&mut shell, "shop> ");
    let lines: Vec<_> =
        first.lines().last().into_iter().chain(rest.lines()).filter(|line| line.contains("word")).collect();
    assert!(lines.len() > 3 && lines.iter().all(|line| line.len() <= 60), "{lines:?}");
    shell.send_line(" SELECT 'a secret';").unwrap();
    expect(&mut shell, "shop> ");
    shell.send_control('d').unwrap();
    shell.exp_eof().unwrap();
    let history = served.config_folder().join("state/history");
    assert_eq!(std::fs::metadata(&history).unwrap().permissions().mode() & 0o777, 0o600);
    let kept = std::fs::read_to_string(&history).unwrap();
    assert!(kept.contains("AS words") && !kept.contains("a secret"), "{kept}");
}
