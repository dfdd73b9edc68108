//! The typed test double.

use std::{sync::Arc, time::Duration};

use http::{Method, Uri};
use turso_cloud::{
    AuditLogPage, ErrorKind, NewApiToken, NewDatabase, OrganizationSlug, RetryPolicy,
    contract::{
        CATALOGUE, Endpoint, Service,
        database_tokens::{CreateDatabaseToken, NewToken},
        databases::{CreateDatabase, DatabaseFilter, DatabasesAnswer, DeleteDatabase, GetDatabase, ListDatabases},
        endpoints,
        groups::{CreateGroup, GetGroup, NewGroup},
    },
    mock::{Failure, Mock},
    transport::{Body, Transport},
};

use crate::support::files::Files;

/// A path of the operation, with the same name in each segment that varies.
fn path_of(template: &str) -> String {
    template
        .split('/')
        .map(|segment| if segment.starts_with('{') { "acme" } else { segment })
        .collect::<Vec<_>>()
        .join("/")
}

/// What the bodies of all operations hold; each takes what it knows.
const BODY: &[u8] =
    br#"{"name":"orders","group":"default","location":"aws-eu-west-1","organization":"acme","org":"acme",
    "username":"bob","role":"member","jwks_url":"https://example.com/jwks.json","scope":"full-access"}"#;

#[tokio::test]
async fn replies_that_nobody_asked_for_are_told() {
    let mock = Mock::new();
    let turso = mock.client().build().unwrap();
    mock.on::<GetDatabase>(|_| Err(Failure::Unreachable));
    assert!(mock.unused().is_empty());
    mock.when::<GetGroup>().fail_once(Failure::refused(404, "no")).fail_once(Failure::refused(404, "no"));
    mock.when::<DeleteDatabase>().fail_once(Failure::refused(404, "no"));
    assert_eq!(mock.unused(), ["DeleteDatabase", "GetGroup", "GetGroup"]);
    turso.groups().get("eu").await.unwrap_err();
    assert_eq!(mock.unused(), ["DeleteDatabase", "GetGroup"]);
    turso.groups().get("eu").await.unwrap_err();
    turso.databases().delete("orders").await.unwrap_err();
    assert!(mock.unused().is_empty());
}

#[tokio::test]
async fn a_strict_double_needs_a_rule_for_each_operation_of_a_wait_and_none_for_the_host() {
    let mock = Mock::strict();
    let turso = mock.client().build().unwrap();
    let canned = turso_cloud::contract::sample;
    let created = serde_json::from_str(canned("CreateDatabase").unwrap()).unwrap();
    let database = serde_json::from_str(canned("GetDatabase").unwrap()).unwrap();
    let token = serde_json::from_str(canned("CreateDatabaseToken").unwrap()).unwrap();
    mock.when::<CreateDatabase>().answer_once(&created);
    mock.when::<GetDatabase>().answer_once(&database);
    mock.when::<CreateDatabaseToken>().answer_once(&token);
    turso.databases().create(NewDatabase::new("my-db", "default")).wait_ready().await.unwrap();
    assert_eq!(mock.operations(), ["CreateDatabase", "GetDatabase", "CreateDatabaseToken", "Upload"]);
}

#[tokio::test]
async fn every_operation_of_the_catalogue_has_a_canned_answer_that_decodes() {
    let mock = Mock::new();
    let mut decoded = Vec::new();
    for info in CATALOGUE {
        let host = if info.service == Service::Region { "region.mock.invalid" } else { "api.mock.invalid" };
        let uri: Uri = format!("http://{host}{}", path_of(info.path)).parse().unwrap();
        let mut request = http::Request::new(Body::from(BODY.to_vec()));
        *request.method_mut() = info.method.clone();
        *request.uri_mut() = uri.clone();
        let response = mock.send(request).await.unwrap();
        assert_eq!(response.status(), 200, "{}", info.name);
        let answer = response.into_body().collect(usize::MAX).await.unwrap();
        macro_rules! decodes {
            ($($name:ident,)+) => {
                match info.name {
                    $(<endpoints::$name as Endpoint>::NAME => {
                        let sent = endpoints::$name::decode(uri.path(), uri.query(), BODY);
                        assert_eq!(mock.requests::<endpoints::$name>(), [sent.unwrap()]);
                        let json: &[u8] = if answer.is_empty() { b"null" } else { &answer };
                        serde_json::from_slice::<<endpoints::$name as Endpoint>::Answer>(json).map(drop)
                    })+
                    name => panic!("no such operation: {name}"),
                }
            };
        }
        let result: Result<(), _> = turso_cloud::contract::for_each_endpoint!(decodes);
        result.unwrap_or_else(|error| panic!("{}: {error}", info.name));
        decoded.push(info.name);
    }
    assert_eq!((decoded.len(), mock.request_count()), (CATALOGUE.len(), CATALOGUE.len()));
}

#[tokio::test]
async fn every_handle_gets_its_canned_answer() {
    let mock = Mock::new();
    let turso = mock.client().build().unwrap();
    assert_eq!(turso.organizations().list().await.unwrap()[0].slug, "iku");
    assert_eq!(turso.organizations().get("iku").await.unwrap().slug, "iku");
    assert_eq!(turso.groups().list().await.unwrap()[0].name, "default");
    assert_eq!(turso.groups().create(NewGroup::new("eu", "aws-eu-west-1")).await.unwrap().name, "eu");
    assert_eq!(turso.groups().delete("eu").await.unwrap().name, "eu");
    assert_eq!(turso.databases().list().await.unwrap().len(), 2);
    assert_eq!(turso.databases().create(NewDatabase::new("orders", "default")).await.unwrap().name, "orders");
    turso.databases().delete("orders").await.unwrap();
    assert!(!turso.databases().create_token("orders", NewToken::read_only()).await.unwrap().expose().is_empty());
    turso.databases().rotate_tokens("orders").await.unwrap();
    assert_eq!(turso.audit_logs().page(AuditLogPage::default()).await.unwrap().audit_logs.len(), 1);
    assert_eq!(turso.locations().get("aws-us-east-1").await.unwrap().description, "AWS US East (Virginia)");
    assert_eq!(turso.locations().closest_region().await.unwrap().client, "lhr");
    assert_eq!(turso.api_tokens().validate().await.unwrap().expires_at, None);
}

#[tokio::test]
async fn an_operation_it_does_not_know_is_not_found() {
    let mock = Mock::new();
    let turso = mock.client().build().unwrap();
    for (method, path) in [
        (Method::GET, "/v1/organizations/acme/no-such-thing"),
        (Method::PUT, "/v1/organizations/acme"),
        (Method::GET, "/v2/locations"),
        (Method::GET, "/"),
    ] {
        let error = turso.request(method, path).await.unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, Some("the mock knows no such operation")));
    }
    assert_eq!(mock.operations(), ["Request"; 4]);
}

#[tokio::test]
async fn queued_replies_come_in_order_and_before_the_usual_answer() {
    let mock = Mock::new();
    let absent = || Failure::refused(404, "gone");
    mock.when::<ListDatabases>().answer_once(&DatabasesAnswer::default()).fail_once(absent());
    mock.on::<ListDatabases>(|_| Err(Failure::refused(403, "always"))).fail_once(Failure::refused(401, "last in line"));
    mock.when::<GetGroup>().fail_once(absent());
    let turso = mock.client().build().unwrap();

    assert!(turso.databases().list().await.unwrap().is_empty());
    assert!(turso.databases().list().await.unwrap_err().is_not_found());
    assert!(turso.databases().list().await.unwrap_err().is_unauthenticated());
    for _ in 0..2 {
        assert!(turso.databases().list().await.unwrap_err().is_forbidden());
    }
    // Each operation has a queue of its own; behind it, without a rule, comes the canned answer.
    assert!(turso.groups().get("eu").await.unwrap_err().is_not_found());
    assert_eq!(turso.groups().get("eu").await.unwrap().name, "eu");
    // The last rule counts.
    mock.on::<ListDatabases>(|_| Ok(DatabasesAnswer::default()));
    assert!(turso.databases().list().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn requests_are_recorded_as_they_were_made_every_attempt_for_itself() {
    let mock = Mock::new();
    mock.when::<CreateDatabase>()
        .fail_once(Failure::rate_limited(Duration::from_secs(2)))
        .fail_once(Failure::Unreachable);
    let turso = mock.client().build().unwrap();
    let orders = NewDatabase::new("orders", "default");
    let started = tokio::time::Instant::now();
    turso.databases().organization("other").create(orders.clone()).await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(2));
    let request = CreateDatabase { organization: "other".parse().unwrap(), body: orders };
    assert_eq!(mock.requests::<CreateDatabase>(), [request.clone(), request.clone(), request]);

    let filter = DatabaseFilter::default().group("default");
    turso.databases().list_matching(filter.clone()).await.unwrap();
    assert_eq!(mock.requests::<ListDatabases>()[0].query, filter);
    assert_eq!((mock.requests::<DeleteDatabase>().len(), mock.request_count()), (0, 4));
}

#[tokio::test(start_paused = true)]
async fn each_failure_is_what_it_says() {
    let mock = Mock::new();
    let turso = mock.client().retry(RetryPolicy::none()).build().unwrap();
    mock.when::<GetDatabase>()
        .fail_once(Failure::Unreachable)
        .fail_once(Failure::Disconnected)
        .fail_once(Failure::refused(418, "teapot"))
        .fail_once(Failure::refused(42, "no status"))
        .answer_once_with_text("{")
        .fail_once(Failure::NoAnswer)
        .fail_once(Failure::rate_limited(Duration::from_millis(2001)));
    let mut kinds = Vec::new();
    for _ in 0..7 {
        let error = turso.databases().get("orders").await.unwrap_err();
        kinds.push((error.kind(), error.status().map_or(0, |status| status.as_u16()), error.retry_after()));
    }
    assert_eq!(
        kinds,
        [
            (ErrorKind::Connect, 0, None),
            (ErrorKind::Interrupted, 0, None),
            (ErrorKind::Rejected, 418, None),
            (ErrorKind::Server, 500, None),
            (ErrorKind::Decode, 200, None),
            (ErrorKind::Timeout, 0, None),
            (ErrorKind::RateLimited, 429, Some(Duration::from_secs(3))),
        ]
    );
}

#[tokio::test]
async fn operations_are_told_in_their_order_with_uploads_and_what_is_not_known() {
    let files = Files::new();
    let mock = Mock::new();
    let turso = mock.client().build().unwrap();
    turso.databases().ensure(NewDatabase::new("shop", "default")).await.unwrap();
    turso.request(Method::DELETE, "/v1/no-such-thing").await.unwrap_err();
    turso.request(Method::GET, "/v1/locations").await.unwrap();
    turso.databases().upload_file("shop", files.database(3)).whole().await.unwrap();
    let operations = mock.operations();
    assert_eq!(operations[..3], ["GetDatabase", "Request", "ListLocations"]);
    assert!(operations.contains(&"Upload"), "{operations:?}");
    assert_eq!(mock.request_count(), operations.len());
}

#[tokio::test]
async fn a_strict_double_answers_only_what_a_rule_is_for() {
    let mock = Mock::strict();
    mock.on::<ListDatabases>(|_| Ok(DatabasesAnswer::default()));
    mock.when::<GetGroup>().fail_once(Failure::refused(404, "gone"));
    let turso = mock.client().build().unwrap();
    assert!(turso.databases().list().await.unwrap().is_empty());
    assert!(turso.groups().get("eu").await.unwrap_err().is_not_found());
    let unexpected = turso.groups().get("eu").await.unwrap_err();
    assert!(unexpected.is_rejected() && unexpected.to_string().contains("no rule for GetGroup"), "{unexpected}");
    assert_eq!(mock.operations(), ["ListDatabases", "GetGroup", "GetGroup"]);
}

#[tokio::test]
async fn a_transport_may_be_shared_or_boxed() {
    let mock = Mock::new();
    let transports: [Box<dyn Transport>; 2] = [Box::new(Arc::new(mock.clone())), Box::new(mock.clone())];
    for transport in transports {
        mock.client().transport(transport).build().unwrap().groups().list().await.unwrap();
    }
    assert_eq!(mock.request_count(), 2);
}

#[tokio::test]
async fn a_rule_may_use_the_double_itself_and_the_request() {
    let mock = Mock::new();
    let inner = mock.clone();
    mock.on::<CreateDatabaseToken>(move |request| {
        let earlier = inner.requests::<CreateDatabaseToken>().len();
        Err(Failure::refused(400, format!("{} {earlier}", request.database)))
    });
    let turso = mock.client().build().unwrap();
    for number in 1..=2 {
        let error = turso.databases().create_token("orders", NewToken::read_only()).await.unwrap_err();
        assert_eq!(error.message(), Some(&*format!("orders {number}")));
    }
}

#[tokio::test]
async fn a_request_in_a_wrong_shape_is_refused_and_not_recorded() {
    let mock = Mock::new();
    let turso = mock.client().build().unwrap();
    let error = turso.request(Method::POST, "/v1/organizations/acme/groups").body(r#"{"name":1}"#).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert!(mock.requests::<CreateGroup>().is_empty());
}

#[tokio::test]
async fn uploads_succeed() {
    let files = Files::new();
    let turso = Mock::new().client().build().unwrap();
    let path = files.database(3);
    turso.databases().create_from_file(NewDatabase::new("shop", "default"), &path).await.unwrap();
    turso.databases().upload_file("shop", &path).whole().await.unwrap();
    let dump = files.write("shop.sql", "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCOMMIT;\n");
    assert!(turso.databases().upload_dump(dump).await.unwrap().ends_with("/databases/dumps/mock"));
}

#[tokio::test]
async fn a_result_can_stand_in_for_a_call_and_every_failure_for_its_error() {
    let turso = Mock::new().client().build().unwrap();
    assert_eq!(turso.ready(Ok(7)).await.unwrap(), 7);
    let errors = [
        (Failure::refused(409, "taken"), ErrorKind::AlreadyExists, Some("taken")),
        (Failure::refused(42, "no status"), ErrorKind::Server, Some("no status")),
        (Failure::rate_limited(Duration::from_secs(3)), ErrorKind::RateLimited, Some("too many requests")),
        (Failure::Unreachable, ErrorKind::Connect, None),
        (Failure::Disconnected, ErrorKind::Interrupted, None),
        (Failure::NoAnswer, ErrorKind::Timeout, None),
    ];
    for (failure, kind, message) in errors {
        let wait = (kind == ErrorKind::RateLimited).then_some(Duration::from_secs(3));
        let error = turso.ready::<()>(Err(failure.into())).await.unwrap_err();
        assert_eq!((error.kind(), error.message(), error.retry_after()), (kind, message, wait));
    }
}

/// As an error of the service has them, a status of one's own included.
#[tokio::test(start_paused = true)]
async fn a_refusal_carries_a_code_and_when_to_come_back() {
    let wait = Duration::from_secs(2);
    let refused = Failure::refused(503, "closed").code("maintenance").retry_after(wait);
    let mock = Mock::new();
    mock.when::<GetGroup>().fail_once(refused.clone());
    let turso = mock.client().retry(RetryPolicy::none()).build().unwrap();
    for error in [turso.groups().get("eu").await.map(drop), turso.ready(Err(refused.into())).await] {
        let error = error.unwrap_err();
        let told = (error.status().map(|status| status.as_u16()), error.code(), error.retry_after());
        assert_eq!(told, (Some(503), Some("maintenance"), Some(wait)));
        assert_eq!(error.message(), Some("closed"));
    }
    assert_eq!(Failure::NoAnswer.code("x").retry_after(wait), Failure::NoAnswer);
}

#[test]
fn a_result_can_stand_in_for_a_call_without_a_runtime() {
    let turso = Mock::new().client().build_blocking().unwrap();
    assert_eq!(turso.ready(Ok(7)).send().unwrap(), 7);
    assert_eq!(turso.organization().map(OrganizationSlug::as_str), Some("acme"));
    assert_eq!(turso.base_url(), "http://api.mock.invalid");
}

#[tokio::test]
async fn a_canned_answer_has_the_names_of_the_request() {
    let turso = Mock::new().client().build().unwrap();
    let databases = turso.databases();
    let created = databases.create(NewDatabase::new("orders", "eu")).await.unwrap();
    assert_eq!((created.name.as_str(), &*created.hostname), ("orders", "orders-acme.aws-us-east-1.turso.io"));
    let found = databases.organization("other").get("events").await.unwrap();
    assert_eq!(
        (found.name.as_str(), found.url()),
        ("events", "https://events-other.aws-us-east-1.turso.io".to_owned())
    );
    let ensured = turso.databases().ensure(NewDatabase::new("orders", "eu")).await.unwrap();
    assert_eq!(ensured.as_ref().name, "orders");

    let group = turso.groups().create(NewGroup::new("eu", "aws-eu-west-1")).await.unwrap();
    assert_eq!((group.name.as_str(), group.primary.as_str()), ("eu", "aws-eu-west-1"));
    assert_eq!(group.locations, ["aws-eu-west-1"]);
    assert_eq!(turso.organizations().get("other").await.unwrap().slug, "other");
    assert_eq!(turso.members().get("ada").await.unwrap().username, "ada");
    assert_eq!(turso.api_tokens().create("deploy", NewApiToken::default()).await.unwrap().name, "deploy");
}

#[tokio::test]
async fn what_was_created_is_answered_as_it_was_made_from_then_on() {
    let mock = Mock::new();
    let turso = mock.client().build().unwrap();
    turso.databases().create(NewDatabase::new("orders", "eu")).await.unwrap();
    turso.groups().create(NewGroup::new("eu", "aws-eu-west-1")).await.unwrap();
    assert_eq!(turso.databases().get("orders").await.unwrap().group, "eu");
    assert_eq!(turso.groups().get("eu").await.unwrap().primary, "aws-eu-west-1");
    assert!(!turso.databases().ensure(NewDatabase::new("orders", "eu")).await.unwrap().is_created());
    // Neither others of its name nor others of its organization are meant.
    assert_eq!(turso.databases().organization("other").get("orders").await.unwrap().group, "default");
    assert_eq!(turso.databases().get("events").await.unwrap().group, "default");

    mock.when::<CreateDatabase>().fail_once(Failure::refused(403, "no"));
    turso.databases().create(NewDatabase::new("events", "us")).await.unwrap_err();
    assert_eq!(turso.databases().get("events").await.unwrap().group, "default");
    turso.databases().delete("orders").await.unwrap();
    assert_eq!(turso.databases().get("orders").await.unwrap().group, "default");
}

#[tokio::test]
async fn what_is_to_be_new_is_ensured_wherever_it_is_wanted() {
    let mock = Mock::new();
    let turso = mock.client().build().unwrap();
    mock.when::<GetGroup>().fail_once(Failure::refused(404, "group not found"));
    let group = turso.groups().ensure(NewGroup::new("eu", "aws-eu-west-1")).await.unwrap();
    assert!(group.is_created());
    mock.when::<GetDatabase>().fail_once(Failure::refused(404, "database not found"));
    let database = turso.databases().ensure(NewDatabase::new("orders", "eu")).await.unwrap();
    assert!(database.is_created());
    assert_eq!(database.as_ref().group, "eu");
}
