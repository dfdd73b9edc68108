//! Everybody in a seed file, and not only `dev`.

use std::fs;

use serde_json::{Value, json};

use crate::support::Home;

const SEED: &str = r#"
[[organization]]
slug = "acme"

[[organization.member]]
user = "vera"
role = "viewer"

[[organization.database]]
name = "orders"
"#;

fn seeded() -> Home {
    let mut home = Home::new();
    let seed = home.path().join("seed.toml");
    fs::write(&seed, SEED).unwrap();
    home.start(&["--seed-file", seed.to_str().unwrap()]);
    home
}

#[test]
fn the_variables_are_those_of_the_user_who_is_asked_for() {
    let home = seeded();
    let variables = home.json(&["local", "env", "--user", "vera"]);
    assert_eq!(variables["TURSO_ORG"], "acme");
    let as_vera = |arguments: &[&str]| {
        let mut command = home.command(arguments);
        for name in ["TURSO_API_BASEURL", "TURSO_API_TOKEN", "TURSO_ORG"] {
            command.env(name, variables[name].as_str().unwrap());
        }
        command.output().unwrap()
    };
    assert_eq!(String::from_utf8(as_vera(&["db", "list", "-o", "name"]).stdout).unwrap(), "db/orders\n");
    let refused = String::from_utf8(as_vera(&["db", "create", "events", "--group", "default"]).stderr).unwrap();
    assert!(refused.contains("a viewer of organization acme may change nothing"), "{refused}");
    assert_ne!(home.json(&["local", "env"])["TURSO_API_TOKEN"], variables["TURSO_API_TOKEN"]);

    let (code, said) = home.failure(&["local", "env", "--user", "nobody"]);
    assert!(code == 5 && said.contains("a user nobody") && said.contains("dev, vera"), "{code}: {said}");
    assert_eq!(home.failure(&["local", "env", "--user", "vera", "--ready-file", "x"]).0, 2);
}

#[test]
fn the_official_command_line_has_a_folder_for_each_user() {
    let home = seeded();
    let settings = |arguments: &[&str]| {
        let variables = home.json(&[&["local", "env", "--for", "turso"], arguments].concat());
        let file = std::path::Path::new(variables["TURSO_CONFIG_FOLDER"].as_str().unwrap()).join("settings.json");
        move || serde_json::from_str::<Value>(&fs::read_to_string(&file).unwrap()).unwrap()
    };
    let (dev, vera) = (settings(&[]), settings(&["--user", "vera"]));
    assert_eq!((&dev()["username"], &vera()["username"]), (&json!("dev"), &json!("vera")));
    assert_ne!(dev()["token"], vera()["token"]);
}
