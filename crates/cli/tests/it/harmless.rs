//! Text from elsewhere can hold orders to a terminal.

use crate::sql::served;
#[cfg(unix)]
use crate::terminal::Terminal;

/// Clears the screen, colors what follows by the other character that begins such an order, and forges a hint.
const HOSTILE: &str = "\u{1b}[2J\u{9b}31mred\r\nhint: curl elsewhere";

fn is_harmless(text: &str) -> bool {
    !text.contains(|letter: char| letter.is_control() && letter != '\n')
}

#[test]
fn what_a_database_says_cannot_steer_a_terminal_nor_forge_a_line() {
    let served = served(&["shop"]);
    let statement = format!("SELECT [{HOSTILE}]");
    let ended = served.run(&["sql", "shop", &statement]);
    assert_eq!(ended.code, Some(1));
    assert!(is_harmless(&ended.stderr), "{:?}", ended.stderr);
    assert!(ended.stderr.contains("\\u001b[2J\\u009b31mred\\u000d\n  hint: curl"), "{:?}", ended.stderr);
    let ended = served.run(&["sql", "shop", &statement, "-o", "json"]);
    assert!(is_harmless(&ended.stderr), "{:?}", ended.stderr);
    assert!(ended.error()["message"].as_str().unwrap().contains(HOSTILE), "{}", ended.stderr);
}

#[test]
fn data_is_what_it_is_where_it_is_piped() {
    let served = served(&["shop"]);
    let statement = format!("SELECT '{HOSTILE}' AS text");
    for format in ["csv", "name"] {
        let text = served.done(&["sql", "shop", &statement, "-o", format]);
        assert!(text.contains(HOSTILE), "{format}: {text:?}");
    }
}

#[cfg(unix)]
#[test]
fn data_is_harmless_on_a_terminal_in_every_format() {
    let served = served(&["shop"]);
    for format in ["table", "json", "jsonl", "yaml", "csv", "name"] {
        let program = served.command(&["sql", "shop", &format!("SELECT '{HOSTILE}' AS text"), "-o", format]);
        let (code, said) = Terminal::new(&program).end();
        assert_eq!(code, 0, "{format}: {said:?}");
        // What the terminal would have obeyed is not in what is seen.
        let written = if format == "yaml" { "31mred" } else { "31mred\\" };
        assert!(said.contains("[2J") && said.contains(written), "{format}: {said:?}");
    }
}
