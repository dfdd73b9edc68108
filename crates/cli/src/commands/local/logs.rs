use std::{
    fs::{File, Metadata},
    io::{self, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result};

use super::{
    entries::{ENTRY, Entries, Entry},
    instance::Instances,
};
use crate::{
    args::LocalLogs,
    context::Context,
    exit::{Failure, Kind},
    stdout,
};

/// Between two looks whether there is more.
const INTERVAL: Duration = Duration::from_millis(100);

/// So much is read at once.
const PIECE: u64 = 64 * 1024;

/// What a cloud in the foreground writes is on its own standard error.
pub(super) async fn logs(cx: &Context, args: &LocalLogs) -> Result<()> {
    let path = Instances::find()?.file(&args.instance.name, "log")?;
    let Some(mut log) = Log::open(&path)? else {
        let message = format!("no local cloud named {} was started with --detach", args.instance.name);
        return Err(Failure::new(Kind::NotFound, message).into());
    };
    if !cx.out().is_structured() {
        return read(&mut log, args.follow, |piece| cx.out().bytes(piece)).await;
    }
    let mut entries = Entries::default();
    if args.follow {
        let show = |entry: &Entry| cx.out().line(&ENTRY, entry);
        return read(&mut log, true, |piece| entries.of(piece).iter().try_for_each(show)).await;
    }
    let mut all = Vec::new();
    read(&mut log, false, |piece| {
        all.extend(entries.of(piece));
        Ok(())
    })
    .await?;
    all.extend(entries.last());
    cx.out().list(&ENTRY, &all)
}

/// Hands on what is there and, if the log is followed, what comes for as long as somebody reads.
async fn read(log: &mut Log, follow: bool, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    log.read(&mut take)?;
    while follow && !stdout::is_closed() {
        tokio::time::sleep(INTERVAL).await;
        log.catch_up(&mut take)?;
    }
    Ok(())
}

/// A log and how far it was read.
struct Log {
    path: PathBuf,
    file: File,
    position: u64,
}

impl Log {
    /// Nothing where there is none.
    fn open(path: &Path) -> Result<Option<Self>> {
        match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            file => {
                let file = file.with_context(|| unreadable(path))?;
                Ok(Some(Self { path: path.to_owned(), file, position: 0 }))
            }
        }
    }

    /// Hands on what was added, wherever it is by now.
    fn catch_up(&mut self, take: &mut impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        self.read(take)?;
        // A cloud that is started anew empties its log, and others who tidy up may put a new file in its place.
        match Self::open(&self.path)? {
            Some(other) if !is_same(&self.metadata()?, &other.metadata()?) => {
                // What came to the old one since it was looked at.
                self.read(take)?;
                *self = other;
                self.read(take)
            }
            _ => Ok(()),
        }
    }

    /// Hands on what is behind the place that was reached.
    fn read(&mut self, take: &mut impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        if self.metadata()?.len() < self.position {
            self.position = 0;
        }
        loop {
            let mut piece = Vec::new();
            let read = self
                .file
                .seek(SeekFrom::Start(self.position))
                .and_then(|_| (&mut self.file).take(PIECE).read_to_end(&mut piece));
            let read = read.with_context(|| unreadable(&self.path))?;
            if read == 0 || stdout::is_closed() {
                return Ok(());
            }
            self.position += read as u64;
            take(&piece)?;
        }
    }

    fn metadata(&self) -> Result<Metadata> {
        self.file.metadata().with_context(|| unreadable(&self.path))
    }
}

#[cfg(unix)]
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// There, a file that is open cannot be replaced.
#[cfg(not(unix))]
fn is_same(_: &Metadata, _: &Metadata) -> bool {
    true
}

fn unreadable(path: &Path) -> String {
    format!("cannot read {}", path.display())
}
