//! What an organization has used of the rows its plan includes, of all its databases together.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::Timestamp;
use parking_lot::Mutex;

use super::statistics::Rows;
use super::time::{Hour, Month, end_of_month, start_of_month};

/// The rows of one organization, by calendar month.
#[derive(Debug, Default)]
pub(crate) struct Meter(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// What is included in a month; nothing where whatever is used is billed.
    included: Option<Rows>,
    used: BTreeMap<Month, Rows>,
    /// The month it was when somebody last asked.
    present: Range<Timestamp>,
}

/// What an organization has used up for this month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct UsedUp {
    pub(crate) reads: bool,
    pub(crate) writes: bool,
}

impl Meter {
    /// Sets what is included from now on.
    pub(crate) fn include(&self, rows: Option<Rows>) {
        self.0.lock().included = rows;
    }

    pub(crate) fn add(&self, rows: Rows, now: Timestamp) {
        *self.0.lock().used_in_month_of(now) += rows;
    }

    /// Sets what was used in a month.
    pub(crate) fn put(&self, month: Month, rows: Rows) {
        self.0.lock().used.insert(month, rows);
    }

    pub(crate) fn used(&self, now: Timestamp) -> Rows {
        *self.0.lock().used_in_month_of(now)
    }

    pub(crate) fn used_up(&self, now: Timestamp) -> UsedUp {
        let mut state = self.0.lock();
        let Some(included) = state.included else { return UsedUp::default() };
        let used = state.used_in_month_of(now);
        UsedUp { reads: used.read >= included.read, writes: used.written >= included.written }
    }

    pub(crate) fn rows_by_month(&self) -> Vec<(Month, Rows)> {
        self.0.lock().used.iter().map(|(month, rows)| (*month, *rows)).collect()
    }
}

impl State {
    fn used_in_month_of(&mut self, now: Timestamp) -> &mut Rows {
        if !self.present.contains(&now) {
            self.present = start_of_month(now)..end_of_month(now);
        }
        self.used.entry(Month { first: Hour::of(self.present.start) }).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(read: u64, written: u64) -> Rows {
        Rows { read, written }
    }

    #[test]
    fn what_is_used_counts_until_the_month_ends() {
        let (meter, now) = (Meter::default(), "2026-02-28T23:59:59Z".parse().unwrap());
        meter.include(Some(rows(10, 5)));
        meter.add(rows(9, 5), now);
        assert_eq!(meter.used_up(now), UsedUp { reads: false, writes: true });
        meter.add(rows(1, 0), now);
        assert_eq!(meter.used_up(now), UsedUp { reads: true, writes: true });
        assert_eq!(meter.used_up("2026-03-01T00:00:00Z".parse().unwrap()), UsedUp::default());
        assert_eq!(meter.used_up(now), UsedUp { reads: true, writes: true });
    }

    #[test]
    fn what_is_billed_is_never_used_up() {
        let (meter, now) = (Meter::default(), Timestamp::UNIX_EPOCH);
        meter.add(rows(u64::MAX, u64::MAX), now);
        meter.add(rows(1, 1), now);
        assert_eq!(meter.used_up(now), UsedUp::default());
        meter.include(Some(rows(u64::MAX, u64::MAX)));
        assert_eq!(meter.used_up(now), UsedUp { reads: true, writes: true });
    }
}
