use proptest::prelude::*;
use prost::Message as _;

use super::schema;
use crate::data::hrana::Value;

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::Integer),
        proptest::num::f64::ANY.prop_map(Value::Float),
        any::<String>().prop_map(Value::Text),
        any::<Vec<u8>>().prop_map(Value::Blob),
    ]
}

proptest! {
    #[test]
    fn every_value_is_read_back_as_it_was_written(value in any_value()) {
        let bytes = schema::Value::from(value.clone()).encode_to_vec();
        let read: Value = schema::Value::decode(bytes.as_slice()).unwrap().try_into().unwrap();
        // Bit by bit: NaN equals nothing, and -0.0 equals 0.0.
        if let (Value::Float(read), Value::Float(value)) = (&read, &value) {
            prop_assert_eq!(read.to_bits(), value.to_bits());
        } else {
            prop_assert_eq!(read, value);
        }
    }

    #[test]
    fn no_bytes_make_reading_a_message_panic(bytes in any::<Vec<u8>>()) {
        let _ = super::read_pipeline(&bytes);
        let _ = super::read_cursor(&bytes);
        let _ = super::read_message(&bytes);
    }
}

#[test]
fn a_condition_nested_beyond_measure_is_unreadable() {
    let mut condition = schema::BatchCond { cond: Some(schema::Cond::StepOk(0)) };
    for _ in 0..500 {
        condition = schema::BatchCond { cond: Some(schema::Cond::Not(Box::new(condition))) };
    }
    let step = schema::BatchStep { condition: Some(condition), stmt: None };
    let batch = schema::Batch { steps: vec![step] };
    let body = super::http::CursorReqBody { baton: None, batch: Some(batch) };
    assert!(super::read_cursor(&body.encode_to_vec()).is_err());
}
