//! A file that gets its name when it is complete.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Seek as _, SeekFrom, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use tempfile::NamedTempFile;

use super::plan::Place;

/// What is written goes to a file beside the one that is wanted; what is dropped leaves nothing.
#[derive(Debug)]
pub(super) struct Target {
    draft: BufWriter<NamedTempFile>,
    place: Place,
}

impl Target {
    /// Standard output gets its data at the end, too: half of it would look like a whole.
    pub(super) fn create(place: &Place) -> Result<Self> {
        let draft = match place {
            Place::StandardOutput => NamedTempFile::new().context("cannot write a temporary file")?,
            Place::File { path, .. } => {
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
                fs::create_dir_all(folder)
                    .and_then(|()| tempfile::Builder::new().prefix(".tursoctl-").tempfile_in(folder))
                    .with_context(|| format!("cannot write to the folder {}", folder.display()))?
            }
        };
        Ok(Self { draft: BufWriter::new(draft), place: place.clone() })
    }

    /// The file as it is now; what was written last may be missing.
    pub(super) fn path(&self) -> &Path {
        self.draft.get_ref().path()
    }

    pub(super) fn file(&mut self) -> Result<&mut File> {
        self.draft.flush().with_context(|| self.failed())?;
        Ok(self.draft.get_mut().as_file_mut())
    }

    /// Gives the file its name. Yields the name and how many bytes it has.
    pub(super) fn finish(mut self) -> Result<(String, u64)> {
        let failed = self.failed();
        self.draft.flush().with_context(|| failed.clone())?;
        let mut draft = self.draft.into_inner().map_err(|error| error.into_error()).with_context(|| failed.clone())?;
        let bytes = draft.as_file().metadata().with_context(|| failed.clone())?.len();
        match self.place {
            Place::StandardOutput => {
                draft.seek(SeekFrom::Start(0))?;
                let mut out = io::stdout().lock();
                io::copy(&mut draft, &mut out)?;
                out.flush()?;
                Ok(("-".to_owned(), bytes))
            }
            Place::File { path, may_replace } => {
                draft.as_file().sync_all().with_context(|| failed.clone())?;
                make_readable(draft.as_file()).with_context(|| failed.clone())?;
                let kept = if may_replace { draft.persist(&path) } else { draft.persist_noclobber(&path) };
                kept.map_err(|error| error.error).with_context(|| failed)?;
                sync_folder(&path);
                Ok((path.display().to_string(), bytes))
            }
        }
    }

    fn failed(&self) -> String {
        match &self.place {
            Place::StandardOutput => "cannot write a temporary file".to_owned(),
            Place::File { path, .. } => format!("cannot write {}", path.display()),
        }
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.draft.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.draft.flush()
    }
}

/// Temporary files are for their owner alone; this one becomes an ordinary one, as far as a folder's owner wants it.
#[cfg(unix)]
fn make_readable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn make_readable(_: &File) -> io::Result<()> {
    Ok(())
}

/// So that the name outlives a power cut, where folders can be synced.
fn sync_folder(path: &Path) {
    let folder: Option<PathBuf> =
        path.parent().map(|folder| if folder.as_os_str().is_empty() { ".".into() } else { folder.into() });
    if let Some(Ok(folder)) = folder.map(File::open) {
        let _not_on_every_system = folder.sync_all();
    }
}
