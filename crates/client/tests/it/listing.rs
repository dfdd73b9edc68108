//! Listings by cursor, as streams.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use turso_cloud::{
    Database, DatabaseFilter, ErrorKind, RetryPolicy,
    contract::{
        audit_logs::ListAuditLogs,
        databases::{DatabasesAnswer, ListDatabases, Pagination},
        recovery::ListDeletedGroups,
    },
    mock::{Failure, Mock},
};

#[expect(clippy::unwrap_used, reason = "the names are good")]
fn page(numbers: std::ops::Range<u32>, next: Option<&str>) -> DatabasesAnswer {
    let database = |number| {
        let (name, id) = (format!("db-{number}").parse().unwrap(), format!("{number}").parse().unwrap());
        Database::new(name, id, "host.turso.io", "default".parse().unwrap(), "aws-us-east-1".parse().unwrap())
    };
    DatabasesAnswer::new(numbers.map(database).collect(), next.map(|next| Pagination::new(Some(next.to_owned()))))
}

#[tokio::test]
async fn all_pages_are_read_in_order() {
    let mock = Mock::new();
    let pages = mock.when::<ListDatabases>();
    pages.answer_once(&page(0..2, Some("b"))).answer_once(&page(2..4, Some("c"))).answer_once(&page(4..5, None));
    let turso = mock.client().build().unwrap();

    let listing = turso.databases().stream_matching(DatabaseFilter::default().group("eu")).page_size(2);
    let found: Vec<_> = listing.try_collect().await.unwrap();

    let names: Vec<_> = found.iter().map(|database| database.name.as_str()).collect();
    assert_eq!(names, ["db-0", "db-1", "db-2", "db-3", "db-4"]);
    let queries = mock.requests::<ListDatabases>().into_iter().map(|request| request.query);
    let expected = [None, Some("b"), Some("c")]
        .map(|cursor| DatabaseFilter::default().group("eu").page(2, cursor.map(str::to_owned)));
    assert_eq!(queries.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn a_service_without_pages_is_one_page() {
    let mock = Mock::new();
    mock.when::<ListDatabases>().answer_once(&page(0..3, None));
    let turso = mock.client().build().unwrap();
    assert_eq!(turso.databases().stream().try_collect::<Vec<_>>().await.unwrap().len(), 3);
    assert_eq!(mock.requests::<ListDatabases>().len(), 1);
}

#[tokio::test]
async fn a_page_of_nothing_is_refused_before_it_is_asked_for() {
    let mock = Mock::new();
    let turso = mock.client().build().unwrap();
    let databases = turso.databases().stream().page_size(0).try_collect::<Vec<_>>().await.unwrap_err();
    let groups = turso.recovery().groups().page_size(0).try_collect::<Vec<_>>().await.unwrap_err();
    for (error, most) in [(databases, u64::MAX), (groups, 1000)] {
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let told = format!("limit \"0\" is not valid: must be a whole number from 1 to {most}");
        assert!(error.to_string().contains(&told), "{error}");
    }
    assert!(mock.requests::<ListDatabases>().is_empty() && mock.requests::<ListDeletedGroups>().is_empty());
}

#[tokio::test]
async fn a_listing_that_does_not_advance_is_an_error() {
    let mock = Mock::new();
    mock.on::<ListDatabases>(|_| Ok(page(0..1, Some("again"))));
    let turso = mock.client().build().unwrap();
    let error = turso.databases().stream().try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("does not advance"), "{error}");
    assert_eq!(mock.requests::<ListDatabases>().len(), 2);
}

#[tokio::test]
async fn a_listing_that_goes_round_in_circles_is_an_error() {
    for (lead, length) in [(0, 1), (0, 2), (1, 3), (40, 7)] {
        let mock = Mock::new();
        mock.on::<ListDatabases>(move |request| {
            let at = request.query.cursor.as_deref().map_or(0, |cursor| cursor.parse::<u32>().unwrap_or_default());
            let next = if at + 1 < lead + length { at + 1 } else { lead.max(1) };
            Ok(page(at..at + 1, Some(&next.to_string())))
        });
        let turso = mock.client().build().unwrap();
        let error = turso.databases().stream().try_collect::<Vec<_>>().await.unwrap_err();
        assert!(error.to_string().contains("does not advance"), "{error}");
        let requests = mock.requests::<ListDatabases>().len();
        assert!(requests < 200, "{requests} requests for a circle of {length}");
    }
}

#[tokio::test]
async fn a_listing_of_many_pages_is_no_circle() {
    let mock = Mock::new();
    mock.on::<ListDatabases>(|request| {
        let at = request.query.cursor.as_deref().map_or(0, |cursor| cursor.parse::<u32>().unwrap_or_default());
        let next = (at + 1).to_string();
        Ok(page(at..at + 1, (at < 999).then_some(&*next)))
    });
    let turso = mock.client().build().unwrap();
    assert_eq!(turso.databases().stream().try_collect::<Vec<_>>().await.unwrap().len(), 1000);
}

#[tokio::test]
async fn an_error_is_yielded_once_and_ends_the_listing() {
    let mock = Mock::new();
    mock.when::<ListDatabases>().answer_once(&page(0..1, Some("b"))).fail_once(Failure::refused(403, "no"));
    let turso = mock.client().build().unwrap();
    let mut listing = turso.databases().stream();
    assert_eq!(listing.try_next().await.unwrap().unwrap().name, "db-0");
    assert!(listing.try_next().await.unwrap_err().is_forbidden());
    assert!(listing.try_next().await.unwrap().is_none());
}

#[tokio::test]
async fn a_page_of_the_filter_is_where_a_listing_begins_and_not_all_of_it() {
    let mock = Mock::new();
    mock.on::<ListDatabases>(|request| {
        let at = request.query.cursor.as_deref().map_or(0, |cursor| cursor.parse::<u32>().unwrap_or_default());
        let end = (at + request.query.limit.map_or(5, |limit| u32::try_from(limit).unwrap_or(5))).min(5);
        Ok(page(at..end, (end < 5).then(|| end.to_string()).as_deref()))
    });
    let turso = mock.client().build().unwrap();
    let two = DatabaseFilter::default().page(2, None);
    for (filter, expected) in [
        (DatabaseFilter::default(), vec!["db-0", "db-1", "db-2", "db-3", "db-4"]),
        (two.clone(), vec!["db-0", "db-1", "db-2", "db-3", "db-4"]),
        (two.page(2, Some("3".to_owned())), vec!["db-3", "db-4"]),
    ] {
        let listed = turso.databases().list_matching(filter.clone()).await.unwrap();
        let streamed: Vec<_> = turso.databases().stream_matching(filter.clone()).try_collect().await.unwrap();
        assert_eq!(listed.iter().map(|database| database.name.as_str()).collect::<Vec<_>>(), expected, "{filter:?}");
        assert_eq!(listed, streamed, "{filter:?}");
    }
    let limits = mock.requests::<ListDatabases>().into_iter().map(|request| request.query.limit);
    assert_eq!(
        limits.collect::<Vec<_>>(),
        [None, Some(1000), Some(2), Some(2), Some(2), Some(2), Some(2), Some(2), Some(2), Some(2),]
    );
}

#[tokio::test]
async fn a_list_that_goes_round_in_circles_is_an_error() {
    let mock = Mock::new();
    mock.on::<ListDatabases>(|_| Ok(page(0..1, Some("again"))));
    let turso = mock.client().build().unwrap();
    let error = turso.databases().list().await.unwrap_err();
    assert!(error.to_string().contains("does not advance"), "{error}");
}

#[tokio::test]
async fn a_listing_goes_on_behind_an_error_where_it_is_told_to() {
    let mock = Mock::new();
    let pages = mock.when::<ListDatabases>();
    pages.answer_once(&page(0..2, Some("b"))).fail_once(Failure::refused(403, "no")).answer_once(&page(2..3, None));
    let turso = mock.client().build().unwrap();
    let mut listing = turso.databases().stream();
    listing.resume();
    let mut names = Vec::new();
    let error = loop {
        match listing.try_next().await {
            Ok(Some(database)) => names.push(database.name.to_string()),
            Ok(None) => panic!("it ended"),
            Err(error) => break error,
        }
    };
    assert!(error.is_forbidden());
    assert!(listing.try_next().await.unwrap().is_none());

    listing.resume();
    while let Some(database) = listing.try_next().await.unwrap() {
        names.push(database.name.to_string());
    }
    assert_eq!(names, ["db-0", "db-1", "db-2"]);
    let cursors = mock.requests::<ListDatabases>().into_iter().map(|request| request.query.cursor);
    assert_eq!(cursors.collect::<Vec<_>>(), [None, Some("b".to_owned()), Some("b".to_owned())]);
    listing.resume();
    assert!(listing.try_next().await.unwrap().is_none());
}

#[test]
fn a_listing_can_be_read_without_a_runtime() {
    let mock = Mock::new();
    mock.when::<ListDatabases>().answer_once(&page(0..2, Some("b"))).answer_once(&page(2..3, None));
    let turso = mock.client().build_blocking().unwrap();
    let names: Vec<_> =
        turso.databases().stream().send().unwrap().map(|found| found.unwrap().name.to_string()).collect();
    assert_eq!(names, ["db-0", "db-1", "db-2"]);
}

#[tokio::test(start_paused = true)]
async fn each_page_is_bounded_and_retried_as_the_listing_is_told() {
    let busy = || Failure::refused(503, "busy");
    let mock = Mock::new();
    mock.when::<ListDatabases>().fail_once(busy()).answer_once(&page(0..2, Some("b"))).fail_once(busy());
    let turso = mock.client().retry(RetryPolicy::none()).build().unwrap();
    let once = RetryPolicy::default().max_retries(1);
    let found: Vec<_> = turso.databases().stream().retry(once).try_collect().await.unwrap();
    assert_eq!((found.len(), mock.requests::<ListDatabases>().len()), (4, 4));

    let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
    for (timeout, deadline) in [(second, minute), (minute, second)] {
        let mock = Mock::new();
        mock.when::<ListDatabases>().fail_once(Failure::NoAnswer);
        mock.when::<ListAuditLogs>().fail_once(Failure::NoAnswer);
        let turso = mock.client().retry(RetryPolicy::none()).build().unwrap();
        let mut databases = turso.databases().stream().timeout(timeout).deadline(deadline);
        let mut entries = turso.audit_logs().stream().timeout(timeout).deadline(deadline).retry(RetryPolicy::none());
        let errors = [databases.next().await.unwrap().unwrap_err(), entries.next().await.unwrap().unwrap_err()];
        for error in errors {
            assert!(error.is_timeout() && error.elapsed() == second, "{error} {:?}", error.elapsed());
        }
    }
}
