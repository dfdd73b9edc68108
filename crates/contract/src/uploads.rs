//! Uploads: the file of a database to the database's own host, a dump in SQL to the Platform API.
//!
//! Their bodies are files, so that they are routes here rather than operations of the catalogue. What goes to a
//! database's host needs a token of that database, and a database made with [`Seed::DatabaseUpload`].
//!
//! Only [`UPLOAD`] is documented by the service; the other routes are those of its official command line.
//!
//! [`Seed::DatabaseUpload`]: crate::databases::Seed::DatabaseUpload

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{InvalidInput, OrganizationSlug, PathReader, UploadId, path::push_segment, without_secrets};

/// `POST` the whole file, with its `Content-Length`, to this path of the database's host. The answer is empty.
pub const UPLOAD: &str = "/v1/upload";

/// `PUT` a [`StartUpload`] to this path of the database's host to send the file in pieces; a [`StartedUpload`] is
/// the answer.
pub const START_UPLOAD: &str = "/v2/upload/start";

/// The header with the key a file is encrypted with, where it is.
pub const ENCRYPTION_KEY_HEADER: &str = "x-turso-encryption-key";

/// The header with the cipher a file is encrypted with, where it is.
pub const ENCRYPTION_CIPHER_HEADER: &str = "x-turso-encryption-cipher";

/// What the file of every database begins with that is not encrypted
/// ([SQLite's file format](https://www.sqlite.org/fileformat2.html#the_database_header)).
pub const DATABASE_MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// The bytes of a page of every file that is uploaded.
pub const PAGE_SIZE: u32 = 4096;

/// The name of the one part of the form a dump is sent as.
pub const DUMP_PART: &str = "file";

/// Announces a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StartUpload {
    /// The length of the file, in bytes.
    pub db_size_bytes: u64,
}

impl StartUpload {
    /// Announces a file of so many bytes.
    #[must_use]
    pub fn new(db_size_bytes: u64) -> Self {
        Self { db_size_bytes }
    }
}

/// How the service wants a file in pieces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StartedUpload {
    /// The bytes of each piece but the last, which may be shorter.
    pub chunk_size: u64,
    /// What the pieces are sent under.
    pub upload_id: UploadId,
}

impl StartedUpload {
    /// An upload in pieces of so many bytes.
    #[must_use]
    pub fn new(chunk_size: u64, upload_id: UploadId) -> Self {
        Self { chunk_size, upload_id }
    }
}

/// `PUT` of a part of an upload in pieces, by its path on the database's host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadPart {
    /// The bytes from `index * chunk_size` on.
    Chunk {
        /// The upload.
        upload: UploadId,
        /// Which piece it is, from 0 on.
        index: u64,
    },
    /// Nothing more: the file is to be checked and opened.
    Finalize {
        /// The upload.
        upload: UploadId,
    },
}

impl UploadPart {
    /// The path it is sent to.
    #[must_use]
    pub fn path(&self) -> String {
        let mut path = PARTS.to_owned();
        let (Self::Chunk { upload, .. } | Self::Finalize { upload }) = self;
        push_segment(&mut path, upload);
        match self {
            Self::Chunk { index, .. } => path + "/chunk/" + &index.to_string(),
            Self::Finalize { .. } => path + "/finalize",
        }
    }

    /// Reads such a path; `None` for any other.
    #[must_use]
    pub fn read(path: &str) -> Option<Result<Self, InvalidInput>> {
        let (upload, part) = path.strip_prefix(PARTS)?.split_once('/')?;
        let upload = PathReader::new(upload).segment::<UploadId>();
        match part.split_once('/') {
            None if part == "finalize" => Some(upload.map(|upload| Self::Finalize { upload })),
            Some(("chunk", index)) => {
                let index = index.parse().map_err(|_| InvalidInput::new("chunk", index, "must be a whole number"));
                Some(upload.and_then(|upload| Ok(Self::Chunk { upload, index: index? })))
            }
            _ => None,
        }
    }
}

const PARTS: &str = "/v2/upload/";

/// `POST` a dump in SQL to this path of the Platform API, as a form with the one part [`DUMP_PART`]; an
/// [`UploadedDump`] is the answer.
#[must_use]
pub fn dumps(organization: &OrganizationSlug) -> String {
    let mut path = "/v1/organizations/".to_owned();
    push_segment(&mut path, organization);
    path.push_str("/databases/dumps");
    path
}

/// Where an uploaded dump is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UploadedDump {
    /// The URL to create a database from, with [`Seed::dump`](crate::databases::Seed::dump).
    pub dump_url: String,
}

impl UploadedDump {
    /// A dump at a URL.
    #[must_use]
    pub fn new(dump_url: impl Into<String>) -> Self {
        Self { dump_url: dump_url.into() }
    }
}

/// Without the query of the URL, which signs it, and without user and password.
impl fmt::Debug for UploadedDump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadedDump").field("dump_url", &without_secrets(&self.dump_url)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_read_from_the_path_it_is_sent_to() {
        let upload: UploadId = "a/b c".parse().unwrap();
        for part in [UploadPart::Chunk { upload: upload.clone(), index: 7 }, UploadPart::Finalize { upload }] {
            assert_eq!(UploadPart::read(&part.path()), Some(Ok(part)));
        }
    }

    #[test]
    fn a_path_of_something_else_is_no_part() {
        for path in
            ["/v2/upload/start", "/v2/upload/id", "/v2/upload/id/chunk", "/v1/upload", "/v2/upload/id/finalize/x"]
        {
            assert_eq!(UploadPart::read(path), None, "{path}");
        }
        assert!(UploadPart::read("/v2/upload/id/chunk/-1").is_some_and(|part| part.is_err()));
        assert!(UploadPart::read("/v2/upload/../chunk/1").is_some_and(|part| part.is_err()));
    }
}
