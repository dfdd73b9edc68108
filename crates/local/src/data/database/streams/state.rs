//! What is left of a stream between two of its requests.

use std::collections::HashMap;

use crate::data::database::{Carried, Database, Session};

/// The stored SQL texts of a stream.
pub(crate) type StoredSql = HashMap<i32, String>;

/// What a stream keeps between requests.
#[derive(Default)]
pub(crate) struct StreamState {
    pub(crate) session: Option<Box<Session>>,
    pub(crate) stored: StoredSql,
    /// What the next session begins with. The one that is there knows better.
    pub(crate) carried: Carried,
}

impl StreamState {
    /// Rolls back what is open, and lets the next statement tell its client. What the session has besides stays.
    pub(crate) fn end_transaction(&mut self, database: &Database) {
        if let Some(mut session) = self.session.take() {
            self.carried = session.carried();
            if session.is_pristine() {
                database.give_back(session);
            } else {
                session.roll_back();
                self.session = Some(session);
            }
        }
        self.carried.transaction_is_lost = true;
    }

    /// How much it keeps in memory for its client.
    pub(crate) fn stored_bytes(&self) -> usize {
        self.stored.values().map(String::len).sum()
    }
}
