//! Answers that come in pieces, whose heads come long before their ends.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::HeaderValue;
use tokio::{
    task::coop::consume_budget,
    time::{Instant, sleep},
};
use turso_cloud::{
    ApiToken, Client, Error, RetryPolicy,
    transport::{Body, SendFuture, Transport},
};

use crate::support::operations::{Operation, TOKEN};

const SECOND: Duration = Duration::from_secs(1);

/// Answers any request with a head and a body, each after a time of its own.
#[derive(Clone, Copy, Debug)]
struct Slow {
    head: Duration,
    body: Duration,
}

impl Transport for Slow {
    fn send(&self, _: http::Request<Body>) -> SendFuture<'_> {
        let Self { head, body } = *self;
        Box::pin(async move {
            sleep(head).await;
            Ok(http::Response::new(Body::stream(stream::once(async move {
                sleep(body).await;
                Ok(Operation::Safe.answer().into())
            }))))
        })
    }
}

/// Sends pieces of no bytes as fast as they are taken, for ever.
#[derive(Debug)]
struct Babbling;

impl Transport for Babbling {
    fn send(&self, _: http::Request<Body>) -> SendFuture<'_> {
        let pieces = stream::unfold((), |()| async {
            consume_budget().await;
            Some((Ok(Bytes::new()), ()))
        });
        Box::pin(async move { Ok(http::Response::new(Body::stream(pieces))) })
    }
}

/// Answers any request in pieces of as many bytes, and says that they have a length they may not have.
#[derive(Clone, Copy, Debug)]
struct Pieces {
    bytes: usize,
    said: &'static str,
}

impl Transport for Pieces {
    fn send(&self, _: http::Request<Body>) -> SendFuture<'_> {
        let Self { bytes, said } = *self;
        let pieces: Vec<_> = Operation::Safe.answer().as_bytes().chunks(bytes).map(Bytes::copy_from_slice).collect();
        let whole = stream::iter([Bytes::new()].into_iter().chain(pieces).map(Ok));
        let mut answer = http::Response::new(Body::stream(whole));
        answer.headers_mut().insert("content-length", HeaderValue::from_static(said));
        Box::pin(async move { Ok(answer) })
    }
}

fn client(transport: impl Transport, timeout: Duration) -> Result<Client, Error> {
    let builder = Client::builder(ApiToken::new(TOKEN)?).organization("acme").transport(transport);
    builder.timeout(timeout).retry(RetryPolicy::none()).build()
}

#[tokio::test(start_paused = true)]
async fn the_timeout_is_over_head_and_body_together() {
    let [some, more] = [SECOND * 4 / 10, SECOND * 6 / 10];
    for (head, body, is_in_time) in [(some, some, true), (more, more, false), (SECOND * 2, some, false)] {
        let started = Instant::now();
        let turso = client(Slow { head, body }, SECOND).unwrap();
        let outcome = Operation::Safe.run(&turso).await;
        assert_eq!(outcome.is_ok(), is_in_time, "{head:?} and {body:?}");
        if let Err(error) = outcome {
            assert!(error.is_timeout() && error.attempts() == 1, "{error:?}");
            assert_eq!((started.elapsed(), error.elapsed()), (SECOND, SECOND));
        }
    }
}

#[tokio::test]
async fn an_answer_that_always_has_more_is_given_up_in_time() {
    let turso = client(Babbling, Duration::from_millis(20)).unwrap();
    assert!(Operation::Safe.run(&turso).await.unwrap_err().is_timeout());
}

#[tokio::test]
async fn an_answer_is_read_whole_whatever_length_it_says_it_has() {
    let length = Operation::Safe.answer().len();
    for bytes in [1, 7, length - 1, length] {
        for said in ["0", "3", "18446744073709551615", "99999999999999999999", "-1", "many"] {
            let pieces = Pieces { bytes, said };
            Operation::Safe.run(&client(pieces, SECOND).unwrap()).await.unwrap();

            let builder = Client::builder(ApiToken::new(TOKEN).unwrap()).organization("acme").transport(pieces);
            let strict = builder.retry(RetryPolicy::none()).max_answer_bytes(length - 1).build().unwrap();
            let error = Operation::Safe.run(&strict).await.unwrap_err();
            assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "the answer is too large");
        }
    }
}
