//! What programs were told before a reset, and what it is good for afterwards.

use http::{Method, Request, header};
use turso_cloud::{NewDatabase, NewToken, transport::Body};
use turso_cloud_local::{Cloud, CloudBuilder};

use crate::support::{client, create, pipeline, token, value};

const SEED: &str = r#"
[[organization]]
slug = "acme"

[[organization.group]]
name = "eu"
location = "aws-eu-west-1"

[[organization.database]]
name = "first"
group = "eu"
sql = "CREATE TABLE t (x); INSERT INTO t VALUES (5);"

[[token]]
name = "ci"
"#;

/// Clouds whose ids nobody knows before, and one whose ids follow from a seed.
fn builders(directory: &std::path::Path) -> [CloudBuilder; 3] {
    let seeded = |builder: CloudBuilder| builder.seed_toml(SEED).unwrap();
    [seeded(Cloud::builder()), seeded(Cloud::builder().directory(directory)), seeded(Cloud::builder().seed(7))]
}

async fn group_token(cloud: &Cloud) -> String {
    client(cloud).groups().create_token("eu", NewToken::full_access()).await.unwrap().expose().to_owned()
}

async fn status(cloud: &Cloud, token: &str) -> u16 {
    let request = Request::builder().method(Method::GET).uri("/v1/user");
    let request = request.header(header::AUTHORIZATION, format!("Bearer {token}")).body(Body::empty()).unwrap();
    cloud.handle(request).await.status().as_u16()
}

#[tokio::test]
async fn tokens_of_what_a_seed_file_names_outlive_a_reset_whatever_became_of_it() {
    let directory = tempfile::tempdir().unwrap();
    for builder in builders(directory.path()) {
        let cloud = builder.build().unwrap();
        let id = client(&cloud).databases().get("first").await.unwrap().id;
        let of_platform: Vec<_> = cloud.api_tokens().unwrap().into_iter().map(|token| token.token).collect();
        let told = [token(&cloud, "first").await, group_token(&cloud).await];
        for round in 0..3 {
            // As tests leave it behind: without the database, with another one of its name, with another key.
            value(&cloud, "first", &told[0], "DELETE FROM t").await;
            client(&cloud).databases().delete("first").await.unwrap();
            if round == 1 {
                client(&cloud).databases().create(NewDatabase::new("first", "eu")).await.unwrap();
                client(&cloud).groups().rotate_tokens("eu").await.unwrap();
            }
            if round == 2 {
                client(&cloud).groups().delete("eu").await.unwrap();
            }
            cloud.reset().await.unwrap();
            for token in &told {
                assert_eq!(value(&cloud, "first", token, "SELECT x FROM t").await, "5", "round {round}");
            }
            for token in &of_platform {
                assert_eq!(status(&cloud, token.expose()).await, 200, "round {round}");
            }
            assert_eq!(client(&cloud).databases().get("first").await.unwrap().id, id);
        }
    }
}

#[tokio::test]
async fn tokens_of_what_was_made_later_do_not_outlive_a_reset() {
    let directory = tempfile::tempdir().unwrap();
    for builder in builders(directory.path()).into_iter().take(2) {
        let cloud = builder.build().unwrap();
        create(&cloud, "orders").await;
        let old = token(&cloud, "orders").await;
        cloud.reset().await.unwrap();
        create(&cloud, "orders").await;
        let body = serde_json::json!({"requests": [{"type": "execute", "stmt": {"sql": "SELECT 1"}}]});
        assert_eq!(pipeline(&cloud, "orders", &old, &body).await.0, 401);
    }
}

#[tokio::test]
async fn two_clouds_that_were_told_the_same_open_nothing_of_each_other() {
    let [one, _, _] = builders(tempfile::tempdir().unwrap().path());
    let [two, _, _] = builders(tempfile::tempdir().unwrap().path());
    let (one, two) = (one.build().unwrap(), two.build().unwrap());
    let body = serde_json::json!({"requests": [{"type": "execute", "stmt": {"sql": "SELECT 1"}}]});
    for token in [token(&one, "first").await, group_token(&one).await] {
        assert_eq!(pipeline(&one, "first", &token, &body).await.0, 200);
        assert_eq!(pipeline(&two, "first", &token, &body).await.0, 401);
    }
    assert_eq!(status(&two, one.token().expose()).await, 401);
}

#[tokio::test]
async fn a_kept_cloud_gives_what_it_has_lost_another_id() {
    let directory = tempfile::tempdir().unwrap();
    let open = || Cloud::builder().directory(directory.path()).seed_toml(SEED).unwrap().build().unwrap();
    let cloud = open();
    let (id, old) = (client(&cloud).databases().get("first").await.unwrap().id, token(&cloud, "first").await);
    client(&cloud).databases().delete("first").await.unwrap();
    drop(cloud);
    // The one that was deleted can still be brought back.
    let cloud = open();
    assert_ne!(client(&cloud).databases().get("first").await.unwrap().id, id);
    cloud.reset().await.unwrap();
    assert_eq!(value(&cloud, "first", &old, "SELECT x FROM t").await, "5");
}
