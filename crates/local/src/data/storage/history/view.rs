//! The pages of a database at one commit: all of them, or those that changed since an earlier one.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;

use parking_lot::RwLockReadGuard;
use roaring::RoaringBitmap;

use super::folder::Kind;
use super::log::Log;
use super::{History, HistoryError, Point};

/// The size of a page of every database of the cloud.
pub(crate) const PAGE_BYTES: usize = 4096;

/// The page with the engine's locks, counted from 0, has no content and may be nowhere.
const PAGE_OF_LOCKS: u32 = 0x4000_0000 / 4096;

/// Pages that can be read as long as this is held; meanwhile no generation ends.
#[derive(Debug)]
pub(crate) struct View<'a> {
    _reading: Option<RwLockReadGuard<'a, ()>>,
    at: Point,
    pages: u32,
    /// The newest first.
    parts: Vec<Part>,
    /// What has the pages that the parts do not have, if all are wanted.
    file: Option<File>,
}

/// The frames of a log after the first `skipped` ones, up to the `end`.
#[derive(Debug)]
struct Part {
    log: Log,
    skipped: u32,
    end: u32,
}

impl History {
    /// The pages as they are after the commit `at` (or the newest), and of those the ones that changed since the commit
    /// `since`, if that is still known and not the later one.
    pub(crate) fn view(&self, since: Option<Point>, at: Option<Point>) -> Result<View<'_>, HistoryError> {
        let reading = self.archives.read();
        let newest = self.newest()?;
        let at = at.unwrap_or(newest);
        if !self.has(at, newest)? {
            return Err(HistoryError::Unknown(at));
        }
        let since = match since {
            Some(since) if since <= at && self.has(since, newest)? => Some(since),
            _ => None,
        };
        let (first, file) = match since {
            Some(since) => (since.generation, None),
            None => self.bottom(at, newest)?,
        };
        Ok(View {
            _reading: Some(reading),
            at,
            pages: self.pages_at(at, newest)?,
            parts: self.parts(first, since, at, newest)?,
            file: file.map(File::open).transpose()?,
        })
    }

    /// Whether the file is byte for byte what it was when this generation began, after those that are archived. For who
    /// keeps them from changing.
    pub(super) fn file_is_that_of(&self, generation: u32) -> io::Result<bool> {
        let at = Point { generation, frames: 0, check: 0 };
        let newest = Point { frames: u32::MAX, ..at };
        let (first, base) = self.bottom(at, newest)?;
        let (pages, parts) = (self.pages_at(at, newest)?, self.parts(first, None, at, newest)?);
        let mut file = File::open(&self.file)?;
        if file.metadata()?.len() != u64::from(pages) * PAGE_BYTES as u64 {
            return Ok(false);
        }
        let view = View { _reading: None, at, pages, parts, file: base.map(File::open).transpose()? };
        let (is_same, mut found) = (Cell::new(true), vec![0; PAGE_BYTES]);
        view.read(
            |_| is_same.get(),
            |number, page| {
                file.seek(SeekFrom::Start(u64::from(number) * PAGE_BYTES as u64))?;
                file.read_exact(&mut found)?;
                is_same.set(found == page);
                Ok(())
            },
        )?;
        Ok(is_same.get())
    }

    /// A file without a name, to be written and then read.
    pub(crate) fn scratch(&self) -> io::Result<File> {
        self.folder.create()?;
        // Its name goes at once.
        self.folder.temporary()?.file().try_clone()
    }

    fn newest(&self) -> io::Result<Point> {
        let (generation, frames) = self.at_present();
        let start = Point { generation, frames, check: 0 };
        let check = if frames > 0 { self.log_of(generation, start)?.head(frames - 1)?.check } else { 0 };
        Ok(Point { check, ..start })
    }

    /// Whether a commit is one of those that are kept.
    fn has(&self, point: Point, newest: Point) -> io::Result<bool> {
        let oldest = self.base()?.unwrap_or(newest.generation);
        if point.generation < oldest || point > newest {
            return Ok(false);
        }
        if point.frames == 0 {
            return Ok(point.check == 0);
        }
        let mut log = self.log_of(point.generation, newest)?;
        if point.frames > log.frames()? {
            return Ok(false);
        }
        let head = log.head(point.frames - 1)?;
        Ok(head.pages > 0 && head.check == point.check)
    }

    /// The first generation whose log is needed for all pages, and the file as that generation began.
    ///
    /// The database's own file is that of the newest commit: what it has of the log in use already is in that log too.
    fn bottom(&self, at: Point, newest: Point) -> io::Result<(u32, Option<PathBuf>)> {
        Ok(match self.base()? {
            Some(base) if at != newest => (base, Some(self.folder.path(base, Kind::Base))),
            _ => (at.generation, Some(self.file.clone())),
        })
    }

    fn parts(&self, first: u32, since: Option<Point>, at: Point, newest: Point) -> io::Result<Vec<Part>> {
        let mut parts = Vec::new();
        for generation in (first..=at.generation).rev() {
            let skipped = since.filter(|since| since.generation == generation).map_or(0, |since| since.frames);
            if generation == at.generation && at.frames == skipped {
                continue;
            }
            let log = self.log_of(generation, newest)?;
            let end = if generation == at.generation { at.frames } else { log.frames()? };
            if skipped < end {
                parts.push(Part { log, skipped, end });
            }
        }
        Ok(parts)
    }

    /// How many pages the database had.
    fn pages_at(&self, at: Point, newest: Point) -> io::Result<u32> {
        if at.frames > 0 {
            return Ok(self.log_of(at.generation, newest)?.head(at.frames - 1)?.pages);
        }
        let file = match self.base()? {
            Some(base) if at != newest && base == at.generation => self.folder.path(base, Kind::Base),
            Some(_) if at != newest => {
                let mut before = self.log_of(at.generation - 1, newest)?;
                let frames = before.frames()?;
                return Ok(before.head(frames.saturating_sub(1))?.pages);
            }
            _ => self.file.clone(),
        };
        u32::try_from(std::fs::metadata(file)?.len() / PAGE_BYTES as u64).map_err(io::Error::other)
    }

    fn log_of(&self, generation: u32, newest: Point) -> io::Result<Log> {
        let is_archived = generation != newest.generation;
        let path = if is_archived { self.folder.path(generation, Kind::Log) } else { self.log.clone() };
        Log::open(&path)?.ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl View<'_> {
    /// The commit whose pages these are.
    pub(crate) fn at(&self) -> Point {
        self.at
    }

    /// How many pages the database has.
    pub(crate) fn pages(&self) -> u32 {
        self.pages
    }

    /// Whether nothing has changed.
    pub(crate) fn is_empty(&self) -> bool {
        self.file.is_none() && self.parts.is_empty()
    }

    /// Passes on each page that is wanted once, with its number from 0, in any order. Takes a bit of memory per page.
    pub(crate) fn read(
        mut self,
        wanted: impl Fn(u32) -> bool,
        mut sink: impl FnMut(u32, &[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut seen = RoaringBitmap::new();
        let mut page = vec![0; PAGE_BYTES];
        for Part { log, skipped, end } in &mut self.parts {
            for frame in (*skipped..*end).rev() {
                let head = log.head(frame)?;
                let number = head.page.checked_sub(1).ok_or(io::ErrorKind::InvalidData)?;
                if number < self.pages && wanted(number) && seen.insert(number) {
                    let before = log.check_before(frame)?;
                    log.page(frame, &head, before, &mut page)?;
                    sink(number, &page)?;
                }
            }
        }
        let Some(mut file) = self.file else { return Ok(()) };
        for number in (0..self.pages).filter(|number| wanted(*number) && !seen.contains(*number)) {
            if number != PAGE_OF_LOCKS {
                file.seek(SeekFrom::Start(u64::from(number) * PAGE_BYTES as u64))?;
                file.read_exact(&mut page)?;
                sink(number, &page)?;
            }
        }
        Ok(())
    }
}
