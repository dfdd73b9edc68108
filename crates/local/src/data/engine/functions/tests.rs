//! What the functions answer, and that nothing that is given to one ends the process.

mod anything;
mod models;

use rusqlite::Connection;
use rusqlite::types::Value;

use super::super::limits;
use super::install;

fn engine() -> Connection {
    let handle = Connection::open_in_memory().unwrap();
    install(&handle).unwrap();
    limits::install(&handle);
    handle
}

fn value(handle: &Connection, expression: &str) -> Value {
    handle.query_row(&format!("SELECT {expression}"), [], |row| row.get(0)).unwrap()
}

fn problem(handle: &Connection, expression: &str) -> String {
    handle.query_row(&format!("SELECT {expression}"), [], |_| Ok(())).unwrap_err().to_string()
}

#[test]
fn texts_are_cut_at_characters_and_counted_from_one() {
    let handle = engine();
    for (expression, expected) in [
        ("text_substring('größe', 3)", "öße"),
        ("text_substring('größe', -5)", "größe"),
        ("text_substring('größe', 2, 3)", "röß"),
        ("text_substring('größe', -1, 4)", "gr"),
        ("text_substring('größe', 9, 4)", ""),
        ("text_slice('größe', -3)", "öße"),
        ("text_slice('größe', -9)", "größe"),
        ("text_slice('größe', 2, 4)", "rö"),
        ("text_slice('größe', 2, -1)", "röß"),
        ("text_slice('größe', 1, 0)", ""),
        ("left('größe', 2)", "gr"),
        ("left('größe', -2)", "grö"),
        ("left('größe', -9)", ""),
        ("right('größe', 2)", "ße"),
        ("right('größe', -2)", "öße"),
        ("right('größe', 9)", "größe"),
        ("split_part('a::b::c', '::', 2)", "b"),
        ("split_part('a::b::c', '::', -1)", "c"),
        ("split_part('a::b::c', '::', 4)", ""),
        ("split_part('a', '::', 1)", "a"),
        ("split_part('a', '', 1)", "a"),
        ("reverse('größe')", "eßörg"),
    ] {
        assert_eq!(value(&handle, expression), Value::Text(expected.to_owned()), "{expression}");
    }
}

#[test]
fn texts_are_found_in_texts() {
    let handle = engine();
    for (expression, expected) in [
        ("strpos('größe größe', 'ße')", 4),
        ("strpos('a', 'b')", 0),
        ("strpos('a', '')", 1),
        ("text_last_index('größe größe', 'ße')", 10),
        ("text_last_index('größe', '')", 5),
        ("text_contains('größe', 'öß')", 1),
        ("starts_with('größe', 'gr')", 1),
        ("text_has_suffix('größe', 'gr')", 0),
        ("text_count('aaaa', 'aa')", 2),
        ("text_count('aaaa', '')", 0),
        ("text_like('GR%E', 'größe')", 1),
        ("text_like('%größe%', 'GRÖßE')", 1),
        ("text_like('_r__e', 'größe')", 1),
        ("text_like('gr_e', 'größe')", 0),
        ("text_like('', 'a')", 0),
        ("text_length('größe')", 5),
        ("char_length(x'ff')", 1),
        ("text_size('größe')", 7),
        ("bit_length('größe')", 56),
        ("text_length(1.5)", 3),
        ("text_length(-20)", 3),
    ] {
        assert_eq!(value(&handle, expression), Value::Integer(expected), "{expression}");
    }
}

#[test]
fn texts_are_made_of_texts() {
    let handle = engine();
    for (expression, expected) in [
        ("text_join('-', 'a', NULL, '', 1)", "a--1"),
        ("concat_ws(', ', 'a', '', 'b')", "a, , b"),
        ("text_concat('a', NULL, 2, 0.5)", "a20.5"),
        ("text_concat(1e15)", "1.0e+15"),
        ("repeat('ab', 3)", "ababab"),
        ("repeat('ab', -1)", ""),
        ("repeat('', 9223372036854775807)", ""),
        ("lpad('größe', 8, 'äb')", "äbägröße"),
        ("rpad('größe', 8, 'äb')", "größeäbä"),
        ("lpad('größe', 2)", "gr"),
        ("lpad('größe', -1)", ""),
        ("rpad('größe', 9, '')", "größe"),
        ("btrim('  a ')", "a"),
        ("text_ltrim('äöa', 'öä')", "a"),
        ("text_rtrim('aäö', 'öä')", "a"),
        ("translate('größe', 'öße', 'os')", "gros"),
        ("translate('aaa', 'aa', 'bc')", "bbb"),
        ("text_replace('aaa', 'a', 'ß')", "ßßß"),
        ("text_replace('aaa', 'a', 'ß', 2)", "ßßa"),
        ("text_replace('aaa', 'a', 'ß', -2)", "aaa"),
        ("text_replace('aaa', '', 'ß')", "aaa"),
    ] {
        assert_eq!(value(&handle, expression), Value::Text(expected.to_owned()), "{expression}");
    }
}

#[test]
fn one_letter_is_changed_for_one() {
    let handle = engine();
    for (expression, expected) in [
        ("text_upper('größe ς')", "GRÖßE Σ"),
        ("text_lower('GRÖẞE Σ İ')", "größe σ i"),
        ("text_casefold('ΣΑΣ ς')", "σασ σ"),
        ("text_title('über den_FLUSS, 2x')", "Über Den_fluss, 2x"),
    ] {
        assert_eq!(value(&handle, expression), Value::Text(expected.to_owned()), "{expression}");
    }
}

#[test]
fn what_is_not_known_of_an_argument_is_not_known_of_the_answer() {
    let handle = engine();
    for expression in ["reverse(NULL)", "lpad('a', 2, NULL)", "text_like('a', NULL)", "concat_ws(NULL, 'a', 'b')"] {
        assert_eq!(value(&handle, expression), Value::Null, "{expression}");
    }
}

#[test]
fn a_wrong_argument_is_refused_by_what_it_has_to_be() {
    let handle = engine();
    for (expression, expected) in [
        ("left('a', '1')", "length parameter should be integer"),
        ("text_substring('a', 1, -1)", "length parameter should >= 0"),
        ("split_part('a', ',', 0)", "part parameter should not be 0"),
        ("concat_ws(',')", "expected at least 2 parameters"),
        ("btrim()", "expected 1 or 2 parameters"),
        ("text_like(text_repeat('%', 50001), 'a')", "LIKE or GLOB pattern too complex"),
    ] {
        assert_eq!(problem(&handle, expression), expected, "{expression}");
    }
}

#[test]
fn what_would_be_too_large_is_not_made() {
    let handle = engine();
    for expression in [
        "repeat('a', 9223372036854775807)",
        "repeat('ab', 33554433)",
        "lpad('a', 1000000000)",
        "rpad('a', 9223372036854775807, 'ab')",
        "text_replace(repeat('a', 60000), 'a', repeat('b', 60000))",
        "concat_ws(repeat('b', 60000000), 'a', 'b', 'c')",
    ] {
        assert_eq!(problem(&handle, expression), "string or blob too big", "{expression}");
    }
    assert_eq!(value(&handle, "length(repeat('ab', 33554432))"), Value::Integer(64 << 20));
}

#[test]
fn names_that_the_engine_has_are_its_own() {
    let handle = engine();
    let own = "SELECT count(*) FROM pragma_function_list WHERE name IN ('concat', 'ltrim', 'octet_length', 'rtrim') AND NOT builtin";
    let count: u32 = handle.query_row(own, [], |row| row.get(0)).unwrap();
    assert_eq!(count, 0);
}

#[test]
fn an_order_without_case_holds_for_any_bytes() {
    let handle = engine();
    let sorted = "SELECT group_concat(hex(x)) FROM (SELECT column1 AS x FROM (VALUES ('b'), ('Ä'), (''), (CAST(x'ff' AS TEXT)), \
                  ('ä'), (CAST(x'' AS TEXT)), ('A')) ORDER BY column1 COLLATE text_nocase, hex(column1))";
    let order: String = handle.query_row(sorted, [], |row| row.get(0)).unwrap();
    assert_eq!(order, ",,41,62,C384,C3A4,FF");
}
