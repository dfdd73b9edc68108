//! A cursor as the body of an answer.

use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::{iter, mem};

use axum::body::Body;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use tokio::sync::{mpsc, oneshot};

use crate::data::database::{Announced, Database, Policy};
use crate::data::host::codec::Encoding;
use crate::data::hrana::{CursorEntry, CursorOpening, ValueRef};
use crate::data::run::cursor::{self, Chunk, Ending, Outlet, PIECE_BYTES};
use crate::data::run::{Steps, Stream};
use crate::memory::{Exhausted, Lease, counted};

/// A batch about to be streamed as the body of an answer.
pub(super) struct Cursor {
    pub(super) database: Arc<Database>,
    pub(super) stream: Stream,
    pub(super) steps: Steps,
    pub(super) policy: Policy,
    /// Issued before the batch runs; the stream is behind it when the batch has ended.
    pub(super) baton: Announced,
    pub(super) encoding: Encoding,
}

impl Cursor {
    /// Starts the batch. It ends early when the body is dropped, and the stream can be continued without its transaction.
    pub(super) fn start(self) -> Body {
        let encoding = self.encoding;
        let mut opening = Vec::new();
        encoding
            .write_opening(CursorOpening { baton: Some(self.baton.baton().to_string()), base_url: None }, &mut opening);
        let (outlet, receiver) = cursor::channel(Written::new(encoding));
        let (ending, ended) = oneshot::channel();
        tokio::spawn(self.run(outlet, ending));
        let chunks = stream::unfold(receiver, async |mut receiver: mpsc::Receiver<Bytes>| {
            Some((receiver.recv().await?, receiver))
        });
        let opening = stream::iter([Bytes::from(opening)]);
        let last_words = stream::once(ended).filter_map(move |ending| {
            ready(cursor::last_words(ending).map(|entry| {
                let mut bytes = Vec::new();
                encoding.write_entry(entry, &mut bytes);
                Bytes::from(bytes)
            }))
        });
        Body::from_stream(opening.chain(chunks).chain(last_words).map(Ok::<_, Infallible>))
    }

    async fn run(mut self, outlet: Outlet<Written>, ending: Ending) {
        let client = outlet.client();
        let has_transaction = self.steps.watch_transaction(self.stream.is_autocommit());
        let outlet = tokio::select! {
            outlet = cursor::run(&mut self.stream, self.steps, self.policy, outlet) => match outlet {
                Ok(outlet) => outlet,
                Err(error) => {
                    let _client_is_gone = ending.send(Err(error));
                    return;
                }
            },
            () = client.closed() => None,
        };
        // Where the query had to be stopped, its session is gone.
        let session = self.stream.state.session.as_ref();
        let was_open = || has_transaction.load(Ordering::Acquire);
        if outlet.is_none() && session.map_or_else(was_open, |session| !session.is_autocommit()) {
            self.stream.end_transaction();
        }
        // The client may use the baton as soon as it sees the last entry, and when it reads no further.
        self.database.streams().park(&self.database, self.baton.baton(), self.stream.park());
        drop(self.baton);
        if let Some(mut outlet) = outlet {
            outlet.push(CursorEntry::ReplicationIndex { replication_index: None });
            let _client_is_gone = outlet.flush().await.map(|()| ending.send(Ok(())));
        }
    }
}

/// Entries as they are on the wire.
struct Written {
    encoding: Encoding,
    buffer: Vec<u8>,
    lease: Lease,
}

impl Written {
    fn new(encoding: Encoding) -> Self {
        Self { encoding, buffer: Vec::new(), lease: Lease::default() }
    }
}

impl Chunk for Written {
    type Sent = Bytes;

    /// The longer, the fewer times whoever sends it is woken.
    const LONGEST_BYTES: usize = 4 * PIECE_BYTES;

    fn push(&mut self, entry: CursorEntry) {
        self.encoding.write_entry(entry, &mut self.buffer);
    }

    fn push_row(&mut self, row: &[ValueRef<'_>]) -> Result<(), Exhausted> {
        let bytes = ValueRef::wire_size_of(row);
        self.lease.grow(bytes)?;
        // A long row would have it grow to twice as much as it takes.
        if bytes > PIECE_BYTES {
            self.buffer.reserve_exact(bytes);
        }
        self.encoding.write_row(row, &mut self.buffer);
        Ok(())
    }

    fn size(&self) -> usize {
        self.buffer.len()
    }

    fn take(&mut self, room: usize) -> impl Iterator<Item = Self::Sent> {
        let mut rest = counted(mem::replace(&mut self.buffer, Vec::with_capacity(room)));
        self.lease = Lease::default();
        // Of one size, so that no crumb is left.
        let size = rest.len().div_ceil(rest.len().div_ceil(PIECE_BYTES).max(1));
        iter::from_fn(move || (!rest.is_empty()).then(|| rest.split_to(rest.len().min(size))))
    }
}
