//! Where the pages of a listing begin and end.

/// A position in a listing: behind the row of this id, which in a listing of deleted things was deleted at this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// Microseconds since 1970; 0 in a listing of what is not deleted.
    pub(crate) time: i64,
    pub(crate) row: i64,
}

impl Position {
    pub(crate) const START: Self = Self { time: i64::MIN, row: i64::MIN };
}

/// A part of a listing: at most so many of what is behind a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) after: Position,
    pub(crate) limit: usize,
}

impl Page {
    /// One more than the page holds, to learn whether there is another page.
    pub(super) fn rows_to_read(self) -> i64 {
        i64::try_from(self.limit).map_or(i64::MAX, |limit| limit.saturating_add(1))
    }
}
