use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;
use futures_util::StreamExt;
use jiff::Timestamp;
use turso_cloud_contract::audit_logs::{AuditCode, AuditLog, AuditLogPage, AuditLogsAnswer, AuditPagination};

use super::AuditLogs;
use crate::{
    Client, Error, ErrorKind,
    call::{CallOptions, option_setters},
    paging::{self, Paged},
};

const PAGE_SIZE: u64 = 100;

/// A stream of entries of the audit log, newest first: [`AuditLogs::stream`].
///
/// The service knows no filters: those of this stream are applied here, and all pages down to the last entry that
/// can match are read. What is set on it has no effect once the first entry was asked for.
#[must_use = "a stream does nothing until it is read"]
pub struct AuditLogStream(Paged<Pages, AuditLog>);

#[derive(Clone, Debug, Default)]
struct Filter {
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    codes: Option<Vec<AuditCode>>,
    author: Option<String>,
}

impl AuditLogStream {
    pub(super) fn new(logs: AuditLogs) -> Self {
        let options = logs.scope.client().inner().options;
        Self(Paged::new(Pages {
            logs,
            options,
            filter: Filter::default(),
            page_size: PAGE_SIZE,
            next: Some(1),
            oldest: None,
            previous: None,
        }))
    }

    /// Ends with the last entry that is not older than `since`; older pages are not read.
    pub fn since(self, since: Timestamp) -> Self {
        self.set_up(|pages| pages.filter.since = Some(since))
    }

    /// Leaves out entries from `until` on.
    pub fn until(self, until: Timestamp) -> Self {
        self.set_up(|pages| pages.filter.until = Some(until))
    }

    /// Only entries with one of these codes.
    pub fn only(self, codes: impl IntoIterator<Item = AuditCode>) -> Self {
        self.set_up(|pages| pages.filter.codes = Some(codes.into_iter().collect()))
    }

    /// Only entries of this user.
    pub fn author(self, username: impl Into<String>) -> Self {
        self.set_up(|pages| pages.filter.author = Some(username.into()))
    }

    /// Sets how many entries to ask for at once; 100 by default.
    pub fn page_size(self, entries: u64) -> Self {
        self.set_up(|pages| pages.page_size = entries)
    }

    option_setters!(
        "the call for each page, which is made when its first entry is asked for; the whole takes as many as there are pages"
    );

    fn with_options_changed(self, change: impl FnOnce(&mut CallOptions)) -> Self {
        self.set_up(|pages| change(&mut pages.options))
    }

    /// The next entry, or nothing behind the last one. To give up waiting for it loses none.
    pub async fn next(&mut self) -> Option<Result<AuditLog, Error>> {
        StreamExt::next(self).await
    }

    /// Lets a stream go on that an error has ended; see [`Listing::resume`](crate::Listing::resume).
    pub fn resume(&mut self) {
        self.0.resume();
    }

    /// The entries as an iterator, on a client of [`blocking`](crate::blocking).
    #[cfg(feature = "blocking")]
    pub fn send(self) -> Result<crate::blocking::Iter<AuditLog>, Error> {
        self.0.send()
    }

    fn set_up(mut self, change: impl FnOnce(&mut Pages)) -> Self {
        self.0.set_up(change);
        self
    }
}

impl Stream for AuditLogStream {
    type Item = Result<AuditLog, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().0.poll_next(cx)
    }
}

impl fmt::Debug for AuditLogStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditLogStream").finish_non_exhaustive()
    }
}

impl Filter {
    fn admits(&self, entry: &AuditLog) -> bool {
        self.since.is_none_or(|since| entry.created_at >= since)
            && self.until.is_none_or(|until| entry.created_at < until)
            && self.codes.as_ref().is_none_or(|codes| codes.contains(&entry.code))
            && self.author.as_ref().is_none_or(|author| entry.author == *author)
    }
}

struct Pages {
    logs: AuditLogs,
    options: CallOptions,
    filter: Filter,
    page_size: u64,
    next: Option<u64>,
    /// The rank of the oldest entry yielded so far, counted from the oldest of all. Ranks do not change when entries
    /// are written, while places in pages do; and entries have no ids.
    oldest: Option<u64>,
    previous: Option<Outline>,
}

/// What tells a page from the one before, without keeping all of it.
#[derive(PartialEq)]
struct Outline {
    first: AuditLog,
    last: AuditLog,
    entries: usize,
    total_rows: u64,
}

impl paging::Pages for Pages {
    type Item = AuditLog;

    fn client(&self) -> &Client {
        self.logs.scope.client()
    }

    async fn next(&mut self) -> Result<Option<Vec<AuditLog>>, Error> {
        let Some(number) = self.next else { return Ok(None) };
        let page = self.logs.page(AuditLogPage::new(number, self.page_size)).with_options(self.options).await?;
        self.check_advance(number, &page)?;
        let exhausted = page.audit_logs.is_empty() || number >= page.pagination.total_pages || self.is_past(&page);
        self.next = (!exhausted).then_some(number + 1);
        self.previous = Outline::of(&page);
        let mut fresh = self.fresh(page);
        fresh.retain(|entry| self.filter.admits(entry));
        Ok(Some(fresh))
    }
}

impl Pages {
    /// The entries not yielded yet: all, where the page contradicts itself, for it is better to tell of one twice than not
    /// at all.
    fn fresh(&mut self, mut page: AuditLogsAnswer) -> Vec<AuditLog> {
        let Some(first) = rank_of_first(&page) else { return page.audit_logs };
        let oldest = first + 1 - length(&page);
        let seen = self.oldest.map_or(0, |before| (first + 1).saturating_sub(before));
        self.oldest = Some(self.oldest.map_or(oldest, |before| before.min(oldest)));
        let seen = usize::try_from(seen).unwrap_or(usize::MAX).min(page.audit_logs.len());
        page.audit_logs.split_off(seen)
    }

    fn is_past(&self, page: &AuditLogsAnswer) -> bool {
        let oldest = page.audit_logs.last().map(|entry| entry.created_at);
        oldest.zip(self.filter.since).is_some_and(|(oldest, since)| oldest < since)
    }

    /// A page that is not the one asked for would be read for ever.
    fn check_advance(&self, number: u64, page: &AuditLogsAnswer) -> Result<(), Error> {
        // Entries that are all alike may well fill two pages.
        let outline = Outline::of(page).filter(|outline| outline.first != outline.last);
        let stuck = outline.is_some() && outline == self.previous;
        if page.pagination.page == number && !stuck {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Decode).with_detail(format!(
            "the listing does not advance: asked for page {number} of the audit log, got page {}{}",
            page.pagination.page,
            if stuck { " with the entries of the page before" } else { "" }
        )))
    }
}

impl Outline {
    fn of(page: &AuditLogsAnswer) -> Option<Self> {
        Some(Self {
            first: page.audit_logs.first()?.clone(),
            last: page.audit_logs.last()?.clone(),
            entries: page.audit_logs.len(),
            total_rows: page.pagination.total_rows,
        })
    }
}

/// The rank of the newest entry of a page; nothing for a page that is not among its own total.
fn rank_of_first(page: &AuditLogsAnswer) -> Option<u64> {
    let AuditPagination { page: number, page_size, total_rows, .. } = page.pagination;
    let newer = number.checked_sub(1)?.checked_mul(page_size)?;
    let older = total_rows.checked_sub(newer)?;
    (older >= length(page) && page_size >= length(page)).then(|| older.checked_sub(1)).flatten()
}

fn length(page: &AuditLogsAnswer) -> u64 {
    u64::try_from(page.audit_logs.len()).unwrap_or(u64::MAX)
}
