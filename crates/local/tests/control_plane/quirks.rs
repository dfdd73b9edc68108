//! Answers that changed over time or are not as documented, and that the client copes with all of them.

use std::time::Duration;

use serde_json::json;
use turso_cloud::{NewDatabase, NewGroup, NewToken};
use turso_cloud_local::{Clock, Cloud, Quirk};

use crate::support::{get, mint, post, query};

fn with(quirk: Quirk) -> Cloud {
    Cloud::builder().quirk(quirk).build().unwrap()
}

#[tokio::test]
async fn a_name_that_is_taken_is_told_in_every_way_the_service_has_told_it() {
    for (quirk, status, sentence) in [
        (Quirk::DuplicateCreate409, 409, "database with name orders already exists"),
        (Quirk::DuplicateCreate400, 400, "database with same name already exists"),
        (Quirk::DuplicateCreate422, 422, "database with name orders already exists"),
    ] {
        let cloud = with(quirk);
        let body = r#"{"name":"orders","group":"default"}"#;
        assert_eq!(post(&cloud, "/v1/organizations/acme/databases", body).await.status, 200);
        let refused = post(&cloud, "/v1/organizations/acme/databases", body).await;
        assert_eq!(refused.refusal(), (status, sentence.to_owned()), "{quirk}");

        let turso = cloud.client().build().unwrap();
        let again = turso.databases().create(NewDatabase::new("orders", "default")).await.unwrap_err();
        assert!(again.is_already_exists(), "{quirk}: {again}");
        turso.databases().ensure(NewDatabase::new("orders", "default")).await.unwrap();
        let again = turso.groups().create(NewGroup::new("default", "local")).await.unwrap_err();
        assert!(again.is_already_exists(), "{quirk}: {again}");
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
    let cloud = Cloud::builder().seed(7).quirk(Quirk::NotFoundAfterCreate).build().unwrap();
    assert_eq!(crate::support::create_database(&cloud, "orders").await.status, 200);
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

#[tokio::test]
async fn a_client_that_waits_gets_a_database_that_answers() {
    let clock = Clock::frozen_at("2026-01-01T00:00:00Z".parse().unwrap());
    let cloud = Cloud::builder().clock(clock.clone()).quirk(Quirk::NotFoundAfterCreate).build().unwrap();
    let turso = cloud.client().build().unwrap();
    let created = async { turso.databases().create(NewDatabase::new("orders", "default")).wait_ready().await };
    // Time stands still until the database is there, so that it is not found at first.
    let passes = async {
        while turso.databases().find("orders").await.unwrap().is_none() {
            tokio::task::yield_now().await;
        }
        clock.advance(Duration::from_millis(2500));
    };
    let (created, ()) = tokio::join!(created, passes);
    created.unwrap();
    let token = turso.databases().create_token("orders", NewToken::read_only()).await.unwrap();
    assert_eq!(query(&cloud, "orders-acme", token.expose(), "SELECT 1").await.status, 200);
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
    let builder = quirks.into_iter().fold(Cloud::builder(), turso_cloud_local::CloudBuilder::quirk);
    assert!(get(&builder.build().unwrap(), "/v1/organizations").await.json().is_array());
}
