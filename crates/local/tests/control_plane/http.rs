//! Requests that no operation answers, and how lenient the others are.

use http::{Method, Request, header};
use turso_cloud::transport::{Body, TransportError};
use turso_cloud_local::Cloud;

use crate::support::{call, create_database, get, patch, post, send};

#[tokio::test]
async fn an_unknown_route_is_not_found_as_json() {
    let cloud = Cloud::new().unwrap();
    for path in ["/", "/v1", "/v1/organizations/acme/nothing", "/v1//organizations", "/v2/nothing", "/v1/auth"] {
        let refused = get(&cloud, path).await;
        assert_eq!(refused.refusal(), (404, format!("no operation answers GET {path}")));
        assert_eq!(refused.content_type, "application/json");
    }
}

#[tokio::test]
async fn a_route_that_is_not_imitated_is_not_found() {
    let cloud = Cloud::new().unwrap();
    create_database(&cloud, "orders").await;
    let acme = "/v1/organizations/acme";
    for (method, path) in [
        (Method::POST, "/v1/oauth/authorize".to_owned()),
        (Method::POST, "/v1/oauth/token".to_owned()),
        (Method::POST, "/v1/oauth/register".to_owned()),
        (Method::GET, "/.well-known/oauth-authorization-server".to_owned()),
        (Method::GET, "/.well-known/oauth-protected-resource".to_owned()),
        (Method::POST, format!("{acme}/databases/orders/seed")),
        (Method::POST, format!("{acme}/databases/orders/update")),
        (Method::POST, format!("{acme}/databases/orders/instances")),
        (Method::DELETE, format!("{acme}/databases/orders/instances/local")),
        (Method::POST, format!("{acme}/members/bob")),
    ] {
        let refused = call(&cloud, method.clone(), &path, "{}").await;
        assert_eq!(refused.status, 404, "{method} {path}: {}", refused.text);
        assert!(refused.error().starts_with("no operation answers"), "{method} {path}: {}", refused.text);
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_which_ones_are_right() {
    let cloud = Cloud::new().unwrap();
    for (method, path, allowed) in [
        (Method::PATCH, "/v1/organizations/acme/groups/default", "GET, DELETE"),
        (Method::GET, "/v1/auth/api-tokens/validate", "POST, DELETE"),
        (Method::PUT, "/v1/organizations/acme/groups", "GET, POST"),
    ] {
        let refused = call(&cloud, method.clone(), path, Body::empty()).await;
        assert_eq!(refused.refusal(), (404, format!("no operation answers {method} {path}, only {allowed}")));
        assert_eq!(refused.headers[header::ALLOW], allowed);
    }
}

#[tokio::test]
async fn one_slash_at_the_end_makes_no_difference() {
    let cloud = Cloud::new().unwrap();
    assert_eq!(get(&cloud, "/v1/organizations/").await.status, 200);
    assert_eq!(get(&cloud, "/v1/organizations/acme/groups/default/").await.status, 200);
    assert_eq!(get(&cloud, "/v1/organizations/acme/groups//").await.status, 404);
}

#[tokio::test]
async fn segments_may_be_percent_encoded() {
    let cloud = Cloud::new().unwrap();
    assert_eq!(get(&cloud, "/v1/organizations/%61cme/groups/def%61ult").await.status, 200);
}

#[tokio::test]
async fn no_segment_reaches_another_resource() {
    let cloud = Cloud::new().unwrap();
    create_database(&cloud, "orders").await;
    for segment in
        ["..", "%2e%2e", ".", "%2E", "..%2forders", "%2e%2e%2forders", "orders%2f", "orders%00", "%ff", "ORDERS"]
    {
        let path = format!("/v1/organizations/acme/databases/{segment}");
        assert_eq!(get(&cloud, &path).await.status, 404, "{segment}");
    }
    let path = format!("/v1/organizations/acme/databases/{}", "a".repeat(3000));
    assert_eq!(get(&cloud, &path).await.status, 404);
}

#[tokio::test]
async fn a_body_needs_no_content_type_and_may_hold_unknown_keys() {
    let cloud = Cloud::new().unwrap();
    let body = r#"{"NAME":"orders","Group":"default","colour":"green","location":"local"}"#;
    assert_eq!(post(&cloud, "/v1/organizations/acme/databases", body).await.status, 200);
}

#[tokio::test]
async fn a_query_or_a_body_that_cannot_be_read_is_told_what_is_wrong_with_which_field() {
    let cloud = Cloud::new().unwrap();
    let (acme, databases) = ("/v1/organizations/acme", "/v1/organizations/acme/databases");
    for (method, path, body, sentence) in [
        (Method::PATCH, acme, "", "the body is missing"),
        (Method::PATCH, acme, "nonsense", "the body is not JSON: expected ident at line 1 column 2"),
        (Method::PATCH, acme, "[true]", "the body must be a JSON object"),
        (Method::PATCH, acme, "null", "the body must be a JSON object"),
        (Method::POST, databases, r#"["orders","default"]"#, "the body must be a JSON object"),
        (Method::POST, databases, r#"{"name":"orders"}"#, "missing field `group`"),
        (
            Method::POST,
            databases,
            r#"{"name":7,"group":"default"}"#,
            "name is not valid: invalid type: integer `7`, expected a string",
        ),
        (
            Method::POST,
            databases,
            r#"{"name":"orders","group":"default","seed":{"type":"bogus"}}"#,
            "seed.type is not valid: unknown variant `bogus`, expected one of `database`, `database_upload`, `dump`",
        ),
        (
            Method::POST,
            databases,
            r#"{"name":"orders","group":"default","seed":"x"}"#,
            "seed is not valid: invalid type: string \"x\", expected an object with a `type`",
        ),
        (Method::POST, databases, r#"{"name":"orders","group":"default","seed":{}}"#, "seed: missing field `type`"),
        (
            Method::POST,
            databases,
            r#"{"name":"orders","group":"default","remote_encryption":5}"#,
            "remote_encryption is not valid: invalid type: integer `5`, expected an object",
        ),
        (
            Method::POST,
            databases,
            r#"{"name":"orders","group":"default","size_limit":-1}"#,
            "size_limit is not valid: invalid value: integer `-1`, \
             expected a whole number of bytes, or a text such as \"256mib\"",
        ),
        (
            Method::POST,
            "/v1/organizations/acme/groups",
            r#"{"name":"eu","location":"local","extensions":7}"#,
            "extensions is not valid: expected \"all\" or a list of extensions",
        ),
        (
            Method::PATCH,
            acme,
            r#"{"Overages":"yes"}"#,
            "overages is not valid: invalid type: string \"yes\", expected a boolean",
        ),
        (
            Method::GET,
            "/v1/organizations/acme/audit-logs?page=-1",
            "",
            "page \"-1\" is not valid: must be a whole number from 1 to 18446744073709551615",
        ),
    ] {
        let refused = call(&cloud, method, path, body.to_owned()).await;
        assert_eq!(refused.refusal(), (400, sentence.to_owned()), "{path} {body}");
    }
    assert_eq!(get(&cloud, databases).await.json(), serde_json::json!({"databases": []}));
}

#[tokio::test]
async fn of_several_keys_for_one_field_the_last_counts_however_they_are_written() {
    let cloud = Cloud::new().unwrap();
    create_database(&cloud, "orders").await;
    let path = "/v1/organizations/acme/databases/orders/configuration";
    for (body, expected) in [
        (r#"{"block_reads":false,"Block_Reads":true}"#, true),
        (r#"{"block_reads":true,"Block_Reads":false}"#, false),
        (r#"{"Block_Reads":false,"block_reads":true}"#, true),
        (r#"{"BLOCK_READS":true,"block_Reads":true,"block_reads":false}"#, false),
    ] {
        let changed = patch(&cloud, path, body).await;
        assert_eq!((changed.status, &changed.json()["block_reads"]), (200, &expected.into()), "{body}");
    }
    let (databases, seed) =
        ("/v1/organizations/acme/databases", r#""Seed":{"Type":"database","name":"none","Name":"orders"}"#);
    let copied = post(&cloud, databases, &format!(r#"{{"name":"copy","group":"default",{seed}}}"#)).await;
    assert_eq!(copied.status, 200, "{}", copied.text);
}

#[tokio::test]
async fn a_body_where_none_is_expected_is_not_looked_at() {
    let cloud = Cloud::new().unwrap();
    create_database(&cloud, "orders").await;
    let path = "/v1/organizations/acme/databases/orders";
    assert_eq!(call(&cloud, Method::GET, path, "not json").await.status, 200);
    assert_eq!(call(&cloud, Method::DELETE, path, r#"{"force":true}"#).await.status, 200);
}

#[tokio::test]
async fn head_is_answered_as_get_is_without_the_body() {
    let cloud = Cloud::new().unwrap();
    for path in ["/v1/organizations", "/v1/organizations/acme/groups/default", "/_region", "/_local/health"] {
        let (whole, head) = (get(&cloud, path).await, call(&cloud, Method::HEAD, path, Body::empty()).await);
        assert_eq!((head.status, &head.content_type, head.text.as_str()), (200, &whole.content_type, ""), "{path}");
        assert!(!whole.text.is_empty());
    }
    assert_eq!(call(&cloud, Method::HEAD, "/v1/organizations/acme/groups/eu", Body::empty()).await.status, 404);
    assert_eq!(call(&cloud, Method::HEAD, "/v1/auth/api-tokens/validate", Body::empty()).await.status, 404);
    let request = Request::head("/v1/organizations").body(Body::empty()).unwrap();
    assert_eq!(send(&cloud, request).await.status, 401);
}

#[tokio::test]
async fn a_compressed_body_is_refused_by_its_header_and_not_taken_for_what_it_holds() {
    let cloud = Cloud::new().unwrap();
    create_database(&cloud, "orders").await;
    let authorization = format!("Bearer {}", cloud.token().expose());
    let send_as = async |path: &str, encoding: &str, body: &'static str| {
        let request = Request::post(path).header(header::AUTHORIZATION, &authorization);
        let request = request.header(header::CONTENT_ENCODING, encoding);
        send(&cloud, request.body(Body::from(body)).unwrap()).await
    };
    let groups = "/v1/organizations/acme/groups";
    for (encoding, group) in [("gzip", r#"{"name":"eu","location":"local"}"#), ("identity, br", "\u{1f}\u{8b}")] {
        for path in [groups, "/v1/organizations/acme/databases/dumps", "/_local/archive", "/db/orders-acme/v2/pipeline"]
        {
            let refused = send_as(path, encoding, group).await;
            let sentence = format!("header Content-Encoding {encoding:?} is not valid: must be identity or left out");
            // At the host of a database the token is looked at first, and this one is of the API.
            let expected = if path.starts_with("/db/") { 401 } else { 415 };
            assert_eq!(refused.status, expected, "{path}: {}", refused.text);
            assert!(expected == 401 || refused.error() == sentence, "{path}: {}", refused.text);
        }
    }
    assert_eq!(get(&cloud, &format!("{groups}/eu")).await.status, 404);
    // Without a body there is nothing to decode.
    assert_eq!(send_as("/v1/organizations/acme/databases/orders/auth/rotate", "gzip", "").await.status, 200);
    // Nothing, and an element of a list that is empty, are no coding either.
    for (encoding, group) in [
        ("Identity", r#"{"name":"eu","location":"local"}"#),
        ("", r#"{"name":"us","location":"local"}"#),
        ("identity, ,", r#"{"name":"jp","location":"local"}"#),
    ] {
        assert_eq!(send_as(groups, encoding, group).await.status, 200, "{encoding:?}");
    }
}

#[tokio::test]
async fn a_body_of_five_megabytes_is_refused_by_its_limit() {
    let cloud = Cloud::new().unwrap();
    let refused = post(&cloud, "/v1/organizations/acme/groups", &"x".repeat(5_000_000)).await;
    assert_eq!(refused.refusal(), (413, "the body of the request is larger than 1048576 bytes".to_owned()));
}

#[tokio::test]
async fn the_largest_body_is_one_mebibyte() {
    let cloud = Cloud::new().unwrap();
    let body = |length: usize| {
        let frame = r#"{"name":"eu","location":"local","padding":""}"#;
        frame.replace(r#""padding":"""#, &format!(r#""padding":"{}""#, "x".repeat(length - frame.len())))
    };
    assert_eq!(post(&cloud, "/v1/organizations/acme/groups", &body((1 << 20) + 1)).await.status, 413);
    assert_eq!(post(&cloud, "/v1/organizations/acme/groups", &body(1 << 20)).await.status, 200);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused_and_nothing_happens() {
    let cloud = Cloud::new().unwrap();
    let pieces = [Ok(r#"{"name":"eu","#.into()), Err(TransportError::interrupted("gone"))];
    let request = Request::post("/v1/organizations/acme/groups")
        .header(header::AUTHORIZATION, format!("Bearer {}", cloud.token().expose()))
        .body(Body::stream(futures_util::stream::iter(pieces)));
    let refused = send(&cloud, request.unwrap()).await;
    assert_eq!(refused.refusal(), (400, "the body of the request broke off".to_owned()));
    assert_eq!(get(&cloud, "/v1/organizations/acme/groups/eu").await.status, 404);
}
