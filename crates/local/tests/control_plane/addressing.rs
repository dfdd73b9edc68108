//! How the databases are found: by host or by path.

use http::{Request, header};
use turso_cloud::transport::Body;
use turso_cloud_local::Cloud;

use crate::support::{Answer, create_database, delete, post, query, send};

const SELECT: &str = r#"{"requests":[{"type":"execute","stmt":{"sql":"SELECT 1"}},{"type":"close"}]}"#;

async fn cloud_with_token() -> (Cloud, String) {
    let cloud = Cloud::new().unwrap();
    create_database(&cloud, "orders").await;
    let minted = post(&cloud, "/v1/organizations/acme/databases/orders/auth/tokens", "").await.json();
    (cloud, minted["jwt"].as_str().unwrap().to_owned())
}

async fn ask(cloud: &Cloud, uri: &str, host: Option<&str>, token: &str) -> Answer {
    let mut request = Request::post(uri).header(header::AUTHORIZATION, format!("Bearer {token}"));
    if let Some(host) = host {
        request = request.header(header::HOST, host);
    }
    send(cloud, request.body(Body::from(SELECT)).unwrap()).await
}

#[tokio::test]
async fn a_database_answers_at_its_own_host() {
    let (cloud, token) = cloud_with_token().await;
    for host in
        ["orders-acme.localhost", "orders-acme.localhost:8080", "ORDERS-acme.LOCALHOST", "orders-acme.localhost.:8080"]
    {
        assert_eq!(ask(&cloud, "/v2/pipeline", Some(host), &token).await.status, 200, "{host}");
    }
    assert_eq!(ask(&cloud, "http://orders-acme.localhost/v2/pipeline", None, &token).await.status, 200);
}

#[tokio::test]
async fn a_database_answers_below_its_path_on_any_host() {
    let (cloud, token) = cloud_with_token().await;
    for host in [None, Some("127.0.0.1:8080"), Some("localhost"), Some("[::1]:8080"), Some("other-acme.localhost")] {
        assert_eq!(ask(&cloud, "/db/orders-acme/v2/pipeline", host, &token).await.status, 200, "{host:?}");
    }
}

#[tokio::test]
async fn a_client_may_append_its_path_to_a_url_that_ends_in_a_slash() {
    let (cloud, token) = cloud_with_token().await;
    assert_eq!(ask(&cloud, "/db/orders-acme//v2/pipeline", None, &token).await.status, 200);
}

#[tokio::test]
async fn a_host_that_names_no_database_is_not_found() {
    let (cloud, token) = cloud_with_token().await;
    for (uri, host) in [
        ("/v2/pipeline", Some("none-acme.localhost")),
        ("/v2/pipeline", Some("orders.localhost")),
        ("/db/none-acme/v2/pipeline", None),
        ("/db/orders/v2/pipeline", None),
        ("/db//v2/pipeline", None),
        ("/db/", None),
        ("/db/none-acme", None),
    ] {
        let refused = ask(&cloud, uri, host, &token).await;
        assert_eq!(refused.refusal(), (404, "database not found".to_owned()), "{uri} {host:?}");
    }
}

#[tokio::test]
async fn an_ip_address_or_localhost_itself_names_no_database() {
    let cloud = Cloud::new().unwrap();
    let authorization = format!("Bearer {}", cloud.token().expose());
    for host in ["127.0.0.1", "127.0.0.1:8080", "[::1]", "[::1]:8080", "localhost", "localhost:80", ".localhost", "a.b"]
    {
        let request = Request::get("/v1/organizations")
            .header(header::HOST, host)
            .header(header::AUTHORIZATION, &authorization)
            .body(Body::empty());
        assert_eq!(send(&cloud, request.unwrap()).await.status, 200, "{host}");
    }
}

#[tokio::test]
async fn a_url_inside_the_process_with_the_address_of_a_database_means_it_and_other_addresses_none() {
    let (cloud, token) = cloud_with_token().await;
    assert_eq!(ask(&cloud, "http://127.1.0.2:8080/v2/pipeline", None, &token).await.status, 200);
    let nobody = ask(&cloud, "http://127.1.0.9:8080/v2/pipeline", None, &token).await;
    assert_eq!(nobody.refusal(), (404, "database not found".to_owned()));
    for host in ["127.0.0.1:8080", "127.0.0.2", "10.1.0.2", "[::1]:8080"] {
        let request = Request::get(format!("http://{host}/v1/organizations"))
            .header(header::AUTHORIZATION, format!("Bearer {}", cloud.token().expose()));
        assert_eq!(send(&cloud, request.body(Body::empty()).unwrap()).await.status, 200, "{host}");
    }
}

#[tokio::test]
async fn the_host_of_a_deleted_database_is_not_found() {
    let (cloud, token) = cloud_with_token().await;
    assert_eq!(query(&cloud, "orders-acme", &token, "CREATE TABLE t (a)").await.status, 200);
    delete(&cloud, "/v1/organizations/acme/databases/orders").await;
    let refused = query(&cloud, "orders-acme", &token, "SELECT 1").await;
    assert_eq!(refused.refusal(), (404, "database not found".to_owned()));
}

#[tokio::test]
async fn the_hosts_of_a_deleted_group_are_not_found() {
    let (cloud, token) = cloud_with_token().await;
    delete(&cloud, "/v1/organizations/acme/groups/default").await;
    assert_eq!(query(&cloud, "orders-acme", &token, "SELECT 1").await.status, 404);
}

#[tokio::test]
async fn a_database_made_anew_under_an_old_name_is_empty_and_has_new_tokens() {
    let (cloud, token) = cloud_with_token().await;
    query(&cloud, "orders-acme", &token, "CREATE TABLE t (a)").await;
    delete(&cloud, "/v1/organizations/acme/databases/orders").await;
    create_database(&cloud, "orders").await;
    assert_eq!(query(&cloud, "orders-acme", &token, "SELECT 1").await.status, 401);
    let minted = post(&cloud, "/v1/organizations/acme/databases/orders/auth/tokens", "").await.json();
    let answer = query(&cloud, "orders-acme", minted["jwt"].as_str().unwrap(), "SELECT * FROM t").await;
    assert!(answer.text.contains("no such table"), "{}", answer.text);
}
