use base64::Engine as _;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use serde_json::{Value as Json, json};

use super::protobuf::{at, bytes, double, execute, messages, number, post, statement, zigzag};
use super::{Host, step};
use crate::data::hrana::{BASE64, Value, json as writer};

/// What the value is after a round trip through the engine.
async fn echo(host: &Host, value: &Json) -> Json {
    let request = json!({ "type": "execute", "stmt": { "sql": "SELECT ?", "args": [value] } });
    let answer = host.pipeline(None, json!([request, { "type": "close" }])).await;
    answer["results"][0]["response"]["result"]["rows"][0][0].clone()
}

#[tokio::test]
async fn edge_values_survive_the_engine() {
    let host = Host::new();
    let values = [
        json!({ "type": "null" }),
        json!({ "type": "integer", "value": i64::MIN.to_string() }),
        json!({ "type": "integer", "value": i64::MAX.to_string() }),
        json!({ "type": "float", "value": -0.0 }),
        json!({ "type": "float", "value": f64::MAX }),
        json!({ "type": "float", "value": f64::MIN_POSITIVE }),
        json!({ "type": "text", "value": "" }),
        json!({ "type": "text", "value": "a\u{0}b \u{1F980} \u{FFFF} \\\"/" }),
        json!({ "type": "blob", "base64": "" }),
        json!({ "type": "blob", "base64": "3q2+7w" }),
    ];
    for value in values {
        assert_eq!(echo(&host, &value).await.to_string(), value.to_string());
    }
}

#[tokio::test]
async fn lenient_forms_are_accepted_and_strict_ones_sent() {
    let host = Host::new();
    let pairs = [
        (json!({ "type": "integer", "value": 5 }), json!({ "type": "integer", "value": "5" })),
        (json!({ "type": "float", "value": 5 }), json!({ "type": "float", "value": 5.0 })),
        (json!({ "type": "float", "value": "2.5" }), json!({ "type": "float", "value": 2.5 })),
        (json!({ "type": "blob", "base64": "3q2+7w==" }), json!({ "type": "blob", "base64": "3q2+7w" })),
    ];
    for (sent, expected) in pairs {
        assert_eq!(echo(&host, &sent).await, expected);
    }
    // Escapes are legal JSON in every field.
    let escaped = r#"{"requests":[{"type":"execute","stmt":{"sql":"SELECT ?, ?","args":[{"type":"blob","base64":"AQ\/="},{"type":"integer","value":"\u0037"}]}}]}"#;
    let (status, text) = host.post("/v2/pipeline", escaped).await;
    assert_eq!(status, 400, "not base64 after unescaping: {text}");
    let escaped = escaped.replace(r"AQ\/=", r"AQ\/7");
    let (status, text) = host.post("/v2/pipeline", escaped).await;
    assert_eq!(status, 200);
    assert!(text.contains(r#"[{"type":"blob","base64":"AQ/7"},{"type":"integer","value":"7"}]"#), "{text}");
}

#[tokio::test]
async fn an_argument_that_is_none_is_told_what_it_must_be() {
    let host = Host::new();
    let rule = "expected `value` to be a number, or a text that holds one";
    for (argument, problem) in [
        (json!({ "type": "float", "value": null }), format!("invalid type: null, {rule}")),
        (json!({ "type": "integer", "value": [1] }), format!("invalid type: sequence, {rule}")),
        (json!("x"), "invalid type: string \"x\", expected a value: an object with a `type`".to_owned()),
    ] {
        let request = json!({"requests": [{"type": "execute", "stmt": {"sql": "SELECT ?", "args": [argument]}}]});
        let (status, text) = host.post("/v2/pipeline", request.to_string()).await;
        let refused: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(status, 400, "{text}");
        assert!(refused["error"].as_str().unwrap().contains(&problem), "{text}");
    }
}

#[tokio::test]
async fn what_json_cannot_say_is_sent_as_close_as_possible() {
    let host = Host::new();
    assert_eq!(host.value("SELECT 9e999").await, json!({ "type": "float", "value": null }));
    assert_eq!(host.value("SELECT CAST(x'61ff62' AS TEXT)").await, json!({ "type": "text", "value": "a\u{FFFD}b" }));
}

fn any_value() -> impl Strategy<Value = Value> {
    const EDGES: [f64; 7] = [-0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, f64::MAX, f64::MIN_POSITIVE, 5e-324];
    let integer = prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX), Just(0), Just(1 << 53)];
    let float = prop_oneof![proptest::num::f64::ANY, proptest::sample::select(&EDGES[..])];
    prop_oneof![
        Just(Value::Null),
        integer.prop_map(Value::Integer),
        float.prop_map(Value::Float),
        any::<String>().prop_map(Value::Text),
        any::<Vec<u8>>().prop_map(Value::Blob),
    ]
}

fn a_piece_of_text() -> impl Strategy<Value = String> {
    const EDGES: [&str; 9] = ["", "\0", "\u{1f}", " ", "\"", "\\", "\u{7f}", "\u{2028}", "\u{1F980}"];
    prop_oneof![proptest::sample::select(&EDGES[..]).prop_map(str::to_owned), "[a-z]{0,40}", any::<String>()]
}

fn can_be_said_in_json(value: &Value) -> bool {
    !matches!(value, Value::Float(float) if !float.is_finite())
}

/// A value as a message of protobuf, written by hand.
fn wire(value: &Value) -> Vec<u8> {
    match value {
        Value::Null => bytes(1, ""),
        Value::Integer(integer) => number(2, zigzag(*integer)),
        Value::Float(float) => double(3, *float),
        Value::Text(text) => bytes(4, text),
        Value::Blob(blob) => bytes(5, blob),
    }
}

fn text(value: &Value) -> String {
    let mut text = Vec::new();
    writer::write_value(&value.as_ref(), &mut text);
    String::from_utf8(text).unwrap()
}

/// The shape of the protocol.
fn as_documented(value: &Value) -> Json {
    match value {
        Value::Null => json!({ "type": "null" }),
        Value::Integer(integer) => json!({ "type": "integer", "value": integer.to_string() }),
        Value::Float(float) => json!({ "type": "float", "value": float }),
        Value::Text(text) => json!({ "type": "text", "value": text }),
        Value::Blob(blob) => json!({ "type": "blob", "base64": BASE64.encode(blob) }),
    }
}

proptest! {
    #[test]
    fn a_value_is_written_as_documented(value in any_value()) {
        let (text, documented) = (text(&value), as_documented(&value));
        prop_assert!(text.starts_with("{\"type\":\"") && text.len() == documented.to_string().len(), "{}", text);
        prop_assert_eq!(serde_json::from_str::<Json>(&text).unwrap(), documented);
    }

    #[test]
    fn a_text_is_escaped_as_serde_json_escapes_it(parts in vec(a_piece_of_text(), 0..20)) {
        let value = parts.concat();
        let expected = format!(r#"{{"type":"text","value":{}}}"#, serde_json::to_string(&value).unwrap());
        prop_assert_eq!(text(&Value::Text(value)), expected);
    }

    #[test]
    fn every_value_is_read_back_as_it_was_written(value in any_value().prop_filter("JSON", can_be_said_in_json)) {
        let written = text(&value);
        let read: Value = serde_json::from_str(&written).unwrap();
        prop_assert_eq!(&read, &value);
        // `-0.0 == 0.0`, but their texts differ.
        prop_assert_eq!(text(&read), written);
    }

    #[test]
    fn no_text_makes_reading_a_value_panic(text in any::<String>()) {
        let _ = serde_json::from_str::<Value>(&text);
        let _ = serde_json::from_value::<Value>(json!({ "type": "integer", "value": text }));
        let _ = serde_json::from_value::<Value>(json!({ "type": "blob", "base64": text }));
    }
}

#[tokio::test]
async fn any_value_survives_the_engine_on_every_way_to_it() {
    let host = Host::new();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..200 {
        let value = any_value().new_tree(&mut runner).unwrap().current();
        if can_be_said_in_json(&value) {
            let sent = as_documented(&value);
            assert_eq!(echo(&host, &sent).await.to_string(), sent.to_string());
            let mut echoed = step("SELECT ?");
            echoed["stmt"]["args"] = json!([sent]);
            let row = host.cursor(None, json!([echoed])).await.swap_remove(2);
            assert_eq!(row["row"][0].to_string(), sent.to_string());
        }
        // The engine has no NaN.
        let expected = if matches!(value, Value::Float(float) if float.is_nan()) { Value::Null } else { value.clone() };
        let echoed = [statement("SELECT ?"), bytes(3, wire(&value))].concat();
        let (_, _, answer) = post(&host, "/v3-protobuf/pipeline", execute(&echoed)).await;
        assert_eq!(at(&answer, &[3, 1, 2, 1, 2, 1]), wire(&expected), "{value:?}");
        let batch = bytes(1, bytes(2, &echoed));
        let (_, _, answer) = post(&host, "/v3-protobuf/cursor", bytes(2, batch)).await;
        assert_eq!(at(&messages(&answer)[2], &[4, 1]), wire(&expected), "{value:?}");
    }
}
