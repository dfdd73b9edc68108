//! Databases.

use serde_json::{Value, json};
use turso_cloud_local::Cloud;

use crate::support::{audit_log, create_database, delete, get, post};

const DATABASES: &str = "/v1/organizations/acme/databases";

fn names(list: &Value) -> Vec<&str> {
    list["databases"].as_array().unwrap().iter().map(|database| database["Name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_created_database_is_told_of_by_three_fields_only() {
    let cloud = Cloud::new().unwrap();
    let mut body = create_database(&cloud, "orders").await.json();
    let id = body["database"]["DbId"].take();
    assert_eq!(id.as_str().unwrap().split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    let expected = json!({"database": {"DbId": null, "Hostname": "orders-acme.localhost", "Name": "orders"}});
    assert_eq!(body, expected);
    assert_eq!(audit_log(&cloud).await, [("db-create".to_owned(), json!({"database": "orders", "group": "default"}))]);
}

#[tokio::test]
async fn a_database_is_got_and_listed_in_the_documented_shape() {
    let cloud = Cloud::new().unwrap();
    let id = create_database(&cloud, "orders").await.json()["database"]["DbId"].clone();
    let database = json!({
        "Name": "orders", "DbId": id, "Hostname": "orders-acme.localhost", "block_reads": false,
        "block_writes": false, "regions": ["local"], "primaryRegion": "local", "group": "default",
        "delete_protection": false, "parent": null,
    });
    let got = get(&cloud, &format!("{DATABASES}/orders")).await;
    assert_eq!((got.status, got.json()), (200, json!({"database": database})));
    let listed = get(&cloud, DATABASES).await;
    assert_eq!((listed.status, listed.json()), (200, json!({"databases": [database]})));
}

#[tokio::test]
async fn an_organization_without_databases_has_an_empty_list() {
    let cloud = Cloud::new().unwrap();
    assert_eq!(get(&cloud, DATABASES).await.json(), json!({"databases": []}));
}

#[tokio::test]
async fn databases_are_listed_in_the_order_they_were_made() {
    let cloud = Cloud::new().unwrap();
    for name in ["m", "b", "z", "a"] {
        create_database(&cloud, name).await;
    }
    for query in ["", "?limit=9"] {
        assert_eq!(names(&get(&cloud, &format!("{DATABASES}{query}")).await.json()), ["m", "b", "z", "a"], "{query}");
    }
}

#[tokio::test]
async fn schema_databases_are_refused_and_never_found() {
    let cloud = Cloud::new().unwrap();
    for schema in [r#""is_schema":true"#, r#""Schema":"orders""#] {
        let refused = post(&cloud, DATABASES, &format!(r#"{{"name":"orders","group":"default",{schema}}}"#)).await;
        let sentence = "the local cloud has no schema databases: is_schema and schema cannot be used";
        assert_eq!(refused.refusal(), (400, sentence.to_owned()), "{schema}");
    }
    // What official clients send when nobody asked for one.
    let body = r#"{"name":"orders","group":"default","is_schema":false,"schema":"","image":"latest","location":"lhr"}"#;
    assert_eq!(post(&cloud, DATABASES, body).await.status, 200);
    for query in ["schema=orders", "type=schema"] {
        assert_eq!(get(&cloud, &format!("{DATABASES}?{query}")).await.json(), json!({"databases": []}), "{query}");
    }
}

#[tokio::test]
async fn the_list_can_be_held_to_a_group_or_a_parent() {
    let cloud = Cloud::builder().with_group("eu", "aws-eu-west-1").build().unwrap();
    create_database(&cloud, "a").await;
    post(&cloud, DATABASES, r#"{"name":"b","group":"eu"}"#).await;
    assert_eq!(names(&get(&cloud, DATABASES).await.json()), ["a", "b"]);
    let in_eu = get(&cloud, &format!("{DATABASES}?group=eu")).await.json();
    assert_eq!(names(&in_eu), ["b"]);
    assert_eq!(in_eu["databases"][0]["primaryRegion"], "aws-eu-west-1");
    for query in ["group=none", "parent=0eb771dd-6906-11ee-8553-eaa7715aeaf2", "group=eu&parent=0eb771dd"] {
        assert_eq!(get(&cloud, &format!("{DATABASES}?{query}")).await.json(), json!({"databases": []}), "{query}");
    }
}

#[tokio::test]
async fn a_filter_without_a_value_is_none_and_one_that_breaks_its_rule_is_refused() {
    let cloud = Cloud::new().unwrap();
    create_database(&cloud, "a").await;
    for query in ["group=", "parent=", "schema=", "type=", "cursor=", "group=&parent=&schema=&type=&cursor="] {
        let listed = get(&cloud, &format!("{DATABASES}?{query}")).await;
        assert_eq!(listed.status, 200, "{query}: {}", listed.text);
        assert_eq!(names(&listed.json()), ["a"], "{query}");
    }
    for (query, sentence) in [
        ("parent=x", "database id \"x\" is not valid: only 0-9, a-f, A-F and - are allowed, found 'x' at character 1"),
        (
            "group=a/b",
            "group name \"a/b\" is not valid: only a-z, A-Z, 0-9, -, _ and . are allowed, found '/' at character 2",
        ),
    ] {
        let refused = get(&cloud, &format!("{DATABASES}?{query}")).await;
        assert_eq!(refused.refusal(), (400, sentence.to_owned()), "{query}");
    }
}

#[tokio::test]
async fn a_database_is_refused_without_its_group() {
    let cloud = Cloud::new().unwrap();
    let refused = post(&cloud, DATABASES, r#"{"name":"orders","group":"none"}"#).await;
    assert_eq!(refused.refusal(), (400, "group not found".to_owned()));
}

#[tokio::test]
async fn a_second_database_of_the_same_name_is_refused() {
    let cloud = Cloud::new().unwrap();
    create_database(&cloud, "orders").await;
    let refused = post(&cloud, DATABASES, r#"{"name":"orders","group":"default"}"#).await;
    assert_eq!(refused.refusal(), (400, "database with same name already exists".to_owned()));
    assert_eq!(audit_log(&cloud).await.len(), 1);
}

#[tokio::test]
async fn the_same_name_may_be_used_by_another_organization() {
    let cloud = Cloud::new().unwrap();
    create_database(&cloud, "orders").await;
    let body = r#"{"name":"orders","group":"default"}"#;
    let created = post(&cloud, "/v1/organizations/dev/databases", body).await;
    assert_eq!(created.json()["database"]["Hostname"], "orders-dev.localhost");
}

#[tokio::test]
async fn two_names_that_make_the_same_host_name_cannot_both_be_used() {
    let cloud = Cloud::builder().with_organization("c").with_organization("b-c").build().unwrap();
    let first = post(&cloud, "/v1/organizations/c/databases", r#"{"name":"a-b","group":"default"}"#).await;
    assert_eq!(first.status, 200);
    let second = post(&cloud, "/v1/organizations/b-c/databases", r#"{"name":"a","group":"default"}"#).await;
    let body = json!({"code": "create_database_generic_error", "error": "Namespace a-b-c already exists"});
    assert_eq!((second.status, second.json()), (400, body));
}

#[tokio::test]
async fn a_name_that_makes_too_long_a_host_name_is_refused() {
    let cloud = Cloud::new().unwrap();
    for (length, status) in [(58, 200), (59, 400)] {
        let body = format!(r#"{{"name":"{}","group":"default"}}"#, "a".repeat(length));
        let answer = post(&cloud, DATABASES, &body).await;
        assert_eq!(answer.status, status, "{}", answer.text);
        assert!(status == 200 || answer.error().contains("must fit into 63 characters"), "{}", answer.text);
    }
}

#[tokio::test]
async fn an_unknown_database_is_not_found_by_the_documented_sentence() {
    let cloud = Cloud::new().unwrap();
    let sentence = "could not find database with name none: record not found".to_owned();
    assert_eq!(get(&cloud, &format!("{DATABASES}/none")).await.refusal(), (404, sentence.clone()));
    assert_eq!(delete(&cloud, &format!("{DATABASES}/none")).await.refusal(), (404, sentence));
}

#[tokio::test]
async fn deleting_a_database_answers_with_its_name() {
    let cloud = Cloud::new().unwrap();
    create_database(&cloud, "orders").await;
    let deleted = delete(&cloud, &format!("{DATABASES}/orders")).await;
    assert_eq!((deleted.status, deleted.text.as_str()), (200, r#"{"database":"orders"}"#));
    assert_eq!(get(&cloud, &format!("{DATABASES}/orders")).await.status, 404);
    let entry = ("db-delete".to_owned(), json!({"database": "orders", "group": "default"}));
    assert_eq!(audit_log(&cloud).await[0], entry);
    let again = create_database(&cloud, "orders").await;
    assert_eq!(again.status, 200);
}

#[tokio::test]
async fn a_database_that_would_not_be_what_was_asked_for_is_refused() {
    let cloud = Cloud::new().unwrap();
    for (option, part) in [(r#""seed":{"type":"dump","url":"https://example.com/dump.sql"}"#, "seed")] {
        let refused = post(&cloud, DATABASES, &format!(r#"{{"name":"copy","group":"default",{option}}}"#)).await;
        assert_eq!(refused.status, 400, "{option}");
        assert!(refused.error().contains(part), "{option}: {}", refused.error());
    }
    assert_eq!(get(&cloud, DATABASES).await.json(), json!({"databases": []}));
}

#[tokio::test]
async fn a_size_limit_is_a_number_or_a_number_with_a_unit() {
    let cloud = Cloud::new().unwrap();
    for (index, (limit, status)) in [
        (r#""10000""#, 200),
        ("10000", 200),
        (r#""256mb""#, 200),
        (r#""1gb""#, 200),
        ("18446744073709551615", 200),
        ("null", 200),
        (r#""0""#, 400),
        (r#""1xb""#, 400),
        (r#""-1""#, 400),
        (r#""99999999999999999999""#, 400),
    ]
    .into_iter()
    .enumerate()
    {
        let body = format!(r#"{{"name":"db-{index}","group":"default","size_limit":{limit}}}"#);
        let answer = post(&cloud, DATABASES, &body).await;
        assert_eq!(answer.status, status, "{limit}: {}", answer.text);
        assert!(status == 200 || answer.error().contains("size"), "{limit}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_database_needs_a_name_that_follows_the_rules() {
    let cloud = Cloud::new().unwrap();
    for (name, part) in [
        ("", "must not be empty"),
        ("..", "must not be a relative path"),
        ("a/b", "only a-z, 0-9 and - are allowed, found '/'"),
        ("%2e%2e", "found '%'"),
        ("Orders", "found 'O'"),
        ("a_b", "found '_'"),
        ("a b", "found ' '"),
        ("a\\u0007", "control character"),
        ("grün", "found 'ü'"),
        (&"a".repeat(65), "at most 64 characters"),
        (&"a".repeat(300), "255 bytes"),
    ] {
        let refused = post(&cloud, DATABASES, &format!(r#"{{"name":"{name}","group":"default"}}"#)).await;
        assert_eq!(refused.status, 400, "{name}");
        let sentence = refused.error();
        assert!(sentence.starts_with("database name ") && sentence.contains(part), "{name}: {sentence}");
    }
    assert_eq!(audit_log(&cloud).await, []);
}
