//! The audit log.

use http::{Request, header};
use serde_json::{Value, json};
use turso_cloud::transport::Body;
use turso_cloud_local::{Clock, Cloud};

use crate::support::{audit_log, create_database, delete, get, post, send};

const LOG: &str = "/v1/organizations/acme/audit-logs";

fn at_ten() -> Cloud {
    Cloud::builder().clock(Clock::frozen_at("2026-05-04T10:11:12Z".parse().unwrap())).build().unwrap()
}

fn databases(page: &Value) -> Vec<&str> {
    page["audit_logs"].as_array().unwrap().iter().map(|entry| entry["data"]["database"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_entry_has_the_documented_shape() {
    let cloud = at_ten();
    create_database(&cloud, "orders").await;
    let answer = get(&cloud, LOG).await;
    let expected = json!({
        "audit_logs": [{
            "code": "db-create", "message": "", "origin": "web", "author": "dev",
            "created_at": "2026-05-04T10:11:12Z", "data": {"database": "orders", "group": "default"},
        }],
        "pagination": {"page": 1, "page_size": 100, "total_pages": 1, "total_rows": 1},
    });
    assert_eq!((answer.status, answer.json()), (200, expected));
}

#[tokio::test]
async fn a_new_cloud_has_an_empty_log() {
    let empty = json!({
        "audit_logs": [],
        "pagination": {"page": 1, "page_size": 100, "total_pages": 0, "total_rows": 0},
    });
    assert_eq!(get(&at_ten(), LOG).await.json(), empty);
}

#[tokio::test]
async fn the_official_command_line_is_told_from_everything_else() {
    let cloud = at_ten();
    let agents = ["turso-cli/1.0.29 (linux/amd64)", "@tursodatabase/api", "curl/8.0 turso-cli/1", ""];
    for (index, agent) in agents.iter().enumerate() {
        let request = Request::post("/v1/organizations/acme/groups")
            .header(header::AUTHORIZATION, format!("Bearer {}", cloud.token().expose()))
            .header(header::USER_AGENT, *agent)
            .body(Body::from(format!(r#"{{"name":"g{index}","location":"local"}}"#)));
        assert_eq!(send(&cloud, request.unwrap()).await.status, 200);
    }
    let log = get(&cloud, LOG).await.json();
    let origins: Vec<_> =
        log["audit_logs"].as_array().unwrap().iter().rev().map(|e| e["origin"].as_str().unwrap().to_owned()).collect();
    assert_eq!(origins, ["cli", "web", "web", "web"]);
}

#[tokio::test]
async fn every_change_leaves_one_entry_and_the_newest_comes_first() {
    let cloud = at_ten();
    let organization = "/v1/organizations/acme";
    post(&cloud, &format!("{organization}/groups"), r#"{"name":"eu","location":"local"}"#).await;
    create_database(&cloud, "orders").await;
    post(&cloud, &format!("{organization}/databases/orders/auth/tokens"), "").await;
    delete(&cloud, &format!("{organization}/databases/orders")).await;
    delete(&cloud, &format!("{organization}/groups/eu")).await;
    let codes: Vec<_> = audit_log(&cloud).await.into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, ["group-delete", "db-delete", "db-token-create", "db-create", "group-create"]);
}

#[tokio::test]
async fn what_only_reads_or_is_refused_leaves_no_entry() {
    let cloud = at_ten();
    let organization = "/v1/organizations/acme";
    for path in ["", "/groups", "/groups/default", "/databases", "/audit-logs"] {
        assert_eq!(get(&cloud, &format!("{organization}{path}")).await.status, 200);
    }
    for path in ["/groups/none", "/databases/none"] {
        assert_eq!(delete(&cloud, &format!("{organization}{path}")).await.status, 404);
    }
    for (path, body) in [
        ("/groups", r#"{"name":"default","location":"local"}"#),
        ("/groups", r#"{"name":"eu","location":"mars"}"#),
        ("/databases", r#"{"name":"orders","group":"none"}"#),
        ("/databases/none/auth/tokens", ""),
        ("/databases/none/auth/rotate", ""),
    ] {
        assert!(post(&cloud, &format!("{organization}{path}"), body).await.status >= 400, "{path}");
    }
    assert_eq!(audit_log(&cloud).await, []);
}

#[tokio::test]
async fn a_rotation_has_no_documented_code_and_leaves_no_entry() {
    let cloud = at_ten();
    create_database(&cloud, "orders").await;
    post(&cloud, "/v1/organizations/acme/databases/orders/auth/rotate", "").await;
    assert_eq!(audit_log(&cloud).await.len(), 1);
}

#[tokio::test]
async fn the_log_of_an_organization_is_its_own() {
    let cloud = at_ten();
    create_database(&cloud, "orders").await;
    let body = r#"{"name":"events","group":"default"}"#;
    assert_eq!(post(&cloud, "/v1/organizations/dev/databases", body).await.status, 200);
    for (organization, database) in [("acme", "orders"), ("dev", "events")] {
        let log = get(&cloud, &format!("/v1/organizations/{organization}/audit-logs")).await.json();
        assert_eq!((databases(&log), &log["pagination"]["total_rows"]), (vec![database], &json!(1)), "{organization}");
    }
}

#[tokio::test]
async fn pages_are_counted_from_one_and_cover_the_log_without_overlap() {
    let cloud = at_ten();
    for index in 0..5 {
        create_database(&cloud, &format!("db-{index}")).await;
    }
    let first = get(&cloud, &format!("{LOG}?page_size=2")).await.json();
    assert_eq!(databases(&first), ["db-4", "db-3"]);
    assert_eq!(first["pagination"], json!({"page": 1, "page_size": 2, "total_pages": 3, "total_rows": 5}));
    let last = get(&cloud, &format!("{LOG}?page=3&page_size=2")).await.json();
    assert_eq!(databases(&last), ["db-0"]);
    for page in ["4", "18446744073709551615"] {
        let beyond = get(&cloud, &format!("{LOG}?page={page}&page_size=2")).await.json();
        assert_eq!((databases(&beyond).len(), &beyond["pagination"]["total_rows"]), (0, &json!(5)), "{page}");
    }
}

#[tokio::test]
async fn a_page_has_at_most_1000_entries() {
    let cloud = at_ten();
    let page = get(&cloud, &format!("{LOG}?page_size=1000000")).await.json();
    assert_eq!(page["pagination"]["page_size"], 1000);
}

#[tokio::test]
async fn a_bad_page_is_refused_by_name() {
    let cloud = at_ten();
    for field in ["page", "page_size"] {
        for value in ["0", "-1", "x", "", "99999999999999999999"] {
            let refused = get(&cloud, &format!("{LOG}?{field}={value}")).await;
            let rule = "must be a whole number from 1 to 18446744073709551615";
            assert_eq!(refused.refusal(), (400, format!("{field} \"{value}\" is not valid: {rule}")));
        }
    }
}
