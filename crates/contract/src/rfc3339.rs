//! Times as the service reads them. It is written in Go, and its refusals are those of Go's `time.Parse`: they name the
//! first part of the layout that does not fit.

use std::{fmt, ops::RangeInclusive};

use jiff::{Timestamp, civil::Date};

use crate::InvalidInput;

const LAYOUT: &str = "2006-01-02T15:04:05Z07:00";

/// A part of the layout.
enum Part {
    Mark(&'static str),
    /// What stands for it in the layout, how many digits it has, and the bounds that Go checks as soon as it is read.
    Number(&'static str, usize, Option<(&'static str, RangeInclusive<i16>)>),
}

/// Days are checked last, when their month is known.
const PARTS: [Part; 11] = [
    Part::Number("2006", 4, None),
    Part::Mark("-"),
    Part::Number("01", 2, Some(("month", 1..=12))),
    Part::Mark("-"),
    Part::Number("02", 2, None),
    Part::Mark("T"),
    Part::Number("15", 2, Some(("hour", 0..=23))),
    Part::Mark(":"),
    Part::Number("04", 2, Some(("minute", 0..=59))),
    Part::Mark(":"),
    Part::Number("05", 2, Some(("second", 0..=59))),
];

/// Digits beyond nanoseconds are read and dropped.
const FRACTION_DIGITS: usize = 9;

const ZONE: &str = "Z07:00";

/// The beginning of the year 0.
const FIRST: Timestamp = Timestamp::constant(-62_167_219_200, 0);

/// A text is no time.
#[derive(Debug)]
pub(crate) struct NotATime {
    text: String,
    problem: String,
}

impl fmt::Display for NotATime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "parsing time {:?}{}", self.text, self.problem)
    }
}

/// Refuses a time that is written in no year of the layout.
pub(crate) fn check(field: &'static str, time: Option<Timestamp>) -> Result<(), InvalidInput> {
    match time {
        Some(time) if time < FIRST => Err(InvalidInput::new(field, &time.to_string(), "must not be before the year 0")),
        _ => Ok(()),
    }
}

/// Reads a time with its seconds and its offset. One of the last hours of the year 9999, which Go knows and this crate's
/// times do not, is the last there is.
pub(crate) fn parse(text: &str) -> Result<Timestamp, NotATime> {
    let refuse = |problem: String| NotATime { text: text.to_owned(), problem };
    let mismatch = |rest: &str, part: &str| refuse(format!(" as {LAYOUT:?}: cannot parse {rest:?} as {part:?}"));
    let (mut rest, mut numbers) = (text, Vec::with_capacity(PARTS.len()));
    for part in &PARTS {
        match part {
            Part::Mark(mark) => rest = rest.strip_prefix(mark).ok_or_else(|| mismatch(rest, mark))?,
            Part::Number(sample, digits, bounds) => {
                let (number, after) = number(rest, *digits).ok_or_else(|| mismatch(rest, sample))?;
                if let Some((name, bounds)) = bounds
                    && !bounds.contains(&number)
                {
                    return Err(refuse(format!(": {name} out of range")));
                }
                numbers.push(number);
                rest = after;
            }
        }
    }
    let seconds = &text[..text.len() - rest.len()];
    let fraction = rest
        .strip_prefix('.')
        .map_or("", |fraction| &fraction[..fraction.bytes().take_while(u8::is_ascii_digit).count()]);
    let offset = if fraction.is_empty() { rest } else { &rest[1 + fraction.len()..] };
    let (hours, minutes) = offset_of(offset).ok_or_else(|| mismatch(offset, ZONE))?;
    for (number, most, name) in [(hours, 24, "hour"), (minutes, 59, "minute")] {
        if number > most {
            return Err(refuse(format!(": time zone offset {name} out of range")));
        }
    }
    if !has_day(&numbers) {
        return Err(refuse(": day out of range".to_owned()));
    }
    let fraction = &fraction[..fraction.len().min(FRACTION_DIGITS)];
    let point = if fraction.is_empty() { "" } else { "." };
    Ok(format!("{seconds}{point}{fraction}{offset}").parse().unwrap_or(Timestamp::MAX))
}

/// Whether the month has the day.
fn has_day(numbers: &[i16]) -> bool {
    let [year, month, day, ..] = numbers else { return false };
    let month = i8::try_from(*month).and_then(|month| Ok((month, i8::try_from(*day)?)));
    month.is_ok_and(|(month, day)| Date::new(*year, month, day).is_ok())
}

/// A number of so many digits, and what comes after it.
fn number(text: &str, digits: usize) -> Option<(i16, &str)> {
    let rest = after_digits(text, digits)?;
    Some((text[..digits].parse().ok()?, rest))
}

fn after_digits(text: &str, count: usize) -> Option<&str> {
    let (digits, rest) = text.split_at_checked(count)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(rest)
}

/// Hours and minutes, of `Z` none.
fn offset_of(text: &str) -> Option<(i16, i16)> {
    let Some(offset) = text.strip_prefix(['+', '-']) else { return (text == "Z").then_some((0, 0)) };
    let (hours, rest) = number(offset, 2)?;
    let (minutes, rest) = number(rest.strip_prefix(':')?, 2)?;
    rest.is_empty().then_some((hours, minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_with_seconds_and_offset_is_read() {
        for text in ["2023-12-12T00:00:00Z", "2023-12-12T01:00:00+01:00", "2023-12-12T00:00:00.000Z"] {
            assert_eq!(parse(text).unwrap().to_string(), "2023-12-12T00:00:00Z", "{text}");
        }
    }

    #[test]
    fn a_time_is_read_however_exact_and_however_late_it_is() {
        assert_eq!(
            parse("2023-12-12T00:00:00.1234567890123Z").unwrap(),
            parse("2023-12-12T00:00:00.123456789Z").unwrap()
        );
        assert_eq!(parse("9999-12-31T23:59:59Z").unwrap(), Timestamp::MAX);
    }

    #[test]
    fn what_does_not_fit_is_named_as_go_names_it() {
        for (text, problem) in [
            ("2023-12-12T00:00:00", r#" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "Z07:00""#),
            ("2023-12-12", r#" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T""#),
            ("yesterday", r#" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006""#),
            ("2023-12-12 00:00:00Z", r#" as "2006-01-02T15:04:05Z07:00": cannot parse " 00:00:00Z" as "T""#),
            ("2023-12-12T00:00:00+1", r#" as "2006-01-02T15:04:05Z07:00": cannot parse "+1" as "Z07:00""#),
            ("é", r#" as "2006-01-02T15:04:05Z07:00": cannot parse "é" as "2006""#),
            ("2023-13-12T00:00:00Z", ": month out of range"),
            ("2023-13-12T00:00", ": month out of range"),
            ("2023-02-29T00:00:00Z", ": day out of range"),
            ("2023-12-00T00:00:00Z", ": day out of range"),
            ("2023-12-12T24:00:00Z", ": hour out of range"),
            ("2023-12-12T23:60:00Z", ": minute out of range"),
            ("2023-12-12T23:59:60Z", ": second out of range"),
            ("2023-12-12T00:00:00+25:00", ": time zone offset hour out of range"),
            ("2023-12-12T00:00:00+01:61", ": time zone offset minute out of range"),
            ("2023-12-12T00:00:00.Z", r#" as "2006-01-02T15:04:05Z07:00": cannot parse ".Z" as "Z07:00""#),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), format!("parsing time {text:?}{problem}"));
        }
    }
}
