//! What the service asks of a file before it makes it a database.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use http::HeaderMap;
use turso_cloud_contract::EncryptionKey;
use turso_cloud_contract::databases::Cipher;
use turso_cloud_contract::uploads::{DATABASE_MAGIC, ENCRYPTION_CIPHER_HEADER, ENCRYPTION_KEY_HEADER, PAGE_SIZE};

use super::failed;
use crate::data::engine::{problem_of_vectors, quick_check};
use crate::data::refusal::Refusal;

const HEADER_BYTES: usize = 100;

/// The bytes at the end of every page that are left to encryption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reserved {
    bytes: u8,
    reason: &'static str,
}

impl Reserved {
    /// What a file that is not to be encrypted may reserve.
    pub(super) const NONE: Self = Self { bytes: 0, reason: "without encryption" };

    /// What the headers of a request ask for, whose key and cipher come together.
    ///
    /// The key is only checked for its form: the local cloud encrypts nothing.
    pub(super) fn read(headers: &HeaderMap) -> Result<Option<Self>, Refusal> {
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
        match (text(ENCRYPTION_CIPHER_HEADER), text(ENCRYPTION_KEY_HEADER)) {
            (None, None) => Ok(None),
            (Some(cipher), Some(key)) => {
                EncryptionKey::from_base64(key).map_err(|invalid| Refusal::protocol(invalid.to_string()))?;
                Self::of(cipher).map(Some)
            }
            (Some(_), None) => Err(missing(ENCRYPTION_KEY_HEADER, ENCRYPTION_CIPHER_HEADER)),
            (None, Some(_)) => Err(missing(ENCRYPTION_CIPHER_HEADER, ENCRYPTION_KEY_HEADER)),
        }
    }

    fn of(cipher: &str) -> Result<Self, Refusal> {
        let (bytes, reason) = match Cipher::from(cipher) {
            Cipher::Aes256Gcm | Cipher::Aes128Gcm => (28, "for AES-GCM"),
            Cipher::ChaCha20Poly1305 => (28, "for ChaCha20-Poly1305"),
            Cipher::Aegis128L | Cipher::Aegis128X2 | Cipher::Aegis128X4 => (32, "for AEGIS-128"),
            Cipher::Aegis256 | Cipher::Aegis256X2 | Cipher::Aegis256X4 => (48, "for AEGIS-256"),
            _ => {
                let known: Vec<_> = Cipher::KNOWN.iter().map(Cipher::as_str).collect();
                let problem = format!("the header {ENCRYPTION_CIPHER_HEADER} is {cipher:?}, and must be one of");
                return Err(Refusal::protocol(format!("{problem} {}", known.join(", "))));
            }
        };
        Ok(Self { bytes, reason })
    }
}

/// Refuses a file that is no sound database of the form the service takes. Blocks.
pub(super) fn file(path: &Path, reserved: Reserved) -> Result<(), Refusal> {
    let (header, length) = read_header(path)?;
    let problem = header.problem(length, reserved).or_else(|| damage(path)).or_else(|| damage_of_vectors(path));
    problem.map_or(Ok(()), |problem| Err(Refusal::protocol(problem)))
}

fn damage(path: &Path) -> Option<String> {
    let found = quick_check(path).unwrap_or_else(|error| error.message);
    (found != "ok").then(|| format!("quick_check of the file says {found:?}, and must say \"ok\""))
}

fn damage_of_vectors(path: &Path) -> Option<String> {
    problem_of_vectors(path).unwrap_or_else(|error| Some(error.message))
}

fn read_header(path: &Path) -> Result<(Header, u64), Refusal> {
    let open = || {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut header = [0; HEADER_BYTES];
        // What is shorter lacks the magic or a page, and is refused for that.
        match file.read_exact(&mut header) {
            Err(error) if error.kind() != ErrorKind::UnexpectedEof => Err(error),
            _ => Ok((Header(header), length)),
        }
    };
    open().map_err(|error| failed("could not read an uploaded file", &error))
}

/// The first bytes of a database (<https://sqlite.org/fileformat2.html#the_database_header>).
struct Header([u8; HEADER_BYTES]);

impl Header {
    fn problem(&self, length: u64, reserved: Reserved) -> Option<String> {
        let page_size = match u32::from(u16::from_be_bytes(self.bytes(16))) {
            1 => 65_536,
            size => size,
        };
        let [write_version, read_version] = self.bytes(18);
        let [reserved_bytes] = self.bytes(20);
        let encoding = self.number(56);
        let pages = length / u64::from(PAGE_SIZE);
        if self.bytes(0) != *DATABASE_MAGIC {
            let magic = String::from_utf8_lossy(DATABASE_MAGIC);
            return Some(format!("the file is no SQLite database: it does not begin with {magic:?}"));
        }
        if page_size != PAGE_SIZE {
            return Some(format!("the page size of the file is {page_size}, and must be {PAGE_SIZE}"));
        }
        if (write_version, read_version) != (2, 2) {
            return Some(format!(
                "the write and read versions of the file are {write_version} and {read_version}, and must be 2 and 2: \
                 its journal mode must be WAL"
            ));
        }
        if reserved_bytes != reserved.bytes {
            let Reserved { bytes, reason } = reserved;
            return Some(format!(
                "the file reserves {reserved_bytes} bytes of each page, and must reserve {bytes} {reason}"
            ));
        }
        if self.number(52) != 0 {
            return Some("auto_vacuum of the file is on, and must be off (0)".to_owned());
        }
        // Nothing is written down before the first table is made, and is UTF-8 then.
        if encoding > 1 {
            return Some(format!(
                "the text encoding of the file is {}, and must be UTF-8 (1)",
                encoding_name(encoding)
            ));
        }
        if pages == 0 || !length.is_multiple_of(PAGE_SIZE.into()) {
            return Some(format!("the file has {length} bytes, and must have whole pages of {PAGE_SIZE}"));
        }
        self.page_count().filter(|count| *count != pages).map(|count| {
            format!("the file has {pages} pages of {PAGE_SIZE} bytes, and must have {count}, which its header says")
        })
    }

    /// The count of pages, where it is to be believed: old versions of SQLite do not keep it, and leave a trace of that.
    fn page_count(&self) -> Option<u64> {
        let count = self.number(28);
        (count != 0 && self.number(24) == self.number(92)).then_some(count.into())
    }

    fn number(&self, at: usize) -> u32 {
        u32::from_be_bytes(self.bytes(at))
    }

    fn bytes<const N: usize>(&self, at: usize) -> [u8; N] {
        self.0.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
    }
}

fn encoding_name(encoding: u32) -> String {
    match encoding {
        2 => "UTF-16le (2)".to_owned(),
        3 => "UTF-16be (3)".to_owned(),
        other => other.to_string(),
    }
}

fn missing(header: &str, given: &str) -> Refusal {
    Refusal::protocol(format!("the header {header} is missing, and must come with {given}"))
}
