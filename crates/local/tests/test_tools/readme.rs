//! What pages say of JSON and TOML, taken at its word.

use std::{collections::BTreeSet, fs, path::Path};

use http::Request;
use serde_json::{Value, json};
use turso_cloud::transport::Body;
use turso_cloud_local::Cloud;

use crate::support::{databases, token, value};

const README: &str = include_str!("../../README.md");

/// The first cells of the table with this head, without their backquotes.
fn table(head: &str) -> Vec<&'static str> {
    let (_, rows) = README.split_once(head).unwrap_or_else(|| panic!("no table {head}"));
    let rows = rows.lines().skip(2).take_while(|line| line.starts_with('|'));
    let cells: Vec<_> = rows.map(|row| row.split('`').nth(1).unwrap()).collect();
    assert!(!cells.is_empty(), "{head}");
    cells
}

/// The block of TOML that has this text.
fn block(text: &str) -> &'static str {
    let mut blocks = README.split("```toml\n").skip(1).map(|block| block.split_once("```").unwrap().0);
    blocks.find(|block| block.contains(text)).unwrap_or_else(|| panic!("no block with {text}"))
}

/// What an error says would have been there instead: the words in backquotes behind "expected".
fn expected(error: &str) -> BTreeSet<String> {
    let (_, expected) = error.split_once("expected").unwrap_or_else(|| panic!("{error}"));
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Status and JSON of the answer to `POST /_local/faults`.
async fn add_fault(cloud: &Cloud, fault: &Value) -> (u16, Value) {
    let request = Request::post("/_local/faults").body(Body::from(fault.to_string())).unwrap();
    let (head, body) = cloud.handle(request).await.into_parts();
    (head.status.as_u16(), serde_json::from_slice(&body.collect(usize::MAX).await.unwrap()).unwrap())
}

#[tokio::test]
async fn every_effect_of_a_fault_is_in_its_table_and_can_be_given_as_it_stands_there() {
    let cloud = Cloud::new().unwrap();
    let mut named = BTreeSet::new();
    for cell in table("| effect | what its client sees |") {
        let effect: Value = serde_json::from_str(cell).unwrap();
        named.extend(effect.as_str().map(str::to_owned));
        named.extend(effect.as_object().into_iter().flat_map(|effect| effect.keys().cloned()));
        let (status, fault) = add_fault(&cloud, &json!({"effect": effect})).await;
        assert_eq!((status, &fault["effect"]), (200, &effect), "{fault}");
    }
    let (_, refused) = add_fault(&cloud, &json!({"effect": {"explode": {}}})).await;
    assert_eq!(named, expected(refused["error"].as_str().unwrap()));
}

#[tokio::test]
async fn every_key_of_a_fault_is_in_its_table_and_can_be_given_as_it_stands_there() {
    let cloud = Cloud::new().unwrap();
    let mut named = BTreeSet::from(["effect".to_owned()]);
    for cell in table("| key | what it says |") {
        let mut fault: Value = serde_json::from_str(&format!("{{{cell}}}")).unwrap();
        named.extend(fault.as_object().unwrap().keys().cloned());
        fault["effect"] = json!("hang");
        if fault.get("seed").is_some() {
            fault["probability"] = json!(0.5);
        }
        let (status, answer) = add_fault(&cloud, &fault).await;
        assert_eq!(status, 200, "{cell}: {answer}");
        let given = fault.as_object().unwrap().iter().all(|(key, value)| answer[key] == *value);
        assert!(given, "{cell}: {answer}");
    }
    let (_, refused) = add_fault(&cloud, &json!({"when": 1})).await;
    assert_eq!(named, expected(refused["error"].as_str().unwrap()));
}

#[tokio::test]
async fn a_wrong_effect_is_refused_with_the_forms_there_are() {
    let cloud = Cloud::new().unwrap();
    for (effect, words) in [
        (json!({"cut_body": 10}), "effect.cut_body: invalid type: integer `10`, expected an object"),
        (json!({"reply": 503}), "effect.reply: invalid type: integer `503`, expected an object"),
        (json!("reply"), r#"string "reply", expected an effect: "hang", "reset""#),
        (json!("explode"), r#"or an object such as {"reply": {"status": 503}}"#),
        (json!(7), r#"integer `7`, expected an effect: "hang""#),
        (json!({"slow_body": {"piece": 16}}), "effect.slow_body: missing field `every_ms`"),
        (json!({"explode": {}}), "`cut_body`"),
        (json!({"hang": {}}), "effect.hang: "),
        (json!({}), "effect: "),
    ] {
        let (status, refused) = add_fault(&cloud, &json!({"effect": effect})).await;
        let error = refused["error"].as_str().unwrap();
        assert!(status == 400 && error.contains(words) && !error.contains("FaultEffect"), "{effect}: {error}");
    }
    let refused = cloud.faults().load("[[fault]]\neffect = { cut_body = 10 }").unwrap_err().to_string();
    assert!(refused.contains("`10`, expected an object") && !refused.contains("FaultEffect"), "{refused}");
}

#[test]
fn the_scenario_has_the_effect_it_shows() {
    let cloud = Cloud::new().unwrap();
    assert_eq!(cloud.faults().load(block("[[fault]]")).unwrap().len(), 2);
}

/// Every table of a seed file with what it needs, as far as it needs anything.
const TABLES: [&str; 7] = [
    "",
    "[[user]]",
    "[[organization]]",
    "[[organization]]\nslug = \"a\"\n[[organization.group]]",
    "[[organization]]\nslug = \"a\"\n[[organization.member]]",
    "[[organization]]\nslug = \"a\"\n[[organization.database]]",
    "[[token]]",
];

#[tokio::test]
async fn the_seed_file_is_one_and_has_every_key_there_is() {
    let seed = block("[[organization]]");
    let words: BTreeSet<_> = seed.split(|c: char| !(c.is_ascii_lowercase() || c == '_')).collect();
    for table in TABLES {
        let refused = Cloud::builder().seed_toml(&format!("{table}\nsurprise = 1")).err().unwrap().to_string();
        for key in expected(&refused) {
            assert!(words.contains(key.as_str()), "{table} {key}");
        }
    }

    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("seed.toml"), seed).unwrap();
    fs::write(folder.path().join("schema.sql"), "CREATE TABLE orders (item);").unwrap();
    let cloud = Cloud::builder().seed_file(folder.path().join("seed.toml")).unwrap().build().unwrap();
    assert_eq!(databases(&cloud).await, ["orders"]);
    let token = token(&cloud, "orders").await;
    assert_eq!(value(&cloud, "orders", &token, "SELECT item FROM orders").await, "tea");
    for user in ["bob", "vera"] {
        assert!(cloud.token_of(user).is_some(), "{user}");
    }
    let bob = turso_cloud::Client::builder(cloud.token_of("bob").unwrap()).base_url("http://localhost");
    let bob = bob.transport(cloud.clone()).build().unwrap();
    let tokens = bob.api_tokens().list().await.unwrap();
    assert!(tokens.iter().any(|token| token.name.as_str() == "ci"), "{tokens:?}");
}

#[test]
fn the_first_page_names_folders_that_are_there_and_the_versions_of_rust_they_need() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = fs::read_to_string(root.join("README.md")).unwrap();
    let (_, dependencies) = page.split_once("```toml\n").unwrap();
    let (dependencies, prose) = dependencies.split_once("```").unwrap();
    let folders: Vec<_> = dependencies.split("path = \"../turso-cloud/").skip(1).collect();
    assert_eq!(folders.len(), 2);
    for folder in folders {
        let folder = folder.split('"').next().unwrap();
        assert!(root.join(folder).join("Cargo.toml").is_file(), "{folder}");
    }
    let workspace = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let (_, client) = workspace.split_once("rust-version = \"").unwrap();
    let client = client.split('"').next().unwrap();
    let prose = prose.split_whitespace().collect::<Vec<_>>().join(" ");
    let versions = format!(
        "The client needs Rust {client}, the local cloud and the command line {}",
        env!("CARGO_PKG_RUST_VERSION")
    );
    assert!(prose.contains(&versions), "{versions}");
}
