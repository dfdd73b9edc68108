//! The texts a connection has run before, with what was seen when they were compiled.

use std::collections::HashMap;
use std::time::Duration;

use crate::data::engine::Known;
use crate::data::engine::seen::Seen;

/// As many as compiled statements are kept.
pub(super) const MOST: usize = 64;

/// Longer texts are not sent again and again.
const MAX_BYTES: usize = 4096;

/// A [brief](Known::is_brief) statement takes no longer.
const BRIEF: Duration = Duration::from_micros(100);

/// What is known of one text, as long as the schema stays as it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    pub(super) seen: Seen,
    pub(super) known: Known,
    /// It took longer than it should the last time.
    pub(super) was_long: bool,
}

#[derive(Debug, Default)]
pub(super) struct Familiar(HashMap<Box<str>, Facts>);

impl Familiar {
    pub(super) fn get(&self, sql: &str) -> Option<Facts> {
        self.0.get(sql).copied()
    }

    /// Remembers a text that consists of one statement, and how long that took. One that was brief stays so when it took
    /// long once: the system may have given the time to others.
    pub(super) fn remember(&mut self, sql: &str, mut facts: Facts, took: Duration) {
        let is_long = took > BRIEF;
        let was_brief = facts.known.is_brief && !facts.was_long;
        facts.known.is_brief = facts.seen.is_plain() && (!is_long || was_brief);
        facts.was_long = is_long;
        if let Some(known) = self.0.get_mut(sql) {
            *known = facts;
        } else if sql.len() <= MAX_BYTES && !facts.seen.asks_engine() {
            if self.0.len() >= MOST {
                self.0.clear();
            }
            self.0.insert(sql.into(), facts);
        }
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
