//! A dump on its way from the engine to whoever sends it.

use std::io;

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::cursor::MAX_STALL;
use crate::data::hrana::SqlError;

const CHUNK_BYTES: usize = 64 * 1024;

/// What arrives of a dump; an error breaks the answer off, so that nobody takes half a dump for a whole one.
pub(crate) type Chunk = Result<Bytes, io::Error>;

/// Collects statements into chunks, on the engine's thread.
pub(crate) struct Chunks {
    buffer: String,
    sender: mpsc::Sender<Chunk>,
}

impl Chunks {
    pub(crate) fn new(sender: mpsc::Sender<Chunk>) -> Self {
        Self { buffer: String::new(), sender }
    }

    pub(crate) fn push(&mut self, text: &str) -> Result<(), SqlError> {
        self.buffer.push_str(text);
        if self.buffer.len() < CHUNK_BYTES { Ok(()) } else { self.flush() }
    }

    pub(crate) fn flush(&mut self) -> Result<(), SqlError> {
        let chunk = Bytes::from(std::mem::take(&mut self.buffer));
        match Handle::current().block_on(timeout(MAX_STALL, self.sender.send(Ok(chunk)))) {
            Ok(Ok(())) => Ok(()),
            _ => Err(SqlError::interrupted()),
        }
    }
}
