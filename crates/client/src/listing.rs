use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;
use futures_util::StreamExt;

use crate::{
    Call, Client, Error, ErrorKind,
    call::{CallOptions, option_setters},
    paging::{Paged, Pages},
};

/// What the official command line asks for at once.
const PAGE_SIZE: u64 = 1000;

/// A stream over a listing, page by page. It yields an error once and ends; [`resume`](Self::resume) lets it go on. What is set
/// on it has no effect once the first item was asked for.
#[must_use = "a stream does nothing until it is read"]
pub struct Listing<T>(Paged<CursorPages<T>, T>);

/// One page, and the cursor of the one behind it.
pub(crate) type Page<T> = (Vec<T>, Option<String>);

type Fetch<T> = Box<dyn Fn(u64, Option<String>) -> Call<Page<T>> + Send>;

impl<T: Send + 'static> Listing<T> {
    pub(crate) fn new(client: &Client, fetch: impl Fn(u64, Option<String>) -> Call<Page<T>> + Send + 'static) -> Self {
        let fetch = Box::new(fetch);
        Self(Paged::new(CursorPages {
            client: client.clone(),
            fetch,
            options: client.inner().options,
            page_size: PAGE_SIZE,
            next: Next::First,
            circle: Circle::default(),
        }))
    }

    /// Sets how many items to ask for at once; 1000 by default.
    pub fn page_size(mut self, items: u64) -> Self {
        self.0.set_up(|pages| pages.page_size = items);
        self
    }

    option_setters!(
        "the call for each page, which is made when its first item is asked for; the whole takes as many as there are pages"
    );

    fn with_options_changed(mut self, change: impl FnOnce(&mut CallOptions)) -> Self {
        self.0.set_up(|pages| change(&mut pages.options));
        self
    }

    /// Begins behind a page that was read before, with pages of the size that was asked for.
    pub(crate) fn behind(mut self, limit: Option<u64>, cursor: Option<String>) -> Self {
        self.0.set_up(|pages| {
            pages.page_size = limit.unwrap_or(pages.page_size);
            pages.next = cursor.map_or(Next::First, Next::Behind);
        });
        self
    }

    /// The next item, or nothing behind the last one. To give up waiting for it loses none.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// let mut databases = turso.databases().stream();
    /// while let Some(database) = databases.next().await {
    ///     assert_eq!(database?.name, "orders");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        StreamExt::next(self).await
    }

    /// Lets a listing go on that an error has ended: the page that could not be read is asked for again, so that no item is
    /// missed or yielded twice. Without effect on one that no error has ended.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use turso_cloud::{RetryPolicy, contract::databases::ListDatabases};
    /// # let cloud = turso_cloud_local::Cloud::new()?;
    /// # let turso = cloud.client().retry(RetryPolicy::none()).build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// # cloud.faults().on::<ListDatabases>().nth(1).reply(503);
    /// let mut databases = turso.databases().stream();
    /// while let Some(database) = databases.next().await {
    ///     match database {
    ///         Ok(database) => println!("{}", database.name),
    ///         Err(error) if error.is_retryable() => databases.resume(),
    ///         Err(error) => return Err(error.into()),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn resume(&mut self) {
        self.0.resume();
    }

    /// The items as an iterator, on a client of [`blocking`](crate::blocking).
    #[cfg(feature = "blocking")]
    pub fn send(self) -> Result<crate::blocking::Iter<T>, Error> {
        self.0.send()
    }
}

/// No item is ever pinned.
impl<T> Unpin for Listing<T> {}

impl<T: Send + 'static> Stream for Listing<T> {
    type Item = Result<T, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().0.poll_next(cx)
    }
}

impl<T> fmt::Debug for Listing<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listing").finish_non_exhaustive()
    }
}

struct CursorPages<T> {
    client: Client,
    fetch: Fetch<T>,
    options: CallOptions,
    page_size: u64,
    next: Next,
    circle: Circle,
}

/// Finds out whether cursors repeat themselves, with one of them in memory however many there are (Brent's algorithm).
#[derive(Default)]
pub(crate) struct Circle {
    mark: String,
    /// How many more cursors are compared with the mark before it moves on, and how many it was compared with at first.
    left: u64,
    stretch: u64,
}

impl Circle {
    /// The cursor behind a page, where there is one. One that comes again would be followed for ever.
    pub(crate) fn follow(&mut self, next: Option<String>) -> Result<Option<String>, Error> {
        let next = next.filter(|next| !next.is_empty());
        match next.as_deref().filter(|next| self.closes(next)) {
            None => Ok(next),
            Some(next) => {
                let detail = format!("the listing does not advance: cursor {next:?} comes again");
                Err(Error::new(ErrorKind::Decode).with_detail(detail))
            }
        }
    }

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
        let (items, next) = (self.fetch)(self.page_size, cursor).with_options(self.options).await?;
        self.next = self.circle.follow(next)?.map_or(Next::None, Next::Behind);
        Ok(Some(items))
    }
}
