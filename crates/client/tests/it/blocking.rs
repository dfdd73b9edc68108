//! The blocking client: without a runtime, beside one, and inside one.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
    time::Duration,
};

use http::Method;
use jiff::Timestamp;
use turso_cloud::{
    Error, Expiration, NewDatabase, NewDatabaseV3, NewGroup, NewToken,
    contract::databases::{CreateDatabase, GetDatabase},
    mock::{Failure, Mock},
};

use crate::support::{
    operations::DATABASE,
    server::{Reply, Server},
};

const ID: &str = "0eb771dd-6906-11ee-8553-eaa7715aeaf2";

fn assert_refused<T>(result: Result<T, Error>, words: &str) {
    let error = result.err().map(|error| (error.is_config(), error.attempts(), error.to_string()));
    assert!(matches!(&error, Some((true, 0, text)) if text.contains(words)), "{error:?}");
}

/// What takes more than one request or changes what one answers; `endpoints` has those that send just one.
#[test]
fn every_kind_of_call_works_without_a_runtime() {
    let mock = Mock::new();
    let turso = mock.client().build_blocking().unwrap();
    let hour = Expiration::hours(1);
    assert_eq!(turso.databases().get("my-db").send().unwrap().name, "my-db");
    assert_eq!(turso.databases().find("my-db").send().unwrap().unwrap().group, "default");
    assert!(turso.databases().delete_if_exists("my-db").send().unwrap());
    assert!(!turso.databases().ensure(NewDatabase::new("my-db", "default")).send().unwrap().is_created());
    assert_eq!(
        turso.databases().branch("my-db", "copy").at(Timestamp::UNIX_EPOCH).group("default").send().unwrap().name,
        "copy"
    );
    assert!(turso.databases().access("my-db", hour).send().unwrap().url.starts_with("https://"));
    assert_eq!(turso.databases().create_by_group_id(NewDatabaseV3::new("my-db", ID)).send().unwrap().name, "my-db");
    assert_eq!(turso.databases().delete_many(["a", "b"]).send().unwrap().len(), 2);
    assert_eq!(turso.databases().tokens_for_many(["a"], NewToken::read_only()).events().send().unwrap().count(), 1);
    assert_eq!(turso.databases().stream().send().unwrap().count(), 2);
    assert!(turso.groups().find("default").send().unwrap().is_some());
    assert!(!turso.groups().ensure(NewGroup::new("default", "aws-us-east-1")).send().unwrap().is_created());
    assert!(turso.groups().delete_if_exists("default").send().unwrap());
    assert!(turso.members().find("iku").send().unwrap().is_some());
    assert!(turso.members().delete_if_exists("iku").send().unwrap());
    assert_eq!(turso.invites().find("nobody@example.com").send().unwrap(), None);
    assert_eq!(turso.jwks().find("nothing").send().unwrap(), None);
    assert_eq!(turso.api_tokens().find("nothing").send().unwrap(), None);
    assert!(turso.api_tokens().revoke_if_exists("ci").send().unwrap());
    assert_eq!(turso.locations().by_continent().send().unwrap().len(), 3);
    assert_eq!(turso.locations().closest().send().unwrap().code, "aws-eu-west-1");
    assert_eq!(turso.billing().limits().send().unwrap().plan, "starter");
    assert!(turso.recovery().databases().send().unwrap().all(|found| found.is_ok()));
    assert!(turso.recovery().groups().send().unwrap().all(|found| found.is_ok()));
    assert!(turso.recovery().restore_database(ID).send().is_ok());
    assert!(turso.recovery().restore_group(ID).send().is_ok());
    assert!(turso.request(Method::GET, "/v1/locations").send().unwrap().status().is_success());
    assert_eq!(turso.audit_logs().stream().send().unwrap().count(), 1);
}

#[test]
fn it_speaks_http_and_keeps_its_connection_between_calls() {
    let server = Server::start([Reply::answer("200 OK", DATABASE)]);
    let turso = server.client().build_blocking().unwrap();
    for _ in 0..3 {
        assert_eq!(turso.databases().get("orders").send().unwrap().name, "orders");
    }
    let connections: Vec<_> = server.requests(3).into_iter().map(|seen| seen.connection).collect();
    assert_eq!(connections, [0, 0, 0]);
}

#[test]
fn errors_and_retries_are_those_of_the_async_client() {
    let mock = Mock::new();
    mock.when::<CreateDatabase>().fail_once(Failure::Unreachable).fail_once(Failure::Disconnected);
    let turso = mock.client().build_blocking().unwrap();
    let error = turso.databases().create(NewDatabase::new("orders", "default")).send().unwrap_err();
    assert!(error.is_interrupted() && error.may_have_happened());
    assert_eq!(error.attempts(), 2);

    let server = Server::start([Reply::raw("", crate::support::server::Then::Stall)]);
    let turso = server.client().build_blocking().unwrap();
    let call = turso.databases().get("orders").deadline(Duration::from_millis(100));
    assert!(call.send().unwrap_err().is_timeout());
    assert!(turso.databases().get("..").send().unwrap_err().is_invalid_input());
}

#[test]
fn an_async_client_does_not_block() {
    let mock = Mock::new();
    let turso = mock.client().build().unwrap();
    assert_refused(turso.databases().get("my-db").send(), "this client is asynchronous");
    assert_refused(turso.request(Method::GET, "/v1/locations").send(), "this client is asynchronous");
    assert_refused(turso.audit_logs().stream().send(), "this client is asynchronous");
    assert_eq!(mock.request_count(), 0);
}

#[tokio::test]
async fn a_call_inside_an_async_context_is_an_error_and_no_panic() {
    let mock = Mock::new();
    let turso = mock.client().build_blocking().unwrap();
    assert_refused(turso.databases().get("my-db").send(), "a blocking call inside an async context");
    let mut entries = turso.audit_logs().stream().send().unwrap();
    assert_refused(entries.next().unwrap(), "a blocking call inside an async context");
    assert!(entries.next().is_none());
    assert_eq!(mock.request_count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_runtime_with_many_threads_it_is_an_error_too() {
    let turso = Mock::new().client().build_blocking().unwrap();
    let task = tokio::spawn(async move {
        let send = || turso.databases().get("my-db").send();
        [send(), tokio::task::block_in_place(send), send()]
    });
    let [before, inside, after] = task.await.unwrap();
    assert_refused(before, "send it inside `spawn_blocking`");
    assert_eq!(inside.unwrap().name, "my-db");
    assert_refused(after, "a blocking call inside an async context");
}

/// The limit that `Call::send` documents: should this fail one day, it can be lifted there.
#[tokio::test]
async fn inside_unconstrained_it_cannot_be_told_from_a_thread_that_may_block() {
    let turso = Mock::new().client().build_blocking().unwrap();
    let sent = tokio::task::unconstrained(async { turso.databases().get("my-db").send() }).await;
    assert_eq!(sent.unwrap().name, "my-db");
    assert_refused(turso.databases().get("my-db").send(), "a blocking call inside an async context");
}

#[tokio::test]
async fn a_thread_that_may_block_makes_calls_whatever_the_runtime_is() {
    let turso = Mock::new().client().build_blocking().unwrap();
    let sent = tokio::task::spawn_blocking(move || {
        let names: Result<Vec<_>, _> = turso.databases().stream().send()?.collect();
        turso.databases().get("my-db").send().map(|database| (database.name, names.map(|names| names.len())))
    });
    let (name, names) = sent.await.unwrap().unwrap();
    assert_eq!((name.as_str(), names.unwrap()), ("my-db", 2));
}

#[tokio::test]
async fn its_calls_can_be_awaited_all_the_same() {
    let turso = Mock::new().client().build_blocking().unwrap();
    assert_eq!(turso.databases().get("my-db").await.unwrap().name, "my-db");
}

#[tokio::test]
async fn dropping_it_inside_an_async_context_does_no_harm() {
    let server = Server::start([Reply::answer("200 OK", DATABASE)]);
    let turso = server.client().build_blocking().unwrap();
    let clone = turso.clone();
    let (turso, entries) = thread::spawn(move || {
        turso.databases().get("orders").send()?;
        let entries = turso.audit_logs().stream().send()?;
        Ok::<_, Error>((turso, entries))
    })
    .join()
    .unwrap()
    .unwrap();
    drop(turso);
    drop(entries);
    drop(clone);
    // The runtime of the test is whole.
    let task = tokio::spawn(tokio::time::sleep(Duration::from_millis(1)));
    tokio::time::timeout(Duration::from_secs(5), task).await.unwrap().unwrap();
}

#[test]
fn a_clone_outlives_the_client_it_was_made_from() {
    let turso = Mock::new().client().build_blocking().unwrap();
    let databases = turso.databases();
    let clone = turso.clone();
    drop(turso);
    assert_eq!(clone.databases().get("my-db").send().unwrap().name, "my-db");
    drop(clone);
    // A handle keeps the runtime going, too.
    assert_eq!(databases.get("my-db").send().unwrap().name, "my-db");
}

#[test]
fn many_threads_may_call_at_once() {
    let server = Server::start([Reply::answer("200 OK", DATABASE)]);
    let turso = server.client().max_in_flight(4).build_blocking().unwrap();
    let threads: Vec<_> = (0..16)
        .map(|_| {
            let turso = turso.clone();
            thread::spawn(move || (0..8).filter(|_| turso.databases().get("orders").send().is_ok()).count())
        })
        .collect();
    let answered: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    assert_eq!(answered, 16 * 8);
    assert_eq!(server.requests(16 * 8).len(), 16 * 8);
}

#[test]
fn a_call_that_panics_panics_where_it_is_sent_and_leaves_the_client_usable() {
    let mock = Mock::new();
    mock.on::<GetDatabase>(|_| panic!("planted"));
    let turso = mock.client().build_blocking().unwrap();
    let sent = catch_unwind(AssertUnwindSafe(|| turso.databases().get("my-db").send()));
    assert_eq!(sent.unwrap_err().downcast_ref(), Some(&"planted"));
    assert_eq!(turso.groups().list().send().unwrap().len(), 1);
}
