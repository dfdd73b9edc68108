//! Where an authority is kept: key and certificate in one file, so that they are always those of each other, and the
//! certificate once more in a file that can be shown to everybody.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use crate::CloudError;

const AUTHORITY: &str = "ca-key.pem";

const CERTIFICATE: &str = "ca.pem";

const BEGINNING: &str = "-----BEGIN CERTIFICATE-----";

pub(super) fn certificate(directory: &Path) -> PathBuf {
    directory.join(CERTIFICATE)
}

/// The text of the authority in a directory. No other process uses the directory at the same time.
pub(super) fn load_or_make(
    directory: &Path,
    make: impl FnOnce() -> Result<String, CloudError>,
) -> Result<String, CloudError> {
    let path = directory.join(AUTHORITY);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let text = make()?;
            write_whole(&path, &text)?;
            text
        }
        Err(source) => return Err(CloudError::File { action: "read", path, source }),
    };
    let public = text.find(BEGINNING).and_then(|start| text.get(start..)).unwrap_or_default();
    let path = certificate(directory);
    if fs::read_to_string(&path).ok().as_deref() != Some(public) {
        write_whole(&path, public)?;
    }
    Ok(text)
}

/// Whoever reads the file sees all of it or nothing, whenever the process ends. Only its owner can.
fn write_whole(path: &Path, text: &str) -> Result<(), CloudError> {
    let draft = path.with_extension("draft");
    let fail = |source| CloudError::File { action: "write", path: path.to_owned(), source };
    // One that a process left behind when it was killed might be open to others.
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fail(error)),
        _ => {}
    }
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&draft).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&draft, path)).map_err(fail)
}
