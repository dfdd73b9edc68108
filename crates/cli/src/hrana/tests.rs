//! What happens with answers that a local cloud gives only after a while, or never.

use std::{
    cell::Cell,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    sync::mpsc,
    thread,
    time::Duration,
};

use serde_json::{Value as Json, json};
use tokio::task::yield_now;

use super::{Connection, HranaError, Http, HttpSettings, Statement, Value, wire::Opening};
use crate::exit::Kind;

/// Gives these answers, each on a connection of its own, and tells what was asked.
pub(crate) fn server(answers: Vec<(u16, String)>) -> (String, mpsc::Receiver<(String, Json)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, asked) = mpsc::channel();
    thread::spawn(move || {
        for (status, body) in answers {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(&stream);
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                assert_ne!(reader.read_until(b'\n', &mut head).unwrap(), 0);
            }
            let head = String::from_utf8(head).unwrap().to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
            let mut request = vec![0; length];
            reader.read_exact(&mut request).unwrap();
            let path = head.split(' ').nth(1).unwrap().to_owned();
            let _nobody_wants_to_know = sender.send((path, serde_json::from_slice(&request).unwrap()));
            let length = body.len();
            write!(&stream, "HTTP/1.1 {status} x\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
                .unwrap();
        }
    });
    (url, asked)
}

pub(crate) fn connection(url: &str) -> Connection {
    // Fails only where a provider is there already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (connect_timeout, read_timeout) = (Duration::from_secs(10), Duration::from_secs(60));
    let http = Http::new(HttpSettings { connect_timeout, read_timeout, certificates: Vec::new(), here: None });
    Connection::new(http, url, None)
}

/// The answer to one statement with one row.
fn cursor(baton: &str, number: i64, is_autocommit: bool) -> (u16, String) {
    let mut lines = vec![
        json!({ "baton": baton, "base_url": null }),
        json!({ "type": "step_begin", "step": 0, "cols": [{ "name": "n" }] }),
        json!({ "type": "row", "row": [{ "type": "integer", "value": number.to_string() }] }),
        json!({ "type": "step_end", "affected_row_count": 0 }),
    ];
    if is_autocommit {
        lines.push(json!({ "type": "step_begin", "step": 1, "cols": [{ "name": "1" }] }));
        lines.push(json!({ "type": "row", "row": [{ "type": "integer", "value": "1" }] }));
        lines.push(json!({ "type": "step_end", "affected_row_count": 0 }));
    }
    (200, lines.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

fn expired() -> (u16, String) {
    (400, json!({ "message": "The stream has expired due to inactivity", "code": "STREAM_EXPIRED" }).to_string())
}

#[tokio::test]
async fn a_stream_that_ended_while_nothing_was_open_is_begun_anew() {
    let (url, asked) =
        server(vec![cursor("one", 1, true), expired(), cursor("two", 2, true), cursor("three", 3, true)]);
    let mut connection = connection(&url);
    for number in 1..=3 {
        let rows = connection.rows(&Statement::new("SELECT n")).await.unwrap();
        assert_eq!(rows, [[Value::Integer(number)]]);
    }
    let batons: Vec<_> = asked.iter().map(|(_, request)| request["baton"].clone()).collect();
    assert_eq!(batons, [json!(null), json!("one"), json!(null), json!("two")]);
}

#[tokio::test]
async fn a_transaction_that_was_lost_is_not_taken_for_one_that_is_open() {
    let (url, _asked) = server(vec![cursor("one", 1, false), expired(), cursor("two", 2, true)]);
    let mut connection = connection(&url);
    connection.rows(&Statement::new("BEGIN")).await.unwrap();
    assert!(connection.is_in_transaction());
    let error = connection.rows(&Statement::new("INSERT INTO t VALUES (1)")).await.unwrap_err();
    assert!(error.to_string().contains("rolled it back"), "{error}");
    assert!(!connection.is_in_transaction());
    connection.rows(&Statement::new("SELECT 1")).await.unwrap();
}

/// A service keeps it, and what is open in it, for some seconds.
#[tokio::test]
async fn the_stream_of_a_statement_that_is_left_is_ended() {
    let closed = (200, json!({ "baton": null, "results": [] }).to_string());
    let (url, asked) = server(vec![cursor("one", 1, false), cursor("two", 2, false), closed, cursor("three", 3, true)]);
    let mut connection = connection(&url);
    connection.rows(&Statement::new("BEGIN")).await.unwrap();
    drop(connection.query(&Statement::new("SELECT n")).await.unwrap());
    assert!(connection.close().await);
    let (path, request) = asked.iter().nth(2).unwrap();
    assert_eq!((path.as_str(), request), ("/v3/pipeline", json!({"baton": "two", "requests": [{"type": "close"}]})));
    connection.rows(&Statement::new("SELECT 1")).await.unwrap();
    assert_eq!(asked.recv().unwrap().1["baton"], json!(null));
}

/// Such as what listens for Ctrl-C.
#[tokio::test]
async fn what_waits_beside_rows_has_a_turn_however_many_have_arrived() {
    const ROWS: usize = 50_000;
    let (status, answer) = cursor("one", 1, true);
    let row = answer.lines().find(|line| line.contains("\"row\"")).unwrap().to_owned() + "\n";
    let (url, _asked) = server(vec![(status, answer.replacen(&row, &row.repeat(ROWS), 1))]);
    let mut connection = connection(&url);
    let mut rows = connection.query(&Statement::new("SELECT n")).await.unwrap();
    let (read, mut seen, mut most_between_turns) = (Cell::new(0), 0, 0);
    let reading = async {
        while rows.next().await.unwrap().is_some() {
            read.set(read.get() + 1);
        }
    };
    let beside = async {
        loop {
            most_between_turns = most_between_turns.max(read.get() - seen);
            seen = read.get();
            yield_now().await;
        }
    };
    tokio::select! {
        () = reading => {}
        () = beside => {}
    }
    assert_eq!(read.get(), ROWS);
    assert!(most_between_turns < 1000, "{most_between_turns}");
}

#[tokio::test]
async fn an_answer_that_ends_before_its_statement_is_no_success() {
    let (_, whole) = cursor("one", 1, true);
    let cut: String = whole.lines().take(3).collect::<Vec<_>>().join("\n");
    let (url, _asked) = server(vec![(200, cut), (200, String::new()), (200, "<html>".into())]);
    for _ in 0..3 {
        let error = connection(&url).rows(&Statement::new("SELECT 1")).await.unwrap_err();
        assert!(matches!(error, HranaError::Answer(_)) && error.may_have_happened(), "{error:?}");
    }
}

#[tokio::test]
async fn refusals_have_the_exit_codes_of_their_status() {
    let cases = [
        (401, Kind::Unauthenticated, false),
        (403, Kind::Refused, false),
        (404, Kind::NotFound, false),
        (429, Kind::Transient, false),
        (408, Kind::Failed, true),
        (503, Kind::Failed, true),
        (500, Kind::Failed, true),
    ];
    let body = json!({ "error": "because" }).to_string();
    let (url, _asked) = server(cases.iter().map(|(status, ..)| (*status, body.clone())).collect());
    for (status, kind, may_have_happened) in cases {
        let error = connection(&url).rows(&Statement::new("SELECT 1")).await.unwrap_err();
        assert_eq!(error.to_string(), format!("the database answered {status}: because"));
        assert_eq!(error.exit(), kind, "{status}");
        assert_eq!(error.may_have_happened(), may_have_happened, "{status}");
    }
}

#[test]
fn a_statement_that_had_to_wait_for_too_long_is_safe_to_run_again() {
    for code in ["SQLITE_BUSY", "TRANSACTION_BUSY", "TOO_MANY_STREAMS"] {
        let error = HranaError::Sql { message: String::new(), code: code.to_owned(), extended_code: None };
        let expected = (Kind::Transient, true, false);
        assert_eq!((error.exit(), error.may_be_repeated(), error.may_have_happened()), expected, "{code}");
    }
}

#[tokio::test]
async fn a_batch_is_a_transaction_and_says_which_statement_failed() {
    let error = json!({ "message": "no", "code": "SQLITE_CONSTRAINT" });
    let result = json!({
        "step_results": [{}, {}, { "affected_row_count": 1 }, null, null, {}],
        "step_errors": [null, null, null, error, null, null],
    });
    let answer = json!({ "results": [{ "type": "ok", "response": { "type": "batch", "result": result } }] });
    let (url, asked) = server(vec![(200, answer.to_string())]);
    let statements = ["INSERT 1", "INSERT 2"].map(Statement::new);
    let failed = connection(&url).commit(&[Statement::new("PRAGMA x")], &statements).await.unwrap_err();
    assert_eq!((failed.statement, failed.error.is_sql()), (Some(1), true));
    let (path, request) = asked.recv().unwrap();
    let steps = request["requests"][0]["batch"]["steps"].as_array().unwrap();
    let sql: Vec<_> = steps.iter().map(|step| step["stmt"]["sql"].as_str().unwrap()).collect();
    assert_eq!(sql, ["PRAGMA x", "BEGIN IMMEDIATE", "INSERT 1", "INSERT 2", "COMMIT", "ROLLBACK"]);
    // Each runs only if the one before it did: what is repeated has not been committed.
    for (before, step) in steps[1..5].iter().enumerate() {
        assert_eq!(step["condition"], json!({ "type": "ok", "step": before }));
    }
    assert_eq!((path.as_str(), &request["requests"][1]["type"]), ("/v3/pipeline", &json!("close")));
}

#[tokio::test]
async fn a_stream_may_move_but_not_out_of_tls_nor_to_turso_cloud_in_clear() {
    let (elsewhere, there) = server(vec![cursor("two", 2, true)]);
    let (status, body) = cursor("one", 1, true);
    let body = body.replace("\"base_url\":null", &format!("\"base_url\":\"{elsewhere}/\""));
    let (url, _here) = server(vec![(status, body)]);
    let mut moved = connection(&url);
    moved.rows(&Statement::new("SELECT 1")).await.unwrap();
    moved.rows(&Statement::new("SELECT 2")).await.unwrap();
    assert_eq!(there.recv().unwrap().1["baton"], "one");

    for (from, to) in [("https://a.example", "http://a.example"), (&*url, "http://shop-acme.turso.io")] {
        let from = connection(from);
        let stream = from.stream_at(Opening { baton: Some("baton".into()), base_url: Some(to.into()) });
        assert!(format!("{stream:?}").contains("base: None"), "{stream:?}");
    }
}
