//! The times that usage is counted by: hours, and the months of the calendar.

use jiff::Timestamp;
use jiff::tz::TimeZone;

const SECONDS_PER_HOUR: i64 = 3600;

/// An hour, counted from the beginning of 1970: as exactly as usage is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Hour(pub(crate) i64);

impl Hour {
    /// The hour a time lies in.
    pub(crate) fn of(time: Timestamp) -> Self {
        Self(time.as_second().div_euclid(SECONDS_PER_HOUR))
    }
}

/// Two hours and all between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hours {
    pub(crate) first: Hour,
    pub(crate) last: Hour,
}

impl Hours {
    /// All the hours that a period has a part of.
    pub(crate) fn between(from: Timestamp, to: Timestamp) -> Self {
        Self { first: Hour::of(from), last: Hour::of(to) }
    }

    /// From the beginning of a calendar month to a time in it.
    pub(crate) fn of_month_until(now: Timestamp) -> Self {
        Self::between(start_of_month(now), now)
    }

    pub(super) fn contains(self, hour: Hour) -> bool {
        self.first <= hour && hour <= self.last
    }
}

/// A calendar month, by its first hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Month {
    pub(crate) first: Hour,
}

/// The beginning of time in the first month of it.
pub(crate) fn start_of_month(now: Timestamp) -> Timestamp {
    let first_day = now.to_zoned_datetime(TimeZone::UTC).first_of_month();
    first_day.and_then(|day| day.start_of_day()).map_or(Timestamp::MIN, |start| start.timestamp())
}

/// The end of time in the last month of it.
pub(super) fn end_of_month(now: Timestamp) -> Timestamp {
    let last_day = now.to_zoned_datetime(TimeZone::UTC).last_of_month();
    let end = last_day.and_then(|day| day.tomorrow()).and_then(|day| day.start_of_day());
    end.map_or(Timestamp::MAX, |end| end.timestamp())
}
