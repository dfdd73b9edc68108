//! Headers that are set once for all requests.

use http::Method;
use turso_cloud::mock::Mock;

use crate::support::{
    files::Files,
    operations::{DATABASE, TOKEN},
    script::{Script, Step},
    server::{Reply, Server},
    upload_cloud::{HOST, UploadCloud},
};

#[tokio::test]
async fn a_header_for_all_requests_goes_out_with_every_attempt() {
    let server = Server::start([Reply::answer("503 Busy", ""), Reply::answer("200 OK", DATABASE)]);
    let client = server.client().header("x-trace", "old").header("X-Trace", "7").header("x-key", "k").build().unwrap();
    client.databases().get("orders").await.unwrap();
    client.request(Method::GET, "/v1/thing").header("x-trace", "8").await.unwrap();
    let seen = server.requests(3);
    let traces: Vec<_> = seen.iter().map(|seen| (seen.header("x-trace"), seen.header("x-key"))).collect();
    assert_eq!(traces, [(Some("7"), Some("k")), (Some("7"), Some("k")), (Some("8"), Some("k"))]);
    assert!(seen.iter().all(|seen| seen.header("authorization") == Some(&*format!("Bearer {TOKEN}"))));
}

#[tokio::test]
async fn a_header_for_all_requests_goes_no_further_than_the_token() {
    let files = Files::new();
    let cloud = UploadCloud::new(4096);
    let client = cloud.client().header("x-key", "k").build().unwrap();
    client.databases().upload_file("shop", files.database(1)).await.unwrap();
    for seen in cloud.seen() {
        assert_eq!(seen.header("x-key").is_some(), seen.uri.host() != Some(HOST), "{}", seen.line());
    }
    let script = Script::new([Step::answer(200, r#"{"server":"a","client":"b"}"#)]);
    script.client().header("x-key", "k").build().unwrap().locations().closest_region().await.unwrap();
    assert!(!script.sent()[0].headers.contains_key("x-key"));
}

#[test]
fn a_header_for_all_requests_that_the_client_sets_itself_is_refused() {
    for (name, rule) in [
        ("Authorization", "authorization is set by the client"),
        ("content-length", "content-length is set by the client"),
        ("Host", "host is set by the client"),
        ("accept", "accept is set by the client"),
        ("accept-encoding", "accept-encoding is set by the client"),
        ("Content-Type", "content-type is set by the client"),
        ("x-turso-encryption-key", "x-turso-encryption-key is set by the client"),
        ("user-agent", "user-agent is set with `ClientBuilder::user_agent`"),
        ("two words", "its name holds a character that cannot stand there"),
    ] {
        // What comes behind it does not hide it.
        let error = Mock::new().client().header(name, "planted").header("x", "y").build().unwrap_err();
        assert_eq!(error.to_string(), format!("invalid input: header is not valid: {rule}"));
    }
    let error = Mock::new().client().header("x-key", "planted\n").build().unwrap_err();
    assert!(error.to_string().ends_with("its value holds a character that cannot stand there"), "{error}");
}
