use std::{
    error::Error,
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use turso_cloud_contract::InvalidInput;

use crate::{blocking::Crash, ids::IdError, store::StoreError};

/// A local cloud could not be set up or served, or could not do what it was told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CloudError {
    /// Something that was given is not valid, or names what is not there.
    #[error(transparent)]
    Input(#[from] InvalidInput),
    /// SQL that a seed file has for a database does not run.
    #[error("the SQL of database {database} in the seed file cannot be run")]
    #[non_exhaustive]
    Seed {
        /// The name of the database.
        database: String,
        /// Where it failed, and why.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A database does not run a statement.
    #[error("the statement cannot be run on database {database}: {problem}")]
    #[non_exhaustive]
    Sql {
        /// The database, as it was asked for.
        database: String,
        /// What a driver would be told, for instance `SQLite error: no such table: orders`.
        problem: String,
    },
    /// There is no snapshot of this name.
    #[error("there is no snapshot {name:?}")]
    #[non_exhaustive]
    NoSnapshot {
        /// The name.
        name: String,
    },
    /// There is a snapshot of this name already.
    #[error("there is a snapshot {name:?} already")]
    #[non_exhaustive]
    SnapshotExists {
        /// The name.
        name: String,
    },
    /// A statement that writes did not end, so that the cloud could not be copied.
    #[error("a statement writes for too long for the cloud to be copied")]
    Busy,
    /// The state of a cloud has no key: it was never set up.
    #[error("the state of the local cloud has no key: it was never set up")]
    NoKey,
    /// A file of TOML does not say what it should.
    #[error("the {what} cannot be read: {problem}")]
    #[non_exhaustive]
    Toml {
        /// What kind of file it is.
        what: &'static str,
        /// Where the problem is, and what it is.
        problem: String,
    },
    /// Another local cloud, perhaps of another process, lives in the directory.
    #[error("the directory {} is in use by another local cloud", .directory.display())]
    #[non_exhaustive]
    InUse {
        /// The directory.
        directory: PathBuf,
    },
    /// A directory has what the state of a cloud would know of, and the state is not there: a part of the cloud is missing,
    /// or the directory is somebody else's.
    #[error(
        "the directory {} cannot be used as that of a local cloud: it has {}, but {} is missing or empty; \
         choose another directory, or bring back what is missing",
        .directory.display(), .found.display(), .missing.display()
    )]
    #[non_exhaustive]
    NoCloud {
        /// The directory, in which nothing was changed.
        directory: PathBuf,
        /// What is there, within the directory.
        found: PathBuf,
        /// What is not, within the directory.
        missing: PathBuf,
    },
    /// A file in the place of the state of a cloud is none of this version, is damaged or cannot be read.
    #[error("{} cannot be used as the state of a local cloud", .file.display())]
    #[non_exhaustive]
    NoState {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A file or a directory could not be used.
    #[error("could not {action} {}", .path.display())]
    #[non_exhaustive]
    File {
        /// What was to be done.
        action: &'static str,
        /// With which file or directory.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The state of the cloud could not be read or written.
    #[error("the state of the local cloud could not be used")]
    State(#[source] Box<dyn Error + Send + Sync>),
    /// The certificates of the local cloud could not be made or read.
    #[error("the certificates of the local cloud could not be used")]
    Certificates(#[source] Box<dyn Error + Send + Sync>),
    /// Databases were to have addresses of their own, and this machine or the address to listen on does not allow it.
    #[error("databases can have addresses of their own only on Linux 5.7 or newer, in a cloud served on 127.0.0.1")]
    NoAddresses,
    /// No socket could be opened.
    #[error("could not listen on {}", listed(.addresses))]
    #[non_exhaustive]
    Listen {
        /// Where it was tried; nowhere where the name of the address stands for none.
        addresses: Vec<SocketAddr>,
        /// Why it failed.
        source: io::Error,
    },
}

fn listed(addresses: &[SocketAddr]) -> String {
    if addresses.is_empty() {
        return "a name that stands for no address".to_owned();
    }
    addresses.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(" or ")
}

impl CloudError {
    /// What makes an error of one of the system about a file.
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { action, path: path.to_owned(), source }
    }

    pub(crate) fn toml(what: &'static str, error: &toml::de::Error) -> Self {
        Self::Toml { what, problem: error.to_string().trim_end().to_owned() }
    }
}

impl From<StoreError> for CloudError {
    fn from(error: StoreError) -> Self {
        Self::State(error.into())
    }
}

impl From<Crash> for CloudError {
    fn from(error: Crash) -> Self {
        Self::State(error.into())
    }
}

impl From<IdError> for CloudError {
    fn from(error: IdError) -> Self {
        Self::State(error.into())
    }
}
