//! Files that say what is in a cloud from the beginning.

use std::fs;

use turso_cloud_local::{Cloud, CloudBuilder, CloudError};

use crate::support::{client, databases, token};

const SEED: &str = r#"
[[user]]
name = "bob"

[[organization]]
slug = "umbrella"
plan = "scaler"

[[organization.group]]
name = "eu"
location = "aws-eu-west-1"

[[organization.member]]
user = "vera"
role = "viewer"

[[organization.database]]
name = "orders"
group = "eu"
size_limit = "10mb"
sql_file = "schema/orders.sql"
sql = "INSERT INTO orders (name) VALUES ('first');"

[[organization.database]]
name = "empty"

[[token]]
name = "ci"
user = "bob"
id = "AAAAAAAAAAAAAAAAAAAAAA"

[[token]]
name = "team"
organization = "umbrella"
"#;

#[tokio::test]
async fn everything_a_seed_file_declares_is_there() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("schema")).unwrap();
    fs::write(folder.path().join("schema/orders.sql"), "CREATE TABLE orders (id INTEGER PRIMARY KEY, name);").unwrap();
    let file = folder.path().join("seed.toml");
    fs::write(&file, SEED).unwrap();
    let kept = folder.path().join("cloud");
    for round in 0..2 {
        let cloud = Cloud::builder().directory(&kept).seed_file(&file).unwrap().build().unwrap();
        assert_eq!(cloud.organization().as_str(), "umbrella");
        assert_eq!(databases(&cloud).await, ["orders", "empty"]);
        let groups = client(&cloud).groups().list().await.unwrap();
        assert_eq!(groups.iter().map(|group| group.name.as_str()).collect::<Vec<_>>(), ["eu", "default"]);
        assert_eq!(client(&cloud).databases().get("orders").await.unwrap().group.as_str(), "eu");
        let token = token_of(&cloud).await;
        let names = sql(&cloud, &token, "SELECT group_concat(name) FROM orders").await;
        // What is there when the cloud is opened again stays as it is.
        assert_eq!(names, if round == 0 { "first" } else { "first,second" });
        sql(&cloud, &token, "INSERT INTO orders (name) VALUES ('second')").await;
        assert!(cloud.token_of("vera").is_some() && cloud.token_of("bob").is_some());
        let tokens = client(&cloud).api_tokens().list().await.unwrap();
        assert!(tokens.iter().any(|token| token.name.as_str() == "team"), "{tokens:?}");
        let bob = turso_cloud::Client::builder(cloud.token_of("bob").unwrap()).base_url("http://localhost");
        let bob = bob.transport(cloud.clone()).organization("bob").build().unwrap();
        let ids: Vec<_> =
            bob.api_tokens().list().await.unwrap().into_iter().map(|token| token.id.to_string()).collect();
        assert!(ids.contains(&"AAAAAAAAAAAAAAAAAAAAAA".to_owned()), "{ids:?}");
    }
}

async fn token_of(cloud: &Cloud) -> String {
    token(cloud, "orders").await
}

async fn sql(cloud: &Cloud, token: &str, sql: &str) -> String {
    use turso_cloud::transport::Body;

    let body = serde_json::json!({"requests": [{"type": "execute", "stmt": {"sql": sql}}, {"type": "close"}]});
    let request =
        http::Request::post("/db/orders-umbrella/v2/pipeline").header("authorization", format!("Bearer {token}"));
    let answer = cloud.handle(request.body(Body::from(body.to_string())).unwrap()).await;
    let answer: serde_json::Value =
        serde_json::from_slice(&answer.into_body().collect(usize::MAX).await.unwrap()).unwrap();
    assert_eq!(answer["results"][0]["type"], "ok", "{answer}");
    answer["results"][0]["response"]["result"]["rows"][0][0]["value"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_personal_organization_can_be_filled_and_the_team_is_still_there() {
    let cloud = Cloud::builder()
        .seed_toml("[[organization]]\nslug = \"dev\"\n[[organization.database]]\nname = \"mine\"")
        .unwrap()
        .build()
        .unwrap();
    assert_eq!(cloud.organization().as_str(), "acme");
    let dev = cloud.client().organization("dev").build().unwrap();
    assert_eq!(dev.databases().list().await.unwrap()[0].name.as_str(), "mine");
    assert!(databases(&cloud).await.is_empty());
}

fn refused(text: &str) -> String {
    let built = Cloud::builder().seed_toml(text).and_then(CloudBuilder::build);
    let error = built.unwrap_err();
    match std::error::Error::source(&error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_seed_file_is_told() {
    let organization = "[[organization]]\nslug = \"acme\"\n";
    for (text, words) in [
        ("[[organisation]]\nslug = \"acme\"".to_owned(), "organisation"),
        ("[[organization]]\nplan = \"scaler\"".to_owned(), "slug"),
        ("[[organization]]\nslug = \"no spaces\"".to_owned(), "no spaces"),
        (format!("{organization}plan = \"golden\""), "golden"),
        (format!("{organization}[[organization.group]]\nname = \"eu\"\nlocation = \"moon\""), "moon"),
        (format!("{organization}[[organization.database]]\nname = \"UPPER\""), "UPPER"),
        (format!("{organization}[[organization.database]]\nname = \"a\"\ngroup = \"none\""), "none"),
        (format!("{organization}[[organization.database]]\nname = \"a\"\nsql = \"SELEC 1;\""), "line 1"),
        (format!("{organization}[[organization.database]]\nname = \"a\"\nsql_file = \"a.sql\""), "on the disk"),
        (format!("{organization}[[organization.member]]\nuser = \"vera\"\nrole = \"owner\""), "owner"),
        ("[[token]]\nname = \"ci\"\nid = \"short\"".to_owned(), "short"),
        ("[[token]]\nname = \"ci\"\norganization = \"none\"".to_owned(), "none"),
        (format!("{organization}{organization}"), "organization \"acme\" is not valid: is in the seed file twice"),
        (
            format!("{organization}[[organization.database]]\nname = \"a\"\nsize_limit = -1"),
            "integer `-1`, expected a whole number of bytes",
        ),
    ] {
        let refused = refused(&text);
        assert!(refused.contains(words), "{text}\n{refused}");
    }
}

#[test]
fn no_file_outside_the_folder_of_the_seed_file_is_read() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("secret.sql"), "CREATE TABLE t (x);").unwrap();
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).unwrap();
    #[cfg(unix)]
    for (original, link) in [("../secret.sql", "link.sql"), ("..", "above")] {
        std::os::unix::fs::symlink(original, inner.join(link)).unwrap();
    }
    let absolute = folder.path().join("secret.sql");
    let links = if cfg!(unix) { &["link.sql", "above/secret.sql"][..] } else { &[] };
    let outside = ["../secret.sql", "a/../../secret.sql", absolute.to_str().unwrap()];
    for path in outside.iter().chain(links) {
        let text =
            format!("[[organization]]\nslug = \"acme\"\n[[organization.database]]\nname = \"a\"\nsql_file = {path:?}");
        fs::write(inner.join("seed.toml"), text).unwrap();
        let refused = Cloud::builder().seed_file(inner.join("seed.toml")).unwrap_err();
        assert!(matches!(refused, CloudError::Input(_)), "{path}: {refused:?}");
    }
}
