//! The configuration of databases, and that the SQL endpoint keeps to it.

use serde_json::{Value, json};
use turso_cloud_local::Cloud;

use crate::support::{audit_log, create_database, delete, error, get, mint, ok, outcome, patch, post, query};

const ORDERS: &str = "/v1/organizations/acme/databases/orders";
const CONFIGURATION: &str = "/v1/organizations/acme/databases/orders/configuration";

async fn cloud_with_orders() -> (Cloud, String) {
    let cloud = Cloud::new().unwrap();
    create_database(&cloud, "orders").await;
    let token = mint(&cloud, &format!("{ORDERS}/auth/tokens")).await;
    (cloud, token)
}

async fn change(cloud: &Cloud, body: &str) -> Value {
    let answer = patch(cloud, CONFIGURATION, body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(get(cloud, CONFIGURATION).await.json(), answer.json(), "{body}");
    answer.json()
}

fn new_configuration() -> Value {
    json!({
        "size_limit": "", "allow_attach": false, "block_reads": false, "block_writes": false,
        "delete_protection": false, "allowed_ips": [], "allowed_aws_vpc_ids": [],
    })
}

#[tokio::test]
async fn the_configuration_is_a_bare_object() {
    let (cloud, _) = cloud_with_orders().await;
    let answer = get(&cloud, CONFIGURATION).await;
    assert_eq!((answer.status, answer.json()), (200, new_configuration()));
    let sized = r#"{"name":"sized","group":"default","size_limit":"10000"}"#;
    assert_eq!(post(&cloud, "/v1/organizations/acme/databases", sized).await.status, 200);
    let sized = get(&cloud, "/v1/organizations/acme/databases/sized/configuration").await.json();
    assert_eq!(sized["size_limit"], "10000");
}

#[tokio::test]
async fn the_configuration_as_it_was_answered_can_be_sent_back() {
    let (cloud, _) = cloud_with_orders().await;
    assert_eq!(change(&cloud, &new_configuration().to_string()).await, new_configuration());
    let bounded = change(&cloud, r#"{"size_limit":"10000"}"#).await;
    assert_eq!(change(&cloud, &bounded.to_string()).await["size_limit"], "10000");
    assert_eq!(change(&cloud, &new_configuration().to_string()).await, new_configuration());
    let largest = change(&cloud, r#"{"size_limit":"18446744073709551615"}"#).await;
    assert_eq!(largest["size_limit"], "9223372036854775807");
    let unbounded = r#"{"name":"unbounded","group":"default","size_limit":""}"#;
    assert_eq!(post(&cloud, "/v1/organizations/acme/databases", unbounded).await.status, 200);
}

#[tokio::test]
async fn a_key_that_is_left_out_or_a_boolean_that_is_null_changes_nothing() {
    let (cloud, _) = cloud_with_orders().await;
    let all = r#"{"size_limit":"1mb","allow_attach":true,"block_reads":true,"block_writes":true,
        "delete_protection":true,"allowed_ips":["127.0.0.1"],"allowed_aws_vpc_ids":["vpce-1"]}"#;
    let expected = json!({
        "size_limit": "1000000", "allow_attach": true, "block_reads": true, "block_writes": true,
        "delete_protection": true, "allowed_ips": ["127.0.0.1"], "allowed_aws_vpc_ids": ["vpce-1"],
    });
    assert_eq!(change(&cloud, all).await, expected);
    let nulls = r#"{"size_limit":null,"allow_attach":null,"block_reads":null,"block_writes":null,
        "delete_protection":null,"unknown":1}"#;
    for nothing in ["{}", nulls] {
        assert_eq!(change(&cloud, nothing).await, expected);
    }
    let mut one_less = expected;
    one_less["block_reads"] = json!(false);
    assert_eq!(change(&cloud, r#"{"Block_Reads":false}"#).await, one_less);
}

#[tokio::test]
async fn a_list_is_replaced_as_a_whole_and_cleared_by_an_empty_one_or_null() {
    let (cloud, _) = cloud_with_orders().await;
    for clear in ["[]", "null"] {
        let set = change(&cloud, r#"{"allowed_ips":["10.0.0.0/8","2001:db8::/32"],"allowed_aws_vpc_ids":["vpce-1"]}"#);
        assert_eq!(set.await["allowed_ips"], json!(["10.0.0.0/8", "2001:db8::/32"]));
        assert_eq!(change(&cloud, r#"{"allowed_ips":["::1"]}"#).await["allowed_ips"], json!(["::1"]));
        let body = format!(r#"{{"allowed_ips":{clear},"allowed_aws_vpc_ids":{clear}}}"#);
        assert_eq!(change(&cloud, &body).await, new_configuration());
    }
}

#[tokio::test]
async fn values_that_are_none_are_refused_and_change_nothing() {
    let (cloud, _) = cloud_with_orders().await;
    for (body, part) in [
        (r#"{"block_reads":true,"allowed_ips":["everybody"]}"#, "allowed_ips"),
        (r#"{"block_reads":true,"allowed_ips":["10.0.0.0/33"]}"#, "allowed_ips"),
        (r#"{"block_reads":true,"allowed_aws_vpc_ids":["vpc-1"]}"#, "allowed_aws_vpc_ids"),
        (r#"{"block_reads":true,"size_limit":"big"}"#, "size"),
        (
            r#"{"block_reads":true,"size_limit":-1}"#,
            "size_limit is not valid: invalid value: integer `-1`, expected a whole",
        ),
        (r#"{"block_reads":true,"size_limit":1.5}"#, "size_limit is not valid: invalid type: floating point `1.5`"),
        (r#"{"block_reads":true,"size_limit":true}"#, "size_limit is not valid: invalid type: boolean `true`"),
        (r#"{"block_reads":true,"size_limit":{}}"#, "size_limit is not valid: invalid type: map"),
        (r#"{"block_reads":"yes"}"#, "block_reads is not valid"),
        ("", "the body is missing"),
    ] {
        let refused = patch(&cloud, CONFIGURATION, body).await;
        assert_eq!(refused.status, 400, "{body}");
        assert!(refused.error().contains(part), "{body}: {}", refused.error());
    }
    assert_eq!(get(&cloud, CONFIGURATION).await.json(), new_configuration());
}

#[tokio::test]
async fn an_unknown_database_has_no_configuration() {
    let cloud = Cloud::new().unwrap();
    let sentence = (404, "could not find database with name orders: record not found".to_owned());
    assert_eq!(get(&cloud, CONFIGURATION).await.refusal(), sentence);
    assert_eq!(patch(&cloud, CONFIGURATION, "{}").await.refusal(), sentence);
    assert_eq!(get(&cloud, "/v1/organizations/none/databases/orders/configuration").await.status, 404);
}

#[tokio::test]
async fn attaching_is_refused_on_aws() {
    let cloud = Cloud::builder().with_group("us", "aws-us-east-1").build().unwrap();
    post(&cloud, "/v1/organizations/acme/databases", r#"{"name":"orders","group":"us"}"#).await;
    let refused = patch(&cloud, CONFIGURATION, r#"{"allow_attach":true}"#).await;
    assert_eq!(refused.refusal(), (400, "allow_attach is not supported for AWS databases".to_owned()));
    assert_eq!(patch(&cloud, CONFIGURATION, r#"{"allow_attach":false}"#).await.status, 200);
}

#[tokio::test]
async fn blocked_reads_and_writes_are_refused_at_once_and_allowed_again() {
    let (cloud, token) = cloud_with_orders().await;
    let run = async |sql: &str| outcome(&cloud, "orders-acme", &token, sql).await;
    assert_eq!(run("CREATE TABLE t (a)").await, ok());
    change(&cloud, r#"{"block_writes":true}"#).await;
    assert_eq!((run("INSERT INTO t VALUES (1)").await, run("SELECT * FROM t").await), (error("BLOCKED"), ok()));
    change(&cloud, r#"{"block_writes":false,"block_reads":true}"#).await;
    assert_eq!((run("INSERT INTO t VALUES (1)").await, run("SELECT * FROM t").await), (ok(), error("BLOCKED")));
    change(&cloud, r#"{"block_reads":false}"#).await;
    assert_eq!(run("SELECT * FROM t").await, ok());
    let database = get(&cloud, ORDERS).await.json();
    assert_eq!(database["database"]["block_reads"], false);
}

#[tokio::test]
async fn protection_keeps_the_database_and_is_in_the_log_when_it_changes() {
    let (cloud, _) = cloud_with_orders().await;
    for body in [r#"{"delete_protection":true}"#, r#"{"delete_protection":true}"#] {
        change(&cloud, body).await;
    }
    let refused = delete(&cloud, ORDERS).await;
    assert_eq!(refused.refusal(), (403, "database orders is delete-protected and cannot be deleted".to_owned()));
    change(&cloud, r#"{"delete_protection":false}"#).await;
    assert_eq!(delete(&cloud, ORDERS).await.status, 200);
    let codes: Vec<_> = audit_log(&cloud).await.into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, ["db-delete", "db-unprotect", "db-protect", "db-token-create", "db-create"]);
}

#[tokio::test]
async fn a_database_grows_to_its_size_limit_and_no_further() {
    let (cloud, token) = cloud_with_orders().await;
    let run = async |sql: &str| outcome(&cloud, "orders-acme", &token, sql).await;
    assert_eq!(run("CREATE TABLE t (a)").await, ok());
    change(&cloud, r#"{"size_limit":"40960"}"#).await;
    let fill = "INSERT INTO t VALUES (zeroblob(20000))";
    assert_eq!((run(fill).await, run(fill).await), (ok(), error("SQLITE_FULL")));
    assert_eq!(run("PRAGMA max_page_count = 1000000").await, error("SQLITE_AUTH"));
    assert_eq!(run(fill).await, error("SQLITE_FULL"));
    assert_eq!(run("SELECT count(*) FROM t").await, ok());
    change(&cloud, r#"{"size_limit":"1mb"}"#).await;
    assert_eq!(run(fill).await, ok());
    change(&cloud, r#"{"size_limit":"1"}"#).await;
    assert_eq!(run(fill).await, error("SQLITE_FULL"));
    change(&cloud, r#"{"size_limit":"0"}"#).await;
    assert_eq!(get(&cloud, CONFIGURATION).await.json()["size_limit"], "");
    for _ in 0..100 {
        assert_eq!(run(fill).await, ok());
    }
}

#[tokio::test]
async fn a_size_limit_holds_for_a_stream_that_is_open_already() {
    let (cloud, token) = cloud_with_orders().await;
    assert_eq!(outcome(&cloud, "orders-acme", &token, "CREATE TABLE t (a)").await, ok());
    let send = async |baton: &Value, sql: &str| {
        let body = json!({"baton": baton, "requests": [{"type": "execute", "stmt": {"sql": sql}}]}).to_string();
        let request = http::Request::post("/v2/pipeline")
            .header("host", "orders-acme.localhost")
            .header("authorization", format!("Bearer {token}"));
        crate::support::send(&cloud, request.body(body.into()).unwrap()).await.json()
    };
    let begun = send(&Value::Null, "BEGIN").await;
    change(&cloud, r#"{"size_limit":"10000"}"#).await;
    let filled = send(&begun["baton"], "INSERT INTO t VALUES (zeroblob(20000))").await;
    assert_eq!(filled["results"][0]["error"]["code"], "SQLITE_FULL", "{filled}");
}

#[tokio::test]
async fn a_request_inside_the_process_comes_from_this_machine() {
    let (cloud, token) = cloud_with_orders().await;
    change(&cloud, r#"{"allowed_ips":["192.0.2.0/24"]}"#).await;
    let refused = query(&cloud, "orders-acme", &token, "SELECT 1").await;
    let sentence = "BLOCKED: address 127.0.0.1 is not in the list of allowed IP addresses";
    assert_eq!(refused.refusal(), (403, sentence.to_owned()));
    change(&cloud, r#"{"allowed_ips":["192.0.2.0/24","127.0.0.0/8"]}"#).await;
    assert_eq!(outcome(&cloud, "orders-acme", &token, "SELECT 1").await, ok());
}

/// Linux lets a client on this machine take any of its loopback addresses.
#[cfg(target_os = "linux")]
async fn status_from(client: &str, address: std::net::SocketAddr, token: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let body = r#"{"requests":[{"type":"execute","stmt":{"sql":"SELECT 1"}},{"type":"close"}]}"#;
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(format!("{client}:0").parse().unwrap()).unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    let request = format!(
        "POST /db/orders-acme/v2/pipeline HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len(),
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split(' ').nth(1).unwrap().to_owned()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_request_over_a_port_comes_from_where_its_connection_does() {
    let (cloud, token) = cloud_with_orders().await;
    let server = cloud.serve("127.0.0.1:0").await.unwrap();
    for (rules, expected) in [
        (r#"["127.0.0.1"]"#, ["200", "403"]),
        (r#"["127.0.0.2"]"#, ["403", "200"]),
        (r#"["127.0.0.0/30"]"#, ["200", "200"]),
        ("[]", ["200", "200"]),
    ] {
        change(&cloud, &format!(r#"{{"allowed_ips":{rules}}}"#)).await;
        let one = status_from("127.0.0.1", server.addr(), &token).await;
        let two = status_from("127.0.0.2", server.addr(), &token).await;
        assert_eq!([one.as_str(), two.as_str()], expected, "{rules}");
    }
}

#[tokio::test]
async fn a_configuration_outlives_the_process() {
    let directory = tempfile::tempdir().unwrap();
    let open = || Cloud::builder().directory(directory.path()).build().unwrap();
    let cloud = open();
    create_database(&cloud, "orders").await;
    let token = mint(&cloud, &format!("{ORDERS}/auth/tokens")).await;
    let body = r#"{"size_limit":"4096","block_reads":true,"allowed_ips":["127.0.0.1"]}"#;
    let changed = change(&cloud, body).await;
    drop(cloud);
    let cloud = open();
    assert_eq!(get(&cloud, CONFIGURATION).await.json(), changed);
    assert_eq!(outcome(&cloud, "orders-acme", &token, "SELECT 1").await, error("BLOCKED"));
    assert_eq!(outcome(&cloud, "orders-acme", &token, "CREATE TABLE t (a)").await, error("SQLITE_FULL"));
}
