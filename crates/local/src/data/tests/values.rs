use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use serde_json::{Value as Json, json};

use super::Host;
use crate::data::hrana::Value;

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
async fn what_json_cannot_say_is_sent_as_close_as_possible() {
    let host = Host::new();
    assert_eq!(host.value("SELECT 9e999").await, json!({ "type": "float", "value": null }));
    assert_eq!(host.value("SELECT CAST(x'61ff62' AS TEXT)").await, json!({ "type": "text", "value": "a\u{FFFD}b" }));
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::Integer),
        any::<f64>().prop_filter("JSON has finite numbers only", |value| value.is_finite()).prop_map(Value::Float),
        any::<String>().prop_map(Value::Text),
        any::<Vec<u8>>().prop_map(Value::Blob),
    ]
}

proptest! {
    #[test]
    fn every_value_is_read_back_as_it_was_written(value in any_value()) {
        let text = serde_json::to_string(&value).unwrap();
        let read: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&read, &value);
        // `-0.0 == 0.0`, but their texts differ.
        prop_assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }

    #[test]
    fn no_text_makes_reading_a_value_panic(text in any::<String>()) {
        let _ = serde_json::from_str::<Value>(&text);
        let _ = serde_json::from_value::<Value>(json!({ "type": "integer", "value": text }));
        let _ = serde_json::from_value::<Value>(json!({ "type": "blob", "base64": text }));
    }
}

#[tokio::test]
async fn random_values_survive_the_engine() {
    let host = Host::new();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..200 {
        let value = any_value().new_tree(&mut runner).unwrap().current();
        let sent = serde_json::to_value(&value).unwrap();
        assert_eq!(echo(&host, &sent).await, sent);
    }
}
