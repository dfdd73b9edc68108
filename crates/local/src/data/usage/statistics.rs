//! What a database has read and written, by the hour, and the queries that did most of it.

use std::collections::{BTreeMap, HashMap};

use super::time::{Hour, Hours};

/// Texts remembered for one hour. Beyond it, the cheapest makes room for a dearer one.
const MAX_QUERIES: usize = 100;

/// Hours whose queries are remembered; the official command line asks for one day.
const HOURS_OF_QUERIES: usize = 48;

/// Longer texts are cut.
const MAX_TEXT_BYTES: usize = 4096;

/// Rows that the engine has looked at and changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rows {
    /// Rows the engine has looked at.
    pub(crate) read: u64,
    /// Rows the engine has inserted, updated or deleted.
    pub(crate) written: u64,
}

impl Rows {
    fn sum(self) -> u64 {
        self.read.saturating_add(self.written)
    }
}

impl std::ops::AddAssign for Rows {
    fn add_assign(&mut self, other: Self) {
        self.read = self.read.saturating_add(other.read);
        self.written = self.written.saturating_add(other.written);
    }
}

/// The books of one database, since it was put.
#[derive(Debug, Default)]
pub(crate) struct Statistics(BTreeMap<Hour, Bucket>);

#[derive(Debug, Default)]
struct Bucket {
    rows: Rows,
    queries: HashMap<String, Rows>,
}

impl Statistics {
    /// Enters what a statement did.
    pub(crate) fn enter(&mut self, hour: Hour, sql: &str, rows: Rows) {
        let is_new = !self.0.contains_key(&hour);
        let bucket = self.0.entry(hour).or_default();
        bucket.rows += rows;
        let sql = shortened(sql.trim());
        if rows != Rows::default() && !sql.is_empty() {
            bucket.enter_query(sql, rows);
        }
        if is_new {
            self.0.values_mut().rev().skip(HOURS_OF_QUERIES).for_each(|old| old.queries = HashMap::new());
        }
    }

    pub(crate) fn rows_in(&self, hours: Hours) -> Rows {
        let mut sum = Rows::default();
        self.0.iter().filter(|(hour, _)| hours.contains(**hour)).for_each(|(_, bucket)| sum += bucket.rows);
        sum
    }

    pub(crate) fn rows_by_hour(&self) -> Vec<(Hour, Rows)> {
        self.0.iter().map(|(hour, bucket)| (*hour, bucket.rows)).collect()
    }

    /// The queries of these hours, the dearest first.
    pub(crate) fn top_queries(&self, hours: Hours) -> Vec<(String, Rows)> {
        let mut queries: HashMap<&str, Rows> = HashMap::new();
        for (_, bucket) in self.0.iter().filter(|(hour, _)| hours.contains(**hour)) {
            for (sql, rows) in &bucket.queries {
                *queries.entry(sql).or_default() += *rows;
            }
        }
        let mut queries: Vec<_> = queries.into_iter().map(|(sql, rows)| (sql.to_owned(), rows)).collect();
        queries.sort_by(|(a, a_rows), (b, b_rows)| b_rows.sum().cmp(&a_rows.sum()).then_with(|| a.cmp(b)));
        queries.truncate(MAX_QUERIES);
        queries
    }
}

impl Bucket {
    fn enter_query(&mut self, sql: &str, rows: Rows) {
        if let Some(sum) = self.queries.get_mut(sql) {
            *sum += rows;
            return;
        }
        if self.queries.len() >= MAX_QUERIES {
            let cheapest = self.queries.iter().min_by_key(|(_, rows)| rows.sum());
            let Some(evicted) = cheapest.filter(|(_, cheapest)| cheapest.sum() < rows.sum()) else { return };
            let evicted = evicted.0.clone();
            self.queries.remove(&evicted);
        }
        self.queries.insert(sql.to_owned(), rows);
    }
}

fn shortened(sql: &str) -> &str {
    let end = (0..=sql.len().min(MAX_TEXT_BYTES)).rev().find(|end| sql.is_char_boundary(*end));
    &sql[..end.unwrap_or_default()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Hours = Hours { first: Hour(0), last: Hour(i64::MAX) };

    fn read(read: u64) -> Rows {
        Rows { read, written: 0 }
    }

    #[test]
    fn the_books_stay_small_and_keep_the_dearest_queries() {
        let mut statistics = Statistics::default();
        for index in 1..=10_000 {
            statistics.enter(Hour(0), &format!("SELECT {index}"), read(index));
        }
        let top = statistics.top_queries(ALL);
        assert_eq!((top.len(), top[0].0.as_str(), top[99].0.as_str()), (100, "SELECT 10000", "SELECT 9901"));
        assert_eq!(statistics.rows_in(ALL), read(50_005_000));
    }

    #[test]
    fn rows_are_kept_for_every_hour_and_queries_for_two_days() {
        let mut statistics = Statistics::default();
        for hour in 0..100 {
            statistics.enter(Hour(hour), " SELECT a ", read(1));
        }
        assert_eq!(statistics.rows_by_hour().len(), 100);
        assert_eq!(statistics.rows_in(Hours { first: Hour(10), last: Hour(19) }), read(10));
        assert_eq!(statistics.top_queries(ALL), [("SELECT a".to_owned(), read(48))]);
    }

    #[test]
    fn a_long_text_is_cut_between_two_characters() {
        let mut statistics = Statistics::default();
        statistics.enter(Hour(0), &"é".repeat(5000), read(1));
        assert_eq!(statistics.top_queries(ALL)[0].0.len(), 4096);
    }
}
