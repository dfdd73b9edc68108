//! What a local cloud has written, entry by entry. Those of its log have a time, a level and the part of it that speaks;
//! lines of other origin, such as an error that ended it, are entries of nothing but their text.

use jiff::Timestamp;
use serde::Serialize;

use crate::output::Shape;

pub(super) const ENTRY: Shape = Shape {
    noun: "entry",
    name: "at",
    columns: &[("time", "at"), ("level", "level"), ("target", "target"), ("message", "message")],
    wide: &[],
};

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Entry {
    at: Option<Timestamp>,
    level: Option<String>,
    target: Option<String>,
    message: String,
}

impl Entry {
    /// `2026-11-26T09:21:22.536542Z  WARN turso_cloud_local::server: what happened and=why`.
    fn of(line: &str) -> Self {
        Self::of_log(line).unwrap_or_else(|| Self { at: None, level: None, target: None, message: line.to_owned() })
    }

    fn of_log(line: &str) -> Option<Self> {
        let (at, rest) = line.split_once(' ')?;
        let (level, rest) = rest.trim_start().split_once(' ')?;
        let (target, message) = rest.split_once(": ")?;
        let is_level = matches!(level, "ERROR" | "WARN" | "INFO" | "DEBUG" | "TRACE");
        let at = at.parse().ok().filter(|_| is_level)?;
        Some(Self {
            at: Some(at),
            level: Some(level.to_ascii_lowercase()),
            target: Some(target.to_owned()),
            message: message.to_owned(),
        })
    }
}

/// Makes entries of what is read piece by piece.
#[derive(Debug, Default)]
pub(super) struct Entries {
    /// The line that has not ended yet.
    begun: Vec<u8>,
}

impl Entries {
    /// Those that end in a piece.
    pub(super) fn of(&mut self, piece: &[u8]) -> Vec<Entry> {
        let mut lines = piece.split_inclusive(|byte| *byte == b'\n');
        std::iter::from_fn(|| {
            self.begun.extend_from_slice(lines.next()?);
            Some(if self.begun.ends_with(b"\n") { self.last() } else { None })
        })
        .flatten()
        .collect()
    }

    /// What has begun, which nothing more will come to.
    pub(super) fn last(&mut self) -> Option<Entry> {
        let line = std::mem::take(&mut self.begun);
        let line = line.trim_ascii_end();
        (!line.is_empty()).then(|| Entry::of(&String::from_utf8_lossy(line)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_an_entry_wherever_it_was_cut() {
        let log = "2026-11-26T09:21:22.536542Z DEBUG a::b: it broke error=x: y\n\nerror: ü\nlast";
        let expected = [
            r#"{"at":"2026-11-26T09:21:22.536542Z","level":"debug","target":"a::b","message":"it broke error=x: y"}"#,
            r#"{"at":null,"level":null,"target":null,"message":"error: ü"}"#,
            r#"{"at":null,"level":null,"target":null,"message":"last"}"#,
        ];
        for cut in 0..=log.len() {
            let mut entries = Entries::default();
            let (one, other) = log.as_bytes().split_at(cut);
            let mut found = entries.of(one);
            found.extend(entries.of(other));
            found.extend(entries.last());
            let found: Vec<_> = found.iter().map(|entry| serde_json::to_string(entry).unwrap()).collect();
            assert_eq!(found, expected, "{cut}");
        }
    }

    #[test]
    fn what_only_looks_like_an_entry_is_kept_as_it_is() {
        for line in ["2026-11-26T09:21:22Z said a: b", "now WARN a: b", "2026-11-26T09:21:22Z  WARN a", " WARN a: b"] {
            assert_eq!(Entry::of(line), Entry { at: None, level: None, target: None, message: line.to_owned() });
        }
    }
}
