//! Listings that come in pages, as streams.

use std::{collections::VecDeque, future::Future};

use futures_core::Stream;
use futures_util::stream::unfold;

use crate::Error;

/// Reads one page after the other.
pub(crate) trait Pages: Send + 'static {
    type Item: Send + 'static;

    /// The next page; `None` behind the last one. A page may be empty.
    fn next(&mut self) -> impl Future<Output = Result<Option<Vec<Self::Item>>, Error>> + Send;
}

/// The items of all pages. An error is yielded once and ends the stream; nothing is read ahead of what is asked for.
pub(crate) fn items<P: Pages>(pages: P) -> impl Stream<Item = Result<P::Item, Error>> + Send {
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
