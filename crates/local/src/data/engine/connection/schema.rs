//! What a connection knows of texts, for as long as the schema stays as it was when they were compiled.

use super::EngineConnection;
use super::familiar::Facts;
use crate::data::engine::seen::Seen;
use crate::data::engine::{errors, schema, text};
use crate::data::hrana::SqlError;

impl EngineConnection {
    /// What is known of a text without compiling it. A token's rules have to be asked each time.
    pub(super) fn facts_of(&self, sql: &str) -> Option<Facts> {
        if self.is_as_usual() && !self.observer.is_guarded() { self.familiar.get(sql) } else { None }
    }

    /// Whether a text means what it means on every connection.
    pub(super) fn is_as_usual(&self) -> bool {
        !self.has_attached && !self.schema_changed
    }

    /// Keeps in mind what a statement may have changed for the ones after it.
    pub(super) fn draw_consequences(&mut self, seen: Seen) {
        self.schema_changed |= seen.changes_schema();
        if seen.changes_session() || seen.changes_schema() {
            self.forget_texts();
        }
        self.publish_schema_change();
    }

    fn forget_texts(&mut self) {
        self.familiar.clear();
        self.observer.forget_schema();
        self.handle.flush_prepared_statement_cache();
    }

    /// Says to the observer which text is compiled next.
    pub(super) fn expect_text(&self, sql: &str) -> Result<(), SqlError> {
        text::check(sql)?;
        let is_settled = self.has_newest_schema() && !self.schema_changed;
        self.observer.expect(&self.handle, sql, is_settled).map_err(errors::describe)
    }

    pub(super) fn has_newest_schema(&self) -> bool {
        self.schema_seen == self.schema.current()
    }

    /// Reads the schema again if another connection may have changed it.
    pub(super) fn refresh_schema(&mut self) -> Result<(), SqlError> {
        if self.has_attached {
            self.observer.unwatched(|| schema::look_at_attached(&self.handle)).map_err(errors::describe)?;
        }
        if self.has_newest_schema() {
            return Ok(());
        }
        if self.patience.is_zero() {
            return Err(SqlError::interrupted());
        }
        let current = self.schema.current();
        self.forget_texts();
        self.observer.unwatched(|| schema::look_at(&self.handle, "main")).map_err(errors::describe)?;
        // Inside a transaction the schema read is the one of its snapshot, so it has to be read again afterwards.
        if self.handle.is_autocommit() {
            self.schema_seen = current;
        }
        Ok(())
    }

    /// Tells the other connections about schema changes as soon as they are committed.
    pub(super) fn publish_schema_change(&mut self) {
        if !self.schema_changed || !self.handle.is_autocommit() {
            return;
        }
        self.schema_changed = false;
        let changed = self.schema.change();
        if changed == self.schema_seen + 1 {
            self.schema_seen = changed;
        }
    }
}
