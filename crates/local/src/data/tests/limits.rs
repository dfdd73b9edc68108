use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use serde_json::json;

use super::{Host, baton, execute, integer};

#[tokio::test]
async fn a_body_of_more_than_ten_mebibytes_is_refused_with_json() {
    let host = Host::new();
    let answer = (413, r#"{"error":"the request body is larger than 10485760 bytes"}"#.to_owned());
    let large = vec![b' '; 10 * 1024 * 1024 + 1];
    assert_eq!(host.post("/v3/pipeline", large).await, answer);

    let endless = stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from(vec![b' '; 65536])));
    assert_eq!(host.post("/v3/cursor", Body::from_stream(endless)).await, answer);

    let sql = format!("SELECT length('{}')", "x".repeat(10 * 1024 * 1024 - 100));
    let body = json!({ "requests": [execute(&sql)] }).to_string();
    assert_eq!(host.post("/v3/pipeline", body).await.0, 200);
}

#[tokio::test]
async fn an_answer_of_more_than_ten_mebibytes_is_an_error_of_the_statement() {
    let host = Host::new();
    let answer = host
        .pipeline(
            None,
            json!([execute("SELECT zeroblob(6000000)"), execute("SELECT hex(zeroblob(6000000))"), execute("SELECT 1")]),
        )
        .await;
    assert_eq!(answer["results"][0]["type"], "ok");
    let error = json!({ "message": "Response is too large", "code": "RESPONSE_TOO_LARGE" });
    assert_eq!(answer["results"][1]["error"], error);
    assert_eq!(answer["results"][2]["type"], "ok");
}

#[tokio::test]
async fn fifty_texts_of_five_kilobytes_can_be_stored() {
    let host = Host::new();
    let store = |id: i32, sql: &str| json!({ "type": "store_sql", "sql_id": id, "sql": sql });
    let requests: Vec<_> = (0..51).map(|id| store(id, "SELECT 1")).collect();
    let answer = host.pipeline(None, json!(requests)).await;
    assert_eq!(answer["results"][49]["type"], "ok");
    assert_eq!(answer["results"][50]["error"]["code"], "SQL_STORE_TOO_MANY");

    let replaced = host.pipeline(Some(baton(&answer)), json!([store(3, "SELECT 2")])).await;
    assert_eq!(replaced["results"][0]["type"], "ok");

    let answer = host.pipeline(None, json!([store(1, &" ".repeat(5000)), store(2, &" ".repeat(5001))])).await;
    assert_eq!(answer["results"][0]["type"], "ok");
    assert_eq!(answer["results"][1]["error"]["code"], "SQL_STORE_TOO_LARGE");
}

#[tokio::test(start_paused = true)]
async fn streams_that_hold_connections_are_limited_and_their_ends_make_room() {
    let host = Host::new();
    for _ in 0..256 {
        host.pipeline(None, json!([execute("PRAGMA cache_size = 10")])).await;
    }
    let body = json!({ "requests": [execute("SELECT 1")] }).to_string();
    let (status, text) = host.post("/v3/pipeline", body).await;
    assert_eq!((status, text.as_str()), (503, r#"{"error":"too many open streams on this database"}"#));
    super::pass(6).await;
    assert_eq!(host.value("SELECT 1").await, integer(1));
}

#[tokio::test]
async fn streams_without_state_hold_no_connection() {
    let host = Host::new();
    for index in 0..600 {
        let answer = host.pipeline(None, json!([execute("SELECT 1")])).await;
        assert!(answer["baton"].is_string(), "{index}");
        host.cursor(None, json!([super::step("SELECT 1")])).await;
    }
}
