//! The pages of a list of databases.

use serde_json::Value;
use turso_cloud_local::Cloud;

use crate::support::{create_database, delete, get};

const DATABASES: &str = "/v1/organizations/acme/databases";

async fn page(cloud: &Cloud, query: &str) -> (Vec<String>, Value) {
    let answer = get(cloud, &format!("{DATABASES}?{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let body = answer.json();
    let names = body["databases"].as_array().unwrap().iter();
    (names.map(|database| database["Name"].as_str().unwrap().to_owned()).collect(), body["pagination"]["next"].clone())
}

async fn cloud_with(names: &[&str]) -> Cloud {
    let cloud = Cloud::new().unwrap();
    for name in names {
        create_database(&cloud, name).await;
    }
    cloud
}

#[tokio::test]
async fn pages_follow_each_other_by_their_cursors_until_there_is_none() {
    let cloud = cloud_with(&["a", "b", "c", "d", "e"]).await;
    let (names, next) = page(&cloud, "limit=2").await;
    assert_eq!(names, ["a", "b"]);
    let (names, next) = page(&cloud, &format!("limit=2&cursor={}", next.as_str().unwrap())).await;
    assert_eq!(names, ["c", "d"]);
    let (names, next) = page(&cloud, &format!("limit=2&cursor={}", next.as_str().unwrap())).await;
    assert_eq!((names, next), (vec!["e".to_owned()], Value::Null));
}

#[tokio::test]
async fn a_page_that_ends_with_the_list_is_the_last_one() {
    let cloud = cloud_with(&["a", "b"]).await;
    for limit in ["2", "3", "18446744073709551615"] {
        assert_eq!(page(&cloud, &format!("limit={limit}&cursor=")).await.1, Value::Null);
    }
    for path in [DATABASES, "/v1/organizations/acme/databases?limit=2"] {
        assert_eq!(get(&cloud, path).await.json().get("pagination"), None, "{path}");
    }
}

#[tokio::test]
async fn what_is_made_and_deleted_between_two_pages_repeats_and_hides_nothing() {
    let cloud = cloud_with(&["a", "b", "c"]).await;
    let (_, next) = page(&cloud, "limit=2").await;
    for name in ["a", "b"] {
        delete(&cloud, &format!("{DATABASES}/{name}")).await;
    }
    create_database(&cloud, "d").await;
    let (names, next) = page(&cloud, &format!("limit=2&cursor={}", next.as_str().unwrap())).await;
    assert_eq!((names, next), (vec!["c".to_owned(), "d".to_owned()], Value::Null));
}

#[tokio::test]
async fn a_page_of_nothing_and_a_made_up_cursor_are_refused() {
    let cloud = cloud_with(&["a"]).await;
    for (query, sentence) in [
        ("limit=1&cursor=!", "cursor \"!\" is not valid: is not one of this listing"),
        ("limit=1&cursor=eA", "cursor \"eA\" is not valid: is not one of this listing"),
    ] {
        let refused = get(&cloud, &format!("{DATABASES}?{query}")).await;
        assert_eq!(refused.refusal(), (400, sentence.to_owned()), "{query}");
    }
    for limit in ["many", "-1", "0"] {
        let refused = get(&cloud, &format!("{DATABASES}?limit={limit}")).await;
        let rule = "must be a whole number from 1 to 18446744073709551615";
        assert_eq!(refused.refusal(), (400, format!("limit \"{limit}\" is not valid: {rule}")));
    }
    assert_eq!(get(&cloud, "/v1/organizations/none/databases?limit=1").await.status, 404);
}
