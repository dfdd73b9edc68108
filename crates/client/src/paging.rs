//! Listings that come in pages, as streams.

use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;
use futures_util::stream::unfold;

use crate::{Client, Error};

/// Reads one page after the other.
pub(crate) trait Pages: Send + 'static {
    type Item: Send + 'static;

    /// The client the pages are read with.
    #[cfg_attr(not(feature = "blocking"), expect(dead_code, reason = "only the blocking iterator asks for it"))]
    fn client(&self) -> &Client;

    /// The next page; `None` behind the last one. A page may be empty.
    fn next(&mut self) -> impl Future<Output = Result<Option<Vec<Self::Item>>, Error>> + Send;
}

/// The items of all pages. An error is yielded once and ends the stream; nothing is read ahead of what is asked for.
pub(crate) enum Paged<P: Pages> {
    /// Nothing was asked for yet: the pages can still be set up.
    Waiting(P),
    Reading(Pin<Box<dyn Stream<Item = Result<P::Item, Error>> + Send>>),
    Ended,
}

impl<P: Pages> Paged<P> {
    pub(crate) fn new(pages: P) -> Self {
        Self::Waiting(pages)
    }

    /// Sets the pages up; without effect once the first item was asked for.
    pub(crate) fn set_up(&mut self, change: impl FnOnce(&mut P)) {
        if let Self::Waiting(pages) = self {
            change(pages);
        }
    }

    /// The items as an iterator, on a client of [`blocking`](crate::blocking).
    #[cfg(feature = "blocking")]
    pub(crate) fn send(self) -> Result<crate::blocking::Iter<P::Item>, Error> {
        match self {
            Self::Waiting(pages) => crate::blocking::Iter::new(pages.client().clone(), Box::pin(items(pages))),
            Self::Reading(_) | Self::Ended => Err(Error::config("the stream is being read already")),
        }
    }

    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<P::Item, Error>>> {
        loop {
            match std::mem::replace(self, Self::Ended) {
                Self::Waiting(pages) => *self = Self::Reading(Box::pin(items(pages))),
                Self::Ended => return Poll::Ready(None),
                Self::Reading(mut reading) => {
                    let polled = reading.as_mut().poll_next(cx);
                    if !matches!(polled, Poll::Ready(None)) {
                        *self = Self::Reading(reading);
                    }
                    return polled;
                }
            }
        }
    }
}

fn items<P: Pages>(pages: P) -> impl Stream<Item = Result<P::Item, Error>> + Send {
    unfold(Some((pages, VecDeque::new())), |state| async {
        let (mut pages, mut page): (P, VecDeque<P::Item>) = state?;
        loop {
            if let Some(item) = page.pop_front() {
                return Some((Ok(item), Some((pages, page))));
            }
            match pages.next().await {
                Ok(Some(items)) => page = items.into(),
                Ok(None) => return None,
                Err(error) => return Some((Err(error), None)),
            }
        }
    })
}
