//! Files to upload.
#![expect(clippy::unwrap_used, reason = "a file that cannot be written fails its test")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

/// A folder of its own that goes when it is dropped.
pub(crate) struct Files(TempDir);

impl Files {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// The file of a database of so many pages, no two of them alike.
    pub(crate) fn database(&self, pages: usize) -> PathBuf {
        self.write("shop.db", database(pages))
    }
}

pub(crate) fn bytes_of(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap()
}

/// A header the service takes, and pages with something in them.
pub(crate) fn database(pages: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..pages * 4096).map(|at| (at / 4096 * 7 + at % 4096 * 31).to_le_bytes()[0]).collect();
    bytes[..100].fill(0);
    bytes[..16].copy_from_slice(b"SQLite format 3\0");
    bytes[16..18].copy_from_slice(&4096_u16.to_be_bytes());
    bytes[18..20].copy_from_slice(&[2, 2]);
    bytes[59] = 1;
    bytes
}
