//! The same over TCP, through reqwest.

use turso_cloud::RetryPolicy;

use crate::support::{
    files::{Files, bytes_of},
    server::{Reply, Server, Then},
};

fn script(origin: &str) -> Vec<Reply> {
    let host = origin.trim_start_matches("http://");
    let database = format!(
        r#"{{"database":{{"Name":"shop","DbId":"0eb771dd-6906-11ee-8553-eaa7715aeaf2","Hostname":"{host}",
            "group":"default","primaryRegion":"aws-us-east-1","regions":[]}}}}"#
    );
    let ok = |body: &str| Reply::answer("200 OK", body);
    let token = || ok(r#"{"jwt":"t"}"#);
    vec![
        ok(&database),
        token(),
        ok(r#"{"chunk_size":700000,"upload_id":"u-1"}"#),
        token(),
        ok(""),
        token(),
        // The second piece meets a connection that breaks, and a server that is busy.
        Reply::raw("", Then::Reset),
        Reply::answer("503 Service Unavailable", ""),
        Reply::answer("201 Created", ""),
        token(),
        ok(""),
    ]
}

fn assert_arrived(server: &Server, file: &[u8]) {
    let seen = server.requests(11);
    let chunks: Vec<_> = seen.iter().filter(|seen| seen.line.contains("/chunk/")).collect();
    assert_eq!(chunks.len(), 4);
    for chunk in &chunks {
        assert_eq!(chunk.header("content-length"), Some(&*chunk.body.len().to_string()));
        assert_eq!(chunk.header("transfer-encoding"), None);
        assert_eq!(chunk.header("authorization"), Some("Bearer t"));
    }
    assert_eq!(chunks[1].line, "PUT /v2/upload/u-1/chunk/1 HTTP/1.1");
    assert!(chunks[1].body == chunks[2].body && chunks[2].body == chunks[3].body);
    assert!([&chunks[0].body[..], &chunks[1].body].concat() == file);
    assert_eq!(seen[10].line, "PUT /v2/upload/u-1/finalize HTTP/1.1");
    assert_eq!(seen[10].header("content-length"), Some("0"));
}

fn quick() -> RetryPolicy {
    RetryPolicy::default().backoff(std::time::Duration::ZERO, std::time::Duration::ZERO)
}

#[tokio::test]
async fn pieces_go_out_with_their_length_and_again_after_a_failure() {
    let files = Files::new();
    let path = files.database(300);
    let server = Server::start_with(script);
    let turso = server.client().build().unwrap();
    turso.databases().upload_file("shop", &path).retry(quick()).await.unwrap();
    assert_arrived(&server, &bytes_of(&path));
}

#[test]
fn it_is_the_same_without_a_runtime() {
    let files = Files::new();
    let path = files.database(300);
    let server = Server::start_with(script);
    let turso = server.client().build_blocking().unwrap();
    turso.databases().upload_file("shop", &path).retry(quick()).send().unwrap();
    assert_arrived(&server, &bytes_of(&path));
}
