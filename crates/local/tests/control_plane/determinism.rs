//! A seed makes answers repeat byte for byte.

use turso_cloud_local::{Clock, Cloud};

use crate::support::{delete, get, post};

async fn script(cloud: &Cloud) -> Vec<String> {
    let organization = "/v1/organizations/acme";
    let mut answers = vec![cloud.token().expose().to_owned()];
    for (path, body) in [
        ("groups", r#"{"name":"eu","location":"aws-eu-west-1"}"#),
        ("groups", r#"{"name":"eu","location":"aws-eu-west-1"}"#),
        ("databases", r#"{"name":"orders","group":"eu"}"#),
        ("databases", r#"{"name":"orders","group":"none"}"#),
        ("databases", r#"{"name":"events","group":"default"}"#),
        ("databases/orders/auth/tokens?expiration=1d", ""),
        ("databases/orders/auth/rotate", ""),
        ("databases/orders/auth/tokens", ""),
    ] {
        answers.push(post(cloud, &format!("{organization}/{path}"), body).await.text);
    }
    answers.push(delete(cloud, &format!("{organization}/databases/events")).await.text);
    for path in ["", "/groups", "/databases", "/audit-logs"] {
        answers.push(get(cloud, &format!("{organization}{path}")).await.text);
    }
    answers
}

#[tokio::test]
async fn two_clouds_of_one_seed_give_the_same_answers() {
    let one = script(&Cloud::builder().seed(7).build().unwrap()).await;
    let two = script(&Cloud::builder().seed(7).build().unwrap()).await;
    assert_eq!(one, two);
    let other = script(&Cloud::builder().seed(8).build().unwrap()).await;
    assert!(one[..2].iter().zip(&other).all(|(one, other)| one != other));
}

#[tokio::test]
async fn two_clouds_without_a_seed_have_nothing_in_common() {
    let (one, two) = (Cloud::new().unwrap(), Cloud::new().unwrap());
    assert_ne!(one.token().expose(), two.token().expose());
    let path = "/v1/organizations/acme/groups";
    assert_ne!(get(&one, path).await.text, get(&two, path).await.text);
}

#[test]
fn a_seeded_cloud_stands_at_the_documented_instant_unless_it_is_given_a_clock() {
    let cloud = Cloud::builder().seed(7).build().unwrap();
    assert_eq!(cloud.clock().now().to_string(), "2026-01-01T00:00:00Z");
    let noon = "2026-06-01T12:00:00Z".parse().unwrap();
    let cloud = Cloud::builder().seed(7).clock(Clock::frozen_at(noon)).build().unwrap();
    assert_eq!(cloud.clock().now(), noon);
}

/// The ids of a seed are a promise to everybody who has written them into a test.
#[tokio::test]
async fn the_ids_of_a_seed_do_not_change_from_version_to_version() {
    let cloud = Cloud::builder().seed(7).build().unwrap();
    let created = post(&cloud, "/v1/organizations/acme/databases", r#"{"name":"orders","group":"default"}"#).await;
    assert_eq!(created.json()["database"]["DbId"], "202e88f4-0d99-19c3-af11-09b84d1601ca");
}
