use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;

use crate::{
    Call, Client, Error, ErrorKind,
    paging::{Paged, Pages},
};

/// What the official command line asks for at once.
const PAGE_SIZE: u64 = 1000;

/// A stream over a listing, page by page. It yields an error once and ends.
#[must_use = "a stream does nothing until it is read"]
pub struct Listing<T: Send + 'static>(Paged<CursorPages<T>>);

/// One page, and the cursor of the one behind it.
pub(crate) type Page<T> = (Vec<T>, Option<String>);

type Fetch<T> = Box<dyn Fn(u64, Option<String>) -> Call<Page<T>> + Send>;

impl<T: Send + 'static> Listing<T> {
    pub(crate) fn new(client: &Client, fetch: impl Fn(u64, Option<String>) -> Call<Page<T>> + Send + 'static) -> Self {
        let fetch = Box::new(fetch);
        Self(Paged::new(CursorPages {
            client: client.clone(),
            fetch,
            page_size: PAGE_SIZE,
            next: Next::First,
            circle: Circle::default(),
        }))
    }

    /// Sets how many items to ask for at once; 1000 by default. It has no effect once the first item was taken.
    pub fn page_size(mut self, items: u64) -> Self {
        self.0.set_up(|pages| pages.page_size = items);
        self
    }

    /// The items as an iterator, on a client of [`blocking`](crate::blocking).
    #[cfg(feature = "blocking")]
    pub fn send(self) -> Result<crate::blocking::Iter<T>, Error> {
        self.0.send()
    }
}

impl<T: Send + 'static> Stream for Listing<T> {
    type Item = Result<T, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().0.poll_next(cx)
    }
}

impl<T: Send + 'static> fmt::Debug for Listing<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listing").finish_non_exhaustive()
    }
}

struct CursorPages<T> {
    client: Client,
    fetch: Fetch<T>,
    page_size: u64,
    next: Next,
    circle: Circle,
}

/// Finds out whether cursors repeat themselves, with one of them in memory however many there are (Brent's algorithm).
#[derive(Default)]
struct Circle {
    mark: String,
    /// How many more cursors are compared with the mark before it moves on, and how many it was compared with at first.
    left: u64,
    stretch: u64,
}

impl Circle {
    fn closes(&mut self, cursor: &str) -> bool {
        if self.left > 0 && self.mark == cursor {
            return true;
        }
        if self.left == 0 {
            cursor.clone_into(&mut self.mark);
            self.stretch = (self.stretch * 2).max(1);
            self.left = self.stretch + 1;
        }
        self.left -= 1;
        false
    }
}

enum Next {
    First,
    Behind(String),
    None,
}

impl<T: Send + 'static> Pages for CursorPages<T> {
    type Item = T;

    fn client(&self) -> &Client {
        &self.client
    }

    async fn next(&mut self) -> Result<Option<Vec<T>>, Error> {
        let cursor = match &self.next {
            Next::First => None,
            Next::Behind(cursor) => Some(cursor.clone()),
            Next::None => return Ok(None),
        };
        let call = (self.fetch)(self.page_size, cursor);
        let (items, next) = call.await?;
        self.next = match next.filter(|next| !next.is_empty()) {
            None => Next::None,
            // The same pages would be read for ever.
            Some(next) if self.circle.closes(&next) => {
                let detail = format!("the listing does not advance: cursor {next:?} comes again");
                return Err(Error::new(ErrorKind::Decode).with_detail(detail));
            }
            Some(next) => Next::Behind(next),
        };
        Ok(Some(items))
    }
}
