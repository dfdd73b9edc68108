//! What the functions do with texts. All of it counts characters, in SQL from 1.

use std::collections::{HashMap, HashSet};
use std::iter;

use super::arguments::End;
use super::letters;
use super::room::Room;

/// Which ends of a text are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    Left,
    Right,
    Both,
}

pub(super) fn length(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

/// From the character at `start`; from the first one, if that is before it.
pub(super) fn from(text: &str, start: i64) -> &str {
    between(text, start.saturating_sub(1), i64::MAX)
}

/// So many characters from `start`, of which those before the first one are there to be counted only.
pub(super) fn substring(text: &str, start: i64, length: i64) -> &str {
    between(text, start.saturating_sub(1), start.saturating_add(length).saturating_sub(1))
}

/// From the character at `start` to the one before `end`. What is negative counts from the end of the text, and what is
/// missing is its end.
pub(super) fn slice(text: &str, start: i64, end: Option<i64>) -> &str {
    let length = length(text);
    let offset = |position: i64| if position < 0 { length.saturating_add(position) } else { (position - 1).max(0) };
    between(text, offset(start), end.map_or(length, offset))
}

/// So many characters from the beginning; if negative, all but so many at the end.
pub(super) fn left(text: &str, count: i64) -> &str {
    let end = if count < 0 { length(text).saturating_add(count) } else { count };
    between(text, 0, end)
}

/// So many characters from the end; if negative, all but so many at the beginning.
pub(super) fn right(text: &str, count: i64) -> &str {
    let start = if count < 0 { count.saturating_neg() } else { length(text).saturating_sub(count) };
    between(text, start, i64::MAX)
}

/// Where `other` first is, or 0.
pub(super) fn index(text: &str, other: &str) -> i64 {
    position(text, text.find(other))
}

/// Where `other` last is, or 0. What is empty is at the last character.
pub(super) fn last_index(text: &str, other: &str) -> i64 {
    if other.is_empty() { length(text) } else { position(text, text.rfind(other)) }
}

/// How often `other` is in the text, no character counted twice. What is empty is not in it.
pub(super) fn count(text: &str, other: &str) -> usize {
    if other.is_empty() { 0 } else { text.matches(other).count() }
}

/// Whether all of the text matches a pattern in which `%` is any number of characters and `_` is one. Case makes no
/// difference.
pub(super) fn is_like(text: &str, pattern: &str) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    // After the last `%`: what of the pattern comes then, and from where in the text it was tried.
    let mut retry = None;
    loop {
        let (mut pattern_after, mut text_after) = (pattern.clone(), text.clone());
        match (pattern_after.next(), text_after.next()) {
            (Some('%'), _) => {
                retry = Some((pattern_after.clone(), text.clone()));
                pattern = pattern_after;
            }
            (Some(wanted), Some(found)) if wanted == '_' || letters::fold(wanted) == letters::fold(found) => {
                (pattern, text) = (pattern_after, text_after);
            }
            (None, None) => return true,
            _ => {
                let Some((rest, tried)) = &mut retry else { return false };
                if tried.next().is_none() {
                    return false;
                }
                (pattern, text) = (rest.clone(), tried.clone());
            }
        }
    }
}

/// The part with a number of those between the separators, if negative from the last one. One that is not there is empty.
pub(super) fn part<'t>(text: &'t str, separator: &str, number: i64) -> &'t str {
    if separator.is_empty() {
        return if number.unsigned_abs() == 1 { text } else { "" };
    }
    let offset = if number < 0 {
        let count = i64::try_from(text.split(separator).count()).unwrap_or(i64::MAX);
        count.saturating_add(number)
    } else {
        number - 1
    };
    usize::try_from(offset).ok().and_then(|offset| text.split(separator).nth(offset)).unwrap_or_default()
}

pub(super) fn join(parts: &[impl AsRef<str>], separator: &str, room: &Room) -> Result<String, End> {
    let separators = separator.len().checked_mul(parts.len().saturating_sub(1));
    let bytes = parts.iter().try_fold(0_usize, |sum, part| sum.checked_add(part.as_ref().len()));
    let mut joined = String::with_capacity(room.fit(bytes.zip(separators).and_then(|(a, b)| a.checked_add(b)))?);
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            joined.push_str(separator);
        }
        joined.push_str(part.as_ref());
    }
    Ok(joined)
}

/// The text so many times; not at all if that is negative.
pub(super) fn repeat(text: &str, times: i64, room: &Room) -> Result<String, End> {
    let times = offset(times);
    room.fit(text.len().checked_mul(times))?;
    // Nothing is repeated without being looked at as often.
    Ok(if text.is_empty() { String::new() } else { text.repeat(times) })
}

/// Without the characters at its ends that are among these.
pub(super) fn trim<'t>(text: &'t str, characters: &str, ends: Ends, room: &Room) -> Result<&'t str, End> {
    room.table(characters)?;
    let mut table = HashSet::new();
    for character in characters.chars() {
        table.insert(character);
    }
    let is_one = |character: char| table.contains(&character);
    Ok(match ends {
        Ends::Left => text.trim_start_matches(is_one),
        Ends::Right => text.trim_end_matches(is_one),
        Ends::Both => text.trim_matches(is_one),
    })
}

/// Made as long as said: with the filling, again and again, at one end, or without what is too much at its right.
pub(super) fn pad(text: &str, length: i64, filling: &str, ends: Ends, room: &Room) -> Result<String, End> {
    let missing = length.saturating_sub(self::length(text));
    if missing <= 0 {
        return owned(left(text, length.max(0)), room);
    }
    if filling.is_empty() {
        return owned(text, room);
    }
    let width = self::length(filling);
    let whole = filling.len().checked_mul(offset(missing / width));
    let rest = left(filling, missing % width);
    room.fit(whole.and_then(|whole| whole.checked_add(rest.len())?.checked_add(text.len())))?;
    room.fit(whole)?;
    let filling = filling.repeat(offset(missing / width));
    Ok(match ends {
        Ends::Left => [&filling, rest, text].concat(),
        Ends::Right | Ends::Both => [text, &filling, rest].concat(),
    })
}

/// With `new` in the place of `old`, for the first so many times. What is empty is not in a text.
pub(super) fn replace(text: &str, old: &str, new: &str, times: usize, room: &Room) -> Result<String, End> {
    let times = times.min(count(text, old));
    let kept = times.checked_mul(old.len()).and_then(|gone| text.len().checked_sub(gone));
    let added = times.checked_mul(new.len());
    let bytes = room.fit(kept.zip(added).and_then(|(kept, added)| kept.checked_add(added)))?;
    let mut replaced = String::with_capacity(bytes);
    let mut rest = text;
    // There is something to look for: what is empty was counted as often as it is to be replaced.
    for _ in 0..times {
        let Some((before, after)) = rest.split_once(old) else { break };
        replaced.push_str(before);
        replaced.push_str(new);
        rest = after;
    }
    replaced.push_str(rest);
    Ok(replaced)
}

/// With each character that is in `from` become the one at the same place in `to`, or gone if there is none.
pub(super) fn translate(text: &str, from: &str, to: &str, room: &Room) -> Result<String, End> {
    room.table(from)?;
    let mut table = HashMap::new();
    let others = to.chars().map(Some).chain(iter::repeat(None));
    for (character, other) in from.chars().zip(others) {
        table.entry(character).or_insert(other);
    }
    room.text(
        text.len(),
        text.chars().filter_map(|character| table.get(&character).copied().unwrap_or(Some(character))),
    )
}

fn owned(text: &str, room: &Room) -> Result<String, End> {
    room.fit(Some(text.len()))?;
    Ok(text.to_owned())
}

/// The characters from one offset to the one before another; what is before the first or behind the last is not there.
fn between(text: &str, start: i64, end: i64) -> &str {
    let byte = |index: i64| text.char_indices().nth(offset(index)).map_or(text.len(), |(byte, _)| byte);
    if start.max(0) >= end { "" } else { text.get(byte(start)..byte(end)).unwrap_or_default() }
}

/// A number of characters, none if it is negative.
fn offset(index: i64) -> usize {
    usize::try_from(index.max(0)).unwrap_or(usize::MAX)
}

fn position(text: &str, found: Option<usize>) -> i64 {
    found.and_then(|byte| text.get(..byte)).map_or(0, |before| length(before).saturating_add(1))
}
