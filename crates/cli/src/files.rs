//! Files that others see whole or not at all.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

/// A file under way: it appears under its name when it is finished, and not at all when it is dropped before. Only its
/// owner can read it.
#[derive(Debug)]
pub(crate) struct WholeFile {
    draft: Option<PathBuf>,
    path: PathBuf,
    writer: io::BufWriter<fs::File>,
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
        let mut draft = path.as_os_str().to_owned();
        draft.push(format!(".{}", std::process::id()));
        let draft = PathBuf::from(draft);
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&draft)?;
        Ok(Self { draft: Some(draft), path: path.to_owned(), writer: io::BufWriter::new(file) })
    }

    /// Where it is until then.
    pub(crate) fn draft(&self) -> &Path {
        self.draft.as_deref().unwrap_or(&self.path)
    }

    /// The file under way, with everything written to it.
    pub(crate) fn file(&mut self) -> io::Result<&mut fs::File> {
        self.writer.flush()?;
        Ok(self.writer.get_mut())
    }

    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.writer.flush()?;
        self.writer.get_ref().sync_all()?;
        if let Some(draft) = &self.draft {
            fs::rename(draft, &self.path)?;
            self.draft = None;
        }
        Ok(())
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

impl Drop for WholeFile {
    fn drop(&mut self) {
        if let Some(draft) = &self.draft {
            // Why it was given up is told; that the draft may be left behind is not worth more.
            let _ = fs::remove_file(draft);
        }
    }
}

/// Writes a text as a whole file.
pub(crate) fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let mut file = WholeFile::create(path)?;
    file.write_all(text.as_bytes())?;
    file.finish()
}
