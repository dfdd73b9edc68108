//! The functions of sqlean's module `text`, by its documentation.
//!
//! The module itself is not in this program: bytes that are no Unicode made it read and write memory that was not its
//! own, and so did some letters.

use std::borrow::Cow;

use rusqlite::types::Value;

use super::arguments::{Answer, Arguments, End};
use super::strings::{self, Ends};
use super::{ANY, Function, letters};

/// As the engine's own limit of what LIKE takes for a pattern.
const MAX_PATTERN_BYTES: usize = 50_000;

/// Matching takes as long as pattern and text multiplied, and nothing can stop it.
const MOST_PAIRS: usize = 1 << 30;

/// Names that the engine has itself (`concat`, `ltrim`, `octet_length`, `rtrim`) mean what they mean there, but for
/// `concat_ws`: the engine's leaves out what is empty.
pub(super) const FUNCTIONS: [Function; 33] = [
    function(&["text_substring"], 2, |arguments| {
        let text = arguments.text(0)?;
        arguments.part(strings::from(&text, arguments.integer(1, "start")?))
    }),
    function(&["text_substring"], 3, substring),
    function(&["text_slice"], 2, |arguments| {
        let text = arguments.text(0)?;
        arguments.part(strings::slice(&text, arguments.integer(1, "start")?, None))
    }),
    function(&["text_slice"], 3, |arguments| {
        let text = arguments.text(0)?;
        let start = arguments.integer(1, "start")?;
        arguments.part(strings::slice(&text, start, Some(arguments.integer(2, "end")?)))
    }),
    function(&["text_left", "left"], 2, |arguments| {
        let text = arguments.text(0)?;
        arguments.part(strings::left(&text, arguments.integer(1, "length")?))
    }),
    function(&["text_right", "right"], 2, |arguments| {
        let text = arguments.text(0)?;
        arguments.part(strings::right(&text, arguments.integer(1, "length")?))
    }),
    function(&["text_index", "strpos"], 2, |arguments| {
        Ok(Value::Integer(strings::index(&arguments.text(0)?, &arguments.text(1)?)))
    }),
    function(&["text_last_index"], 2, |arguments| {
        Ok(Value::Integer(strings::last_index(&arguments.text(0)?, &arguments.text(1)?)))
    }),
    function(&["text_contains"], 2, |arguments| {
        Ok(Value::from(arguments.text(0)?.contains(arguments.text(1)?.as_ref())))
    }),
    function(&["text_has_prefix", "starts_with"], 2, |arguments| {
        Ok(Value::from(arguments.text(0)?.starts_with(arguments.text(1)?.as_ref())))
    }),
    function(&["text_has_suffix"], 2, |arguments| {
        Ok(Value::from(arguments.text(0)?.ends_with(arguments.text(1)?.as_ref())))
    }),
    function(&["text_count"], 2, |arguments| Ok(counted(strings::count(&arguments.text(0)?, &arguments.text(1)?)))),
    function(&["text_like"], 2, like),
    function(&["text_split", "split_part"], 3, split),
    function(&["text_join", "concat_ws"], ANY, join),
    function(&["text_concat"], ANY, concat),
    function(&["text_repeat", "repeat"], 2, |arguments| {
        let text = arguments.text(0)?;
        strings::repeat(&text, arguments.integer(1, "count")?, &arguments.room).map(Value::Text)
    }),
    function(&["text_ltrim"], ANY, |arguments| trim(arguments, Ends::Left)),
    function(&["text_rtrim"], ANY, |arguments| trim(arguments, Ends::Right)),
    function(&["text_trim", "btrim"], ANY, |arguments| trim(arguments, Ends::Both)),
    function(&["text_lpad", "lpad"], ANY, |arguments| pad(arguments, Ends::Left)),
    function(&["text_rpad", "rpad"], ANY, |arguments| pad(arguments, Ends::Right)),
    function(&["text_upper"], 1, |arguments| change(arguments, letters::upper)),
    function(&["text_lower"], 1, |arguments| change(arguments, letters::lower)),
    function(&["text_casefold"], 1, |arguments| change(arguments, letters::fold)),
    function(&["text_title"], 1, |arguments| {
        let text = arguments.text(0)?;
        arguments.room.text(text.len(), letters::title(&text)).map(Value::Text)
    }),
    function(&["text_replace"], 3, |arguments| replace(arguments, |_| Ok(usize::MAX))),
    function(&["text_replace"], 4, |arguments| {
        replace(arguments, |arguments| Ok(usize::try_from(arguments.integer(3, "count")?).unwrap_or(0)))
    }),
    function(&["text_translate", "translate"], 3, |arguments| {
        let (text, from, to) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
        strings::translate(&text, &from, &to, &arguments.room).map(Value::Text)
    }),
    function(&["text_reverse", "reverse"], 1, |arguments| {
        let text = arguments.text(0)?;
        arguments.room.text(text.len(), text.chars().rev()).map(Value::Text)
    }),
    function(&["text_length", "char_length", "character_length"], 1, |arguments| {
        Ok(Value::Integer(strings::length(&arguments.text(0)?)))
    }),
    function(&["text_size"], 1, |arguments| Ok(counted(arguments.bytes(0)?.len()))),
    function(&["text_bitsize", "bit_length"], 1, |arguments| Ok(counted(arguments.bytes(0)?.len() * 8))),
];

const fn function(names: &'static [&'static str], arity: i32, call: fn(&Arguments<'_>) -> Answer) -> Function {
    Function { names, arity, call }
}

fn substring(arguments: &Arguments<'_>) -> Answer {
    let text = arguments.text(0)?;
    let (start, length) = (arguments.integer(1, "start")?, arguments.integer(2, "length")?);
    if length < 0 {
        return Err(End::refused("length parameter should >= 0"));
    }
    arguments.part(strings::substring(&text, start, length))
}

fn like(arguments: &Arguments<'_>) -> Answer {
    let (pattern, text) = (arguments.text(0)?, arguments.text(1)?);
    if pattern.len() > MAX_PATTERN_BYTES || pattern.len().saturating_mul(text.len()) > MOST_PAIRS {
        return Err(End::refused("LIKE or GLOB pattern too complex"));
    }
    Ok(Value::from(strings::is_like(&text, &pattern)))
}

fn split(arguments: &Arguments<'_>) -> Answer {
    let (text, separator) = (arguments.text(0)?, arguments.text(1)?);
    match arguments.integer(2, "part")? {
        0 => Err(End::refused("part parameter should not be 0")),
        number => arguments.part(strings::part(&text, &separator, number)),
    }
}

fn join(arguments: &Arguments<'_>) -> Answer {
    if arguments.count() < 2 {
        return Err(End::refused("expected at least 2 parameters"));
    }
    let separator = arguments.text(0)?;
    strings::join(&texts(arguments, 1)?, &separator, &arguments.room).map(Value::Text)
}

fn concat(arguments: &Arguments<'_>) -> Answer {
    if arguments.count() < 1 {
        return Err(End::refused("expected at least 1 parameter"));
    }
    strings::join(&texts(arguments, 0)?, "", &arguments.room).map(Value::Text)
}

/// The arguments from one on, but for those that are NULL.
fn texts<'a>(arguments: &'a Arguments<'_>, first: usize) -> Result<Vec<Cow<'a, str>>, End> {
    let are_there = (first..arguments.count()).filter(|index| !arguments.is_null(*index));
    are_there.map(|index| arguments.text(index)).collect()
}

fn trim(arguments: &Arguments<'_>, ends: Ends) -> Answer {
    let (text, characters) = match arguments.count() {
        1 => (arguments.text(0)?, " ".into()),
        2 => (arguments.text(0)?, arguments.text(1)?),
        _ => return Err(End::refused("expected 1 or 2 parameters")),
    };
    arguments.part(strings::trim(&text, &characters, ends, &arguments.room)?)
}

fn pad(arguments: &Arguments<'_>, ends: Ends) -> Answer {
    if !(2..=3).contains(&arguments.count()) {
        return Err(End::refused("expected 2 or 3 parameters"));
    }
    let text = arguments.text(0)?;
    let length = arguments.integer(1, "length")?;
    let filling = if arguments.count() == 3 { arguments.text(2)? } else { " ".into() };
    strings::pad(&text, length, &filling, ends, &arguments.room).map(Value::Text)
}

fn change(arguments: &Arguments<'_>, letter: fn(char) -> char) -> Answer {
    let text = arguments.text(0)?;
    arguments.room.text(text.len(), text.chars().map(letter)).map(Value::Text)
}

fn replace(arguments: &Arguments<'_>, times: fn(&Arguments<'_>) -> Result<usize, End>) -> Answer {
    let (text, old, new) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    strings::replace(&text, &old, &new, times(arguments)?, &arguments.room).map(Value::Text)
}

fn counted(count: usize) -> Value {
    Value::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}
