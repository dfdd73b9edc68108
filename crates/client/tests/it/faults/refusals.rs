//! What the service refuses: which kind of error, and in whose words.

use turso_cloud::{ErrorKind, NewApiToken, NewDatabase};

use super::fail;
use crate::support::{
    operations::Operation,
    server::{Reply, Server},
};

use ErrorKind::{
    AlreadyExists, Forbidden, NotFound, PaymentRequired, RateLimited, Rejected, Server as Failed, Unauthenticated,
};

#[tokio::test]
async fn the_status_decides_and_the_sentence_is_kept_in_every_known_form() {
    let taken = r#"{"error":"database with name orders already exists"}"#;
    let since_july = r#"{"error":"database with same name already exists"}"#;
    let coded = r#"{"code":"create_database_generic_error","error":"Namespace orders already exists"}"#;
    for (status, body, kind, message, code) in [
        (401, r#"{"error":"token is invalid"}"#, Unauthenticated, Some("token is invalid"), None),
        (402, r#"{"error":{"code":"plan","message":"upgrade"}}"#, PaymentRequired, Some("upgrade"), Some("plan")),
        (403, r#"{"message":"not yours"}"#, Forbidden, Some("not yours"), None),
        (404, r#"{"error":"no such database"}"#, NotFound, Some("no such database"), None),
        (404, "<html>not here</html>", NotFound, None, None),
        (409, taken, AlreadyExists, Some("database with name orders already exists"), None),
        (409, "", AlreadyExists, None, None),
        (400, since_july, AlreadyExists, Some("database with same name already exists"), None),
        (400, coded, AlreadyExists, Some("Namespace orders already exists"), Some("create_database_generic_error")),
        (422, taken, AlreadyExists, Some("database with name orders already exists"), None),
        (400, r#""group not found""#, Rejected, Some("group not found"), None),
        (400, "not json", Rejected, None, None),
        (405, r#"{"errors":["one","two"]}"#, Rejected, Some("one, two"), None),
        (413, "", Rejected, None, None),
        (418, r#"{"error":""}"#, Rejected, None, None),
        (501, r#"{"error":"not yet"}"#, Failed, Some("not yet"), None),
    ] {
        for operation in Operation::ALL {
            let server = Server::start([Reply::answer(&format!("{status} Refused"), body)]);
            let (error, seen) = fail(&server, operation).await;
            assert_eq!(error.kind(), kind, "{status} {body}");
            assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
            assert_eq!((error.message(), error.code()), (message, code), "{status} {body}");
            assert_eq!(seen.len(), error.attempts() as usize);
            assert!(error.attempts() == 1 || kind == Failed, "{error:?}");
            assert!(!error.may_have_happened() || kind == Failed, "{error:?}");
            if let Some(message) = message {
                assert!(error.to_string().contains(message), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn unprocessable_means_taken_where_a_database_or_a_group_is_created_and_refused_for_all_else() {
    for (operation, kind) in
        [(Operation::Once, AlreadyExists), (Operation::Idempotent, Rejected), (Operation::Safe, Rejected)]
    {
        let server = Server::start([Reply::answer("422 Unprocessable Entity", "")]);
        assert_eq!(fail(&server, operation).await.0.kind(), kind, "{operation:?}");
    }
    let server = Server::start([Reply::answer("422 Unprocessable Entity", r#"{"error":"bad name"}"#)]);
    let client = server.client().build().unwrap();
    let token = client.api_tokens().create("ci", NewApiToken::unrestricted()).await.unwrap_err();
    assert_eq!(token.kind(), Rejected);
}

#[tokio::test]
async fn an_error_is_one_line_that_names_the_request_and_what_it_took() {
    let body = "{\"error\":\"a\\nb\\u001b[31m\"}";
    let server = Server::start([Reply::answer("409 Conflict", body)]);
    let client = server.client().build().unwrap();
    let error = client.databases().create(NewDatabase::new("orders", "default")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "CreateDatabase (POST /v1/organizations/{organization}/databases): already exists (409): a b [31m"
    );
    assert_eq!(error.operation(), Some("CreateDatabase"));
    assert_eq!(error.method().map(http::Method::as_str), Some("POST"));
    assert_eq!(error.path(), Some("/v1/organizations/{organization}/databases"));

    let server = Server::start([Reply::answer("429 Too Many Requests", "")]);
    let (error, _) = fail(&server, Operation::Safe).await;
    assert_eq!(error.kind(), RateLimited);
    assert!(error.to_string().ends_with("rate limited (429) (after 3 attempts)"), "{error}");
}

#[tokio::test]
async fn what_is_not_there_is_nothing_to_find_and_nothing_to_delete() {
    let server = Server::start([Reply::answer("404 Not Found", r#"{"error":"could not find database"}"#)]);
    let client = server.client().build().unwrap();
    assert_eq!(client.databases().find("orders").await.unwrap(), None);
    assert!(!client.databases().delete_if_exists("orders").await.unwrap());
    assert!(client.databases().delete("orders").await.unwrap_err().is_not_found());
    assert_eq!(client.groups().find("default").await.unwrap(), None);
    assert!(!client.groups().delete_if_exists("default").await.unwrap());
    assert_eq!(client.organizations().find("acme").await.unwrap(), None);
    assert_eq!(server.requests(6).len(), 6);
}

#[tokio::test]
async fn a_refusal_other_than_absence_is_not_taken_for_it() {
    let server = Server::start([Reply::answer("403 Forbidden", r#"{"error":"not yours"}"#)]);
    let client = server.client().build().unwrap();
    assert!(client.databases().find("orders").await.unwrap_err().is_forbidden());
    assert!(client.databases().delete_if_exists("orders").await.unwrap_err().is_forbidden());
}
