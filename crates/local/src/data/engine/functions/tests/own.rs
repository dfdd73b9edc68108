//! The functions that take the place of the engine's own, against those.

use proptest::prelude::*;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::anything::Anything;
use super::{engine, problem, value};

thread_local! {
    static ENGINES: [Connection; 2] = [engine(), Connection::open_in_memory().unwrap()];
}

/// Of few parts, so that one is found in another: letters, a zero byte, and characters that are whole and cut off.
fn anything() -> impl Strategy<Value = Anything> {
    let parts: [&[u8]; 9] = [b"a", b"b", b" ", b"\0", "é".as_bytes(), "😀".as_bytes(), b"\xc3", b"\xa9", b"\xf0\x9f"];
    let bytes = || prop::collection::vec(prop::sample::select(parts.to_vec()), 0..6).prop_map(|parts| parts.concat());
    prop_oneof![
        1 => Just(Anything::Null),
        1 => (-20_i64..20).prop_map(Anything::Integer),
        1 => Just(Anything::Real(0.5)),
        4 => bytes().prop_map(Anything::Text),
        2 => bytes().prop_map(Anything::Blob),
    ]
}

/// What a call says: its type and bytes, and whether it is JSON to others.
fn answer(handle: &Connection, call: &str, arguments: &[Anything]) -> Result<String, String> {
    let sql =
        format!("SELECT typeof(x) || hex(x) || json_array(iif(typeof(x) = 'blob', 0, x)) FROM (SELECT {call} AS x)");
    let bytes = handle.query_row(&sql, params_from_iter(arguments), |row| Ok(row.get_ref(0)?.as_bytes()?.to_vec()));
    bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).map_err(|error| error.to_string())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_is_found_replaced_and_trimmed_is_what_the_engine_itself_says(
        arguments in prop::collection::vec(anything(), 3),
    ) {
        ENGINES.with(|[here, own]| {
            for call in ["instr(?1, ?2)", "replace(?1, ?2, ?3)", "trim(?1, ?2)", "ltrim(?1, ?2)", "rtrim(?1, ?2)"] {
                let arguments = &arguments[..if call.contains("?3") { 3 } else { 2 }];
                prop_assert_eq!(answer(here, call, arguments), answer(own, call, arguments), "{}", call);
            }
            Ok(())
        })?;
    }
}

#[test]
fn objects_are_merged_and_texts_compared_as_the_engine_itself_does() {
    let texts =
        [r#"{"a":1,"b":{"c":[2]}}"#, r#"{"b":{"c":null,"d":3},"e":"x"}"#, "[1]", "null", "7", "{", "", "kitten", "é"];
    let mut values = texts.map(|text| Anything::Text(text.as_bytes().to_vec())).to_vec();
    values.extend([
        Anything::Null,
        Anything::Integer(3),
        Anything::Real(0.5),
        Anything::Blob(b"\x4c\x17a\x131".to_vec()),
    ]);
    ENGINES.with(|[here, own]| {
        for call in ["json_patch(?1, ?2)", "jsonb_patch(?1, ?2)", "edit_distance(?1, ?2)", "jaro_winkler(?1, ?2)"] {
            for arguments in values.iter().flat_map(|left| values.iter().map(|right| [left.clone(), right.clone()])) {
                let (answer_here, answer_own) = (answer(here, call, &arguments), answer(own, call, &arguments));
                assert_eq!(answer_here, answer_own, "{call} of {arguments:?}");
            }
        }
    });
}

/// As long as they may be, for which the engine's own would take hours.
#[test]
fn what_nothing_can_stop_takes_as_long_as_its_arguments_are_or_is_refused() {
    let handle = engine();
    for (expression, expected) in [
        ("instr(zeroblob(30000000), zeroblob(15000000) || x'01')", 0),
        ("instr(repeat('a', 30000000), repeat('a', 15000000) || 'b')", 0),
        ("length(replace(repeat('a', 30000000), repeat('a', 14000000) || 'b', ''))", 30_000_000),
        ("length(trim(repeat('a', 300000), repeat('b', 1000000) || 'a'))", 0),
    ] {
        assert_eq!(value(&handle, expression), Value::Integer(expected), "{expression}");
    }
    let object = r#"(SELECT '{' || group_concat('"k' || value || '":1') || '}' FROM generate_series(1, 40000))"#;
    for refused in [
        format!("json_patch({object}, {object})"),
        format!("jsonb_patch('{{}}', {object})"),
        format!("json_patch({object}, jsonb({object}))"),
        "edit_distance(repeat('a', 100000), repeat('b', 100000))".to_owned(),
        "fuzzy_jarowin(repeat('a', 100000), repeat('b', 100000))".to_owned(),
        "trim(repeat('a', 100000), x'c3' || replace(hex(zeroblob(1000)), '0', CAST(x'a9' AS TEXT)))".to_owned(),
    ] {
        assert_eq!(problem(&handle, &refused), "arguments are too long", "{refused}");
    }
    let patched = format!(r#"length(json_patch({object}, '{{"x":3}}')) - length({object})"#);
    assert_eq!(value(&handle, &patched), Value::Integer(6));
    let long = "text_like('%a' || repeat('_', 40000) || 'b', repeat('a', 1000000))";
    assert_eq!(problem(&handle, long), "LIKE or GLOB pattern too complex");
    assert!(problem(&handle, "replace(repeat('a', 60000), 'a', repeat('b', 60000))").contains("too big"));
}

#[test]
fn what_takes_the_place_of_the_engines_own_stands_in_indexes_and_generated_columns() {
    let handle = engine();
    let table = "
        CREATE TABLE t (x, y AS (replace(x, 'a', 'b')) STORED, z AS (json_patch(x, x)), CHECK (instr(x, 'q') = 0));
        CREATE INDEX i ON t (instr(x, 'a'), trim(x, 'a'), json_patch(x, x));
        INSERT INTO t (x) VALUES ('{\"a\":1}')";
    handle.execute_batch(table).unwrap();
    assert_eq!(value(&handle, "y FROM t WHERE instr(x, 'a') = 3"), Value::Text("{\"b\":1}".to_owned()));
}
