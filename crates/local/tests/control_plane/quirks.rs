//! Answers that changed over time or are not as documented, and that the client copes with all of them.

use std::time::Duration;

use http::Method;
use serde_json::json;
use turso_cloud::{Client, NewDatabase, NewGroup, NewToken};
use turso_cloud_local::{Clock, Cloud, CloudBuilder, Quirk};

use crate::support::{ACME, SEED, call, create_database, delete, get, mint, post, query};

fn with(quirk: Quirk) -> Cloud {
    Cloud::builder().quirk(quirk).build().unwrap()
}

/// The forms in which a database's name is said to be taken: the one of today and the documented one.
const SAME: &str = "database with same name already exists";
const NAMED: &str = "database with name orders already exists";

#[tokio::test]
async fn a_name_that_is_taken_is_told_in_every_way_the_service_has_told_it() {
    let groups = "/v1/organizations/acme/groups";
    for (quirk, status, sentence, of_a_group) in [
        (None, 400, SAME, 409),
        (Some(Quirk::DuplicateCreate400), 400, SAME, 409),
        (Some(Quirk::DuplicateCreate409), 409, NAMED, 409),
        (Some(Quirk::DuplicateCreate422), 422, NAMED, 422),
    ] {
        let cloud = quirk.into_iter().fold(Cloud::builder().seed(SEED), CloudBuilder::quirk).build().unwrap();
        assert_eq!(create_database(&cloud, "orders").await.status, 200);
        let group = get(&cloud, groups).await.json()["groups"][0]["uuid"].clone();
        for (path, body) in [
            ("/v1/organizations/acme/databases".to_owned(), json!({"name": "orders", "group": "default"})),
            (format!("{ACME}/databases"), json!({"name": "orders", "group_id": group})),
        ] {
            let refused = post(&cloud, &path, &body.to_string()).await;
            assert_eq!(refused.refusal(), (status, sentence.to_owned()), "{quirk:?} {path}");
        }
        let refused = post(&cloud, groups, r#"{"name":"default","location":"local"}"#).await;
        assert_eq!(refused.refusal(), (of_a_group, "group already exists".to_owned()), "{quirk:?}");

        let turso = cloud.client().build().unwrap();
        let again = turso.databases().create(NewDatabase::new("orders", "default")).await.unwrap_err();
        assert!(again.is_already_exists(), "{quirk:?}: {again}");
        turso.databases().ensure(NewDatabase::new("orders", "default")).await.unwrap();
        let again = turso.groups().create(NewGroup::new("default", "local")).await.unwrap_err();
        assert!(again.is_already_exists(), "{quirk:?}: {again}");
    }
}

#[tokio::test]
async fn what_comes_back_under_a_name_that_is_taken_is_a_conflict_where_a_creation_is() {
    for (quirk, status) in [(Quirk::DuplicateCreate400, 400), (Quirk::DuplicateCreate409, 409)] {
        let cloud = Cloud::builder().seed(SEED).quirk(quirk).build().unwrap();
        let created = create_database(&cloud, "orders").await.json();
        let (orders, database) =
            (created["database"]["DbId"].as_str().unwrap(), "/v1/organizations/acme/databases/orders");
        assert_eq!(delete(&cloud, database).await.status, 200);
        assert_eq!(create_database(&cloud, "orders").await.status, 200);
        let refused = post(&cloud, &format!("{ACME}/databases/{orders}/restore"), "").await;
        assert_eq!(refused.refusal(), (status, NAMED.to_owned()), "{quirk}");

        let gone = delete(&cloud, "/v1/organizations/acme/groups/default").await.json();
        let group = gone["group"]["uuid"].as_str().unwrap();
        let anew = post(&cloud, "/v1/organizations/acme/groups", r#"{"name":"default","location":"local"}"#).await;
        assert_eq!(anew.status, 200);
        let refused = post(&cloud, &format!("{ACME}/groups/{group}/restore"), "").await;
        assert_eq!(refused.refusal(), (status, "group with name default already exists".to_owned()), "{quirk}");
    }
}

#[tokio::test]
async fn what_a_plan_does_not_include_asks_for_a_payment_if_it_is_told_to() {
    let acme = "/v1/organizations/acme";
    let id = "00000000-0000-4000-8000-000000000000";
    let key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    let encryption = json!({"encryption_key": key, "encryption_cipher": "aes256gcm"});
    let vault = json!({"name": "vault", "group": "default", "remote_encryption": encryption}).to_string();
    let email = r#"{"email":"eve@example.com"}"#;
    let second = r#"{"name":"eu","location":"local"}"#;
    let cases = [
        (Method::POST, format!("{acme}/groups"), second, 403),
        (Method::POST, format!("{acme}/databases"), vault.as_str(), 403),
        (Method::PATCH, format!("{acme}/databases/orders/configuration"), r#"{"allowed_ips":["127.0.0.1"]}"#, 403),
        (Method::PATCH, acme.to_owned(), r#"{"overages":true}"#, 403),
        (Method::GET, format!("{acme}/audit-logs"), "", 403),
        (Method::POST, "/v2/organizations/acme/invites".to_owned(), email, 400),
        (Method::GET, format!("{ACME}/databases?deleted=true"), "", 403),
        (Method::GET, format!("{ACME}/deleted-groups"), "", 403),
        (Method::POST, format!("{ACME}/databases/{id}/restore"), "", 403),
        (Method::POST, format!("{ACME}/groups/{id}/restore"), "", 403),
    ];
    for (quirk, is_told_to) in [(None, false), (Some(Quirk::PlanGate403), false), (Some(Quirk::PlanGate402), true)] {
        let builder = Cloud::builder().seed(SEED).with_plan("starter");
        let cloud = quirk.into_iter().fold(builder, CloudBuilder::quirk).build().unwrap();
        create_database(&cloud, "orders").await;
        for (method, path, body, usual) in &cases {
            let refused = call(&cloud, method.clone(), path, (*body).to_owned()).await;
            let status = if is_told_to { 402 } else { *usual };
            let (answered, sentence) = refused.refusal();
            assert!(answered == status && sentence.contains("plan starter"), "{quirk:?} {path}: {}", refused.text);
        }
        let turso = cloud.client().build().unwrap();
        let refused = turso.groups().create(NewGroup::new("eu", "local")).await.unwrap_err();
        assert_eq!(refused.is_payment_required(), is_told_to, "{quirk:?}: {refused}");
    }
}

#[tokio::test]
async fn organizations_are_listed_in_both_forms() {
    for (quirk, is_wrapped) in [(Quirk::OrganizationsBare, false), (Quirk::OrganizationsWrapped, true)] {
        let cloud = with(quirk);
        let listed = get(&cloud, "/v1/organizations").await.json();
        let organizations = if is_wrapped { &listed["organizations"] } else { &listed };
        assert_eq!(organizations[0]["slug"], "dev", "{quirk}: {listed}");
        let slugs: Vec<_> = cloud.client().build().unwrap().organizations().list().await.unwrap();
        assert_eq!(slugs.iter().map(|organization| organization.slug.as_str()).collect::<Vec<_>>(), ["dev", "acme"]);
    }
}

#[tokio::test]
async fn a_new_database_is_not_found_at_its_host_for_a_while() {
    let cloud = Cloud::builder().seed(SEED).quirk(Quirk::NotFoundAfterCreate).build().unwrap();
    assert_eq!(create_database(&cloud, "orders").await.status, 200);
    assert_eq!(get(&cloud, "/v1/organizations/acme/databases/orders").await.status, 200);
    let token = mint(&cloud, "/v1/organizations/acme/databases/orders/auth/tokens").await;
    for (after, status) in [(0, 404), (2499, 404), (1, 200)] {
        cloud.clock().advance(Duration::from_millis(after));
        let answer = query(&cloud, "orders-acme", &token, "SELECT 1").await;
        assert_eq!(answer.status, status, "{}", answer.text);
    }
    assert_eq!(
        query(&cloud, "customers-acme", &token, "SELECT 1").await.json(),
        json!({"error": "database not found"})
    );
}

/// Time stands still until the database is there, so that it is not found at first.
async fn appears(turso: &Client, clock: &Clock) {
    while turso.databases().find("orders").await.unwrap().is_none() {
        tokio::task::yield_now().await;
    }
    clock.advance(Duration::from_millis(2500));
}

#[tokio::test]
async fn a_client_that_waits_gets_a_database_that_answers() {
    for how in ["create", "ensure", "by name"] {
        let clock = Clock::frozen_at("2026-01-01T00:00:00Z".parse().unwrap());
        let cloud = Cloud::builder().clock(clock.clone()).quirk(Quirk::NotFoundAfterCreate).build().unwrap();
        let turso = cloud.client().build().unwrap();
        let (databases, orders) = (turso.databases(), NewDatabase::new("orders", "default"));
        let ready = async {
            match how {
                "create" => databases.create(orders).wait_ready().await.map(drop),
                "ensure" => databases.ensure(orders).wait_ready().await.map(drop),
                _ => {
                    databases.create(orders).await?;
                    databases.wait_ready("orders").await
                }
            }
        };
        let (ready, ()) = tokio::join!(ready, appears(&turso, &clock));
        ready.unwrap();
        let token = turso.databases().create_token("orders", NewToken::read_only()).await.unwrap();
        assert_eq!(query(&cloud, "orders-acme", token.expose(), "SELECT 1").await.status, 200, "{how}");
    }
}

#[tokio::test]
async fn a_database_that_does_not_get_ready_is_an_error_that_names_the_request() {
    let clock = Clock::frozen_at("2026-01-01T00:00:00Z".parse().unwrap());
    let cloud = Cloud::builder().clock(clock).quirk(Quirk::NotFoundAfterCreate).build().unwrap();
    let turso = cloud.client().deadline(Duration::from_millis(300)).build().unwrap();
    let (databases, orders) = (turso.databases(), NewDatabase::new("orders", "default"));

    let created = databases.create(orders.clone()).wait_ready().await.unwrap_err();
    let ensured = databases.ensure(orders).wait_ready().await.unwrap_err();
    let named = databases.wait_ready("orders").await.unwrap_err();
    assert!(created.may_have_happened() && !ensured.may_have_happened() && !named.may_have_happened());
    for (error, text) in [(created, "was created but"), (ensured, "is there but"), (named, "orders")] {
        assert!(error.is_timeout(), "{error}");
        assert_eq!((error.operation(), error.path()), (Some("ProbeDatabase"), Some("/v2/pipeline")));
        assert!(error.to_string().ends_with(&format!("{text} does not answer yet")), "{error}");
    }
    assert!(databases.wait_ready("nothing").await.unwrap_err().is_not_found());
}

#[test]
fn every_quirk_is_known_by_its_name() {
    for quirk in Quirk::ALL {
        assert_eq!(quirk.to_string().parse(), Ok(quirk));
    }
    let unknown = "duplicate-create-500".parse::<Quirk>().unwrap_err().to_string();
    assert!(unknown.contains("duplicate-create-500") && unknown.contains("duplicate-create-400"), "{unknown}");
}

#[tokio::test]
async fn of_two_quirks_that_exclude_each_other_the_last_one_holds() {
    let quirks = [Quirk::OrganizationsWrapped, Quirk::OrganizationsBare];
    let builder = quirks.into_iter().fold(Cloud::builder(), CloudBuilder::quirk);
    assert!(get(&builder.build().unwrap(), "/v1/organizations").await.json().is_array());
}
