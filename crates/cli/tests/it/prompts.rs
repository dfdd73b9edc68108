//! Questions, in a terminal where somebody can answer them.

use crate::{sql::served, support::Served, terminal::Terminal};

fn ask(served: &Served, arguments: &[&str]) -> Terminal {
    Terminal::new(&served.command(arguments))
}

fn databases(served: &Served) -> String {
    served.done(&["db", "list", "-o", "name"])
}

#[test]
fn only_a_yes_is_one() {
    let served = served(&["shop"]);
    for answer in ["", "n", "no", "yess", "shop", "Y E S"] {
        let mut terminal = ask(&served, &["db", "delete", "shop"]);
        terminal.expect("This will delete the database shop.");
        terminal.expect("Go on? [y/N] ");
        terminal.line(answer);
        let (code, said) = terminal.end();
        assert!(code == 8 && said.contains("error: nothing was done"), "{answer:?}: {said}");
    }
    assert_eq!(databases(&served), "db/shop\n");
    for answer in ["y", "Yes"] {
        let mut terminal = ask(&served, &["db", "delete", "shop"]);
        terminal.expect("[y/N] ");
        terminal.line(answer);
        let (code, said) = terminal.end();
        assert!(code == 0 && said.contains("deleted the database shop"), "{answer:?}: {said}");
        assert_eq!(databases(&served), "");
        served.done(&["db", "create", "shop"]);
    }
}

#[test]
fn what_takes_much_with_it_is_confirmed_by_its_name() {
    let served = served(&["shop"]);
    for answer in ["y", "yes", "Default", "defaul", ""] {
        let mut terminal = ask(&served, &["group", "delete", "default", "--yes"]);
        terminal.expect("This will delete the group default and all its databases.");
        terminal.expect("Type default to go on: ");
        terminal.line(answer);
        assert_eq!(terminal.end().0, 8, "{answer:?}");
    }
    assert_eq!(databases(&served), "db/shop\n");
    let mut terminal = ask(&served, &["group", "delete", "default"]);
    terminal.expect("Type default to go on: ");
    terminal.line("default");
    assert_eq!(terminal.end().0, 0);
    assert_eq!(databases(&served), "");
}

#[test]
fn no_answer_does_nothing() {
    let served = served(&["shop"]);
    for (key, expected) in [('c', 130), ('d', 8)] {
        for arguments in [&["db", "delete", "shop"][..], &["group", "delete", "default"]] {
            let mut terminal = ask(&served, arguments);
            terminal.expect("This will");
            terminal.expect(if arguments[0] == "db" { "[y/N] " } else { "go on: " });
            terminal.control(key);
            let (code, said) = terminal.end();
            assert_eq!(code, expected, "{key} {said}");
            // What comes next begins in a line of its own.
            assert!(said.ends_with('\n'), "{said:?}");
        }
    }
    // Half an answer is none.
    let mut terminal = ask(&served, &["db", "delete", "shop"]);
    terminal.expect("[y/N] ");
    terminal.keys("y");
    terminal.control('c');
    assert_eq!(terminal.end().0, 130);
    assert_eq!(databases(&served), "db/shop\n");
}

#[test]
fn nothing_is_asked_of_somebody_who_does_not_want_it() {
    let served = served(&["shop"]);
    for arguments in [&["db", "delete", "shop", "--no-input"][..], &["group", "delete", "default", "--no-input"]] {
        let (code, said) = ask(&served, arguments).end();
        assert!(code == 8 && said.contains("there is nobody to ask") && !said.contains("This will"), "{said}");
    }
    assert_eq!(databases(&served), "db/shop\n");
    let (code, said) = ask(&served, &["db", "delete", "shop", "--yes"]).end();
    assert!(code == 0 && !said.contains("Go on?"), "{said}");
    let (code, said) = ask(&served, &["group", "delete", "default", "--confirm", "default"]).end();
    assert!(code == 0 && !said.contains("Type"), "{said}");
}
