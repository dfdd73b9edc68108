//! Many calls at once: every input has its outcome, and the service is not overrun.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::StreamExt as _;
use tokio::{
    task::yield_now,
    time::{Instant, sleep},
};
use turso_cloud::{
    Database, DatabaseName, Error, NewDatabase, NewToken, RetryPolicy,
    contract::{
        database_tokens::{CreateDatabaseToken, TokenAnswer},
        databases::{
            CreateDatabase, CreatedDatabase, CreatedDatabaseAnswer, DatabaseAnswer, DeleteDatabase, GetDatabase,
        },
        groups::{GroupsAnswer, ListGroups},
    },
    mock::{Failure, Mock},
};

use crate::support::script::{Script, Step};

fn tenants(count: usize) -> impl Iterator<Item = NewDatabase> {
    (0..count).map(|number| NewDatabase::new(format!("tenant-{number}"), "default"))
}

const ID: &str = "0eb771dd-6906-11ee-8553-eaa7715aeaf2";

fn created(request: &CreateDatabase) -> Result<CreatedDatabaseAnswer, Failure> {
    let unreadable = |_| Failure::refused(400, "not readable");
    let (id, name) = (ID.parse(), request.body.name.parse());
    let database = CreatedDatabase::new(id.map_err(unreadable)?, "host.turso.io", name.map_err(unreadable)?);
    Ok(CreatedDatabaseAnswer::new(database))
}

fn found(request: &GetDatabase) -> Result<DatabaseAnswer, Failure> {
    let unreadable = |_| Failure::refused(400, "not readable");
    let id = ID.parse().map_err(unreadable)?;
    let (group, primary) = ("default".parse().map_err(unreadable)?, "aws-us-east-1".parse().map_err(unreadable)?);
    Ok(DatabaseAnswer::new(Database::new(request.database.clone(), id, "host.turso.io", group, primary)))
}

#[tokio::test]
async fn names_are_taken_in_every_form_that_a_single_call_takes() {
    let turso = Mock::new().client().build().unwrap();
    let databases = turso.databases();
    let names = ["ada", "grace"];
    let typed = names.map(|name| DatabaseName::try_from(name).unwrap());
    let owned = names.map(str::to_owned);
    for outcomes in [
        databases.delete_many(names).await,
        databases.delete_many(names.as_slice()).await,
        databases.delete_many(&owned).await,
        databases.delete_many(owned.clone()).await,
        databases.delete_many(&typed).await,
        databases.delete_many(typed.clone()).await,
    ] {
        assert_eq!(outcomes.iter().map(|outcome| &*outcome.input).collect::<Vec<_>>(), names);
        assert_eq!(outcomes.into_result().unwrap(), [true, true]);
    }
    let tokens = databases.tokens_for_many(&typed, NewToken::read_only()).await;
    assert_eq!(tokens.into_result().unwrap().len(), 2);
}

#[tokio::test]
async fn outcomes_come_in_the_order_of_the_inputs_and_one_failure_stops_nothing() {
    let mock = Mock::new();
    mock.on::<CreateDatabase>(|request| match &*request.body.name {
        "tenant-7" => Err(Failure::refused(409, "database with name tenant-7 already exists")),
        _ => created(request),
    });
    let turso = mock.client().build().unwrap();

    let outcomes = turso.databases().create_many(tenants(20)).concurrency(5).await;

    assert_eq!(outcomes.iter().map(|outcome| outcome.index).collect::<Vec<_>>(), (0..20).collect::<Vec<_>>());
    for outcome in &outcomes {
        match (outcome.index, &outcome.result) {
            (7, Err(error)) => assert!(error.is_already_exists()),
            (index, Ok(created)) => assert_eq!(created.name.as_str(), format!("tenant-{index}")),
            (index, Err(error)) => panic!("tenant-{index}: {error}"),
        }
        assert_eq!(outcome.input.name, format!("tenant-{}", outcome.index));
    }
    assert_eq!(mock.requests::<CreateDatabase>().len(), 20);

    assert_eq!(outcomes.failed().map(|outcome| outcome.index).collect::<Vec<_>>(), [7]);
    assert!(outcomes.into_result().unwrap_err().is_already_exists());
    let created = turso.databases().create_many(tenants(3)).await.into_result().unwrap();
    assert_eq!(
        created.iter().map(|database| database.name.as_str()).collect::<Vec<_>>(),
        ["tenant-0", "tenant-1", "tenant-2"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_the_service_fails_no_input() {
    let mock = Mock::new();
    let seen = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&seen);
    mock.on::<CreateDatabase>(move |request| match counted.fetch_add(1, Ordering::Relaxed) % 5 {
        4 => Err(Failure::rate_limited(Duration::from_secs(1))),
        _ => created(request),
    });
    let turso = mock.client().build().unwrap();

    let outcomes = turso.databases().create_many(tenants(40)).concurrency(8).await;

    assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()));
    assert!(seen.load(Ordering::Relaxed) > 40, "some were asked to come again");
}

/// A service that does what it is told, and whose answer to every other creation is lost.
#[expect(clippy::unwrap_used, reason = "nobody panics while it is locked")]
fn losing_answers(mock: &Mock) -> Arc<Mutex<BTreeSet<String>>> {
    let made = Arc::new(Mutex::new(BTreeSet::new()));
    let (known, names) = (Arc::clone(&made), Arc::clone(&made));
    mock.on::<GetDatabase>(move |request| {
        if known.lock().unwrap().contains(request.database.as_str()) {
            return found(request);
        }
        Err(Failure::refused(404, "record not found"))
    });
    mock.on::<CreateDatabase>(move |request| {
        let mut names = names.lock().unwrap();
        if !names.insert(request.body.name.clone()) {
            return Err(Failure::refused(400, "database with same name already exists"));
        }
        if names.len().is_multiple_of(2) { Err(Failure::Disconnected) } else { created(request) }
    });
    made
}

#[tokio::test(start_paused = true)]
async fn many_that_are_to_be_there_are_each_made_once_although_answers_are_lost() {
    let mock = Mock::new();
    let made = losing_answers(&mock);
    let databases = mock.client().build().unwrap().databases();

    assert_eq!(databases.create_many(tenants(8)).await.failed().count(), 4);
    assert!(databases.create_many(tenants(8)).await.into_result().unwrap_err().is_already_exists());
    let ensured = databases.ensure_many(tenants(12)).await.into_result().unwrap();
    assert_eq!(ensured.iter().filter(|ensured| ensured.is_created()).count(), 4, "eight were there before");
    assert_eq!(made.lock().unwrap().len(), 12);
}

#[tokio::test(start_paused = true)]
async fn each_of_many_is_waited_for_until_it_answers() {
    let mock = Mock::new();
    mock.on::<CreateDatabase>(created);
    mock.on::<GetDatabase>(found);
    let begin = Instant::now();
    mock.on::<CreateDatabaseToken>(move |request| match request.database.as_str() {
        "tenant-1" if begin.elapsed() < Duration::from_secs(60) => Err(Failure::refused(404, "record not found")),
        _ => Ok(TokenAnswer::new("token".parse().map_err(|_| Failure::Disconnected)?)),
    });
    let databases = mock.client().build().unwrap().databases();

    let created = databases.create_many(tenants(3)).deadline(Duration::from_secs(20)).wait_ready().await;
    let ensured = databases.ensure_many(tenants(3)).wait_ready().deadline(Duration::from_secs(20)).await;
    let late = |index, error: &Error| index == 1 && error.is_timeout();
    assert!(created.failed().all(|of| of.result.as_ref().is_err_and(|error| late(of.index, error))), "{created:?}");
    assert!(ensured.failed().all(|of| of.result.as_ref().is_err_and(|error| late(of.index, error))), "{ensured:?}");
    assert_eq!((created.failed().count(), ensured.failed().count()), (1, 1));
    databases.ensure_many(tenants(3)).wait_ready().await.into_result().unwrap();
    assert!(begin.elapsed() >= Duration::from_secs(60));
}

#[tokio::test(start_paused = true)]
async fn any_call_is_made_for_many_at_the_pace_of_the_service() {
    let mock = Mock::new();
    let seen = AtomicUsize::new(0);
    mock.on::<ListGroups>(move |_| match seen.fetch_add(1, Ordering::Relaxed) % 5 {
        4 => Err(Failure::rate_limited(Duration::from_secs(1))),
        _ => Ok(GroupsAnswer::new(Vec::new())),
    });
    let turso = mock.client().build().unwrap();
    let groups = turso.groups();
    let outcomes = turso.many(["acme", "no slug"].repeat(20), move |slug| groups.clone().organization(*slug).list());
    let outcomes = outcomes.concurrency(8).await;
    assert!(outcomes.iter().all(|outcome| outcome.result.is_ok() == (outcome.input == "acme")), "{outcomes:?}");
    assert!(mock.requests::<ListGroups>().len() > 20, "some were asked to come again");

    mock.on::<ListGroups>(|_| Err(Failure::NoAnswer));
    let second = Duration::from_secs(1);
    let groups = turso.groups();
    let patient = || {
        let groups = groups.clone();
        turso.many([()], move |()| groups.list().retry(RetryPolicy::none()).timeout(second * 2))
    };
    for (bulk, elapsed) in [(patient(), second * 2), (patient().timeout(second), second)] {
        let started = Instant::now();
        assert!(bulk.await.into_result().unwrap_err().is_timeout());
        assert_eq!(started.elapsed(), elapsed);
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_longer_than_a_deadline_costs_no_more_than_the_call_that_met_it() {
    let mock = Mock::new();
    mock.on::<CreateDatabase>(created);
    mock.when::<CreateDatabase>().fail_once(Failure::rate_limited(Duration::from_secs(130)));
    let turso = mock.client().build().unwrap();
    let started = Instant::now();

    let outcomes = turso.databases().create_many(tenants(200)).concurrency(16).await;

    let failed: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.result.as_ref().err()).collect();
    assert!(failed.len() == 1 && failed[0].is_rate_limited(), "{failed:?}");
    assert_eq!(mock.requests::<CreateDatabase>().len(), 200, "each was sent once");
    assert_eq!(started.elapsed().as_secs(), 130);
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_another_call_met_is_waited_for() {
    let mock = Mock::new();
    mock.on::<CreateDatabase>(created);
    mock.when::<ListGroups>().fail_once(Failure::rate_limited(Duration::from_secs(200)));
    let turso = mock.client().build().unwrap();
    turso.groups().list().await.unwrap_err();

    let events = turso.databases().create_many(tenants(8)).events();
    let late = async {
        sleep(Duration::from_secs(100)).await;
        mock.when::<ListGroups>().fail_once(Failure::rate_limited(Duration::from_secs(200)));
        turso.groups().list().deadline(Duration::from_secs(150)).await.unwrap_err()
    };
    let (outcomes, _) = tokio::join!(events.collect::<Vec<_>>(), late);

    assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()), "{outcomes:?}");
    assert_eq!(outcomes.len(), 8);
}

#[tokio::test(start_paused = true)]
async fn a_pause_uses_up_the_deadline_of_no_call_that_was_started_before_it() {
    let second = Duration::from_secs(1);
    let deleted = Step::answer(200, r#"{"database":"orders"}"#);
    let busy = Step::status(429).header("retry-after", "130").after(second * 5);
    let script = Script::new([busy, deleted]);
    // The others wait for their place when the pause begins.
    let turso = script.client().max_in_flight(1).build().unwrap();
    let started = Instant::now();

    let outcomes = turso.databases().delete_many(["orders"; 4]).deadline(second * 30).await;

    let failed: Vec<_> = outcomes.failed().filter_map(|outcome| outcome.result.as_ref().err()).collect();
    assert!(failed.len() == 1 && failed[0].is_rate_limited(), "{failed:?}");
    assert_eq!((script.count(), started.elapsed()), (4, second * 135));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_met_a_pause_behind_a_lost_answer_is_an_outcome_and_not_begun_again() {
    let mock = Mock::new();
    let made = losing_answers(&mock);
    made.lock().unwrap().insert("orders".to_owned());
    mock.when::<ListGroups>().fail_once(Failure::rate_limited(Duration::from_secs(200)));
    let turso = mock.client().build().unwrap();
    let mut many = turso.databases().ensure_many(tenants(1)).events();
    let other = async {
        while mock.requests::<CreateDatabase>().is_empty() {
            yield_now().await;
        }
        turso.groups().list().await.unwrap_err()
    };
    let (outcome, _) = tokio::join!(many.next(), other);

    // Whoever began it again would find what it made, and take it for what was there before.
    let error = outcome.unwrap().result.unwrap_err();
    assert!(error.is_rate_limited() && error.may_have_happened(), "{error:?}");
    assert!(many.next().await.is_none());
}

#[tokio::test]
async fn no_more_calls_run_than_allowed_and_none_is_started_once_it_is_dropped() {
    let mock = Mock::new();
    mock.on::<CreateDatabase>(created);
    let turso = mock.client().build().unwrap();

    let mut events = turso.databases().create_many(tenants(100)).concurrency(3).events();
    let first = events.next().await.unwrap();
    assert!(first.result.is_ok());
    drop(events);
    assert!(mock.requests::<CreateDatabase>().len() <= 6, "{}", mock.requests::<CreateDatabase>().len());
}

#[tokio::test]
async fn deleting_many_tells_what_was_there() {
    let mock = Mock::new();
    mock.when::<DeleteDatabase>().fail_once(Failure::refused(404, "record not found"));
    let turso = mock.client().build().unwrap();
    let outcomes = turso.databases().delete_many(["absent", "my-db"]).concurrency(1).await;
    assert!(matches!(outcomes[0].result, Ok(false)));
    assert!(matches!(outcomes[1].result, Ok(true)));
}

#[tokio::test]
async fn a_bad_name_among_many_fails_alone_and_is_not_sent() {
    let mock = Mock::new();
    let turso = mock.client().build().unwrap();
    let outcomes = turso.databases().tokens_for_many(["my-db", "../x"], NewToken::read_only()).await;
    assert!(outcomes[0].result.is_ok());
    assert!(outcomes[1].result.as_ref().unwrap_err().is_invalid_input());
    assert_eq!(mock.requests::<CreateDatabaseToken>().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_set_for_many_calls_holds_for_each() {
    let mock = Mock::new();
    let turso = mock.client().build().unwrap();
    let second = Duration::from_secs(1);
    let (started, few) = (Instant::now(), || turso.databases().create_many(tenants(2)).concurrency(1));

    mock.on::<CreateDatabase>(|_| Err(Failure::Unreachable));
    let failed = few().retry(RetryPolicy::none()).await;
    assert!(failed.iter().all(|outcome| outcome.result.as_ref().is_err_and(|error| error.attempts() == 1)));
    assert_eq!(started.elapsed(), Duration::ZERO);

    mock.on::<CreateDatabase>(|_| Err(Failure::NoAnswer));
    for late in [few().timeout(second), few().deadline(second)] {
        let started = Instant::now();
        assert!(late.await.iter().all(|outcome| outcome.result.as_ref().is_err_and(Error::is_timeout)));
        assert_eq!(started.elapsed(), second * 2);
    }
}

#[test]
fn many_calls_can_be_made_without_a_runtime() {
    let mock = Mock::new();
    mock.on::<CreateDatabase>(created);
    let turso = mock.client().build_blocking().unwrap();
    let outcomes = turso.databases().create_many(tenants(10)).send().unwrap();
    assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()));
    let databases = turso.databases();
    let found = turso.many(["my-db", "../x"], move |name| databases.find(*name)).send().unwrap();
    assert_eq!(found.failed().count(), 1);
}

#[test]
fn outcomes_can_be_taken_as_they_come_without_a_runtime() {
    let mock = Mock::new();
    mock.on::<CreateDatabase>(created);
    let turso = mock.client().build_blocking().unwrap();
    let mut events = turso.databases().create_many(tenants(10)).concurrency(2).events().send().unwrap();
    assert!(events.next().unwrap().unwrap().result.is_ok());
    assert!(mock.requests::<CreateDatabase>().len() < 10, "nothing runs ahead of what is read");
    assert_eq!(events.filter(|outcome| outcome.as_ref().unwrap().result.is_ok()).count(), 9);
}

#[tokio::test]
async fn a_concurrency_of_none_is_one() {
    let mock = Mock::new();
    mock.on::<CreateDatabase>(created);
    let turso = mock.client().build().unwrap();
    let created = turso.databases().create_many(tenants(3)).concurrency(0).await.into_result().unwrap();
    assert_eq!(created.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_ran_out_of_time_before_it_was_sent_is_an_outcome_where_there_is_no_pause() {
    let turso = turso_cloud::Client::builder(turso_cloud::Credentials::provider(std::future::pending))
        .organization("acme")
        .transport(Mock::new())
        .build()
        .unwrap();
    let outcomes = turso.databases().create_many(tenants(2)).deadline(Duration::from_secs(5)).await;
    for outcome in &outcomes {
        let error = outcome.result.as_ref().unwrap_err();
        assert!(error.is_timeout() && error.attempts() == 0, "{error}");
    }
}
