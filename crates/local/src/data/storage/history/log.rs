//! The engine's write-ahead log as a file: a header, then frames of a page each, with a sum that goes on from frame to frame.

use std::fs::File;
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::RangeInclusive;
use std::path::Path;

use super::recovery::is_damage;

const HEADER: usize = 32;
pub(crate) const FRAME_HEADER: usize = 24;

/// What a log begins with, by the order of bytes that its sums are counted in.
const LITTLE_ENDIAN: u32 = 0x377f_0682;
const BIG_ENDIAN: u32 = 0x377f_0683;
const PAGE_SIZES: RangeInclusive<u32> = 512..=65536;

/// What tells two logs of one database apart: the engine changes it whenever it begins a log anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Salt(pub(super) [u8; 8]);

/// What a frame says of its page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameHead {
    /// The number of the page, from 1.
    pub(crate) page: u32,
    /// The pages of the database after the transaction that ends with this frame; 0 for the frames before its last.
    pub(crate) pages: u32,
    /// That of the log.
    salt: Salt,
    /// The sum of this frame and all before it.
    pub(crate) check: u64,
}

impl FrameHead {
    fn from_bytes(bytes: [u8; FRAME_HEADER]) -> Self {
        let [n0, n1, n2, n3, s0, s1, s2, s3, t0, t1, t2, t3, t4, t5, t6, t7, check @ ..] = bytes;
        Self {
            page: u32::from_be_bytes([n0, n1, n2, n3]),
            pages: u32::from_be_bytes([s0, s1, s2, s3]),
            salt: Salt([t0, t1, t2, t3, t4, t5, t6, t7]),
            check: u64::from_be_bytes(check),
        }
    }
}

/// A log opened for reading.
#[derive(Debug)]
pub(crate) struct Log {
    file: File,
    page_size: usize,
    salt: Salt,
    /// The sum of the header, which those of the frames go on from.
    check: u64,
    is_big_endian: bool,
}

impl Log {
    /// Nothing if the log was emptied or never begun.
    pub(crate) fn open(path: &Path) -> io::Result<Option<Self>> {
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut header = [0; HEADER];
        match file.read_exact(&mut header) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        let [m0, m1, m2, m3, _, _, _, _, p0, p1, p2, p3, _, _, _, _, salt @ .., c0, c1, c2, c3, c4, c5, c6, c7] =
            header;
        let [summed @ .., _, _, _, _, _, _, _, _] = header;
        let page_size = u32::from_be_bytes([p0, p1, p2, p3]);
        let magic = u32::from_be_bytes([m0, m1, m2, m3]);
        if ![LITTLE_ENDIAN, BIG_ENDIAN].contains(&magic)
            || !PAGE_SIZES.contains(&page_size)
            || !page_size.is_power_of_two()
        {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let page_size = usize::try_from(page_size).map_err(io::Error::other)?;
        let check = u64::from_be_bytes([c0, c1, c2, c3, c4, c5, c6, c7]);
        let log = Self { file, page_size, salt: Salt(salt), check, is_big_endian: magic == BIG_ENDIAN };
        if log.sum(0, &[&summed]) != check && !cfg!(fuzzing) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the header of a log is damaged"));
        }
        Ok(Some(log))
    }

    pub(crate) fn salt(&self) -> Salt {
        self.salt
    }

    /// How many frames the whole file has.
    pub(crate) fn frames(&self) -> io::Result<u32> {
        let bytes = self.file.metadata()?.len().saturating_sub(HEADER as u64);
        u32::try_from(bytes / self.frame_size()).map_err(io::Error::other)
    }

    /// The length of the file up to the end of this frame.
    pub(crate) fn length(&self, frames: u32) -> u64 {
        HEADER as u64 + u64::from(frames) * self.frame_size()
    }

    /// `count` frames after the first `skipped` ones, as they are.
    pub(crate) fn read(mut self, skipped: u32, count: u32) -> io::Result<Vec<u8>> {
        let length = self.length(count) - HEADER as u64;
        let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        let mut before = self.check_before(skipped)?;
        self.file.seek(SeekFrom::Start(self.length(skipped)))?;
        self.file.read_exact(&mut bytes)?;
        for frame in bytes.chunks_exact(FRAME_HEADER + self.page_size) {
            let (header, page) = frame.split_first_chunk().ok_or(io::ErrorKind::InvalidData)?;
            before = self.verify(&FrameHead::from_bytes(*header), before, page)?;
        }
        Ok(bytes)
    }

    /// What the sum of the frame after the first `skipped` ones goes on from.
    pub(crate) fn check_before(&mut self, skipped: u32) -> io::Result<u64> {
        match skipped.checked_sub(1) {
            Some(before) => Ok(self.head(before)?.check),
            None => Ok(self.check),
        }
    }

    /// The head of the frame after the first `skipped` ones.
    pub(crate) fn head(&mut self, skipped: u32) -> io::Result<FrameHead> {
        let mut header = [0; FRAME_HEADER];
        self.file.seek(SeekFrom::Start(self.length(skipped)))?;
        self.file.read_exact(&mut header)?;
        Ok(FrameHead::from_bytes(header))
    }

    /// The page of the frame after the first `skipped` ones, which has this head and goes on from the sum `before`.
    pub(crate) fn page(&mut self, skipped: u32, head: &FrameHead, before: u64, page: &mut [u8]) -> io::Result<()> {
        if page.len() != self.page_size {
            return Err(io::ErrorKind::InvalidData.into());
        }
        self.file.seek(SeekFrom::Start(self.length(skipped) + FRAME_HEADER as u64))?;
        self.file.read_exact(page)?;
        self.verify(head, before, page).map(drop)
    }

    /// Writes the pages of the first `count` frames, which end with a commit, into a database's file. Doing so once more
    /// changes nothing, so that it can be begun again after a crash.
    pub(crate) fn apply(self, count: u32, target: &mut File) -> io::Result<()> {
        let mut frames = BufReader::new(&self.file);
        let mut header = [0; FRAME_HEADER];
        let mut page = vec![0; self.page_size];
        let (mut size, mut check) = (None, self.check);
        for _ in 0..count {
            frames.read_exact(&mut header)?;
            frames.read_exact(&mut page)?;
            let head = FrameHead::from_bytes(header);
            check = self.verify(&head, check, &page)?;
            let before = head.page.checked_sub(1).ok_or(io::ErrorKind::InvalidData)?;
            target.seek(SeekFrom::Start(u64::from(before) * page.len() as u64))?;
            target.write_all(&page)?;
            size = Some(head.pages);
        }
        match size {
            // Only the last frame of a transaction tells the size of the database.
            Some(0) => Err(io::ErrorKind::InvalidData.into()),
            Some(pages) => target.set_len(u64::from(pages) * page.len() as u64),
            None => Ok(()),
        }
    }

    /// Whether the first `count` frames are there as the engine has written them.
    pub(crate) fn is_sound(&mut self, count: u32) -> io::Result<bool> {
        let mut page = vec![0; self.page_size];
        let mut before = self.check;
        for frame in 0..count {
            let head = self.head(frame);
            match head.and_then(|head| self.page(frame, &head, before, &mut page).map(|()| head.check)) {
                Err(error) if is_damage(&error) => return Ok(false),
                check => before = check?,
            }
        }
        Ok(true)
    }

    /// Holds a frame to the salt of its log and to its sum, which goes on from that of the frame before it.
    fn verify(&self, head: &FrameHead, before: u64, page: &[u8]) -> io::Result<u64> {
        let [number, pages] = [head.page, head.pages].map(u32::to_be_bytes);
        let sum = self.sum(before, &[&[number, pages].concat(), page]);
        // A fuzzer finds no sums, and what is behind them is to be met, too.
        if head.salt == self.salt && sum == head.check || cfg!(fuzzing) {
            return Ok(head.check);
        }
        Err(io::Error::new(io::ErrorKind::InvalidData, format!("page {} of a log is damaged", head.page)))
    }

    fn sum(&self, before: u64, parts: &[&[u8]]) -> u64 {
        if self.is_big_endian { sum(before, parts, u32::from_be_bytes) } else { sum(before, parts, u32::from_le_bytes) }
    }

    fn frame_size(&self) -> u64 {
        (FRAME_HEADER + self.page_size) as u64
    }
}

/// A sum as the engine counts it, two words at a time: over the header of the log, or over the numbers in the head of a
/// frame and its page.
fn sum(before: u64, parts: &[&[u8]], word: impl Fn([u8; 4]) -> u32) -> u64 {
    let [h0, h1, h2, h3, l0, l1, l2, l3] = before.to_be_bytes();
    let (mut high, mut low) = (u32::from_be_bytes([h0, h1, h2, h3]), u32::from_be_bytes([l0, l1, l2, l3]));
    let mut add = |first, second| {
        high = high.wrapping_add(word(first)).wrapping_add(low);
        low = low.wrapping_add(word(second)).wrapping_add(high);
    };
    for [a, b, c, d, e, f, g, h] in parts.iter().flat_map(|part| part.as_chunks().0) {
        add([*a, *b, *c, *d], [*e, *f, *g, *h]);
    }
    (u64::from(high) << 32) | u64::from(low)
}
