//! What is wrong with a file is said before anything is sent.

mod dump;
mod sqlite;

use std::{path::PathBuf, sync::Arc};

use turso_cloud_contract::databases::Encryption;

use super::file::{SourceFile, blocking};
use crate::{Error, ErrorKind};

/// Opens a file the service may take as a database.
pub(super) async fn database_file(path: PathBuf, encryption: Option<&Encryption>) -> Result<Arc<SourceFile>, Error> {
    let cipher = encryption.map(|encryption| encryption.encryption_cipher.clone());
    opened(path, move |file| sqlite::check(file, cipher.as_ref())).await
}

/// Opens a file the service may take as a dump in SQL.
pub(super) async fn dump(path: PathBuf) -> Result<Arc<SourceFile>, Error> {
    opened(path, dump::check).await
}

async fn opened(
    path: PathBuf,
    check: impl FnOnce(&SourceFile) -> Result<(), Error> + Send + 'static,
) -> Result<Arc<SourceFile>, Error> {
    blocking(move || {
        let file = SourceFile::open(path)?;
        check(&file)?;
        Ok(Arc::new(file))
    })
    .await
}

/// `shop.db cannot be uploaded: its page size is 512, and 4096 is needed; run …`
fn unfit(file: &SourceFile, found: &str, needed: &str, repair: &str) -> Error {
    let path = file.path().display();
    let detail = format!("{path} cannot be uploaded: {found}, and {needed} is needed; {repair}");
    Error::new(ErrorKind::InvalidInput).with_detail(detail)
}
