//! Files that others see whole or not at all.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use tempfile::TempPath;

/// A file under way: it appears under its name when it is finished, and not at all when it is dropped before. Only its
/// owner can read it.
#[derive(Debug)]
pub(crate) struct WholeFile {
    writer: io::BufWriter<fs::File>,
    draft: TempPath,
    path: PathBuf,
}

/// A file that is written, and has yet to appear under its name.
#[derive(Debug)]
pub(crate) struct Draft {
    draft: TempPath,
    path: PathBuf,
}

/// Creates a folder that only its owner can look into.
pub(crate) fn create_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

impl WholeFile {
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let mut prefix = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_owned();
        prefix.push(".");
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // Its name is left to chance: what another run has left, killed at any moment, must not be in the way.
        let (file, draft) = tempfile::Builder::new().prefix(&prefix).tempfile_in(folder)?.into_parts();
        Ok(Self { writer: io::BufWriter::new(file), draft, path: path.to_owned() })
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
        Ok(Draft { draft: self.draft, path: self.path })
    }

    pub(crate) fn finish(self) -> io::Result<()> {
        self.close()?.finish()
    }
}

impl Draft {
    /// Gives it its name.
    pub(crate) fn finish(self) -> io::Result<()> {
        self.draft.persist(self.path).map_err(|error| error.error)
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Writes a text as a whole file.
pub(crate) fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let mut file = WholeFile::create(path)?;
    file.write_all(text.as_bytes())?;
    file.finish()
}
