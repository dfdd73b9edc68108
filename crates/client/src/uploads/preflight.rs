//! What is wrong with a file is said before anything is sent.

mod dump;
mod sqlite;

use std::{path::PathBuf, sync::Arc};

pub use sqlite::DatabaseFile;
use turso_cloud_contract::databases::Encryption;

use super::{
    file::{SourceFile, blocking},
    unfit::UnfitFile,
};
use crate::Error;

/// Opens a file the service may take as a database.
pub(super) async fn database_file(path: PathBuf, encryption: Option<&Encryption>) -> Result<Arc<SourceFile>, Error> {
    let cipher = encryption.map(|encryption| encryption.encryption_cipher.clone());
    blocking(move || {
        let file = DatabaseFile::open(path)?;
        file.check_upload(cipher.as_ref())?;
        Ok(Arc::new(file.into_source()))
    })
    .await
}

/// Opens a file the service may take as a dump in SQL.
pub(super) async fn dump(path: PathBuf) -> Result<Arc<SourceFile>, Error> {
    blocking(move || {
        let file = SourceFile::open(path)?;
        dump::check(&file)?;
        Ok(Arc::new(file))
    })
    .await
}

fn unfit(file: &SourceFile, found: &str, needed: &str) -> UnfitFile {
    UnfitFile::new(file.path(), format!("{found}, and {needed} is needed"))
}
