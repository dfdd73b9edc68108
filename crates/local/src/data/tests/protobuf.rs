//! Protobuf written and read by hand, field by field, so that a wrong number in the schema is seen.

use http::Request;

use super::{Host, LABEL};

/// One field as it was read: its number and its bytes, or the eight bytes of its number.
pub(super) type Field = (u64, Vec<u8>);

pub(super) fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    bytes.push(u8::try_from(value).unwrap());
    bytes
}

pub(super) fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

pub(super) fn number(tag: u64, value: u64) -> Vec<u8> {
    [varint(tag << 3), varint(value)].concat()
}

pub(super) fn double(tag: u64, value: f64) -> Vec<u8> {
    [varint(tag << 3 | 1), value.to_le_bytes().to_vec()].concat()
}

pub(super) fn bytes(tag: u64, value: impl AsRef<[u8]>) -> Vec<u8> {
    let value = value.as_ref();
    [varint(tag << 3 | 2), varint(value.len() as u64), value.to_vec()].concat()
}

pub(super) fn read_varint(input: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let byte = input[0];
        *input = &input[1..];
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}

pub(super) fn fields(mut input: &[u8]) -> Vec<Field> {
    let mut fields = Vec::new();
    while !input.is_empty() {
        let key = read_varint(&mut input);
        let length = match key & 7 {
            0 => {
                fields.push((key >> 3, read_varint(&mut input).to_le_bytes().to_vec()));
                continue;
            }
            1 => 8,
            _ => usize::try_from(read_varint(&mut input)).unwrap(),
        };
        let (value, rest) = input.split_at(length);
        fields.push((key >> 3, value.to_vec()));
        input = rest;
    }
    fields
}

/// The only field of this number along a path of numbers.
pub(super) fn at(message: &[u8], path: &[u64]) -> Vec<u8> {
    path.iter().fold(message.to_vec(), |message, tag| {
        let found = fields(&message).into_iter().find(|(number, _)| number == tag);
        found.unwrap_or_else(|| panic!("no field {tag} of {path:?} in {message:?}")).1
    })
}

pub(super) fn all(message: &[u8], tag: u64) -> Vec<Vec<u8>> {
    fields(message).into_iter().filter(|(number, _)| *number == tag).map(|(_, value)| value).collect()
}

/// The messages of a cursor's answer, each of which has its length before it.
pub(super) fn messages(mut answer: &[u8]) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    while !answer.is_empty() {
        let length = usize::try_from(read_varint(&mut answer)).unwrap();
        messages.push(answer[..length].to_vec());
        answer = &answer[length..];
    }
    messages
}

pub(super) async fn post(host: &Host, path: &str, body: Vec<u8>) -> (u16, String, Vec<u8>) {
    let request = Request::post(path)
        .header("authorization", format!("Bearer {}", host.token))
        .header("content-type", "application/x-protobuf")
        .body(body.into())
        .unwrap();
    let answer = host.plane.handle(LABEL, path, request).await;
    let status = answer.status().as_u16();
    let content_type = answer.headers()["content-type"].to_str().unwrap().to_owned();
    let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    (status, content_type, body.to_vec())
}

pub(super) fn statement(sql: &str) -> Vec<u8> {
    bytes(1, sql)
}

/// A request of a pipeline: `execute` of one statement.
pub(super) fn execute(statement: &[u8]) -> Vec<u8> {
    bytes(2, bytes(2, bytes(1, statement)))
}

const CLOSE: [u8; 4] = [0x12, 0x02, 0x0a, 0x00];

#[tokio::test]
async fn a_pipeline_in_protobuf_is_answered_in_protobuf() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)"]).await;
    let body = [
        execute(&statement("INSERT INTO t (v) VALUES ('a'), ('b')")),
        execute(&statement("SELECT v FROM t ORDER BY id")),
        execute(&statement("SELECT nope")),
        CLOSE.to_vec(),
    ]
    .concat();
    let (status, content_type, answer) = post(&host, "/v3-protobuf/pipeline", body).await;
    assert_eq!((status, content_type.as_str()), (200, "application/x-protobuf"));
    assert!(all(&answer, 1).is_empty(), "a closed stream has no baton");
    let results = all(&answer, 3);
    assert_eq!(results.len(), 4);
    let inserted = at(&results[0], &[1, 2, 1]);
    assert_eq!(at(&inserted, &[3]), 2_u64.to_le_bytes());
    assert_eq!(at(&inserted, &[4]), zigzag(2).to_le_bytes());
    let selected = at(&results[1], &[1, 2, 1]);
    assert_eq!(at(&selected, &[1, 1]), b"v");
    assert_eq!(at(&selected, &[1, 2]), b"TEXT");
    let rows: Vec<_> = all(&selected, 2).iter().map(|row| at(row, &[1, 4])).collect();
    assert_eq!(rows, [b"a", b"b"]);
    assert_eq!(at(&results[2], &[2, 2]), b"SQL_INPUT_ERROR");
    assert_eq!(at(&results[3], &[1, 1]), b"");
}

#[tokio::test]
async fn every_type_of_value_survives_protobuf_and_the_engine() {
    let host = Host::new();
    let values = [
        bytes(1, ""),
        number(2, zigzag(i64::MIN)),
        number(2, zigzag(i64::MAX)),
        number(2, 0),
        double(3, -1.5e300),
        double(3, f64::INFINITY),
        bytes(4, "größe 🦀\0"),
        bytes(4, ""),
        bytes(5, [0, 255, 7]),
    ];
    for value in values {
        let statement = [statement("SELECT ?"), bytes(3, &value)].concat();
        let (_, _, answer) = post(&host, "/v3-protobuf/pipeline", execute(&statement)).await;
        assert_eq!(at(&answer, &[3, 1, 2, 1, 2, 1]), value, "{answer:?}");
    }
}

#[tokio::test]
async fn a_batch_in_protobuf_has_its_conditions_and_leaves_skipped_steps_out() {
    let host = Host::new();
    let step = |condition: Option<Vec<u8>>, sql: &str| {
        bytes(
            1,
            [condition.map(|condition| bytes(1, condition)).unwrap_or_default(), bytes(2, statement(sql))].concat(),
        )
    };
    let not_ok = bytes(3, number(1, 0));
    let both = bytes(4, [bytes(1, number(1, 0)), bytes(1, bytes(6, ""))].concat());
    let either = bytes(5, [bytes(1, number(2, 0)), bytes(1, number(2, 1))].concat());
    let batch = [
        step(None, "SELECT 0"),
        step(Some(not_ok), "SELECT 1"),
        step(Some(both), "SELECT 2"),
        step(Some(either), "SELECT nope"),
    ]
    .concat();
    let body = bytes(2, bytes(3, bytes(1, batch)));
    let (_, _, answer) = post(&host, "/v3-protobuf/pipeline", body).await;
    let result = at(&answer, &[3, 1, 3, 1]);
    let steps = |tag| {
        let mut steps: Vec<_> = all(&result, tag)
            .iter()
            .map(|entry| fields(entry).iter().find(|(tag, _)| *tag == 1).map_or(0, |(_, step)| step[0]))
            .collect();
        steps.sort_unstable();
        steps
    };
    assert_eq!(steps(1), [0, 2]);
    assert_eq!(steps(2), [3]);
}

#[tokio::test]
async fn a_cursor_in_protobuf_is_a_row_of_messages_with_their_lengths() {
    let host = Host::new();
    let batch = bytes(1, bytes(2, statement("VALUES (1), (2)")));
    let (status, content_type, answer) = post(&host, "/v3-protobuf/cursor", bytes(2, batch)).await;
    assert_eq!((status, content_type.as_str()), (200, "application/octet-stream"));
    let messages = messages(&answer);
    let baton = String::from_utf8(at(&messages[0], &[1])).unwrap();
    let kinds: Vec<_> = messages[1..].iter().map(|entry| fields(entry)[0].0).collect();
    assert_eq!(kinds, [1, 4, 4, 2], "begin, two rows, end, and no terminator");
    // The stream goes on in the other encoding too.
    let continued = host.pipeline(Some(&baton), serde_json::json!([{ "type": "close" }])).await;
    assert_eq!(continued["results"][0]["type"], "ok");
}

#[tokio::test]
async fn what_is_no_protobuf_is_refused_in_json() {
    let host = Host::new();
    for body in [vec![0xff], bytes(2, ""), bytes(2, bytes(2, ""))] {
        let (status, content_type, answer) = post(&host, "/v3-protobuf/pipeline", body).await;
        assert_eq!((status, content_type.as_str()), (400, "application/json"));
        let answer = String::from_utf8(answer).unwrap();
        assert!(answer.starts_with(r#"{"error":"Cannot deserialize client message from Protobuf: "#), "{answer}");
    }
    assert_eq!(host.get("/v3-protobuf").await, (200, String::new()));
}
