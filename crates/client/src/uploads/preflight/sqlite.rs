//! The rules for the file of a database, as its header tells.

use std::path::PathBuf;

use turso_cloud_contract::{
    databases::Cipher,
    uploads::{DATABASE_MAGIC, PAGE_SIZE},
};

use super::{
    super::{file::SourceFile, unfit::UnfitFile},
    unfit,
};
use crate::Error;

/// 20 GiB.
const LARGEST: u64 = 20 << 30;
/// What comes before the first page's content.
const HEADER: usize = 100;

/// The file of a SQLite database, as an upload looks at it before anything is sent. Nothing is written to it.
///
/// ```no_run
/// # fn main() -> Result<(), turso_cloud::Error> {
/// let file = turso_cloud::DatabaseFile::open("shop.db")?;
/// if let Err(unfit) = file.check_upload(None) {
///     println!("{}; repair it by: {:?}", unfit.found(), unfit.sql());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct DatabaseFile {
    source: SourceFile,
    head: Vec<u8>,
}

impl DatabaseFile {
    /// Opens a file and reads its header; blocks.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::File`](crate::ErrorKind::File) where it cannot be read.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let source = SourceFile::open(path.into())?;
        let head = source.head(HEADER as u64)?;
        Ok(Self { source, head })
    }

    /// Whether the service takes it as the content of a database, which may be encrypted with a cipher, by the rules of
    /// the official command line; blocks.
    ///
    /// # Errors
    ///
    /// The first thing that keeps it from being uploaded.
    pub fn check_upload(&self, cipher: Option<&Cipher>) -> Result<(), UnfitFile> {
        let file = &self.source;
        if self.head.iter().zip(DATABASE_MAGIC).any(|(found, needed)| found != needed) {
            let repair = "give the file of a database; a dump in SQL is uploaded as a dump";
            return Err(unfit(file, "it does not begin as one", "a SQLite database").advising(repair));
        }
        let Ok(header) = <&[u8; HEADER]>::try_from(&self.head[..]).map(Header) else {
            let found = format!("it has only {} bytes", self.head.len());
            return Err(unfit(file, &found, "a SQLite database").advising("create a table in it first"));
        };
        // What is beside the file may change all of it.
        self.check_settled()?;
        check_header(file, &header, cipher)?;
        check_size(file)
    }

    /// Whether everything that was committed is in the file itself, and nothing else; blocks.
    ///
    /// # Errors
    ///
    /// What is in the log or the journal beside it.
    pub fn check_settled(&self) -> Result<(), UnfitFile> {
        check_wal(&self.source)?;
        check_journal(&self.source)
    }

    pub(in crate::uploads) fn into_source(self) -> SourceFile {
        self.source
    }
}

fn check_header(file: &SourceFile, header: &Header<'_>, cipher: Option<&Cipher>) -> Result<(), UnfitFile> {
    if header.page_size() != PAGE_SIZE {
        let found = format!("its page size is {}", header.page_size());
        let repair = "PRAGMA journal_mode=DELETE; PRAGMA page_size=4096; VACUUM; PRAGMA journal_mode=WAL;";
        return Err(unfit(file, &found, &PAGE_SIZE.to_string()).repaired_by(repair));
    }
    if header.versions() != [2, 2] {
        let [write, read] = header.versions();
        let found = format!("it is not in WAL mode (versions {write} and {read})");
        return Err(unfit(file, &found, "WAL mode (versions 2 and 2)").repaired_by("PRAGMA journal_mode=WAL;"));
    }
    if header.largest_root_page() != 0 {
        let repair = "PRAGMA auto_vacuum=NONE; VACUUM;";
        return Err(unfit(file, "auto_vacuum is on", "auto_vacuum=NONE").repaired_by(repair));
    }
    // 0 is a database without any table, which is in UTF-8 by default.
    if header.encoding() > 1 {
        let found = match header.encoding() {
            2 => "its text is in UTF-16le".to_owned(),
            3 => "its text is in UTF-16be".to_owned(),
            other => format!("the encoding of its text is the unknown {other}"),
        };
        let repair = "dump it into a new database that begins with `PRAGMA encoding='UTF-8';`";
        return Err(unfit(file, &found, "UTF-8").advising(repair));
    }
    check_reserved(file, header.reserved(), cipher)
}

fn check_reserved(file: &SourceFile, reserved: u8, cipher: Option<&Cipher>) -> Result<(), UnfitFile> {
    let Some(cipher) = cipher else { return Ok(()) };
    match reserved_for(cipher) {
        Some(needed) if needed != reserved => {
            let found = format!("it reserves {reserved} bytes of each page");
            let repair = format!("run `.filectrl reserve_bytes {needed}` and `VACUUM;` in the sqlite3 shell");
            Err(unfit(file, &found, &format!("{needed} for {}", cipher.as_str())).advising(repair))
        }
        // A cipher this version does not know is for the service to judge.
        _ => Ok(()),
    }
}

/// The bytes of each page a cipher keeps its nonce and tag in.
fn reserved_for(cipher: &Cipher) -> Option<u8> {
    match cipher {
        Cipher::Aes256Gcm | Cipher::Aes128Gcm | Cipher::ChaCha20Poly1305 => Some(28),
        Cipher::Aegis128L | Cipher::Aegis128X2 | Cipher::Aegis128X4 => Some(32),
        Cipher::Aegis256 | Cipher::Aegis256X2 | Cipher::Aegis256X4 => Some(48),
        _ => None,
    }
}

fn check_size(file: &SourceFile) -> Result<(), UnfitFile> {
    let found = format!("it has {} bytes", file.size());
    if file.size() > LARGEST {
        return Err(unfit(file, &found, "at most 20 GiB").advising("delete what is not needed").repaired_by("VACUUM;"));
    }
    if !file.size().is_multiple_of(u64::from(PAGE_SIZE)) {
        let repair = "it was cut off: copy it again, with nothing writing to it";
        return Err(unfit(file, &found, &format!("a multiple of {PAGE_SIZE}")).advising(repair));
    }
    Ok(())
}

/// What is only in the log would be missing.
fn check_wal(file: &SourceFile) -> Result<(), UnfitFile> {
    match file.neighbour("-wal") {
        Some((wal, length)) if length > 0 => {
            let found = format!("{} holds {length} bytes of changes that are not in the file yet", wal.display());
            Err(UnfitFile::new(file.path(), found)
                .advising("close all connections")
                .repaired_by("PRAGMA wal_checkpoint(TRUNCATE);"))
        }
        _ => Ok(()),
    }
}

/// What a transaction that never ended has written to the file would be in it. Whoever reads the file takes it out.
fn check_journal(file: &SourceFile) -> Result<(), UnfitFile> {
    match file.hot_journal() {
        Some(journal) => {
            let found = format!("{} holds a transaction that never ended", journal.display());
            Err(UnfitFile::new(file.path(), found)
                .advising("end whatever writes to it")
                .repaired_by("PRAGMA schema_version;"))
        }
        None => Ok(()),
    }
}

/// The first bytes of a database, by <https://sqlite.org/fileformat2.html>.
struct Header<'a>(&'a [u8; HEADER]);

impl Header<'_> {
    fn page_size(&self) -> u32 {
        match u16::from_be_bytes([self.0[16], self.0[17]]) {
            1 => 65_536,
            size => size.into(),
        }
    }

    /// The versions for writing and for reading: 1 for a rollback journal, 2 for WAL.
    fn versions(&self) -> [u8; 2] {
        [self.0[18], self.0[19]]
    }

    fn reserved(&self) -> u8 {
        self.0[20]
    }

    /// Not 0 where pages move about on their own.
    fn largest_root_page(&self) -> u32 {
        self.number(52)
    }

    fn encoding(&self) -> u32 {
        self.number(56)
    }

    fn number(&self, at: usize) -> u32 {
        self.0.get(at..).and_then(|rest| rest.first_chunk()).copied().map_or(0, u32::from_be_bytes)
    }
}
