//! `hrana3-protobuf`, with messages written by hand.

use futures_util::{SinkExt as _, StreamExt as _};
use tokio_tungstenite::tungstenite::Message;

use crate::support::Served;

/// A field of bytes; nothing here is longer than two bytes of length can tell.
fn bytes(tag: u8, value: impl AsRef<[u8]>) -> Vec<u8> {
    let value = value.as_ref();
    let low = u8::try_from(value.len() & 0x7f).unwrap();
    let length = match value.len() >> 7 {
        0 => vec![low],
        high => vec![low | 0x80, u8::try_from(high).unwrap()],
    };
    [vec![tag << 3 | 2], length, value.to_vec()].concat()
}

fn number(tag: u8, value: u8) -> Vec<u8> {
    vec![tag << 3, value]
}

/// A request with its id.
fn request(id: u8, tag: u8, body: impl AsRef<[u8]>) -> Vec<u8> {
    bytes(2, [number(1, id), bytes(tag, body)].concat())
}

/// A good answer to a request.
fn response(id: u8, tag: u8, body: impl AsRef<[u8]>) -> Vec<u8> {
    bytes(3, [number(1, id), bytes(tag, body)].concat())
}

#[tokio::test]
async fn a_socket_speaks_protobuf_when_that_is_agreed_upon() {
    let served = Served::new().await;
    let mut socket = served.silent(&["hrana3-protobuf", "hrana3"]).await.unwrap();
    assert_eq!(socket.chosen.as_deref(), Some("hrana3-protobuf"));
    let mut ask = async |message: Vec<u8>| {
        socket.stream.send(Message::binary(message)).await.unwrap();
        socket.stream.next().await.unwrap().unwrap().into_data().to_vec()
    };
    assert_eq!(ask(bytes(1, bytes(1, &served.token))).await, bytes(1, ""), "hello_ok");
    assert_eq!(ask(request(1, 2, number(1, 7))).await, response(1, 2, ""), "open_stream");
    assert_eq!(ask(request(2, 13, number(1, 7))).await, response(2, 13, number(1, 1)), "get_autocommit");
    let stored = [number(1, 3), bytes(2, "VALUES ('a'), ('b')")].concat();
    assert_eq!(ask(request(3, 11, stored)).await, response(3, 11, ""), "store_sql");
    let batch = bytes(1, bytes(2, number(2, 3)));
    let cursor = [number(1, 7), number(2, 9), bytes(3, batch)].concat();
    assert_eq!(ask(request(4, 6, cursor)).await, response(4, 6, ""), "open_cursor");
    let mut rows = 0;
    for id in 5.. {
        let answer = ask(request(id, 8, [number(1, 9), number(2, 100)].concat())).await;
        let row = |text: &str| bytes(1, bytes(4, bytes(1, bytes(4, text))));
        rows += ["a", "b"].iter().filter(|text| contains(&answer, &row(text))).count();
        if answer.ends_with(&number(2, 1)) {
            break;
        }
    }
    assert_eq!(rows, 2);
    assert_eq!(ask(request(90, 7, number(1, 9))).await, response(90, 7, ""), "close_cursor");
    let failing = ask(request(91, 4, [number(1, 7), bytes(2, bytes(1, "SELEC"))].concat())).await;
    assert!(contains(&failing, b"SQL_PARSE_ERROR"), "{failing:?}");
    assert_eq!(ask(request(92, 3, number(1, 7))).await, response(92, 3, ""), "close_stream");
}

#[tokio::test]
async fn bytes_that_are_no_message_close_the_socket() {
    let served = Served::new().await;
    for (message, code) in [(Message::binary(vec![0xff]), 1007), (Message::text("{}"), 1003)] {
        let mut socket = served.silent(&["hrana3-protobuf"]).await.unwrap();
        socket.stream.send(message).await.unwrap();
        assert_eq!(socket.end().await.0, code);
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
