//! Files that others see whole or not at all.

use std::{
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

/// Writes a file that only its owner can read: it may hold a token.
pub(crate) fn write_whole(file: &Path, text: &str) -> io::Result<()> {
    let draft = draft_of(file);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&draft).and_then(|mut draft| {
        draft.write_all(text.as_bytes())?;
        draft.sync_all()
    });
    written.and_then(|()| fs::rename(&draft, file)).inspect_err(|_| {
        // What went wrong is told; that the draft may be left behind is not worth more.
        let _ = fs::remove_file(&draft);
    })
}

/// Creates a folder that only its owner can look into.
pub(crate) fn create_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn draft_of(file: &Path) -> PathBuf {
    let mut draft = file.as_os_str().to_owned();
    draft.push(format!(".{}", std::process::id()));
    draft.into()
}
