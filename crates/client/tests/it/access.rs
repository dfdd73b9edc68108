//! Access to a database: one token for many callers, and a new one before it ends.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt as _, future::join_all};
use jiff::Timestamp;
use tokio::time::Instant;
use turso_cloud::{
    Call, Client, DatabaseToken, Expiration,
    contract::{
        Nothing,
        database_tokens::{CreateDatabaseToken, RotateGroupTokens, TokenAnswer},
    },
    mock::{Failure, Mock},
};

use crate::support::script::{Script, Step};

/// A client whose clock stands at the second that is returned beside it.
#[expect(clippy::unwrap_used, reason = "the settings are good")]
fn client(mock: &Mock) -> (Client, Arc<AtomicI64>) {
    let second = Arc::new(AtomicI64::new(1_800_000_000));
    let clock = Arc::clone(&second);
    let now = move || Timestamp::from_second(clock.load(Ordering::Relaxed)).unwrap_or_default();
    let minted = AtomicI64::new(0);
    mock.on::<CreateDatabaseToken>(move |_| {
        let token = DatabaseToken::new(format!("token-{}", minted.fetch_add(1, Ordering::Relaxed)));
        token.map(TokenAnswer::new).map_err(|_| Failure::Disconnected)
    });
    (mock.client().wall_clock(now).build().unwrap(), second)
}

fn minted(mock: &Mock) -> usize {
    mock.requests::<CreateDatabaseToken>().len()
}

#[tokio::test]
async fn many_callers_at_once_share_one_token() {
    let mock = Mock::new();
    let (turso, _) = client(&mock);
    let callers = (0..50).map(|_| turso.databases().access("my-db", Expiration::hours(1)).into_future());
    let tokens = join_all(callers).await;
    let first = tokens[0].as_ref().unwrap();
    assert!(tokens.iter().all(|token| token.as_ref().unwrap() == first));
    assert_eq!(minted(&mock), 1);
    assert_eq!(first.url, "https://my-db-acme.aws-us-east-1.turso.io");
}

#[tokio::test]
async fn a_new_token_is_minted_before_the_old_one_ends() {
    let mock = Mock::new();
    let (turso, second) = client(&mock);
    let access = || turso.databases().access("my-db", Expiration::hours(1)).into_future();
    let first = access().await.unwrap();
    assert_eq!(first.expires_at, Timestamp::from_second(1_800_003_600).ok());

    second.store(1_800_000_000 + 45 * 60 - 1, Ordering::Relaxed);
    assert_eq!(access().await.unwrap(), first);
    second.store(1_800_000_000 + 45 * 60, Ordering::Relaxed);
    assert_ne!(access().await.unwrap().token, first.token);
    assert_eq!(minted(&mock), 2);
}

#[tokio::test]
async fn nobody_gets_a_shorter_life_than_asked_for() {
    let mock = Mock::new();
    let (turso, _) = client(&mock);
    let hour = turso.databases().access("my-db", Expiration::hours(1)).await.unwrap();
    let day = turso.databases().access("my-db", Expiration::days(1)).await.unwrap();
    let never = turso.databases().access("my-db", Expiration::never()).await.unwrap();
    assert!(hour.expires_at < day.expires_at && never.expires_at.is_none());
}

#[tokio::test]
async fn a_rotation_or_a_wish_forgets_the_token() {
    let mock = Mock::new();
    let (turso, _) = client(&mock);
    let access = || turso.databases().access("my-db", Expiration::hours(1)).into_future();
    let first = access().await.unwrap();
    turso.databases().rotate_tokens("my-db").await.unwrap();
    let second = access().await.unwrap();
    assert_ne!(second.token, first.token);
    turso.databases().forget_access("my-db");
    assert_ne!(access().await.unwrap().token, second.token);
    turso.databases().forget_access("another");
    assert_eq!(minted(&mock), 3);
}

/// Makes a call that ends tokens; whether it went as expected.
type End = fn(Client) -> Pin<Box<dyn Future<Output = bool>>>;

#[tokio::test]
async fn no_token_is_handed_out_after_this_client_ended_it() {
    let ends: [(&str, End); 8] = [
        ("delete", |turso| Box::pin(async move { turso.databases().delete("my-db").await.is_ok() })),
        ("delete_if_exists", |turso| {
            Box::pin(async move { turso.databases().delete_if_exists("my-db").await.is_ok() })
        }),
        ("delete_many", |turso| {
            Box::pin(async move { turso.databases().delete_many(["my-db"]).await[0].result.is_ok() })
        }),
        ("transfer", |turso| Box::pin(async move { turso.databases().transfer("my-db", "globex").await.is_ok() })),
        ("rotate a group", |turso| Box::pin(async move { turso.groups().rotate_tokens("default").await.is_ok() })),
        ("delete a group", |turso| Box::pin(async move { turso.groups().delete("default").await.is_ok() })),
        ("transfer a group", |turso| {
            Box::pin(async move { turso.groups().transfer("default", "globex").await.is_ok() })
        }),
        ("a lost answer", |turso| Box::pin(async move { turso.groups().rotate_tokens("lost").await.is_err() })),
    ];
    for (end, call) in ends {
        let mock = Mock::new();
        let (turso, _) = client(&mock);
        mock.on::<RotateGroupTokens>(|request| match request.group.as_str() {
            "lost" => Err(Failure::Disconnected),
            _ => Ok(Nothing),
        });
        let access = || turso.databases().access("my-db", Expiration::hours(1)).into_future();
        let before = access().await.unwrap();
        turso.databases().organization("globex").access("my-db", Expiration::hours(1)).await.unwrap();
        assert!(call(turso.clone()).await, "{end}");
        assert_ne!(access().await.unwrap().token, before.token, "{end}");
        // What other organizations have is not touched.
        turso.databases().organization("globex").access("my-db", Expiration::hours(1)).await.unwrap();
        assert_eq!(minted(&mock), 3, "{end}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rotation_forgets_the_token_when_it_begins_and_when_nobody_waits_for_it_any_more() {
    const DATABASE: &str = include_str!("../../../contract/tests/golden/GetDatabase.json");
    const TOKEN: &str = include_str!("../../../contract/tests/golden/CreateDatabaseToken.json");
    let rotations: [fn(&Client) -> Call<()>; 2] =
        [|turso| turso.databases().rotate_tokens("my-db"), |turso| turso.groups().rotate_tokens("default")];
    for rotate in rotations {
        let minting = || [Step::answer(200, DATABASE), Step::answer(200, TOKEN)];
        let script = Script::new(minting());
        let turso = script.client().build().unwrap();
        let access = || turso.databases().access("my-db", Expiration::hours(1)).into_future();
        access().await.unwrap();
        access().await.unwrap();
        assert_eq!(script.count(), 2);

        script.go_on_with([Step::never()]);
        let mut rotation = rotate(&turso).into_future();
        assert!((&mut rotation).now_or_never().is_none());
        assert_eq!(script.count(), 3);
        script.go_on_with(minting());
        access().await.unwrap();
        access().await.unwrap();
        assert_eq!(script.count(), 5, "it is forgotten when the rotation begins");
        drop(rotation);
        script.go_on_with(minting());
        access().await.unwrap();
        access().await.unwrap();
        assert_eq!(script.count(), 7, "what was minted meanwhile is forgotten when it is over");
    }
}

#[tokio::test]
async fn of_many_tokens_those_not_asked_for_for_long_are_forgotten_even_if_they_never_end() {
    let mock = Mock::new();
    let (turso, _) = client(&mock);
    let access = async |number: usize| {
        let before = minted(&mock);
        turso.databases().access(format!("db-{number}"), Expiration::never()).await.unwrap();
        minted(&mock) > before
    };
    for number in 0..4096 {
        assert!(access(number).await);
    }
    assert!(!access(0).await, "all of them are kept");
    assert!(access(4096).await);
    assert!(!access(0).await && !access(4095).await && !access(4096).await);
    assert!(access(1).await, "the older half is forgotten");
}

#[tokio::test]
async fn a_failure_is_not_kept() {
    let mock = Mock::new();
    let (turso, _) = client(&mock);
    mock.when::<CreateDatabaseToken>().fail_once(Failure::refused(404, "record not found"));
    let access = || turso.databases().access("my-db", Expiration::hours(1)).into_future();
    assert!(access().await.unwrap_err().is_not_found());
    assert!(access().await.is_ok());
    assert!(turso.databases().access("my-db", Expiration::hours(0)).await.unwrap_err().is_invalid_input());
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_another_callers_token_waits_no_longer_than_its_own_deadline() {
    let script = Script::new([Step::never()]);
    let turso = script.client().build().unwrap();
    let first = turso.databases().access("my-db", Expiration::hours(1)).into_future();
    let second = turso.databases().access("my-db", Expiration::hours(1)).deadline(Duration::from_secs(1));
    let started = Instant::now();
    let second = async {
        tokio::task::yield_now().await;
        (second.await.unwrap_err(), started.elapsed())
    };
    let ((error, waited), first) = tokio::join!(second, first);
    assert!(error.is_timeout(), "{error}");
    assert_eq!((waited, error.may_have_happened()), (Duration::from_secs(1), false));
    assert!(first.unwrap_err().is_timeout());
}
