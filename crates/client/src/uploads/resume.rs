use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use turso_cloud_contract::{InvalidInput, UploadId, uploads::StartedUpload};

use super::file::SourceFile;
use crate::{Error, ErrorKind};

/// The largest part object stores take.
const LARGEST_CHUNK: u64 = 5 << 30;
/// More requests than any sensible upload makes.
const MOST_CHUNKS: u64 = 100_000;

/// Where an upload in pieces can go on: [`Error::resume_point`](crate::Error::resume_point) and
/// [`UploadProgress::resume_point`](super::UploadProgress::resume_point).
///
/// It can be stored, to go on in another process. It holds no token and no key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResumePoint {
    upload_id: UploadId,
    chunk_size: u64,
    chunks_done: u64,
    file_size: u64,
    modified: Option<SystemTime>,
}

impl ResumePoint {
    /// The beginning of an upload the service has announced.
    pub(super) fn start(started: StartedUpload, file: &SourceFile) -> Result<Self, Error> {
        let StartedUpload { chunk_size, upload_id, .. } = started;
        let point = Self { upload_id, chunk_size, chunks_done: 0, file_size: file.size(), modified: file.modified() };
        point.check_chunks().map_err(|refused| {
            Error::new(ErrorKind::Decode).with_detail(format!("the service wants what cannot be: {refused}"))
        })?;
        Ok(point)
    }

    /// Fails where this is of another file, or was not made by this library.
    pub(super) fn check(&self, file: &SourceFile) -> Result<(), Error> {
        if self.file_size != file.size() || self.modified != file.modified() {
            return Err(Error::new(ErrorKind::File).with_detail(format!(
                "{} is not the file the upload began with, or was changed since; begin again without `resume`",
                file.path().display()
            )));
        }
        self.check_chunks()?;
        if self.chunks_done > self.chunks() {
            let rule = format!("the upload has only {} pieces", self.chunks());
            return Err(InvalidInput::new("chunks_done", &self.chunks_done.to_string(), rule).into());
        }
        Ok(())
    }

    fn check_chunks(&self) -> Result<(), InvalidInput> {
        let refuse = |rule: String| Err(InvalidInput::new("chunk_size", &self.chunk_size.to_string(), rule));
        if self.chunk_size == 0 || self.chunk_size > LARGEST_CHUNK {
            return refuse(format!("must be from 1 to {LARGEST_CHUNK} bytes"));
        }
        if self.chunks() > MOST_CHUNKS {
            return refuse(format!("would cut {} bytes into more than {MOST_CHUNKS} pieces", self.file_size));
        }
        Ok(())
    }

    pub(super) fn upload_id(&self) -> &UploadId {
        &self.upload_id
    }

    /// How many pieces there are.
    #[must_use]
    pub fn chunks(&self) -> u64 {
        // A point that was stored may hold anything; `check` refuses it later.
        self.file_size.div_ceil(self.chunk_size.max(1))
    }

    /// How many of them have arrived.
    #[must_use]
    pub fn chunks_done(&self) -> u64 {
        self.chunks_done
    }

    /// The bytes of each piece but the last, which may be shorter.
    #[must_use]
    pub fn chunk_size(&self) -> u64 {
        self.chunk_size
    }

    /// The bytes of a piece.
    pub(super) fn range(&self, index: u64) -> std::ops::Range<u64> {
        let start = index.saturating_mul(self.chunk_size).min(self.file_size);
        start..start.saturating_add(self.chunk_size).min(self.file_size)
    }

    pub(super) fn arrived(&mut self) {
        self.chunks_done += 1;
    }
}
