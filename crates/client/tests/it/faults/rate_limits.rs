//! 429 and 503 with what the server says about when to come back.

use std::time::{Duration, Instant};

use turso_cloud::{ErrorKind, RetryPolicy};

use super::{RETRIES, fail};
use crate::support::{
    operations::Operation,
    server::{Reply, Server},
};

const SECOND: Duration = Duration::from_secs(1);
/// One second apart, on the server's own clock, which is far behind that of this machine.
const DATED: &str = "429 Limited\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\nretry-after: Sun, 06 Nov 1994 08:49:38 GMT";

#[tokio::test]
async fn what_the_server_asks_for_is_told_to_the_caller() {
    for (lines, body, asked) in [
        ("retry-after: 7", "", Some(7)),
        (DATED.split_once("\r\n").unwrap().1, "", Some(1)),
        ("retry-after: Sun, 06 Nov 1994 08:49:38 GMT", "", Some(0)),
        ("x-nothing: 1", "", None),
        ("retry-after: later", "", None),
        ("x-nothing: 1", r#"{"error":"slow down","retry_after":3}"#, Some(3)),
    ] {
        for (status, kind) in [("429 Too Many Requests", ErrorKind::RateLimited), ("503 Busy", ErrorKind::Server)] {
            let server = Server::start([Reply::answer(&format!("{status}\r\n{lines}"), body)]);
            let client = server.client().retry(RetryPolicy::none()).build().unwrap();
            let error = Operation::Once.run(&client).await.unwrap_err();
            assert_eq!(error.kind(), kind);
            assert_eq!(error.retry_after(), asked.map(Duration::from_secs), "{status}, {lines}");
            assert!(error.is_retryable());
            // 503 may come from something in front of the server, or after the fact.
            assert_eq!(error.may_have_happened(), kind == ErrorKind::Server);
        }
    }
}

#[tokio::test]
async fn the_next_attempt_waits_as_long_as_the_server_asks() {
    let calls = ["429 Limited\r\nretry-after: 1", "503 Busy\r\nretry-after: 1", DATED].map(|head| async move {
        let answer = Operation::Idempotent.answer();
        let server = Server::start([Reply::answer(head, ""), Reply::answer("200 OK", answer)]);
        let client = server.client().build().unwrap();
        let started = Instant::now();
        Operation::Idempotent.run(&client).await.unwrap();
        assert!(started.elapsed() >= SECOND, "{head}: {:?}", started.elapsed());
        assert_eq!(server.requests(2).len(), 2, "{head}");
    });
    futures_util::future::join_all(calls).await;
}

#[tokio::test]
async fn without_a_word_from_the_server_a_limit_is_met_by_the_usual_waits() {
    for operation in Operation::ALL {
        let server = Server::start([Reply::answer("429 Too Many Requests", r#"{"error":"slow down"}"#)]);
        let (error, seen) = fail(&server, operation).await;
        assert_eq!((error.kind(), error.message()), (ErrorKind::RateLimited, Some("slow down")));
        assert_eq!((error.attempts(), seen.len()), (1 + RETRIES, 1 + RETRIES as usize));
        assert!(!error.may_have_happened());
        assert_eq!(error.retry_after(), None);
    }
}

#[tokio::test]
async fn a_server_that_asks_for_longer_than_the_deadline_is_not_waited_for() {
    for operation in Operation::ALL {
        for head in ["429 Limited\r\nretry-after: 3600", "429 Limited\r\nretry-after: 18446744073709551615"] {
            let server = Server::start([Reply::answer(head, "")]);
            let (error, seen) = fail(&server, operation).await;
            assert_eq!((error.kind(), error.attempts(), seen.len()), (ErrorKind::RateLimited, 1, 1), "{head}");
            assert!(error.retry_after().is_some_and(|asked| asked >= 3600 * SECOND));
        }
    }
}
