use serde_json::json;

use super::{Host, baton, execute, integer, pass};

async fn send(host: &Host, baton: &str) -> (u16, String) {
    host.post("/v3/pipeline", json!({ "baton": baton, "requests": [execute("SELECT 1")] }).to_string()).await
}

#[tokio::test]
async fn a_baton_works_once_and_continues_the_stream() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let first = host.pipeline(None, json!([execute("BEGIN"), execute("INSERT INTO t VALUES (1)")])).await;
    let second = host.pipeline(Some(baton(&first)), json!([execute("SELECT count(*) FROM t")])).await;
    assert_eq!(second["results"][0]["response"]["result"]["rows"][0][0], integer(1));
    assert_ne!(baton(&first), baton(&second));

    let (status, text) = send(&host, baton(&first)).await;
    assert_eq!(status, 404);
    assert!(text.contains(r#""code":"STREAM_NOT_FOUND""#), "{text}");

    let third = host.pipeline(Some(baton(&second)), json!([execute("COMMIT"), { "type": "close" }])).await;
    assert_eq!(third["baton"], json!(null));
    assert_eq!(host.value("SELECT count(*) FROM t").await, integer(1));
}

#[tokio::test]
async fn a_made_up_baton_names_no_stream() {
    let host = Host::new();
    for forged in ["", "x", "AAAAAAAAAAAAAAAAAAAAAA", "a baton: that nobody gave", &"A".repeat(100_000)] {
        assert_eq!(send(&host, forged).await.0, 404);
    }
}

#[tokio::test]
async fn a_closed_stream_is_gone() {
    let host = Host::new();
    let open = host.pipeline(None, json!([execute("BEGIN")])).await;
    host.pipeline(Some(baton(&open)), json!([{ "type": "close" }])).await;
    assert_eq!(send(&host, baton(&open)).await.0, 404);
}

#[tokio::test(start_paused = true)]
async fn an_idle_stream_expires_after_ten_seconds_and_says_so() {
    let host = Host::new();
    let kept = host.pipeline(None, json!([execute("SELECT 1")])).await;
    let lost = host.pipeline(None, json!([execute("PRAGMA cache_size = 100")])).await;
    pass(9).await;
    let kept = host.pipeline(Some(baton(&kept)), json!([execute("SELECT 1")])).await;
    pass(2).await;
    for _ in 0..2 {
        let (status, text) = send(&host, baton(&lost)).await;
        assert_eq!(status, 410);
        assert!(text.contains(r#""code":"STREAM_EXPIRED""#), "{text}");
    }
    assert_eq!(send(&host, baton(&kept)).await.0, 200);
}

#[tokio::test]
async fn a_stream_that_breaks_the_protocol_is_closed() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let open = host.pipeline(None, json!([execute("BEGIN"), execute("INSERT INTO t VALUES (1)")])).await;
    let body = json!({ "baton": baton(&open), "requests": [{ "type": "close" }, execute("COMMIT")] });
    assert_eq!(host.post("/v3/pipeline", body.to_string()).await.0, 400);
    assert_eq!(send(&host, baton(&open)).await.0, 404);
    host.run(&["INSERT INTO t VALUES (2)"]).await;
    assert_eq!(host.value("SELECT group_concat(x) FROM t").await["value"], "2");
}

#[tokio::test]
async fn a_baton_is_good_on_both_endpoints() {
    let host = Host::new();
    let open = host
        .pipeline(None, json!([execute("CREATE TEMP TABLE mine (x)"), execute("INSERT INTO mine VALUES (7)")]))
        .await;
    let lines = host.cursor(Some(baton(&open)), json!([super::step("SELECT x FROM mine")])).await;
    assert_eq!(lines[2]["row"][0], integer(7));
    let answer = host.pipeline(Some(baton(&lines[0])), json!([execute("SELECT x FROM mine")])).await;
    assert_eq!(answer["results"][0]["response"]["result"]["rows"][0][0], integer(7));
}
