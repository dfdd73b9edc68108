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

#[tokio::test]
async fn the_personal_organization_of_a_declared_user_can_be_filled() {
    let organization = |slug: &str, more: &str| format!("[[organization]]\nslug = \"{slug}\"\n{more}");
    let member = "[[organization.member]]\nuser = \"bob\"\nrole = \"viewer\"\n";
    let moved = "[[organization.group]]\nname = \"default\"\nlocation = \"aws-eu-west-1\"\n";
    let filled = organization("bob", &format!("{moved}[[organization.database]]\nname = \"mine\"\n"));
    for (text, chosen) in [
        (format!("{filled}[[user]]\nname = \"bob\"\n"), "acme"),
        (format!("{filled}{}", organization("umbrella", member)), "umbrella"),
    ] {
        let kept = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            let cloud = Cloud::builder().directory(kept.path()).seed_toml(&text).unwrap().build().unwrap();
            // What the token that is handed out opens.
            assert_eq!(cloud.organization().as_str(), chosen);
            let bob = turso_cloud::Client::builder(cloud.token_of("bob").unwrap()).base_url("http://localhost");
            let bob = bob.transport(cloud.clone()).organization("bob").build().unwrap();
            assert_eq!(bob.databases().list().await.unwrap()[0].name.as_str(), "mine");
            assert_eq!(bob.groups().get("default").await.unwrap().primary.as_str(), "aws-eu-west-1");
            assert_eq!(bob.organizations().get("bob").await.unwrap().name, "personal");
        }
    }
}

/// There it is a team that is asked for.
#[test]
fn nobody_of_the_builder_is_called_as_an_organization_is() {
    let error = Cloud::builder().with_organization("bob").with_user("bob").build().unwrap_err();
    assert_eq!(error.to_string(), r#"username "bob" is not valid: an organization has this slug"#);
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

/// What is wrong and where: whoever has a long file looks for a line.
#[test]
fn a_refusal_names_key_value_rule_and_line() {
    let acme = "[[organization]]\nslug = \"acme\"\n";
    let database = |more: &str| format!("{acme}[[organization.database]]\nname = \"a\"\n{more}");
    let member = |user: &str, role: &str| format!("[[organization.member]]\nuser = \"{user}\"\nrole = \"{role}\"\n");
    let group = |location: &str| format!("[[organization.group]]\nname = \"eu\"\nlocation = \"{location}\"\n");
    let token = "[[token]]\nname = \"ci\"\n";
    let id = "id = \"AAAAAAAAAAAAAAAAAAAAAA\"\n";
    let long = "a".repeat(60);
    for (text, words) in [
        (format!("{acme}plan = \"golden\""), r#"plan "golden" is not valid: it is not in the list of plans (line 3"#),
        ("\n[[user]]\nname = \"B B\"".to_owned(), "found ' ' at character 2 (line 3 of the seed file)"),
        ("[[user]]\nname = \"acme\"".to_owned(), "an organization has this slug (line 2 of the seed file)"),
        ("[[organization]]\nslug = \"a b\"".to_owned(), "(line 2 of the seed file)"),
        (format!("{acme}[[organization.group]]\nname = \"e u\"\nlocation = \"local\""), "at character 2 (line 4"),
        (
            format!("{acme}{}", group("moon")),
            r#"location "moon" is not valid: it is not in the list of locations (line 5"#,
        ),
        (database("group = \"none\""), r#"group "none" is not valid: there is none of this name (line 5"#),
        (format!("{acme}[[organization.database]]\nname = \"a_b\""), "found '_' at character 2 (line 4"),
        (
            format!("{acme}{}", member("vera", "boss")),
            r#"role "boss" is not valid: must be admin, member or viewer (line 5"#,
        ),
        (format!("{token}{token}user = \"bob\""), r#"user "bob" is not valid: there is none of this name (line 5"#),
        (
            format!("{token}organization = \"none\""),
            r#"organization "none" is not valid: there is none of this name (line 3"#,
        ),
        (format!("{token}id = \"AA\""), "(line 3 of the seed file)"),
        // A path of several keys, each of which is right.
        (
            format!("{token}{id}[[token]]\nname = \"b\"\n{id}"),
            r#"token.id "AAAAAAAAAAAAAAAAAAAAAA" is not valid: another token has it (line 6"#,
        ),
        // Said twice, in other words or in the same.
        (format!("{acme}{acme}"), "is in the seed file twice (lines 2 and 4)"),
        (
            "[[user]]\nname = \"b\"\n[[user]]\nname = \"b\"".to_owned(),
            r#"user "b" is not valid: is in the seed file twice (lines 2 and 4)"#,
        ),
        (
            format!("{acme}{}{}", group("local"), group("aws-eu-west-1")),
            r#"group "eu" is not valid: is in the seed file twice (lines 4 and 7)"#,
        ),
        (
            format!("{acme}{}{}", member("v", "viewer"), member("v", "admin")),
            r#"member "v" is not valid: is in the seed file twice (lines 4 and 7)"#,
        ),
        (
            database("[[organization.database]]\nname = \"a\""),
            r#"database "a" is not valid: is in the seed file twice (lines 4 and 6)"#,
        ),
        (format!("{token}{token}"), r#"token "ci" is not valid: is in the seed file twice (lines 2 and 4)"#),
        // What cannot be.
        (format!("{acme}{}", member("dev", "viewer")), r#"member "dev" is not valid: owns the organization (line 4"#),
        (
            format!("[[organization]]\nslug = \"dev\"\n{}", member("vera", "viewer")),
            r#"member "vera" is not valid: organization dev is a personal organization and can't have members (line 4"#,
        ),
        (
            format!("[[user]]\nname = \"bob\"\n{acme}{token}user = \"bob\"\norganization = \"acme\""),
            r#"organization "acme" is not valid: bob is not a member of it (line 8"#,
        ),
        (
            "[[token]]\nname = \"local\"".to_owned(),
            r#"token name "local" is not valid: the token that the cloud hands out has it (line 2"#,
        ),
        (
            database("sql_file = \"\""),
            r#"sql_file "" is not valid: only a seed file on the disk can name other files (line 5"#,
        ),
        ("[user]\nname = \"b\"".to_owned(), "invalid type: map, expected a list, as [[two brackets]] make one"),
        (
            format!("{acme}[[organization.database]]\nname = \"{long}\""),
            "aaa\" is not valid: with the organization, aaa",
        ),
    ] {
        let refused = refused(&text);
        assert!(refused.contains(words), "{text}\n{refused}\n{words}");
        assert!(refused.matches("is not valid").count() < 2, "{refused}");
    }
}

#[test]
fn a_statement_that_does_not_run_is_named_by_its_line_in_the_text_it_is_in() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("good.sql"), "CREATE TABLE t (x);\n\n").unwrap();
    fs::write(folder.path().join("bad.sql"), "CREATE TABLE t (x);\nSELEC 1;\n").unwrap();
    let file = folder.path().join("seed.toml");
    for (name, words) in [("good.sql", "line 2 of `sql` failed"), ("bad.sql", "line 2 of bad.sql failed")] {
        let text = "[[organization]]\nslug = \"acme\"\n[[organization.database]]\nname = \"a\"";
        fs::write(&file, format!("{text}\nsql_file = {name:?}\nsql = \"SELECT 1;\\nSELEC 2;\"")).unwrap();
        let error = Cloud::builder().seed_file(&file).unwrap().build().unwrap_err();
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains(words), "{source}");
    }
    fs::write(
        &file,
        "[[organization]]\nslug = \"acme\"\n[[organization.database]]\nname = \"a\"\nsql_file = \"no.sql\"",
    )
    .unwrap();
    let error = Cloud::builder().seed_file(&file).unwrap_err().to_string();
    assert!(error.contains("could not read the `sql_file`") && error.contains("no.sql"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_file_that_is_named_and_is_none_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let (file, pipe) = (folder.path().join("seed.toml"), folder.path().join("pipe.sql"));
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let text = "[[organization]]\nslug = \"acme\"\n[[organization.database]]\nname = \"a\"\nsql_file = \"pipe.sql\"";
    fs::write(&file, text).unwrap();
    let error = Cloud::builder().seed_file(&file).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("no file, but a folder, device or pipe"), "{error}: {source}");
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
