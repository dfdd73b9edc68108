//! What an import has made, to be removed again if it fails.

use super::{load::without_foreign_keys, outcome::Broken};
use crate::{
    commands::tables::texts,
    hrana::{BatchError, Connection, HranaError, Statement, Value},
    script::{Altered, Change, Created, Entity, folded, makes_the_same, quote_identifier},
};

/// Tables, indexes, triggers and views that were not there before, in the order they were made.
#[derive(Debug, Default)]
pub(super) struct Made(Vec<Thing>);

#[derive(Debug)]
struct Thing {
    created: Created,
    /// Where nobody knows whether this made it: somebody else may have made one of the same name.
    unsure: Option<String>,
}

impl Made {
    /// Notes what statements have made, by how they ended. What was refused has made nothing, and what is there by that name
    /// is somebody else's.
    pub(super) fn note<'s>(
        &mut self,
        statements: impl IntoIterator<Item = (Created, &'s str)>,
        outcome: &Result<(), Broken>,
    ) {
        for (created, sql) in statements {
            match outcome {
                Ok(()) if !created.is_only_if_absent => self.0.push(Thing { created, unsure: None }),
                Ok(()) => self.perhaps(created, sql),
                Err(broken) if broken.is_last_unknown => self.perhaps(created, sql),
                Err(_) => {}
            }
        }
    }

    /// Follows what was done with something that may be noted here.
    pub(super) fn follow(&mut self, Altered { entity, name, change }: Altered) {
        let is_it = |thing: &Thing| thing.created.entity == entity && folded(&thing.created.name) == folded(&name);
        let Some(at) = self.0.iter().rposition(is_it) else { return };
        match change {
            Change::Removed => drop(self.0.remove(at)),
            Change::Renamed(to) => {
                if let Some(thing) = self.0.get_mut(at) {
                    thing.created.name = to;
                }
            }
            Change::Reshaped => {}
        }
    }

    /// Notes what a statement may have made.
    pub(super) fn perhaps(&mut self, created: Created, sql: &str) {
        self.0.push(Thing { created, unsure: Some(sql.to_owned()) });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Removes all of it. Yields what to say of it, which is an error where something is left.
    pub(super) async fn remove(&self, connection: &Connection) -> Result<String, String> {
        let failed = |error: HranaError| {
            let names: Vec<_> = self.0.iter().map(|made| made.created.name.as_str()).collect();
            format!("these were made and could not be removed: {} ({error})", names.join(", "))
        };
        let mut left = Vec::new();
        let mut drops = Vec::new();
        for Thing { created: Created { entity, name, .. }, unsure } in self.0.iter().rev() {
            if let Some(sql) = unsure {
                match stored(connection, *entity, name).await.map_err(failed)? {
                    None => continue,
                    Some(stored) if makes_the_same(&stored, sql) => {}
                    Some(_) => {
                        let entity = entity.word();
                        left.push(format!("; {entity} {name:?} is there, and may be somebody else's: it is left"));
                        continue;
                    }
                }
            }
            drops.push(Statement::new(format!("DROP {} IF EXISTS {}", entity.word(), quote_identifier(name))));
        }
        if !drops.is_empty() {
            let dropped = connection.commit(&without_foreign_keys(), &drops).await;
            dropped.map_err(|BatchError { error, .. }| failed(error))?;
        }
        Ok(format!("what it had made was removed again{}", left.concat()))
    }
}

/// The statement that made what a database has of a name.
async fn stored(connection: &Connection, entity: Entity, name: &str) -> Result<Option<String>, HranaError> {
    // What is still under way comes to its end first: it is waited for by whoever wants to write.
    connection.commit(&[], &[Statement::new("SELECT 1")]).await.map_err(|BatchError { error, .. }| error)?;
    let sql = "SELECT sql FROM sqlite_schema WHERE type = ?1 AND name = ?2 COLLATE NOCASE";
    let values = vec![Value::Text(entity.word().to_owned()), Value::Text(name.to_owned())];
    let rows = connection.rows_beside(&Statement::new(sql).with(values)).await?;
    Ok(texts(rows).into_iter().next())
}
