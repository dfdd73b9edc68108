//! Reading the audit log page by page, while it grows and while the service misbehaves.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::{StreamExt as _, TryStreamExt as _};
use jiff::{SignedDuration, Timestamp};
use turso_cloud::{
    AuditCode, AuditLog, AuditLogPage, AuditOrigin, Client, ErrorKind,
    contract::audit_logs::{AuditLogsAnswer, AuditPagination, ListAuditLogs},
    mock::{Failure, Mock},
};

/// The log of a service that hands out pages of at most `most` entries.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<AuditLog>>>);

impl Log {
    fn new(entries: i64) -> Self {
        let log = Self::default();
        (0..entries).for_each(|number| log.write(number));
        log
    }

    fn entries(&self) -> MutexGuard<'_, Vec<AuditLog>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the entry with this number, which is in its message and its time.
    fn write(&self, number: i64) {
        let code = if number % 3 == 0 { AuditCode::DbCreate } else { AuditCode::DbDelete };
        let author = if number % 2 == 0 { "ada" } else { "grace" };
        let mut entry = AuditLog::new(code, AuditOrigin::Web, author, at(number));
        entry.message = number.to_string();
        self.entries().insert(0, entry);
    }

    fn page(&self, query: AuditLogPage, most: u64) -> AuditLogsAnswer {
        let entries = self.entries();
        let (page, size) = (query.page.unwrap_or(1), query.page_size.unwrap_or(100).min(most));
        let skipped = usize::try_from((page - 1) * size).unwrap_or(usize::MAX);
        let taken = usize::try_from(size).unwrap_or(usize::MAX);
        AuditLogsAnswer::new(
            entries.iter().skip(skipped).take(taken).cloned().collect(),
            AuditPagination::new(page, size, entries.len() as u64),
        )
    }

    /// A double that serves the log, and writes `growth` more entries after each page.
    fn serve(&self, most: u64, growth: i64) -> Mock {
        let mock = Mock::new();
        let log = self.clone();
        mock.on::<ListAuditLogs>(move |request| {
            let page = log.page(request.query, most);
            let next = i64::try_from(log.entries().len()).unwrap_or(i64::MAX);
            (next..next + growth).for_each(|number| log.write(number));
            Ok(page)
        });
        mock
    }
}

fn at(number: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(number)
}

fn numbers(entries: &[AuditLog]) -> Vec<i64> {
    entries.iter().filter_map(|entry| entry.message.parse().ok()).collect()
}

async fn read(client: &Client, page_size: u64) -> Vec<i64> {
    let entries: Result<Vec<_>, _> = client.audit_logs().stream().page_size(page_size).try_collect().await;
    entries.map(|entries| numbers(&entries)).unwrap_or_default()
}

fn pages(mock: &Mock) -> Vec<(Option<u64>, Option<u64>)> {
    mock.requests::<ListAuditLogs>().into_iter().map(|request| (request.query.page, request.query.page_size)).collect()
}

#[tokio::test]
async fn all_pages_are_read_newest_entry_first() {
    for (entries, page_size, requests) in [(10, 3, 4), (9, 3, 3), (3, 3, 1), (1, 1, 1), (250, 100, 3)] {
        let mock = Log::new(entries).serve(100, 0);
        let turso = mock.client().build().unwrap();
        assert_eq!(read(&turso, page_size).await, (0..entries).rev().collect::<Vec<_>>());
        let expected: Vec<_> = (1..=requests).map(|page| (Some(page), Some(page_size))).collect();
        assert_eq!(pages(&mock), expected);
    }
}

#[tokio::test]
async fn an_empty_log_is_one_request_and_no_entry() {
    let mock = Log::new(0).serve(100, 0);
    let turso = mock.client().build().unwrap();
    assert!(turso.audit_logs().stream().next().await.is_none());
    assert_eq!(pages(&mock), [(Some(1), Some(100))]);
}

#[tokio::test]
async fn entries_written_while_pages_are_read_neither_repeat_nor_hide_others() {
    for growth in 1..=3 {
        for page_size in [4, 5, 10] {
            let log = Log::new(20);
            let mock = log.serve(100, growth);
            let turso = mock.client().build().unwrap();
            assert_eq!(read(&turso, page_size).await, (0..20).rev().collect::<Vec<_>>(), "{growth}, {page_size}");
        }
    }
}

#[tokio::test]
async fn identical_entries_are_all_yielded() {
    let log = Log::default();
    (0..7).for_each(|_| log.write(1));
    let mock = log.serve(100, 0);
    let turso = mock.client().build().unwrap();
    for page_size in [1, 2, 3, 7] {
        assert_eq!(read(&turso, page_size).await, [1; 7], "{page_size}");
    }
}

#[tokio::test]
async fn a_service_that_hands_out_smaller_pages_than_asked_for_is_read_to_the_end() {
    for growth in [0, 2] {
        let log = Log::new(20);
        let mock = log.serve(5, growth);
        let turso = mock.client().build().unwrap();
        assert_eq!(read(&turso, 1000).await, (0..20).rev().collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn the_log_is_cut_at_since_and_older_pages_are_not_read() {
    let mock = Log::new(100).serve(100, 0);
    let turso = mock.client().build().unwrap();
    let entries: Vec<_> = turso.audit_logs().stream().page_size(10).since(at(85)).try_collect().await.unwrap();
    assert_eq!(numbers(&entries), (85..100).rev().collect::<Vec<_>>());
    assert_eq!(pages(&mock).len(), 2);
}

#[tokio::test]
async fn filters_leave_out_what_they_do_not_name() {
    let mock = Log::new(24).serve(100, 0);
    let turso = mock.client().build().unwrap();
    let stream = || turso.audit_logs().stream().page_size(5);

    let until: Vec<_> = stream().until(at(3)).try_collect().await.unwrap();
    assert_eq!(numbers(&until), [2, 1, 0]);
    let between: Vec<_> = stream().since(at(4)).until(at(7)).try_collect().await.unwrap();
    assert_eq!(numbers(&between), [6, 5, 4]);
    let created: Vec<_> = stream().only([AuditCode::DbCreate]).since(at(12)).try_collect().await.unwrap();
    assert_eq!(numbers(&created), [21, 18, 15, 12]);
    let both: Vec<_> = stream().only([AuditCode::DbCreate]).author("grace").since(at(12)).try_collect().await.unwrap();
    assert_eq!(numbers(&both), [21, 15]);
    let none: Vec<_> = stream().only([]).try_collect().await.unwrap();
    assert_eq!(numbers(&none), [0; 0]);
}

#[tokio::test]
async fn nothing_is_read_ahead_of_what_is_taken() {
    let mock = Log::new(100).serve(100, 0);
    let turso = mock.client().build().unwrap();
    let mut stream = turso.audit_logs().stream().page_size(10);
    assert_eq!(mock.request_count(), 0);
    for _ in 0..10 {
        stream.next().await.unwrap().unwrap();
    }
    assert_eq!(mock.request_count(), 1);
    stream.next().await.unwrap().unwrap();
    assert_eq!(mock.request_count(), 2);
}

#[tokio::test]
async fn an_error_comes_once_behind_the_entries_before_it_and_ends_the_stream() {
    let log = Log::new(10);
    let mock = log.serve(100, 0);
    let first = log.page(AuditLogPage::new(1, 4), 4);
    mock.when::<ListAuditLogs>().answer_once(&first).fail_once(Failure::refused(403, "not yours"));
    let turso = mock.client().build().unwrap();
    let results: Vec<_> = turso.audit_logs().stream().page_size(4).collect().await;
    assert_eq!(results.len(), 5);
    assert!(results[..4].iter().all(Result::is_ok));
    assert!(results[4].as_ref().unwrap_err().is_forbidden());
}

#[tokio::test]
async fn a_filter_does_not_swallow_an_error() {
    let mock = Mock::new();
    mock.when::<ListAuditLogs>().fail_once(Failure::refused(403, "not yours"));
    let turso = mock.client().build().unwrap();
    let results: Vec<_> = turso.audit_logs().stream().only([]).author("nobody").collect().await;
    assert_eq!(results.len(), 1);
}

#[tokio::test]
async fn a_page_that_does_not_advance_is_an_error() {
    let log = Log::new(10);
    // The first page, whichever is asked for; under its own number, and under the number that was asked for.
    for honest in [true, false] {
        let mock = Mock::new();
        let stuck = log.clone();
        mock.on::<ListAuditLogs>(move |request| {
            let mut page = stuck.page(AuditLogPage::new(1, 4), 4);
            page.pagination.page = if honest { 1 } else { request.query.page.unwrap_or(1) };
            Ok(page)
        });
        let turso = mock.client().build().unwrap();
        let results: Vec<_> = turso.audit_logs().stream().page_size(4).collect().await;
        assert_eq!(results.len(), 5, "{honest}");
        let error = results[4].as_ref().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.to_string().contains("the listing does not advance: asked for page 2"), "{error}");
        assert_eq!(mock.request_count(), 2);
    }
}

#[tokio::test]
async fn a_page_that_does_not_advance_is_an_error_even_if_the_log_grows() {
    let log = Log::new(10);
    let mock = Mock::new();
    mock.on::<ListAuditLogs>(move |_| {
        let page = log.page(AuditLogPage::new(1, 4), 4);
        log.write(10);
        Ok(page)
    });
    let turso = mock.client().build().unwrap();
    let results: Vec<_> = turso.audit_logs().stream().page_size(4).collect().await;
    assert_eq!(results.len(), 5);
    let text = results[4].as_ref().unwrap_err().to_string();
    assert!(text.ends_with("asked for page 2 of the audit log, got page 1"), "{text}");
}

#[tokio::test]
async fn a_listing_that_always_promises_another_page_ends_with_an_empty_one() {
    let mock = Mock::new();
    let log = Log::new(10);
    mock.on::<ListAuditLogs>(move |request| {
        let mut page = log.page(request.query, 100);
        page.pagination.total_pages = u64::MAX;
        Ok(page)
    });
    let turso = mock.client().build().unwrap();
    assert_eq!(read(&turso, 4).await.len(), 10);
    assert_eq!(mock.request_count(), 4);
}

#[tokio::test]
async fn a_page_of_nothing_is_not_asked_for() {
    let mock = Mock::new();
    let turso = mock.client().build().unwrap();
    let results: Vec<_> = turso.audit_logs().stream().page_size(0).collect().await;
    assert_eq!(results.len(), 1);
    assert!(results[0].as_ref().unwrap_err().is_invalid_input());
    assert!(turso.audit_logs().page(AuditLogPage::new(0, 10)).await.unwrap_err().is_invalid_input());
    assert_eq!(mock.request_count(), 0);
}

#[test]
fn the_log_is_an_iterator_where_there_is_no_runtime() {
    let log = Log::new(10);
    let mock = log.serve(3, 1);
    let turso = mock.client().build_blocking().unwrap();
    let entries: Result<Vec<_>, _> = turso.audit_logs().stream().send().unwrap().collect();
    assert_eq!(numbers(&entries.unwrap()), (0..10).rev().collect::<Vec<_>>());

    let mock = log.serve(3, 0);
    mock.when::<ListAuditLogs>().fail_once(Failure::refused(403, "not yours"));
    let turso = mock.client().build_blocking().unwrap();
    let mut entries = turso.audit_logs().stream().send().unwrap();
    assert!(entries.next().unwrap().unwrap_err().is_forbidden());
    assert!(entries.next().is_none());
    assert_eq!(mock.request_count(), 1);
}

#[tokio::test]
async fn a_service_that_counts_its_entries_wrongly_hides_none_of_them() {
    for (page_size, total_rows) in [(0, 0), (0, 6), (2, 0), (2, 3), (1, 6), (u64::MAX, 6)] {
        let log = Log::new(6);
        let mock = Mock::new();
        mock.on::<ListAuditLogs>(move |request| {
            let mut page = log.page(request.query, 2);
            (page.pagination.page_size, page.pagination.total_rows) = (page_size, total_rows);
            Ok(page)
        });
        let turso = mock.client().build().unwrap();
        let found: Vec<_> = turso.audit_logs().stream().try_collect().await.unwrap();
        let numbers: Vec<_> = found.iter().map(|entry| entry.message.as_str()).collect();
        assert_eq!(numbers, ["5", "4", "3", "2", "1", "0"], "{page_size} {total_rows}");
    }
}

#[tokio::test]
async fn entries_of_the_very_time_of_since_are_read_on_every_page_they_fill() {
    let log = Log::new(4);
    log.entries().iter_mut().for_each(|entry| entry.created_at = at(7));
    let mock = log.serve(100, 0);
    let turso = mock.client().build().unwrap();
    let entries: Vec<_> = turso.audit_logs().stream().page_size(2).since(at(7)).try_collect().await.unwrap();
    assert_eq!(numbers(&entries), [3, 2, 1, 0]);
}
