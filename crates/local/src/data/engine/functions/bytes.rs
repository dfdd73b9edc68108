//! The functions `instr`, `replace` and `trim` of the engine, with what they look for found in one pass.
//!
//! The engine's own take as long as both arguments multiplied, hours for the largest there may be, and nothing can stop
//! them. What they answer is the same, byte by byte: they know characters by how these begin, in texts that are no
//! Unicode too.

use std::collections::HashMap;

use memchr::memmem;
use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};

use super::Function;
use super::arguments::{Answer, Arguments, End};
use super::strings::Ends;

pub(super) const NUMBERS: [Function; 1] = [Function { names: &["instr"], arity: 2, call: instr }];

pub(super) const TEXTS: [Function<Text>; 4] = [
    Function { names: &["replace"], arity: 3, call: replace },
    Function { names: &["ltrim"], arity: 2, call: |arguments| trim(arguments, Ends::Left) },
    Function { names: &["rtrim"], arity: 2, call: |arguments| trim(arguments, Ends::Right) },
    Function { names: &["trim"], arity: 2, call: |arguments| trim(arguments, Ends::Both) },
];

/// No character of Unicode is longer. Each length that one to trim could have is tried for itself.
const LONGEST: usize = 4;

/// The most bytes that are trimmed by longer ones, multiplied by their length.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// What a table of characters takes for each while it grows.
const ENTRY: usize = 4 * size_of::<(&[u8], usize)>();

/// A text of any bytes.
pub(super) struct Text(Vec<u8>);

impl ToSql for Text {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(&self.0)))
    }
}

fn instr(arguments: &Arguments<'_>) -> Answer {
    let (text, other) = (arguments.bytes(0)?, arguments.bytes(1)?);
    let counts_bytes = arguments.is_blob(0) && arguments.is_blob(1);
    let found = match other.first() {
        // It could only be within a character everywhere else.
        Some(first) if !counts_bytes && continues(*first) => text.starts_with(&other).then_some(0),
        _ => memmem::find(&text, &other),
    };
    let position = found.map_or(0, |at| {
        let passed = text.get(..=at).unwrap_or_default().iter().skip(1);
        let steps = passed.filter(|byte| counts_bytes || !continues(**byte)).count();
        i64::try_from(steps).unwrap_or(i64::MAX).saturating_add(1)
    });
    Ok(Value::Integer(position))
}

fn replace(arguments: &Arguments<'_>) -> Result<Text, End> {
    let (text, old) = (arguments.bytes(0)?, arguments.bytes(1)?);
    if matches!(old.first(), None | Some(0)) {
        return owned(arguments, &text);
    }
    let new = arguments.bytes(2)?;
    let finder = memmem::Finder::new(old.as_ref());
    let times = finder.find_iter(&text).count();
    let kept = text.len() - times * old.len();
    let length = times.checked_mul(new.len()).and_then(|added| added.checked_add(kept));
    let mut replaced = Vec::with_capacity(arguments.room.fit(length)?);
    let mut rest = 0;
    for at in finder.find_iter(&text) {
        replaced.extend_from_slice(text.get(rest..at).unwrap_or_default());
        replaced.extend_from_slice(&new);
        rest = at + old.len();
    }
    replaced.extend_from_slice(text.get(rest..).unwrap_or_default());
    Ok(Text(replaced))
}

fn trim(arguments: &Arguments<'_>, ends: Ends) -> Result<Text, End> {
    let (text, characters) = (arguments.bytes(0)?, arguments.bytes(1)?);
    let characters = Characters::of(&characters, arguments)?;
    if characters.longest > LONGEST && text.len().saturating_mul(characters.longest) > MOST_BYTES {
        return Err(End::refused("arguments are too long"));
    }
    let mut rest: &[u8] = &text;
    if ends != Ends::Right {
        while let Some(length) = characters.at_start(rest) {
            rest = rest.get(length..).unwrap_or_default();
        }
    }
    if ends != Ends::Left {
        while let Some(length) = characters.at_end(rest) {
            rest = rest.get(..rest.len() - length).unwrap_or_default();
        }
    }
    owned(arguments, rest)
}

/// The characters to trim, each with its number: where several would do, the first one does.
struct Characters<'c> {
    numbers: HashMap<&'c [u8], usize>,
    longest: usize,
}

impl<'c> Characters<'c> {
    /// A zero byte ends them.
    fn of(bytes: &'c [u8], arguments: &Arguments<'_>) -> Result<Self, End> {
        let mut rest = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        let (mut numbers, mut longest) = (HashMap::new(), 0);
        while let Some((first, others)) = rest.split_first() {
            let more = if begins(*first) { others.iter().take_while(|byte| continues(**byte)).count() } else { 0 };
            let (character, after) = rest.split_at(1 + more);
            rest = after;
            longest = longest.max(character.len());
            if !numbers.contains_key(character) {
                arguments.room.take(ENTRY)?;
                numbers.insert(character, numbers.len());
            }
        }
        Ok(Self { numbers, longest })
    }

    fn at_start(&self, text: &[u8]) -> Option<usize> {
        let most = if begins(*text.first()?) { self.longest } else { 1 };
        self.first((1..=most).filter_map(|length| text.get(..length)))
    }

    fn at_end(&self, text: &[u8]) -> Option<usize> {
        let most = if continues(*text.last()?) { self.longest } else { 1 };
        self.first((1..=most).filter_map(|length| text.get(text.len().checked_sub(length)?..)))
    }

    /// The length of the one of these that has the lowest number.
    fn first<'t>(&self, candidates: impl Iterator<Item = &'t [u8]>) -> Option<usize> {
        let numbered = candidates.filter_map(|bytes| Some((*self.numbers.get(bytes)?, bytes.len())));
        numbered.min().map(|(_, length)| length)
    }
}

fn owned(arguments: &Arguments<'_>, text: &[u8]) -> Result<Text, End> {
    arguments.room.fit(Some(text.len()))?;
    Ok(Text(text.to_owned()))
}

/// Whether the bytes that [continue](continues) a character belong to this one.
fn begins(byte: u8) -> bool {
    byte >= 0xc0
}

/// Whether no character begins here.
fn continues(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}
