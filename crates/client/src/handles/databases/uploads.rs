//! Databases from files and from dumps in SQL.

use std::path::PathBuf;

use turso_cloud_contract::{
    DatabaseName, InvalidInput,
    databases::{CreatedDatabase, NewDatabase},
};

use super::Databases;
use crate::{
    DumpUpload, FileUpload,
    handles::scope::named,
    uploads::{Upload, create_from_dump, create_from_file, upload_dump, upload_file},
};

impl Databases {
    /// Creates a database from the file of a SQLite database: checks the file, creates a draft, sends the file in
    /// pieces, and has the service open it. Where that fails, or is given up, the draft is deleted again; one whose creation
    /// was given up, or whose answer was lost ([`may_have_happened`](crate::Error::may_have_happened)), can be left.
    ///
    /// The file has to be in WAL mode, with pages of 4096 bytes, without `auto_vacuum`, in UTF-8, of at most 20 GiB,
    /// and with nothing left in the `-wal` beside it; for an encrypted database, with the room in each page its cipher
    /// needs. A file that is not fails with [`InvalidInput`](crate::ErrorKind::InvalidInput), and the error says how
    /// to repair it. Whether its content is sound is not checked: `PRAGMA quick_check` tells. Nothing may write to it
    /// meanwhile.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # let folder = tempfile::tempdir()?;
    /// # let file = folder.path().join("shop.db");
    /// # let shop = rusqlite::Connection::open(&file)?;
    /// # shop.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE goods (name); PRAGMA wal_checkpoint(TRUNCATE)")?;
    /// # drop(shop);
    /// use turso_cloud::NewDatabase;
    ///
    /// let created = turso
    ///     .databases()
    ///     .create_from_file(NewDatabase::new("shop", "default"), &file)
    ///     .on_progress(|progress| println!("{} of {} bytes", progress.bytes_sent, progress.bytes_total))
    ///     .await?;
    /// assert_eq!(created.name, "shop");
    /// # Ok(())
    /// # }
    /// ```
    pub fn create_from_file(&self, database: NewDatabase, path: impl Into<PathBuf>) -> FileUpload<CreatedDatabase> {
        let (databases, path) = (self.clone(), path.into());
        Upload::new(self.scope.client(), move |job, settings| {
            create_from_file(job, databases, database, path, settings)
        })
    }

    /// Sends the file of a SQLite database to a draft: a database created with
    /// [`Seed::DatabaseUpload`](crate::Seed::DatabaseUpload). The file is held to the rules of
    /// [`create_from_file`](Self::create_from_file); the draft is never deleted.
    ///
    /// An upload that failed can go on where it stopped:
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # let folder = tempfile::tempdir()?;
    /// # let file = folder.path().join("shop.db");
    /// # let shop = rusqlite::Connection::open(&file)?;
    /// # shop.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE goods (name); PRAGMA wal_checkpoint(TRUNCATE)")?;
    /// # drop(shop);
    /// use turso_cloud::{NewDatabase, Seed};
    ///
    /// turso.databases().create(NewDatabase::new("shop", "default").seed(Seed::DatabaseUpload)).await?;
    /// if let Err(error) = turso.databases().upload_file("shop", &file).await {
    ///     let Some(point) = error.resume_point() else { return Err(error.into()) };
    ///     turso.databases().upload_file("shop", &file).resume(point.clone()).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn upload_file(
        &self,
        name: impl TryInto<DatabaseName, Error: Into<InvalidInput>>,
        path: impl Into<PathBuf>,
    ) -> FileUpload<()> {
        let (databases, name, path) = (self.clone(), named(name), path.into());
        Upload::new(self.scope.client(), move |job, settings| upload_file(job, databases, name, path, settings))
    }

    /// Sends a dump in SQL, as `sqlite3 FILE .dump` makes it, and yields its URL for
    /// [`Seed::dump`](crate::Seed::dump). At most 8 GiB. The service does not document it, and takes dumps in groups of
    /// the old platform only.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # let folder = tempfile::tempdir()?;
    /// # let file = folder.path().join("shop.sql");
    /// # std::fs::write(&file, "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE goods (name);\nCOMMIT;\n")?;
    /// use turso_cloud::{NewDatabase, Seed};
    ///
    /// let url = turso.databases().upload_dump(&file).await?;
    /// turso.databases().create(NewDatabase::new("shop", "default").seed(Seed::dump(url))).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn upload_dump(&self, path: impl Into<PathBuf>) -> DumpUpload<String> {
        let (organization, path) = (self.scope.organization(), path.into());
        Upload::new(self.scope.client(), move |job, _| upload_dump(job, organization, path))
    }

    /// Creates a database from a dump in SQL; see [`upload_dump`](Self::upload_dump).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # let folder = tempfile::tempdir()?;
    /// # let file = folder.path().join("shop.sql");
    /// # std::fs::write(&file, "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE goods (name);\nCOMMIT;\n")?;
    /// use turso_cloud::NewDatabase;
    ///
    /// turso.databases().create_from_dump(NewDatabase::new("shop", "default"), &file).wait_ready().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn create_from_dump(&self, database: NewDatabase, path: impl Into<PathBuf>) -> DumpUpload<CreatedDatabase> {
        let (databases, organization, path) = (self.clone(), self.scope.organization(), path.into());
        Upload::new(self.scope.client(), move |job, settings| {
            create_from_dump(job, databases, organization, database, path, settings)
        })
    }
}
