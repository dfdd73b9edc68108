//! Faults of the network and of the server, for an operation of each repeatability.

mod answers;
mod rate_limits;
mod refusals;

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use turso_cloud::{Client, Error, ErrorKind, RetryPolicy};

use crate::support::{
    operations::Operation,
    server::{Reply, Seen, Server, Then, closed_origin},
};

/// The retries that `Server::client` allows.
const RETRIES: u32 = 2;
const DEADLINE: Duration = Duration::from_secs(20);
/// Of an attempt that gets no complete answer.
const TIMEOUT: Duration = Duration::from_secs(1);

/// What a fault means for what may follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// It was not carried out, and may be later.
    Later,
    /// Nobody knows whether it was carried out.
    Lost,
    /// It was answered, but not in a way that is understood.
    Garbled,
    /// It was not carried out, nor will it be.
    Refused,
}

impl Meaning {
    fn attempts(self, operation: Operation) -> u32 {
        match self {
            Self::Later => 1 + RETRIES,
            Self::Lost if operation != Operation::Once => 1 + RETRIES,
            Self::Lost | Self::Garbled | Self::Refused => 1,
        }
    }

    fn may_have_happened(self, operation: Operation) -> bool {
        matches!(self, Self::Lost | Self::Garbled) && operation != Operation::Safe
    }
}

#[derive(Clone)]
struct Fault {
    what: &'static str,
    reply: Reply,
    kind: ErrorKind,
    meaning: Meaning,
}

fn fault(what: &'static str, reply: Reply, kind: ErrorKind, meaning: Meaning) -> Fault {
    Fault { what, reply, kind, meaning }
}

fn all_faults() -> Vec<Fault> {
    use ErrorKind::{Decode, Interrupted, NotFound, RateLimited, Rejected, Server, Timeout};
    use Meaning::{Garbled, Later, Lost, Refused};

    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 4000\r\n\r\n{\"database\":";
    let html = "<html><body><h1>502 Bad Gateway</h1></body></html>";
    vec![
        fault("reset before the answer", Reply::raw("", Then::Reset), Interrupted, Lost),
        fault("closed before the answer", Reply::raw("", Then::Close), Interrupted, Lost),
        fault("reset in the headers", Reply::raw("HTTP/1.1 200 OK\r\ncontent-le", Then::Reset), Interrupted, Lost),
        fault("reset in the body", Reply::raw(cut, Then::Reset), Interrupted, Lost),
        fault("a body shorter than its length", Reply::raw(cut, Then::Close), Interrupted, Lost),
        fault("not HTTP", Reply::raw("SSH-2.0-OpenSSH_9.6\r\n\r\n", Then::Close), Interrupted, Lost),
        fault("no answer", Reply::raw("", Then::Stall), Timeout, Lost),
        fault("slow headers", Reply::raw("HTTP/1.1 200 OK\r\nx-slow: ", Then::Drip), Timeout, Lost),
        fault("a stalled body", Reply::raw(cut, Then::Stall), Timeout, Lost),
        fault("a slow body", Reply::raw(cut, Then::Drip), Timeout, Lost),
        fault("408", Reply::answer("408 Request Timeout", ""), Timeout, Lost),
        fault("429", Reply::answer("429 Too Many Requests", ""), RateLimited, Later),
        fault("500", Reply::answer("500 Internal Server Error", r#"{"error":"boom"}"#), Server, Lost),
        fault("502 with HTML", Reply::answer("502 Bad Gateway\r\ncontent-type: text/html", html), Server, Lost),
        fault("503", Reply::answer("503 Service Unavailable\r\nretry-after: 0", ""), Server, Lost),
        fault("500 whose body is cut", Reply::raw(cut.replace("200 OK", "500 Oh"), Then::Close), Server, Lost),
        fault("404 whose body is slow", Reply::raw(cut.replace("200 OK", "404 Oh"), Then::Drip), NotFound, Refused),
        fault("400", Reply::answer("400 Bad Request", r#"{"error":"no such group"}"#), Rejected, Refused),
        fault("invalid JSON", Reply::answer("200 OK", r#"{"database":"#), Decode, Garbled),
        fault("an empty body", Reply::answer("200 OK", ""), Decode, Garbled),
        fault("no content", Reply::raw("HTTP/1.1 204 No Content\r\n\r\n", Then::KeepOpen), Decode, Garbled),
        fault("another shape", Reply::answer("200 OK", "[]"), Decode, Garbled),
        fault("a status of nobody", Reply::answer("600 Whatever", ""), Decode, Garbled),
        fault("another protocol", Reply::answer("101 Switching Protocols", ""), Decode, Garbled),
        fault("where to see it", Reply::answer("303 See Other\r\nlocation: /elsewhere", ""), Decode, Garbled),
        fault("a redirect", Reply::answer("307 Temporary Redirect\r\nlocation: /elsewhere", ""), Decode, Refused),
    ]
}

/// A call that is to be made, to a server of its own.
struct Case {
    fault: Fault,
    operation: Operation,
    server: Server,
    client: Client,
}

impl Case {
    /// The fault, and what is to follow it, if anything.
    fn new(fault: &Fault, operation: Operation, recovers: bool) -> Self {
        let mut script = vec![fault.reply.clone()];
        script.extend(recovers.then(|| Reply::answer("200 OK", operation.answer())));
        let server = Server::start(script);
        let client = client(&server);
        Self { fault: fault.clone(), operation, server, client }
    }
}

#[expect(clippy::unwrap_used, reason = "the settings are good")]
fn client(server: &Server) -> Client {
    // Only what never ends is to run into it.
    let timeout = if server.is_endless() { TIMEOUT } else { DEADLINE / 2 };
    server.client().timeout(timeout).deadline(DEADLINE).build().unwrap()
}

/// All calls at once: most of them wait. Clients are built before, because that takes as long as a call does.
async fn run(cases: &[Case]) -> Vec<Result<(), Error>> {
    join_all(cases.iter().map(|case| case.operation.run(&case.client))).await
}

/// Makes a call that fails; the error, and the requests the server saw.
#[expect(clippy::unwrap_used, reason = "a call that succeeds fails its test")]
async fn fail(server: &Server, operation: Operation) -> (Error, Vec<Seen>) {
    let error = operation.run(&client(server)).await.unwrap_err();
    assert!(error.elapsed() < DEADLINE, "{operation:?} took {:?}", error.elapsed());
    let seen = server.requests(error.attempts() as usize);
    (error, seen)
}

#[tokio::test]
async fn each_fault_has_its_kind_its_attempts_its_certainty_and_an_end_before_the_deadline() {
    let faults = all_faults();
    let cases: Vec<_> =
        faults.iter().flat_map(|fault| Operation::ALL.map(|operation| Case::new(fault, operation, false))).collect();
    let started = Instant::now();
    let results = run(&cases).await;
    assert!(started.elapsed() < DEADLINE, "{:?}", started.elapsed());
    for (Case { fault: Fault { what, kind, meaning, .. }, operation, server, .. }, result) in cases.iter().zip(results)
    {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), *kind, "{what}, {operation:?}: {error:?}");
        assert_eq!(error.attempts(), meaning.attempts(*operation), "{what}, {operation:?}: {error:?}");
        let seen = server.requests(error.attempts() as usize);
        assert_eq!(seen.len(), error.attempts() as usize, "{what}, {operation:?}: {seen:?}");
        let certainty = meaning.may_have_happened(*operation);
        assert_eq!(error.may_have_happened(), certainty, "{what}, {operation:?}: {error:?}");
    }
}

#[tokio::test]
async fn what_may_have_happened_once_is_never_sent_again() {
    let faults = all_faults().into_iter().filter(|fault| fault.meaning != Meaning::Later);
    let cases: Vec<_> = faults.map(|fault| Case::new(&fault, Operation::Once, true)).collect();
    for (case, result) in cases.iter().zip(run(&cases).await) {
        assert_eq!(result.unwrap_err().attempts(), 1, "{}", case.fault.what);
        let lines: Vec<_> = case.server.requests(1).into_iter().map(|seen| seen.line).collect();
        assert_eq!(lines, ["POST /v1/organizations/acme/databases HTTP/1.1"], "{}", case.fault.what);
    }
}

#[tokio::test]
async fn a_fault_that_passes_is_not_seen_by_the_caller() {
    let faults = all_faults();
    let mut cases = Vec::new();
    for fault in &faults {
        let repeated = Operation::ALL.into_iter().filter(|operation| fault.meaning.attempts(*operation) > 1);
        cases.extend(repeated.map(|operation| Case::new(fault, operation, true)));
    }
    for (Case { fault, operation, server, .. }, result) in cases.iter().zip(run(&cases).await) {
        result.unwrap_or_else(|error| panic!("{}, {operation:?}: {error:?}", fault.what));
        assert_eq!(server.requests(2).len(), 2, "{}, {operation:?}", fault.what);
    }
}

/// HTTP libraries repeat requests of their own accord on a connection that they have used before.
#[tokio::test]
async fn a_reused_connection_that_breaks_off_is_not_a_reason_to_send_twice() {
    for operation in Operation::ALL {
        for then in [Then::Reset, Then::Close] {
            let first = Reply::answer("200 OK", r#"{"exp":-1}"#);
            let server = Server::start([first, Reply::raw("", then), Reply::answer("200 OK", operation.answer())]);
            let client = server.client().retry(RetryPolicy::none()).build().unwrap();
            client.api_tokens().validate().await.unwrap();
            let error = operation.run(&client).await.unwrap_err();
            assert!(error.is_interrupted(), "{operation:?}: {error:?}");
            assert_eq!(error.may_have_happened(), operation != Operation::Safe);
            let seen = server.requests(2);
            assert_eq!(seen.iter().map(|seen| seen.connection).collect::<Vec<_>>(), [0, 0], "{operation:?}, {then:?}");
        }
    }
}

#[tokio::test]
async fn a_connection_that_cannot_be_made_is_tried_again_by_every_operation() {
    for operation in Operation::ALL {
        let server = Server::start([Reply::answer("200 OK", operation.answer())]);
        let client = server.client().base_url(closed_origin()).deadline(DEADLINE).build().unwrap();
        let error = operation.run(&client).await.unwrap_err();
        assert!(error.is_connect(), "{operation:?}: {error:?}");
        assert_eq!(error.attempts(), 1 + RETRIES);
        assert!(!error.may_have_happened());
        assert!(error.elapsed() < DEADLINE);
    }
}

#[tokio::test]
async fn the_deadline_bounds_a_call_whose_attempts_would_last_longer() {
    let endless = [
        Reply::raw("", Then::Stall),
        Reply::raw("HTTP/1.1 200 OK\r\nx-slow: ", Then::Drip),
        Reply::raw("HTTP/1.1 200 OK\r\ncontent-length: 4000\r\n\r\n{", Then::Drip),
    ];
    let mut calls = Vec::new();
    for (reply, operation) in endless.into_iter().flat_map(|reply| Operation::ALL.map(|op| (reply.clone(), op))) {
        let server = Server::start([reply]);
        let client = server.client().timeout(DEADLINE * 2).deadline(TIMEOUT).build().unwrap();
        calls.push((operation, server, client));
    }
    let started = Instant::now();
    let results = join_all(calls.iter().map(|(operation, _, client)| operation.run(client))).await;
    assert!(started.elapsed() < DEADLINE, "{:?}", started.elapsed());
    for ((_, server, _), result) in calls.iter().zip(results) {
        let error = result.unwrap_err();
        assert!(error.is_timeout(), "{error:?}");
        assert_eq!((error.attempts(), server.requests(1).len()), (1, 1));
    }
}
