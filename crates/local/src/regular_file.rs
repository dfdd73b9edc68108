//! Files whose end is known. A device or a pipe may have none, or wait for somebody to write.

use std::{
    fs::{self, File},
    io::{self, Read as _, Take},
    path::Path,
};

/// The length of a file; nothing for a folder, a device or a pipe.
pub(crate) fn length(path: &Path) -> io::Result<Option<u64>> {
    let found = fs::metadata(path)?;
    Ok(found.is_file().then_some(found.len()))
}

/// Opens a file to be read as far as its length, for what the system makes up while it is read may have no end either.
pub(crate) fn open(path: &Path) -> io::Result<Take<File>> {
    match length(path)? {
        Some(length) => Ok(File::open(path)?.take(length)),
        None => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file, but a folder, device or pipe")),
    }
}

/// The text of a file.
pub(crate) fn read_to_string(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    open(path)?.read_to_string(&mut text)?;
    Ok(text)
}
