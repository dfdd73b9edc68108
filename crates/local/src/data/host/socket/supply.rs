//! What the cursor of a stream has produced, for its client to fetch.

use std::collections::VecDeque;

use tokio::sync::mpsc;
use tokio::sync::oneshot;

use super::entries::Entry;
use crate::data::hrana::{OwnResponse, SqlError};
use crate::data::run::cursor::{self, Ended};

/// An answer to a request for entries is cut at about this size, however many were asked for.
const MAX_FETCH_BYTES: usize = 1024 * 1024;

/// The entries of a cursor that are still to be fetched.
pub(super) struct Supply {
    chunks: mpsc::Receiver<Vec<Entry>>,
    waiting: VecDeque<Entry>,
    /// Nothing once the end was heard.
    ended: Option<Ended>,
}

impl Supply {
    pub(super) fn new(chunks: mpsc::Receiver<Vec<Entry>>, ended: Ended) -> Self {
        Self { chunks, waiting: VecDeque::new(), ended: Some(ended) }
    }

    /// Whether there is anything to say.
    pub(super) fn is_ready(&self) -> bool {
        !self.waiting.is_empty() || self.ended.is_none()
    }

    /// Waits for the next entries or the end. May be given up at any time.
    pub(super) async fn fill(&mut self) {
        if let Some(chunk) = self.chunks.recv().await {
            self.waiting.extend(chunk);
        } else if let Some(ended) = &mut self.ended {
            let ending = ended.await;
            self.end(ending);
        }
    }

    /// Takes what there is.
    pub(super) fn fetch(&mut self, max_count: u32) -> OwnResponse {
        let max_count = usize::try_from(max_count).unwrap_or(usize::MAX);
        let mut entries = Vec::new();
        let mut bytes = 0;
        while entries.len() < max_count && bytes < MAX_FETCH_BYTES {
            let Some(entry) = self.next() else { break };
            bytes += entry.bytes;
            entries.push(entry.content);
        }
        OwnResponse::FetchCursor { entries, done: self.is_over() }
    }

    /// The next entry, if it is there.
    fn next(&mut self) -> Option<Entry> {
        while self.waiting.is_empty() {
            match self.chunks.try_recv() {
                Ok(chunk) => self.waiting.extend(chunk),
                Err(mpsc::error::TryRecvError::Empty) => return None,
                Err(mpsc::error::TryRecvError::Disconnected) => match self.ended.as_mut()?.try_recv() {
                    Err(oneshot::error::TryRecvError::Empty) => return None,
                    ending => self.end(ending),
                },
            }
        }
        self.waiting.pop_front()
    }

    fn end(&mut self, ending: Result<Result<(), SqlError>, impl Sized>) {
        self.ended = None;
        self.waiting.extend(cursor::last_words(ending).map(Entry::from));
    }

    fn is_over(&self) -> bool {
        self.ended.is_none() && self.waiting.is_empty()
    }
}
