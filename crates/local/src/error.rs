use std::{error::Error, io, path::PathBuf};

use turso_cloud_contract::InvalidInput;

use crate::{ids::IdError, store::StoreError};

/// A local cloud could not be set up or served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CloudError {
    /// Something given to the builder is not valid.
    #[error(transparent)]
    Input(#[from] InvalidInput),
    /// Another local cloud, perhaps of another process, lives in the directory.
    #[error("the directory {} is in use by another local cloud", .directory.display())]
    InUse {
        /// The directory.
        directory: PathBuf,
    },
    /// A file or a directory could not be used.
    #[error("could not {action} {}", .path.display())]
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
    #[error("could not listen")]
    Listen(#[source] io::Error),
}

impl From<StoreError> for CloudError {
    fn from(error: StoreError) -> Self {
        Self::State(error.into())
    }
}

impl From<IdError> for CloudError {
    fn from(error: IdError) -> Self {
        Self::State(error.into())
    }
}
