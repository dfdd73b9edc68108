//! The name of a commit.

use std::fmt;
use std::str::FromStr;

/// A commit of one database: after so many frames of a generation's log. Whatever a text says, it names a commit only if
/// the log has the same sum there, so that a log cut off by a power failure and written anew has none of the old names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Point {
    pub(crate) generation: u32,
    pub(crate) frames: u32,
    /// The sum of the log up to there; 0 where it has no frames.
    pub(crate) check: u64,
}

/// A text that names no commit of any database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotAPoint;

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{:016x}", self.generation, self.frames, self.check)
    }
}

impl FromStr for Point {
    type Err = NotAPoint;

    fn from_str(text: &str) -> Result<Self, NotAPoint> {
        let parts: Vec<_> = text.splitn(3, '.').collect();
        let [generation, frames, check] = parts[..] else { return Err(NotAPoint) };
        let point = Self {
            generation: generation.parse().map_err(|_| NotAPoint)?,
            frames: frames.parse().map_err(|_| NotAPoint)?,
            check: u64::from_str_radix(check, 16).map_err(|_| NotAPoint)?,
        };
        // No other spelling, as of a number with a sign.
        if point.to_string() == text { Ok(point) } else { Err(NotAPoint) }
    }
}
