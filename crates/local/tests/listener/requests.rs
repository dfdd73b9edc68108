//! Requests as no driver sends them, to a database.

use std::io::Write as _;

use crate::support::{Answer, SELECT, Served, blocking, connect};

const LIMIT: usize = 10 * 1024 * 1024;

/// A database of a served cloud: its address, and the headers that open it.
async fn database() -> (Served, String, String) {
    let served = Served::start().await;
    let hostname = served.hostname("orders").await;
    let headers = format!("Host: {hostname}\r\nAuthorization: {}\r\n", served.token("orders").await);
    (served, hostname, headers)
}

/// Writes all of it before it reads anything, as many clients do, and reads until the server closes.
async fn write_then_read(address: &str, request: Vec<u8>) -> String {
    let address = address.to_owned();
    blocking(move || {
        let mut stream = connect(&address);
        stream.write_all(&request).unwrap();
        std::io::read_to_string(stream).unwrap()
    })
    .await
}

fn status_of(answer: &str) -> u16 {
    Answer::read(answer.as_bytes()).status
}

#[tokio::test]
async fn a_client_that_sends_a_body_too_large_sees_the_answer_and_not_a_broken_connection() {
    let (_served, address, headers) = database().await;
    for path in ["/v2/pipeline", "/v3/cursor", "/v1/execute", "/"] {
        let head =
            format!("POST {path} HTTP/1.1\r\n{headers}Connection: close\r\nContent-Length: {}\r\n\r\n", 3 * LIMIT);
        let answer = write_then_read(&address, [head.into_bytes(), vec![b' '; 3 * LIMIT]].concat()).await;
        let (status, problem) = Answer::read(answer.as_bytes()).refusal();
        assert_eq!((status, problem.as_str()), (413, "the request body is larger than 10485760 bytes"), "{path}");
    }
}

#[tokio::test]
async fn an_upload_that_is_refused_after_it_was_read_is_told_why() {
    let served = Served::start().await;
    let draft = r#"{"name":"imported","group":"default","seed":{"type":"database_upload"}}"#;
    assert_eq!(served.api("POST", "/databases", draft).await.status, 200);
    let (address, token) = (served.hostname("imported").await, served.token("imported").await);
    let headers = format!("Host: {address}\r\nAuthorization: {token}\r\nConnection: close\r\n");
    let uploads = [
        ("POST /v1/upload", "no database, but long enough to have the header of one".repeat(4), "SQLite"),
        ("PUT /v2/upload/start", "{bad".to_owned(), "JSON"),
        ("PUT /v2/upload/start", r#"{"db_size_bytes":0}"#.to_owned(), "0 bytes"),
    ];
    for (target, body, word) in uploads {
        let request = format!("{target} HTTP/1.1\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len());
        let answer = write_then_read(&address, request.into_bytes()).await;
        let (status, problem) = Answer::read(answer.as_bytes()).refusal();
        assert!(status == 400 && problem.contains(word), "{target}: {status} {problem}");
    }
}

#[tokio::test]
async fn a_body_in_pieces_that_has_no_end_is_cut_off() {
    let (_served, address, headers) = database().await;
    let head = format!("POST /v2/pipeline HTTP/1.1\r\n{headers}Transfer-Encoding: chunked\r\n\r\n");
    let sent = blocking(move || {
        let mut stream = connect(&address);
        stream.write_all(head.as_bytes()).unwrap();
        let piece = [b"10000\r\n".as_slice(), &vec![b' '; 0x10000], b"\r\n"].concat();
        let pieces = (0..16 * 1024).take_while(|_| stream.write_all(&piece).is_ok());
        pieces.count() * 0x10000
    })
    .await;
    assert!(sent < 256 * 1024 * 1024, "{sent} bytes were taken");
}

#[tokio::test]
async fn pieces_that_are_none_and_two_lengths_are_refused() {
    let (_served, address, headers) = database().await;
    let lengths = [
        "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
        "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n",
        "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        "Content-Length: -1\r\n\r\n{}",
        "Content-Length: 18446744073709551616\r\n\r\n{}",
    ];
    for length in lengths {
        let request = format!("POST /v2/pipeline HTTP/1.1\r\n{headers}{length}");
        assert_eq!(status_of(&write_then_read(&address, request.into_bytes()).await), 400, "{length}");
    }
}

#[tokio::test]
async fn requests_sent_without_waiting_are_answered_in_their_order() {
    let (_served, address, headers) = database().await;
    let request = |number: usize| {
        let body = SELECT.replace("41 + 1", &format!("'answer ' || {number}"));
        let connection = if number == 19 { "close" } else { "keep-alive" };
        let length = body.len();
        format!(
            "POST /v2/pipeline HTTP/1.1\r\n{headers}Connection: {connection}\r\nContent-Length: {length}\r\n\r\n{body}"
        )
    };
    let requests: Vec<_> = (0..20).map(request).collect();
    let answers = write_then_read(&address, requests.concat().into_bytes()).await;
    let places: Vec<_> = (0..20).map(|number| answers.find(&format!("\"answer {number}\"")).unwrap()).collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[tokio::test]
async fn the_first_version_of_http_is_answered() {
    let (_served, address, headers) = database().await;
    let request = format!("POST /v2/pipeline HTTP/1.0\r\n{headers}Content-Length: {}\r\n\r\n{SELECT}", SELECT.len());
    let answer = write_then_read(&address, request.into_bytes()).await;
    assert!(answer.starts_with("HTTP/1.0 200"), "{answer}");
    assert!(answer.contains(r#""value":"42""#), "{answer}");
}

#[tokio::test]
async fn a_path_that_only_looks_like_one_leads_nowhere() {
    let (_served, address, headers) = database().await;
    for path in ["//v2/pipeline", "/v2/pipeline/", "/%762/pipeline", "/../v2/pipeline", "/v2\\pipeline", "*"] {
        let request = format!(
            "POST {path} HTTP/1.1\r\n{headers}Connection: close\r\nContent-Length: {}\r\n\r\n{SELECT}",
            SELECT.len()
        );
        assert_eq!(status_of(&write_then_read(&address, request.into_bytes()).await), 404, "{path}");
    }
}
