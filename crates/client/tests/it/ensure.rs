//! `ensure`: what is there is found, what is missing is made, and nothing is made twice.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use turso_cloud::{
    Database, Ensured, ErrorKind, Group, Member, NewDatabase, NewGroup, NewMember, RetryPolicy, Role,
    contract::{
        databases::{CreateDatabase, CreatedDatabase, CreatedDatabaseAnswer, DatabaseAnswer, GetDatabase},
        groups::{CreateGroup, GetGroup, GroupAnswer},
        members::{AddMember, GetMember, MemberAnswer},
    },
    mock::{Failure, Mock},
};

const ID: &str = "0eb771dd-6906-11ee-8553-eaa7715aeaf2";

fn absent() -> Failure {
    Failure::refused(404, "could not find it")
}

fn taken() -> Failure {
    Failure::refused(409, "it already exists")
}

fn database(group: &str) -> Result<DatabaseAnswer, turso_cloud::InvalidInput> {
    let names = ("orders".parse()?, ID.parse()?, group.parse()?, "aws-us-east-1".parse()?);
    let (name, id, group, primary) = names;
    Ok(DatabaseAnswer::new(Database::new(name, id, "orders-acme.turso.io", group, primary)))
}

fn created() -> Result<CreatedDatabaseAnswer, turso_cloud::InvalidInput> {
    Ok(CreatedDatabaseAnswer::new(CreatedDatabase::new(ID.parse()?, "orders-acme.turso.io", "orders".parse()?)))
}

fn group(primary: &str) -> Result<GroupAnswer, turso_cloud::InvalidInput> {
    Ok(GroupAnswer::new(Group::new("eu".parse()?, ID.parse()?, primary.parse()?)))
}

fn orders() -> NewDatabase {
    NewDatabase::new("orders", "default")
}

fn creations(mock: &Mock) -> usize {
    mock.requests::<CreateDatabase>().len() + mock.requests::<CreateGroup>().len()
}

#[tokio::test]
async fn what_is_there_is_found_and_not_created() {
    let mock = Mock::new();
    mock.when::<GetDatabase>().answer_once(&database("default").unwrap());
    mock.when::<GetGroup>().answer_once(&group("aws-eu-west-1").unwrap());
    let turso = mock.client().build().unwrap();

    let found = turso.databases().ensure(orders()).await.unwrap();
    assert_eq!(found, Ensured::Existing(database("default").unwrap().database));
    let found = turso.groups().ensure(NewGroup::new("eu", "aws-eu-west-1")).await.unwrap();
    assert_eq!(found, Ensured::Existing(group("aws-eu-west-1").unwrap().group));
    assert_eq!((creations(&mock), mock.request_count()), (0, 2));
}

#[tokio::test]
async fn what_is_missing_is_created() {
    let mock = Mock::new();
    mock.when::<GetDatabase>().fail_once(absent()).answer_once(&database("default").unwrap());
    mock.when::<GetGroup>().fail_once(absent());
    mock.when::<CreateGroup>().answer_once(&group("aws-eu-west-1").unwrap());
    let turso = mock.client().build().unwrap();

    let ensured = turso.databases().ensure(orders()).await.unwrap();
    assert!(ensured.is_created());
    assert_eq!(ensured.into_inner(), database("default").unwrap().database);
    assert_eq!(mock.requests::<CreateDatabase>()[0].body, orders());
    let ensured = turso.groups().ensure(NewGroup::new("eu", "aws-eu-west-1")).await.unwrap();
    assert!(ensured.is_created());
    assert_eq!(ensured.as_ref().primary, "aws-eu-west-1");
    assert_eq!(creations(&mock), 2);
}

#[tokio::test]
async fn who_loses_the_race_to_create_finds_what_the_other_made() {
    for refusal in [taken(), Failure::refused(422, ""), Failure::refused(400, "Namespace orders already exists")] {
        let mock = Mock::new();
        mock.when::<GetDatabase>().fail_once(absent()).answer_once(&database("default").unwrap());
        mock.when::<CreateDatabase>().fail_once(refusal);
        let ensured = mock.client().build().unwrap().databases().ensure(orders()).await.unwrap();
        assert!(!ensured.is_created());
        assert_eq!(creations(&mock), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_looked_up_before_anything_is_created_again() {
    for lost in [Failure::Disconnected, Failure::refused(500, "boom")] {
        // It happened.
        let mock = Mock::new();
        mock.when::<GetDatabase>().fail_once(absent()).answer_once(&database("default").unwrap());
        mock.when::<CreateDatabase>().fail_once(lost.clone());
        let turso = mock.client().build().unwrap();
        // It was not there before: whoever fills new databases has to know.
        assert_eq!(
            turso.databases().ensure(orders()).await.unwrap(),
            Ensured::Created(database("default").unwrap().database)
        );
        assert_eq!(creations(&mock), 1);

        // It did not.
        let mock = Mock::new();
        mock.when::<GetGroup>().fail_once(absent()).fail_once(absent());
        mock.when::<CreateGroup>().fail_once(lost).answer_once(&group("aws-eu-west-1").unwrap());
        let turso = mock.client().build().unwrap();
        assert!(turso.groups().ensure(NewGroup::new("eu", "aws-eu-west-1")).await.unwrap().is_created());
        assert_eq!(creations(&mock), 2);
    }
}

#[tokio::test]
async fn a_creation_that_was_answered_is_one_whatever_becomes_of_the_look_behind_it() {
    let mock = Mock::new();
    mock.when::<GetDatabase>().fail_once(absent()).fail_once(Failure::refused(403, "not yet"));
    mock.when::<GetDatabase>().answer_once(&database("default").unwrap());
    mock.when::<CreateDatabase>().answer_once(&created().unwrap());
    let ensured = mock.client().build().unwrap().databases().ensure(orders()).await.unwrap();
    assert_eq!((ensured.is_created(), creations(&mock)), (true, 1));
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_to_wait_does_so_before_it_looks_and_creates_again() {
    let wait = Duration::from_secs(20);
    for (deadline, happens) in [(30, true), (10, false)] {
        let mock = Mock::new();
        mock.when::<GetGroup>().fail_once(absent()).fail_once(absent());
        mock.when::<CreateGroup>().fail_once(Failure::refused(503, "busy").retry_after(wait));
        let turso = mock.client().retry(RetryPolicy::none()).build().unwrap();
        let started = tokio::time::Instant::now();
        let call = turso.groups().ensure(NewGroup::new("eu", "aws-us-east-1")).deadline(Duration::from_secs(deadline));
        match call.await {
            Ok(ensured) => assert!(happens && ensured.is_created() && started.elapsed() >= wait),
            Err(error) => {
                assert!(!happens && error.is_server() && error.may_have_happened(), "{error:?}");
                assert!(error.to_string().contains("the next attempt would come after the deadline"), "{error}");
                assert_eq!((error.retry_after(), started.elapsed()), (Some(wait), Duration::ZERO));
            }
        }
        assert_eq!(creations(&mock), if happens { 2 } else { 1 });
    }
}

#[tokio::test]
async fn what_is_there_otherwise_than_asked_for_is_an_error() {
    for found_first in [true, false] {
        let mock = Mock::new();
        if !found_first {
            mock.when::<GetDatabase>().fail_once(absent());
            mock.when::<GetGroup>().fail_once(absent());
            mock.when::<CreateDatabase>().fail_once(taken());
            mock.when::<CreateGroup>().fail_once(taken());
        }
        mock.when::<GetDatabase>().answer_once(&database("other").unwrap());
        mock.when::<GetGroup>().answer_once(&group("aws-us-west-2").unwrap());
        let turso = mock.client().build().unwrap();

        let error = turso.databases().ensure(orders()).await.unwrap_err();
        assert!(error.is_already_exists());
        let words = r#"database orders exists with another group: asked for "default", found "other""#;
        assert!(error.to_string().ends_with(words), "{error}");

        let error = turso.groups().ensure(NewGroup::new("eu", "aws-eu-west-1")).await.unwrap_err();
        assert!(error.is_already_exists());
        let words =
            r#"group eu exists with another primary location: asked for "aws-eu-west-1", found "aws-us-west-2""#;
        assert!(error.to_string().ends_with(words), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn it_gives_up_after_some_rounds_and_says_that_it_may_have_happened() {
    let mock = Mock::new();
    mock.on::<GetDatabase>(|_| Err(absent()));
    mock.on::<CreateDatabase>(|_| Err(Failure::Disconnected));
    let error = mock.client().build().unwrap().databases().ensure(orders()).await.unwrap_err();
    assert!(error.is_interrupted());
    assert!(error.may_have_happened());
    assert_eq!((mock.requests::<GetDatabase>().len(), creations(&mock)), (3, 3));

    let mock = Mock::new();
    mock.on::<GetGroup>(|_| Err(absent()));
    mock.on::<CreateGroup>(|_| Err(taken()));
    let ensured = mock.client().build().unwrap().groups().ensure(NewGroup::new("eu", "aws-eu-west-1")).await;
    assert!(ensured.unwrap_err().is_already_exists());
    assert_eq!((mock.requests::<GetGroup>().len(), creations(&mock)), (3, 3));
}

#[tokio::test]
async fn other_refusals_end_it_at_once() {
    let mock = Mock::new();
    mock.when::<GetDatabase>().fail_once(Failure::refused(403, "not yours"));
    let turso = mock.client().build().unwrap();
    assert!(turso.databases().ensure(orders()).await.unwrap_err().is_forbidden());
    assert_eq!(creations(&mock), 0);

    mock.when::<GetDatabase>().fail_once(absent());
    mock.when::<CreateDatabase>().fail_once(Failure::refused(402, "upgrade"));
    let error = turso.databases().ensure(orders()).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_happened()), (ErrorKind::PaymentRequired, false));
    assert_eq!(creations(&mock), 1);
}

#[tokio::test]
async fn a_creation_that_is_not_confirmed_may_have_happened() {
    // The look behind a lost answer fails.
    let mock = Mock::new();
    mock.when::<GetDatabase>().fail_once(absent()).fail_once(Failure::refused(403, "not yours"));
    mock.when::<CreateDatabase>().fail_once(Failure::Disconnected);
    let error = mock.client().build().unwrap().databases().ensure(orders()).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_happened()), (ErrorKind::Forbidden, true));

    // It is refused behind a lost answer, which ends it.
    let mock = Mock::new();
    mock.on::<GetDatabase>(|_| Err(absent()));
    mock.when::<CreateDatabase>().fail_once(Failure::Disconnected).fail_once(Failure::refused(402, "upgrade"));
    let error = mock.client().build().unwrap().databases().ensure(orders()).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_happened()), (ErrorKind::PaymentRequired, true));
    assert_eq!(creations(&mock), 2);

    // The look behind an answer that came fails.
    let mock = Mock::new();
    mock.when::<GetDatabase>().fail_once(absent()).fail_once(Failure::refused(403, "not yours"));
    mock.when::<GetDatabase>().fail_once(Failure::refused(403, "not yours"));
    mock.when::<CreateDatabase>().answer_once(&created().unwrap());
    let error = mock.client().build().unwrap().databases().ensure(orders()).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_happened()), (ErrorKind::Forbidden, true));
    assert_eq!(creations(&mock), 1);

    let mock = Mock::new();
    mock.when::<GetMember>().fail_once(absent()).fail_once(Failure::refused(403, "not yours"));
    mock.when::<GetMember>().fail_once(Failure::refused(403, "not yours"));
    let error = mock.client().build().unwrap().members().ensure(NewMember::new("bob")).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_happened()), (ErrorKind::Forbidden, true));
    assert_eq!(mock.requests::<AddMember>().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_not_forgotten_in_the_rounds_behind_it() {
    // Another one is lost.
    let mock = Mock::new();
    mock.when::<GetDatabase>().fail_once(absent()).fail_once(absent()).answer_once(&database("default").unwrap());
    mock.when::<CreateDatabase>().fail_once(Failure::Disconnected).fail_once(Failure::Disconnected);
    let ensured = mock.client().build().unwrap().databases().ensure(orders()).await.unwrap();
    assert_eq!((ensured.is_created(), creations(&mock)), (true, 2));

    // There is no time left for what the next refusal asks.
    let mock = Mock::new();
    mock.on::<GetDatabase>(|_| Err(absent()));
    let later = taken().retry_after(Duration::from_secs(1000));
    mock.when::<CreateDatabase>().fail_once(Failure::Disconnected).fail_once(later);
    let error = mock.client().build().unwrap().databases().ensure(orders()).await.unwrap_err();
    assert!(error.is_already_exists() && error.may_have_happened(), "{error:?}");
    assert_eq!(creations(&mock), 2);
}

#[tokio::test]
async fn a_new_database_that_is_not_to_be_seen_yet_is_not_created_twice() {
    let mock = Mock::new();
    let looks = AtomicUsize::new(0);
    mock.on::<GetDatabase>(move |_| match looks.fetch_add(1, Ordering::Relaxed) {
        // Before the creation, right behind it, and when the next round begins.
        0..3 => Err(absent()),
        _ => database("default").map_err(|_| absent()),
    });
    mock.when::<CreateDatabase>().answer_once(&created().unwrap()).fail_once(taken());
    let ensured = mock.client().build().unwrap().databases().ensure(orders()).await.unwrap();
    assert_eq!(ensured.as_ref().name, "orders");
    assert_eq!(creations(&mock), 2, "the second one is refused by the service");
}

#[tokio::test(start_paused = true)]
async fn all_of_it_stays_within_one_deadline() {
    let mock = Mock::new();
    mock.on::<GetGroup>(|_| Err(absent()));
    mock.on::<CreateGroup>(|_| Err(Failure::rate_limited(Duration::from_secs(40))));
    let turso = mock.client().retry(RetryPolicy::default().max_retries(9)).build().unwrap();
    let started = tokio::time::Instant::now();
    let call = turso.groups().ensure(NewGroup::new("eu", "aws-eu-west-1")).deadline(Duration::from_secs(100));
    assert!(call.await.unwrap_err().is_rate_limited());
    assert!(started.elapsed() <= Duration::from_secs(100));
    assert_eq!(creations(&mock), 3);
}

#[tokio::test]
async fn a_member_is_added_once_and_never_given_another_role_in_passing() {
    let bob = MemberAnswer::new(Member::new("bob".parse().unwrap(), Role::Member, ""));
    let mock = Mock::new();
    mock.when::<GetMember>().fail_once(absent()).answer_once(&bob).answer_once(&bob);
    mock.when::<AddMember>().fail_once(Failure::Disconnected);
    let turso = mock.client().build().unwrap();

    let ensured = turso.members().ensure(NewMember::new("bob")).await.unwrap();
    assert_eq!(ensured, Ensured::Created(bob.member.clone()));
    let error = turso.members().ensure(NewMember::new("bob").role(Role::Admin)).await.unwrap_err();
    assert!(error.is_already_exists() && error.to_string().contains(r#"asked for "admin", found "member""#), "{error}");
    assert_eq!(mock.requests::<AddMember>().len(), 1);
}
