//! What is drawn while something goes on, and what becomes of it after Ctrl-C.

use std::time::Duration;

use crate::{
    gate::{Gate, Then},
    import_failures::{count, numbers},
    sql::served,
    terminal::{COLUMNS, Terminal},
};

#[test]
fn an_import_that_is_interrupted_says_what_is_there() {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE numbers (id INTEGER PRIMARY KEY, text)"]);
    let file = numbers(&served, 50_000);
    let gate = Gate::after(1_000_000, Then::Hold, served.addr());
    let mut terminal = Terminal::new(&gate.import(&served, "csv", &file, &[]));
    gate.wait_until_full();
    terminal.expect("importing numbers.csv");
    terminal.control('c');
    gate.open();
    let (code, said) = terminal.end();
    assert_eq!(code, 130, "{said}");
    let inserted = count(&served, "numbers");
    let expected =
        format!("error: interrupted ({inserted} of 50000 rows inserted); the rows that were inserted are kept");
    assert!((1..50_000).contains(&inserted) && said.contains(&expected), "{inserted}: {said}");
    assert!(said.contains("hint: run it again with --resume to go on"), "{said}");
    // The bar is gone, and the error begins in a line of its own.
    let (_, last) = said.split_at(said.find("error: ").unwrap());
    assert!(!last.contains("importing"), "{said:?}");
    let before = said.split("error: ").next().unwrap();
    assert!(before.ends_with(['\r', '\n']), "{before:?}");
}

#[test]
fn progress_fits_into_a_narrow_terminal() {
    let served = served(&["shop"]);
    let numbers = numbers(&served, 60_000);
    let long = served.write(&format!("{}.csv", "long-name-".repeat(12)), &std::fs::read_to_string(&numbers).unwrap());
    for file in [numbers, long] {
        let arguments = ["import", "csv", &file, "--to", "shop", "--table", "goods", "--mode", "replace"];
        let (code, said) = Terminal::new(&served.command(&arguments)).end();
        assert_eq!(code, 0, "{said}");
        let drawn: Vec<_> =
            said.split(['\r', '\n']).filter(|line| line.contains("numbers.csv") || line.contains("long-")).collect();
        let is_narrow = |line: &&str| console::measure_text_width(line) <= COLUMNS;
        assert!(drawn.len() > 2 && drawn.iter().all(is_narrow), "{drawn:#?}");
        assert!(drawn.iter().any(|line| line.contains("/s") && line.contains("left")), "{drawn:#?}");
    }
}

#[test]
fn tables_fit_into_a_narrow_terminal() {
    let served = served(&["a-database-with-a-long-name-of-forty-eight-letters", "b"]);
    for arguments in
        [&["db", "list"][..], &["audit", "list"], &["group", "list"], &["db", "list", "--fields", "id,name"]]
    {
        let (code, said) = Terminal::new(&served.command(arguments)).end();
        assert_eq!(code, 0, "{said}");
        let wide: Vec<_> = said.lines().filter(|line| console::measure_text_width(line) > COLUMNS).collect();
        assert!(wide.is_empty(), "{arguments:?}: {wide:#?}");
    }
}

#[test]
fn an_import_that_is_asked_to_wait_says_so_and_for_how_long() {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE numbers (id INTEGER PRIMARY KEY, text)"]);
    let file = numbers(&served, 1000);
    for quiet in [&[][..], &["--quiet"]] {
        served.cloud.faults().clear();
        // The stream that the table was looked at by is closed by the same path.
        let third = served.cloud.faults().on_path("/v3/pipeline").nth(3);
        let busy = third.retry_after(Duration::from_secs(1)).error("too busy").reply(429);
        let arguments = ["import", "csv", &file, "--to", "shop", "--mode", "replace", "--retries", "1"];
        let arguments = [&arguments[..], quiet].concat();
        let (code, said) = Terminal::new(&served.command(&arguments)).end();
        assert_eq!((code, busy.count()), (0, 1), "{said}");
        let is_told = said
            .split(['\r', '\n'])
            .any(|line| line.trim_end() == "the database answered 429: too busy; trying again in 1 s");
        assert_eq!(is_told, quiet.is_empty(), "{said:?}");
    }
}
