//! Listings that come in pages, as streams.

use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use crate::{Client, Error};

/// Reads one page after the other.
pub(crate) trait Pages: Send + 'static {
    type Item: Send + 'static;

    /// The client the pages are read with.
    #[cfg_attr(not(feature = "blocking"), expect(dead_code, reason = "only the blocking iterator asks for it"))]
    fn client(&self) -> &Client;

    /// The next page; `None` behind the last one. A page may be empty. After an error, the same page comes next.
    fn next(&mut self) -> impl Future<Output = Result<Option<Vec<Self::Item>>, Error>> + Send;
}

/// The items of all pages. An error is yielded once and ends the stream; nothing is read ahead of what is asked for.
pub(crate) struct Paged<P, T> {
    /// What is left of the page that was read last.
    page: VecDeque<T>,
    state: State<P, T>,
}

enum State<P, T> {
    /// Nothing was asked for yet: the pages can still be set up.
    Waiting(P),
    Between(P),
    Reading(Reading<P, T>),
    /// The next page could not be read.
    Failed(P),
    Ended,
}

type Reading<P, T> = Pin<Box<dyn Future<Output = (P, Result<Option<Vec<T>>, Error>)> + Send>>;

impl<P: Pages> Paged<P, P::Item> {
    pub(crate) fn new(pages: P) -> Self {
        Self { page: VecDeque::new(), state: State::Waiting(pages) }
    }

    /// Sets the pages up; without effect once the first item was asked for.
    pub(crate) fn set_up(&mut self, change: impl FnOnce(&mut P)) {
        if let State::Waiting(pages) = &mut self.state {
            change(pages);
        }
    }

    /// Goes on after an error.
    pub(crate) fn resume(&mut self) {
        self.state = match std::mem::replace(&mut self.state, State::Ended) {
            State::Failed(pages) => State::Between(pages),
            other => other,
        };
    }

    /// The items as an iterator, on a client of [`blocking`](crate::blocking).
    #[cfg(feature = "blocking")]
    pub(crate) fn send(mut self) -> Result<crate::blocking::Iter<P::Item>, Error> {
        let State::Waiting(pages) = &self.state else {
            return Err(Error::config("the stream is being read already"));
        };
        let client = pages.client().clone();
        let items = futures_util::stream::poll_fn(move |cx| self.poll_next(cx));
        crate::blocking::Iter::new(client, Box::pin(items))
    }

    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<P::Item, Error>>> {
        loop {
            if let Some(item) = self.page.pop_front() {
                return Poll::Ready(Some(Ok(item)));
            }
            let mut reading = match std::mem::replace(&mut self.state, State::Ended) {
                State::Waiting(pages) | State::Between(pages) => read(pages),
                State::Reading(reading) => reading,
                over @ (State::Failed(_) | State::Ended) => {
                    self.state = over;
                    return Poll::Ready(None);
                }
            };
            let Poll::Ready((pages, page)) = reading.as_mut().poll(cx) else {
                self.state = State::Reading(reading);
                return Poll::Pending;
            };
            match page {
                Ok(None) => return Poll::Ready(None),
                Ok(Some(items)) => {
                    self.page = items.into();
                    self.state = State::Between(pages);
                }
                Err(error) => {
                    self.state = State::Failed(pages);
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }
}

fn read<P: Pages>(mut pages: P) -> Reading<P, P::Item> {
    Box::pin(async move {
        let page = pages.next().await;
        (pages, page)
    })
}
