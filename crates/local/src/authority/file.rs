//! Where an authority is kept: key and certificate in one file, so that they are always those of each other, and the
//! certificate once more in a file that can be shown to everybody.

use std::{
    error::Error as _,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use rustls::pki_types::{CertificateDer, pem::PemObject as _};

use super::NAME;
use crate::CloudError;

const AUTHORITY: &str = "ca-key.pem";

const CERTIFICATE: &str = "ca.pem";

pub(super) const BEGINNING: &str = "-----BEGIN CERTIFICATE-----";

pub(super) fn certificate(directory: &Path) -> PathBuf {
    directory.join(CERTIFICATE)
}

/// An authority that is of no use for this reason.
pub(super) fn damaged(directory: &Path, problem: &CloudError) -> CloudError {
    let problem = problem.source().map_or_else(|| problem.to_string(), ToString::to_string);
    let advice = "without this file, another authority is made, which clients have to trust anew";
    let source = io::Error::new(io::ErrorKind::InvalidData, format!("{problem}; {advice}"));
    CloudError::file("use", &directory.join(AUTHORITY))(source)
}

/// The text of the authority in a directory. No other process uses the directory at the same time.
pub(super) fn load_or_make(
    directory: &Path,
    make: impl FnOnce() -> Result<String, CloudError>,
) -> Result<String, CloudError> {
    let (path, certificate) = (directory.join(AUTHORITY), certificate(directory));
    let shown = shown(&certificate)?;
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let text = make()?;
            write_whole(&path, &text)?;
            text
        }
        Err(error) => return Err(CloudError::file("read", &path)(error)),
    };
    // Without one it is no authority, which is for whoever reads it to say.
    let public = text.find(BEGINNING).and_then(|start| text.get(start..));
    if let Some(public) = public.filter(|public| shown.as_deref() != Some(*public)) {
        write_whole(&certificate, public)?;
    }
    Ok(text)
}

/// What is shown to everybody now, be it of an earlier authority. A file of somebody else is not to be replaced.
fn shown(path: &Path) -> Result<Option<String>, CloudError> {
    match fs::read(path) {
        Ok(bytes) if bytes.is_empty() => Ok(None),
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) if is_ours(&text) => Ok(Some(text)),
            _ => Err(CloudError::file("replace", path)(io::Error::other("it is not the certificate of a local cloud"))),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(CloudError::file("read", path)(error)),
    }
}

/// Whether the certificate bears the name of our authorities.
fn is_ours(pem: &str) -> bool {
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes());
    certificate.is_ok_and(|der| der.windows(NAME.len()).any(|part| part == NAME.as_bytes()))
}

/// Whoever reads the file sees all of it or nothing, whenever the process ends. Only its owner can.
fn write_whole(path: &Path, text: &str) -> Result<(), CloudError> {
    let draft = path.with_extension("turso-cloud.draft");
    let failed = CloudError::file("write", path);
    // One that a process left behind when it was killed might be open to others.
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
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
    written.and_then(|()| fs::rename(&draft, path)).map_err(failed)
}
