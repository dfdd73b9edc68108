//! What an import has made, to be removed again if it fails.

use crate::{
    hrana::{BatchError, Connection, Statement},
    script::{Created, quote_identifier},
};

/// Tables, indexes, triggers and views that were not there before, in the order they were made.
#[derive(Debug, Default)]
pub(super) struct Made(Vec<Created>);

impl Made {
    pub(super) fn add(&mut self, created: Created) {
        self.0.push(created);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Removes all of it. Yields what to say of it, which is an error where something is left.
    pub(super) async fn remove(&self, connection: &Connection) -> Result<String, String> {
        let drop =
            |made: &Created| Statement::new(format!("DROP {} IF EXISTS {}", made.kind, quote_identifier(&made.name)));
        let drops: Vec<_> = self.0.iter().rev().map(drop).collect();
        if !drops.is_empty() {
            let before = [Statement::new("PRAGMA foreign_keys = OFF")];
            connection.commit(&before, &drops).await.map_err(|BatchError { error, .. }| {
                let names: Vec<_> = self.0.iter().map(|made| made.name.as_str()).collect();
                format!("these were made and could not be removed: {} ({error})", names.join(", "))
            })?;
        }
        Ok("what it had made was removed again".to_owned())
    }
}
