//! The body of a request, overheard while it is read by whoever answers it.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::{
    Error,
    body::{Body, HttpBody},
};
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use parking_lot::Mutex;

use super::{Message, entry::MAX_BODY};

/// What was read of a body so far.
#[derive(Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<Said>>);

#[derive(Default)]
struct Said {
    /// Nothing of one that is too long to be kept.
    bytes: Vec<u8>,
    length: usize,
    is_whole: bool,
}

struct Overheard {
    body: Body,
    heard: Heard,
}

impl Heard {
    /// The same body, of which this hears what is read.
    pub(crate) fn listen_to(&self, body: Body) -> Body {
        self.0.lock().is_whole = body.is_end_stream();
        Body::new(Overheard { body, heard: self.clone() })
    }

    /// Adds the body to what is remembered of its request, if it was read to its end.
    pub(crate) fn tell(&self, message: Message) -> Message {
        let said = std::mem::take(&mut *self.0.lock());
        if said.is_whole { message.body(said.bytes, said.length) } else { message }
    }
}

impl Said {
    fn hear(&mut self, piece: &[u8]) {
        self.length += piece.len();
        if self.length <= MAX_BODY {
            self.bytes.extend_from_slice(piece);
        } else {
            self.bytes = Vec::new();
        }
    }
}

impl HttpBody for Overheard {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        let mut said = self.heard.0.lock();
        if let Some(Ok(Some(piece))) = frame.as_ref().map(|frame| frame.as_ref().map(Frame::data_ref)) {
            said.hear(piece);
        }
        let is_broken = matches!(frame, Some(Err(_)));
        // Whoever knows the length does not ask whether there is more.
        said.is_whole = !is_broken && (frame.is_none() || self.body.is_end_stream());
        drop(said);
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
