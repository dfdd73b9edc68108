//! How far two texts are from each other: functions of sqlean's module `fuzzy`.
//!
//! The module's own versions ask for a table of the lengths of both texts multiplied, do not look whether they got it,
//! and cannot be interrupted while they fill it.

use rusqlite::types::Value;

use super::Function;
use super::arguments::{Answer, Arguments, End};

pub(super) const FUNCTIONS: [Function; 3] = [
    Function {
        names: &["levenshtein", "fuzzy_leven"],
        arity: 2,
        call: |arguments| distance(arguments, strsim::levenshtein),
    },
    Function {
        names: &["dlevenshtein", "fuzzy_damlev"],
        arity: 2,
        call: |arguments| distance(arguments, strsim::damerau_levenshtein),
    },
    Function {
        names: &["osa_distance", "fuzzy_osadist"],
        arity: 2,
        call: |arguments| distance(arguments, strsim::osa_distance),
    },
];

/// The most pairs of letters that are compared, as of two texts of 2896: nothing can stop the statement in the 40 ms or more
/// that they take. There is no table of them here, only lines.
const MOST_PAIRS: usize = 8 * 1024 * 1024;

fn distance(arguments: &Arguments<'_>, between: fn(&str, &str) -> usize) -> Answer {
    if arguments.is_null(0) || arguments.is_null(1) {
        return Err(End::refused("arguments should not be NULL"));
    }
    let (left, right) = (arguments.text(0)?, arguments.text(1)?);
    if !left.is_ascii() || !right.is_ascii() {
        return Err(End::refused("arguments should be ASCII strings"));
    }
    if left.len().checked_mul(right.len()).is_none_or(|pairs| pairs > MOST_PAIRS) {
        return Err(End::refused("arguments are too long to be compared"));
    }
    // It is the same both ways, and lines as long as the second text are kept.
    let (long, short) = if left.len() < right.len() { (right, left) } else { (left, right) };
    Ok(Value::Integer(i64::try_from(between(&long, &short)).unwrap_or(i64::MAX)))
}
