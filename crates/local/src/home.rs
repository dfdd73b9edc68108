//! Where a cloud keeps its states and its snapshots.

use std::{path::PathBuf, sync::Arc};

use crate::{
    CloudError,
    data::{Files, Generations, generation_of_this_second},
    directory::{Base, Directory, HeldState, create, remove_all},
    ids::Ids,
    store::{Store, StoreError},
};

/// A directory, or memory.
#[derive(Debug)]
pub(crate) enum Home {
    Memory(Scratch),
    Directory(Directory),
}

/// A private temporary directory, which appears when it is needed and ends with its owner.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Home {
    pub(crate) fn open(directory: Option<&PathBuf>) -> Result<Self, CloudError> {
        Ok(match directory {
            Some(directory) => Self::Directory(Directory::open(directory)?),
            None => Self::Memory(Scratch::new("snapshots")),
        })
    }

    /// What all states have in common of the logs of their databases.
    pub(crate) fn generations(&self, ids: Ids) -> Result<Generations, CloudError> {
        // One with a seed is to repeat itself.
        let ended = if ids.is_random() { generation_of_this_second() } else { 0 };
        match self {
            Self::Memory(_) => Ok(Generations::after(ended)),
            Self::Directory(directory) => directory.generations(ended),
        }
    }

    /// What was there before, or nothing yet.
    pub(crate) fn opened(&self) -> Result<(Store, Files), CloudError> {
        match self {
            Self::Memory(_) => Ok((Store::in_memory()?, Files::Memory)),
            Self::Directory(directory) => kept(directory.held()),
        }
    }

    /// An error with the name of the file it is of, if that outlives the cloud.
    pub(crate) fn with_file(&self, error: CloudError) -> CloudError {
        match (self, error) {
            (Self::Directory(directory), CloudError::State(source)) if source.is::<StoreError>() => {
                CloudError::NoState { file: directory.state_file(), source }
            }
            (_, error) => error,
        }
    }

    /// A place for another state, which is empty or a copy of this one's.
    pub(crate) fn next(&self, of: Option<&Base>) -> Result<(Store, Files), CloudError> {
        match (self, of) {
            (Self::Memory(_), None) => Ok((Store::in_memory()?, Files::Memory)),
            (Self::Memory(_), Some(base)) => Ok((Store::in_memory_from(&base.state())?, Files::Memory)),
            (Self::Directory(directory), of) => {
                let next = directory.next()?;
                if let Some(base) = of {
                    let copied = std::fs::copy(base.state(), next.base().state());
                    copied.map_err(CloudError::file("copy", &base.state()))?;
                }
                kept(next)
            }
        }
    }

    /// Makes the next state the one in use. What was in use ends with those who still use it.
    pub(crate) fn proceed(&self) -> Result<(), CloudError> {
        match self {
            Self::Memory(_) => Ok(()),
            Self::Directory(directory) => directory.proceed(),
        }
    }

    /// Removes what is not in use, before anything is changed.
    pub(crate) fn tidy(&self) {
        if let Self::Directory(directory) = self {
            directory.tidy();
        }
    }

    pub(crate) fn snapshots(&self) -> PathBuf {
        match self {
            Self::Memory(scratch) => scratch.0.clone(),
            Self::Directory(directory) => directory.snapshots(),
        }
    }

    /// The directory that outlives the cloud.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        match self {
            Self::Memory(_) => None,
            Self::Directory(directory) => Some(directory.path().to_owned()),
        }
    }

    /// Whether it outlives the cloud.
    pub(crate) fn is_kept(&self) -> bool {
        matches!(self, Self::Directory(_))
    }
}

fn kept(state: HeldState) -> Result<(Store, Files), CloudError> {
    let databases = state.base().writable_databases()?;
    let store = Store::open(&state.base().state())?;
    Ok((store, Files::Directory(databases, Arc::new(state))))
}

impl Scratch {
    pub(crate) fn new(what: &str) -> Self {
        Self(std::env::temp_dir().join(format!("turso-cloud-local-{what}-{:032x}", fastrand::u128(..))))
    }

    /// The directory, which is there from now on.
    pub(crate) fn created(&self) -> Result<&PathBuf, CloudError> {
        create(&self.0).map_err(CloudError::file("create", &self.0))?;
        Ok(&self.0)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        remove_all(&self.0);
    }
}
