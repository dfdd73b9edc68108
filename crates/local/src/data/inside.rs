//! Statements of whoever holds the cloud itself, and needs nobody's leave.

use super::DataPlane;
use super::access::{Grant, Peer};
use super::database::{Database, Policy};
use super::host::run;
use super::hrana::{Request, Response, Statement, Value};
use super::refusal::Refusal;

impl DataPlane {
    /// Runs one statement on the database that takes requests at a label, and tells its rows, or in a sentence why there
    /// are none.
    pub(crate) async fn execute(&self, label: &str, sql: &str) -> Result<Vec<Vec<Value>>, String> {
        let database = self.0.databases.read().by_label.get(label).cloned();
        let database = database.ok_or_else(|| Refusal::UnknownDatabase.message())?;
        let policy = policy(&database).map_err(|refusal| refusal.message())?;
        match run(&database, policy, Request::Execute { stmt: Statement::of(sql.to_owned()) }).await {
            Ok(Ok(Response::Execute { result })) => Ok(result.rows),
            Ok(Ok(_)) => Err(Refusal::Internal.message()),
            Ok(Err(error)) => Err(error.message),
            Err(refusal) => Err(refusal.message()),
        }
    }
}

fn policy(database: &Database) -> Result<Policy, Refusal> {
    let record = database.record();
    if record.archived {
        Err(Refusal::Archived)
    } else if record.draft {
        Err(Refusal::Draft)
    } else {
        Ok(Policy::new(Grant::of_owner(), &record, database.used_up(), Peer::default()))
    }
}
