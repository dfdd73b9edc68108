//! Every function the engine has, called with what nobody means. A process that ends fails all tests.

use proptest::prelude::*;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};

use super::engine;
use crate::data::engine::observer::Observer;

/// A value that may be text of any bytes.
#[derive(Clone, Debug)]
pub(super) enum Anything {
    Null,
    Integer(i64),
    Real(f64),
    Text(Vec<u8>),
    Blob(Vec<u8>),
}

impl ToSql for Anything {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(value) => ValueRef::Integer(*value),
            Self::Real(value) => ValueRef::Real(*value),
            Self::Text(value) => ValueRef::Text(value),
            Self::Blob(value) => ValueRef::Blob(value),
        }))
    }
}

fn anything() -> impl Strategy<Value = Anything> {
    prop_oneof![
        Just(Anything::Null),
        any::<i64>().prop_map(Anything::Integer),
        (-20_i64..20).prop_map(Anything::Integer),
        any::<f64>().prop_map(Anything::Real),
        prop::collection::vec(any::<u8>(), 0..24).prop_map(Anything::Text),
        prop::collection::vec(any::<u8>(), 0..24).prop_map(Anything::Blob),
        "\\PC{0,12}".prop_map(|text| Anything::Text(text.into_bytes())),
    ]
}

/// What is known to have been too much for one function or another.
fn troublemakers() -> Vec<Anything> {
    let texts: [&[u8]; 15] = [
        b"",
        b"a",
        b"%s%n%.*f",
        b"(a|b)*",
        b"[1,2,3]",
        b"{\"a\":[1]}",
        b"$.a[#-1]",
        b"now",
        b"base85",
        b"\xff",
        b"\xc3",
        b"\xf0\x9f",
        b"a\0b",
        "İß😀".as_bytes(),
        &[b'a'; 400],
    ];
    let blobs: [&[u8]; 10] = [
        b"",
        b"\0",
        b"\xff",
        b"\xff\xff\x04",
        b"\0\x03",
        b"\x05\x06",
        b"\xcc\x0f",
        b"\xf3\0\0\0\0\0\0\0\0",
        &[0; 16],
        &[0; 4096],
    ];
    let integers = [0, 1, -1, 7, i64::from(i32::MAX), i64::from(i32::MAX) + 1, i64::MAX, i64::MIN];
    let mut all = vec![Anything::Null, Anything::Real(0.5), Anything::Real(-1e308), Anything::Real(f64::INFINITY)];
    all.extend(integers.map(Anything::Integer));
    all.extend(texts.map(|bytes| Anything::Text(bytes.to_vec())));
    all.extend(blobs.map(|bytes| Anything::Blob(bytes.to_vec())));
    all
}

/// The names of all functions with a number of arguments each takes; some of those that take any.
fn functions(handle: &Connection) -> Vec<(String, usize)> {
    let list = "SELECT DISTINCT name, narg FROM pragma_function_list ORDER BY name, narg";
    let mut statement = handle.prepare(list).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let rows: Vec<(String, i64)> = rows.map(Result::unwrap).collect();
    let arities = |arity: i64| usize::try_from(arity).map_or(0..=4, |arity| arity..=arity);
    rows.iter().flat_map(|(name, arity)| arities(*arity).map(|arity| (name.clone(), arity))).collect()
}

/// Calls a function, if it may be called, with each list of arguments.
fn call<'a>(handle: &Connection, name: &str, arity: usize, lists: impl Iterator<Item = Vec<&'a Anything>>) -> usize {
    let marks = vec!["?"; arity].join(", ");
    let Ok(mut statement) = handle.prepare(&format!("SELECT \"{name}\"({marks})")) else { return 0 };
    lists.map(|list| drop(statement.query_row(params_from_iter(list), |row| row.get_ref(0).map(drop)))).count()
}

/// All lists of so many values, of which only every `step`th is tried.
fn lists(values: &[Anything], arity: usize, step: usize) -> impl Iterator<Item = Vec<&Anything>> {
    let total = values.len().pow(u32::try_from(arity).unwrap());
    let list = move |number: usize| {
        let digits = (0..arity).scan(number, |rest, _| {
            let digit = *rest % values.len();
            *rest /= values.len();
            Some(digit)
        });
        digits.map(|digit| &values[digit]).collect()
    };
    (0..total).step_by(step).map(list)
}

#[test]
fn no_function_is_ended_by_what_it_is_called_with() {
    let handle = engine();
    let _guarded = Observer::install(&handle);
    let values = troublemakers();
    let mut calls = 0;
    for (name, arity) in functions(&handle) {
        // A step that shares no divisor with the number of values meets each of them in each place.
        let step = [1, 1, 1, 23, 1009][arity.min(4)];
        calls += call(&handle, &name, arity, lists(&values, arity, step));
    }
    assert!(calls > 100_000, "{calls} calls");
}

proptest! {
    #[test]
    fn a_function_answers_or_refuses_whatever_the_bytes_are(values in prop::collection::vec(anything(), 4)) {
        thread_local! {
            static ENGINE: Connection = engine();
        }
        ENGINE.with(|handle| {
            for function in &super::super::text::FUNCTIONS {
                let arities = usize::try_from(function.arity).map_or(0..=4, |arity| arity..=arity);
                for arity in arities {
                    call(handle, function.names[0], arity, std::iter::once(values[..arity].iter().collect()));
                }
            }
        });
    }
}
