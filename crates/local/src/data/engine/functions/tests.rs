//! What the functions answer, and that nothing that is given to one ends the process.

mod anything;
mod models;
mod own;

use rusqlite::Connection;
use rusqlite::types::Value;

use super::super::check::quick_check;
use super::super::file::{Durability, open};
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
    let own = "SELECT count(*) FROM pragma_function_list WHERE name IN ('concat', 'ltrim', 'octet_length', 'rtrim') AND NOT builtin AND narg <> 2";
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

#[test]
fn bytes_are_written_as_text_and_read_again() {
    let handle = engine();
    for (expression, expected) in [
        ("encode('hello', 'base32')", "NBSWY3DP"),
        ("encode('hello!', 'base32')", "NBSWY3DPEE======"),
        ("encode('hello', 'base64')", "aGVsbG8="),
        ("encode('hello', 'base85')", "BOu!rDZ"),
        ("encode(x'0000000000', 'base85')", "z!!"),
        ("encode(x'00ff', 'hex')", "00ff"),
        ("encode('a b/ö~', 'url')", "a%20b%2F%C3%B6~"),
        ("encode(12, 'hex')", "3132"),
        ("CAST(decode('NBSW Y3DP', 'base32') AS TEXT)", "hello"),
        ("CAST(decode('aGVsbG8=', 'base64') AS TEXT)", "hello"),
        ("CAST(decode('BOu!rDZ', 'base85') AS TEXT)", "hello"),
        ("hex(decode('zzz', 'base85'))", "000000000000000000000000"),
        ("hex(decode('0aFf', 'hex'))", "0AFF"),
        ("CAST(decode('a+b%2f', 'url') AS TEXT)", "a b/"),
        ("hex(decode('', 'base85'))", ""),
    ] {
        assert_eq!(value(&handle, expression), Value::Text(expected.to_owned()), "{expression}");
    }
    for format in ["base32", "base64", "base85", "hex", "url"] {
        for bytes in ["x''", "x'00'", "x'00000000'", "x'ffffffffff'", "randomblob(1001)"] {
            let same = format!("decode(encode(x, '{format}'), '{format}') = x FROM (SELECT {bytes} AS x LIMIT 1)");
            assert_eq!(value(&handle, &same), Value::Integer(1), "{same}");
        }
    }
    for wrong in [
        "decode('A', 'base32')",
        "decode('aGVsbG8', 'base64')",
        "decode('====', 'base64')",
        "decode('ö===', 'base64')",
        "decode('!', 'base85')",
        "decode('uuuuu', 'base85')",
        "decode('BOz', 'base85')",
        "decode('abc', 'hex')",
        "decode('%f', 'url')",
    ] {
        assert_eq!(problem(&handle, wrong), "invalid input string", "{wrong}");
    }
    assert_eq!(problem(&handle, "encode('a', 'rot13')"), "unknown encoding");
}

#[test]
fn distances_are_told_of_texts_that_are_short_enough() {
    let handle = engine();
    for (expression, expected) in [
        ("levenshtein('awesome', 'aewsme')", 3),
        ("dlevenshtein('awesome', 'aewsme')", 2),
        ("dlevenshtein('ca', 'abc')", 2),
        ("osa_distance('ca', 'abc')", 3),
        ("fuzzy_damlev('', 'abc')", 3),
    ] {
        assert_eq!(value(&handle, expression), Value::Integer(expected), "{expression}");
    }
    for name in ["levenshtein", "fuzzy_damlev", "osa_distance"] {
        let long = format!("{name}(repeat('a', 1000000), repeat('b', 1000000))");
        assert_eq!(problem(&handle, &long), "arguments are too long to be compared");
        assert_eq!(problem(&handle, &format!("{name}('ö', 'o')")), "arguments should be ASCII strings");
        assert_eq!(problem(&handle, &format!("{name}(NULL, 'o')")), "arguments should not be NULL");
    }
}

#[test]
fn an_index_of_vectors_is_of_something() {
    let handle = engine();
    let wrong = "wrong number of arguments to function libsql_vector_idx()";
    assert!(problem(&handle, "libsql_vector_idx()").starts_with(wrong));
    assert_eq!(value(&handle, "libsql_vector_idx(7)"), Value::Integer(7));
    handle.execute_batch("CREATE TABLE t (e F32_BLOB(2)); CREATE INDEX i ON t (libsql_vector_idx(e));").unwrap();
    for nothing in ["", "*"] {
        let index = format!("CREATE INDEX j ON t (libsql_vector_idx({nothing}))");
        assert!(handle.execute_batch(&index).unwrap_err().to_string().starts_with(wrong));
    }
}

#[test]
fn an_index_of_nothing_in_a_file_does_not_end_who_opens_it() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("crafted.db");
    let crafted = Connection::open(&file).unwrap();
    crafted
        .execute_batch(
            "CREATE TABLE t (e F32_BLOB(2)); CREATE INDEX i ON t (abs(e)); PRAGMA writable_schema = ON; \
             UPDATE sqlite_schema SET sql = 'CREATE INDEX i ON t (libsql_vector_idx())' WHERE name = 'i';",
        )
        .unwrap();
    drop(crafted);
    let problem = quick_check(&file).unwrap_err().message;
    assert!(problem.contains("malformed database schema (i)"), "{problem}");
    assert!(open(&file, Durability::Nothing).is_err());
}
