//! Times as the service reads them. It is written in Go, and its refusals are those of Go's `time.Parse`: they name the
//! first part of the layout that does not fit.

use std::fmt;

use jiff::Timestamp;

const LAYOUT: &str = "2006-01-02T15:04:05Z07:00";

/// The parts of the layout: the sample that stands for each in a refusal, and how many digits it takes (none for
/// punctuation).
const PARTS: [(&str, usize); 11] = [
    ("2006", 4),
    ("-", 0),
    ("01", 2),
    ("-", 0),
    ("02", 2),
    ("T", 0),
    ("15", 2),
    (":", 0),
    ("04", 2),
    (":", 0),
    ("05", 2),
];

const ZONE: &str = "Z07:00";

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

/// Reads a time with its seconds and its offset.
pub(crate) fn parse(text: &str) -> Result<Timestamp, NotATime> {
    let refuse = |problem: String| NotATime { text: text.to_owned(), problem };
    let mismatch = |rest: &str, part: &str| refuse(format!(" as {LAYOUT:?}: cannot parse {rest:?} as {part:?}"));
    let mut rest = text;
    for (part, digits) in PARTS {
        let after = if digits == 0 { rest.strip_prefix(part) } else { after_digits(rest, digits) };
        rest = after.ok_or_else(|| mismatch(rest, part))?;
    }
    let offset =
        rest.strip_prefix('.').map_or(rest, |fraction| fraction.trim_start_matches(|c: char| c.is_ascii_digit()));
    if !is_offset(offset) {
        return Err(mismatch(offset, ZONE));
    }
    text.parse().map_err(|_| refuse(": out of range".to_owned()))
}

fn after_digits(text: &str, count: usize) -> Option<&str> {
    let (digits, rest) = text.split_at_checked(count)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(rest)
}

fn is_offset(text: &str) -> bool {
    let Some(offset) = text.strip_prefix(['+', '-']) else { return text == "Z" };
    let minutes = after_digits(offset, 2).and_then(|rest| rest.strip_prefix(':'));
    minutes.and_then(|minutes| after_digits(minutes, 2)) == Some("")
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
    fn what_does_not_fit_is_named_as_go_names_it() {
        for (text, problem) in [
            ("2023-12-12T00:00:00", r#" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "Z07:00""#),
            ("2023-12-12", r#" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T""#),
            ("yesterday", r#" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006""#),
            ("2023-12-12 00:00:00Z", r#" as "2006-01-02T15:04:05Z07:00": cannot parse " 00:00:00Z" as "T""#),
            ("2023-12-12T00:00:00+1", r#" as "2006-01-02T15:04:05Z07:00": cannot parse "+1" as "Z07:00""#),
            ("é", r#" as "2006-01-02T15:04:05Z07:00": cannot parse "é" as "2006""#),
            ("2023-13-12T00:00:00Z", ": out of range"),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), format!("parsing time {text:?}{problem}"));
        }
    }
}
