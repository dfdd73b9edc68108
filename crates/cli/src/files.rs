//! Files that others see whole or not at all.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use tempfile::TempPath;
use tokio::task;

/// More links than that lead round in a circle.
const MOST_LINKS: usize = 40;

/// A file under way: it appears under its name when it is finished, and not at all when it is dropped before. Only its
/// owner can read it.
#[derive(Debug)]
pub(crate) struct WholeFile {
    writer: io::BufWriter<fs::File>,
    draft: TempPath,
    end: End,
    may_replace: bool,
}

/// A file that is written, and has yet to appear under its name.
#[derive(Debug)]
pub(crate) struct Draft {
    file: TempPath,
    end: End,
    may_replace: bool,
}

/// What a path leads to, behind all of its links, which stay what they are.
#[derive(Debug)]
enum End {
    /// A file, whether it is there or not: the draft takes its place.
    File(PathBuf),
    /// A pipe or a device, whose place nothing can take: what was written goes into it.
    Stream(PathBuf),
}

/// Creates a folder that only its owner can look into.
pub(crate) fn create_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Whether something would be lost if a path were written to: not so where there is nothing, nor in a pipe or a device.
pub(crate) fn holds_something(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| !is_stream(&metadata))
}

impl WholeFile {
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        Self::create_at(End::of(path)?)
    }

    fn create_at(end: End) -> io::Result<Self> {
        let (file, draft) = match &end {
            End::File(path) => {
                let mut prefix = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_owned();
                prefix.push(".");
                // Its name is left to chance: what another run has left, killed at any moment, must not be in the way.
                tempfile::Builder::new().prefix(&prefix).tempfile_in(folder_of(path))?
            }
            End::Stream(_) => tempfile::NamedTempFile::new()?,
        }
        .into_parts();
        Ok(Self { writer: io::BufWriter::new(file), draft, end, may_replace: true })
    }

    /// Says whether it may take the place of another file, which may have appeared since somebody looked. Otherwise it
    /// fails with [`AlreadyExists`](io::ErrorKind::AlreadyExists) in the end.
    pub(crate) fn replacing(self, may_replace: bool) -> Self {
        Self { may_replace, ..self }
    }

    /// Where it is until then.
    pub(crate) fn draft(&self) -> &Path {
        &self.draft
    }

    /// The file under way, with everything written to it.
    pub(crate) fn file(&mut self) -> io::Result<&mut fs::File> {
        self.writer.flush()?;
        Ok(self.writer.get_mut())
    }

    /// Closes it, with all of it on the disk.
    pub(crate) fn close(mut self) -> io::Result<Draft> {
        self.file()?.sync_all()?;
        Ok(Draft { file: self.draft, end: self.end, may_replace: self.may_replace })
    }

    pub(crate) async fn finish(self) -> io::Result<()> {
        self.close()?.finish().await
    }
}

impl Draft {
    /// Gives it its name. For a pipe, that waits for whoever reads it.
    pub(crate) async fn finish(self) -> io::Result<()> {
        match self.end {
            End::File(_) => self.put(),
            // On a thread of its own: signals are heard meanwhile.
            End::Stream(_) => task::spawn_blocking(|| self.put()).await.map_err(io::Error::other)?,
        }
    }

    /// The same on this thread, be it for as long as nobody reads a pipe.
    fn put(self) -> io::Result<()> {
        match self.end {
            End::File(path) if self.may_replace => self.file.persist(path).map_err(|error| error.error),
            End::File(path) => put_new(self.file, &path),
            End::Stream(path) => pour(self.file, &path),
        }
    }
}

/// Gives a draft a name that nothing has.
fn put_new(draft: TempPath, path: &Path) -> io::Result<()> {
    match draft.persist_noclobber(path) {
        Ok(()) => Ok(()),
        // Some file systems cannot do this in one step.
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists && !holds_something(path) => {
            error.path.persist(path).map_err(|error| error.error)
        }
        Err(error) => Err(error.error),
    }
}

/// Copies a draft into a pipe or a device. It is gone before that begins, which may be never.
fn pour(draft: TempPath, path: &Path) -> io::Result<()> {
    let mut written = fs::File::open(&draft)?;
    draft.close()?;
    let mut stream = fs::OpenOptions::new().write(true).open(path)?;
    io::copy(&mut written, &mut stream)?;
    stream.flush()
}

impl End {
    fn of(path: &Path) -> io::Result<Self> {
        match path.metadata() {
            Ok(metadata) if is_stream(&metadata) => Ok(Self::Stream(path.to_owned())),
            Ok(metadata) if metadata.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            Ok(metadata) if !metadata.is_file() => Err(no_file()),
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => behind_links(path).map(Self::File),
        }
    }
}

/// Where links lead, be it to nothing.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match path.read_link() {
            Ok(next) => path = folder_of(&path).join(next),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many links"))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A pipe or a device like a terminal, which take what is written to them. A disk is none: it would be overwritten.
fn is_stream(metadata: &fs::Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        let kind = metadata.file_type();
        kind.is_fifo() || kind.is_char_device()
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        false
    }
}

fn no_file() -> io::Error {
    io::Error::other("it is no file")
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Writes a text as a whole file that is read again later: what is no file would not keep it.
pub(crate) fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    match End::of(path)? {
        End::Stream(_) => Err(no_file()),
        end @ End::File(_) => {
            let mut file = WholeFile::create_at(end)?;
            file.write_all(text.as_bytes())?;
            file.close()?.put()
        }
    }
}

/// Writes a text where somebody wants it: as a whole file, or into a pipe or a device.
pub(crate) async fn write_out(path: &Path, text: &str) -> io::Result<()> {
    let mut file = WholeFile::create(path)?;
    file.write_all(text.as_bytes())?;
    file.finish().await
}
