//! What is written there: a file gets its name when it is complete.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Seek as _, SeekFrom, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use tokio_util::sync::CancellationToken;

use super::{Place, exists};
use crate::{
    blocking,
    files::{Draft, WholeFile},
    stdout,
};

/// What is dropped leaves nothing.
#[derive(Debug)]
pub(crate) enum Target {
    File {
        whole: WholeFile,
        name: String,
        /// Dropped behind the file that is in them.
        folders: NewFolders,
    },
    /// Standard output gets its data at the end, too: half of it would look like a whole.
    StandardOutput(BufWriter<File>),
}

/// A target that everything was written to. What is dropped leaves nothing.
#[derive(Debug)]
pub(crate) struct Closed {
    bytes: u64,
    way: Way,
}

#[derive(Debug)]
enum Way {
    File {
        draft: Draft,
        name: String,
        /// Dropped behind the file that is in them.
        _folders: NewFolders,
    },
    StandardOutput(BufWriter<File>),
}

/// Folders that were made for a file. Those that turn out not to be needed are removed again.
#[derive(Debug)]
pub(crate) struct NewFolders(Vec<PathBuf>);

impl NewFolders {
    fn create(folder: &Path) -> io::Result<Self> {
        let is_missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
        // From the innermost outwards, as they have to be removed.
        let missing = folder.ancestors().take_while(is_missing).map(Path::to_owned).collect();
        fs::create_dir_all(folder)?;
        Ok(Self(missing))
    }
}

impl Drop for NewFolders {
    fn drop(&mut self) {
        for folder in &self.0 {
            // One that something is in stays.
            let _ = fs::remove_dir(folder);
        }
    }
}

impl Target {
    pub(crate) fn create(place: &Place) -> Result<Self> {
        match place {
            Place::StandardOutput => {
                Ok(Self::StandardOutput(BufWriter::new(tempfile::tempfile().context("cannot write a temporary file")?)))
            }
            Place::File { path, may_replace } => {
                let name = path.display().to_string();
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
                let made = NewFolders::create(folder)
                    .and_then(|folders| Ok((WholeFile::create(path)?.replacing(*may_replace), folders)));
                let (whole, folders) = made.with_context(|| format!("cannot write {name}"))?;
                Ok(Self::File { whole, name, folders })
            }
        }
    }

    /// Has the file looked at before it has its name, with everything written to it, for as long as that takes; standard
    /// output is none.
    pub(crate) async fn look<T: Send + 'static>(
        mut self,
        look: impl FnOnce(&Path, &CancellationToken) -> Result<T> + Send + 'static,
    ) -> Result<(Self, T)> {
        blocking::run(move |token| {
            self.file()?;
            let found = match &self {
                Self::File { whole, .. } => look(whole.draft(), token)?,
                Self::StandardOutput(_) => bail!("standard output is no file"),
            };
            Ok((self, found))
        })
        .await
    }

    pub(crate) fn file(&mut self) -> Result<&mut File> {
        match self {
            Self::File { whole, name, .. } => whole.file().with_context(|| format!("cannot write {name}")),
            Self::StandardOutput(draft) => {
                draft.flush().context("cannot write a temporary file")?;
                Ok(draft.get_mut())
            }
        }
    }

    /// Nothing more is written to it. A file is not held open any longer, and is on the disk, which may take a while.
    pub(crate) async fn close(self) -> Result<Closed> {
        blocking::run(|_| self.close_here()).await
    }

    fn close_here(mut self) -> Result<Closed> {
        let bytes = self.file()?.metadata()?.len();
        let way = match self {
            Self::File { whole, name, folders } => {
                let draft = whole.close().with_context(|| format!("cannot write {name}"))?;
                Way::File { draft, name, _folders: folders }
            }
            Self::StandardOutput(draft) => Way::StandardOutput(draft),
        };
        Ok(Closed { bytes, way })
    }
}

impl Closed {
    /// Gives the file its name. Yields the name and how many bytes it has.
    pub(crate) async fn finish(self) -> Result<(String, u64)> {
        match self.way {
            Way::File { draft, name, _folders } => match draft.finish().await {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(exists(&name).into()),
                finished => finished.with_context(|| format!("cannot write {name}")).map(|()| (name, self.bytes)),
            },
            Way::StandardOutput(mut draft) => {
                draft.seek(SeekFrom::Start(0))?;
                let mut out = stdout::lock();
                io::copy(draft.get_mut(), &mut out)?;
                out.flush()?;
                Ok(("-".to_owned(), self.bytes))
            }
        }
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File { whole, .. } => whole.write(bytes),
            Self::StandardOutput(draft) => draft.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File { whole, .. } => whole.flush(),
            Self::StandardOutput(draft) => draft.flush(),
        }
    }
}
