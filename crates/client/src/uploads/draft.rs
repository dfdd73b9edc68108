//! A new database from a file: a draft, its file, and the end of the draft where it cannot get it.

use std::path::PathBuf;

use tokio::runtime::Handle;
use turso_cloud_contract::{
    DatabaseName, InvalidInput,
    databases::{CreatedDatabase, NewDatabase, Seed},
};

use super::{FileSettings, Job, host::Host, preflight, send::send_file};
use crate::{Databases, Error};

/// Checks a file, creates a database that waits for one, and sends it.
pub(crate) async fn create_from_file(
    job: Job,
    databases: Databases,
    database: NewDatabase,
    path: PathBuf,
    mut settings: FileSettings,
) -> Result<CreatedDatabase, Error> {
    refuse_seed(&database)?;
    settings.encryption.clone_from(&database.remote_encryption);
    let file = preflight::database_file(path, settings.encryption.as_ref()).await?;
    let created = databases.create(database.seed(Seed::DatabaseUpload)).await?;
    job.meter.begin(file.size());

    let keep = settings.keep_draft;
    let draft = Draft { databases: &databases, name: (!keep).then(|| created.name.clone()) };
    let send = async {
        let host = Host::find_new(&job, &databases, &created.name).await?;
        send_file(&job, host, &file, settings).await
    };
    match send.await {
        Ok(()) => {
            draft.keep();
            Ok(created)
        }
        Err(error) => Err(draft.delete(error).await),
    }
}

/// What a file or a dump is to be the seed of must not have one.
pub(super) fn refuse_seed(database: &NewDatabase) -> Result<(), InvalidInput> {
    match &database.seed {
        None | Some(Seed::DatabaseUpload) => Ok(()),
        Some(_) => {
            Err(InvalidInput::without_value("seed", "must not be set: the file is what the database starts with"))
        }
    }
}

/// A database that is of no use without its file: it is deleted when this is dropped.
struct Draft<'a> {
    databases: &'a Databases,
    name: Option<DatabaseName>,
}

impl Draft<'_> {
    fn keep(mut self) {
        self.name = None;
    }

    /// Deletes it because of an error, and says so where that fails, too.
    async fn delete(mut self, error: Error) -> Error {
        let Some(name) = self.name.clone() else { return error };
        let deleted = self.databases.delete_if_exists(name.clone()).await;
        self.name = None;
        match deleted {
            Ok(true) => error.undone().and_detail(&format!("the draft database {name} was deleted again")),
            // It may be too new to be found.
            Ok(false) => error.without_resume_point(),
            Err(failed) => error.and_detail(&format!("the draft database {name} is still there: {failed}")),
        }
    }
}

/// Whoever gives up the upload leaves no time to wait for the deletion.
impl Drop for Draft<'_> {
    fn drop(&mut self) {
        const LEFT: &str = "the draft of an upload that was given up is still there";
        let Some(database) = self.name.take() else { return };
        let Ok(runtime) = Handle::try_current() else {
            tracing::warn!(%database, "{LEFT}: there is no runtime to delete it on");
            return;
        };
        let delete = self.databases.delete_if_exists(database);
        runtime.spawn(async move {
            if let Err(error) = delete.await {
                tracing::warn!(%error, "{LEFT}");
            }
        });
    }
}
