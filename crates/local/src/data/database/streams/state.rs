//! What is left of a stream between two of its requests.

use std::collections::HashMap;

use crate::data::database::{Database, Session};

/// The stored SQL texts of a stream.
pub(crate) type StoredSql = HashMap<i32, String>;

/// What a stream keeps between requests.
#[derive(Default)]
pub(crate) struct StreamState {
    pub(crate) session: Option<Box<Session>>,
    pub(crate) stored: StoredSql,
    /// What `last_insert_rowid()` said when the stream gave its connection back.
    pub(crate) last_insert_rowid: i64,
    /// The server rolled a transaction back and the client has not noticed yet.
    pub(crate) transaction_is_lost: bool,
}

impl StreamState {
    /// Rolls back what is open, and lets the next statement tell its client. What the session has besides stays.
    pub(crate) fn end_transaction(&mut self, database: &Database) {
        self.transaction_is_lost = true;
        let Some(mut session) = self.session.take() else { return };
        self.last_insert_rowid = session.last_insert_rowid();
        if session.is_pristine() {
            return database.give_back(session);
        }
        session.roll_back();
        self.session = Some(session);
    }

    /// How much it keeps in memory for its client.
    pub(crate) fn stored_bytes(&self) -> usize {
        self.stored.values().map(String::len).sum()
    }
}
