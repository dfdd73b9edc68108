//! A dump on its way from the engine to whoever sends it.

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::Verdict;
use super::cursor::MAX_STALL;
use crate::data::hrana::SqlError;

const CHUNK_BYTES: usize = 64 * 1024;

/// Collects statements into chunks, on the engine's thread.
pub(crate) struct Chunks {
    buffer: String,
    sender: mpsc::Sender<Verdict<Bytes>>,
}

impl Chunks {
    pub(crate) fn new(sender: mpsc::Sender<Verdict<Bytes>>) -> Self {
        Self { buffer: String::new(), sender }
    }

    pub(crate) fn push(&mut self, text: &str) -> Result<(), SqlError> {
        self.buffer.push_str(text);
        if self.buffer.len() < CHUNK_BYTES { Ok(()) } else { self.flush() }
    }

    pub(crate) fn flush(&mut self) -> Result<(), SqlError> {
        let chunk = Bytes::from(std::mem::take(&mut self.buffer));
        match Handle::current().block_on(timeout(MAX_STALL, self.sender.send(Ok(Ok(chunk))))) {
            Ok(Ok(())) => Ok(()),
            _ => Err(SqlError::interrupted()),
        }
    }
}
