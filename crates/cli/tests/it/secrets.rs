//! Tokens and keys are printed by the commands whose purpose it is, and by no other.

use std::fs;

use crate::{
    sql,
    support::{Ended, Served},
};

const KEY: &str = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0ISE=";

fn assert_silent(ended: &Ended, secret: &str) {
    assert!(!ended.stdout.contains(secret), "{}", ended.stdout);
    assert!(!ended.stderr.contains(secret), "{}", ended.stderr);
}

#[test]
fn the_api_token_is_in_no_trace_and_no_error() {
    let served = Served::new();
    let token = served.token();
    for arguments in [
        &["group", "list", "--trace-http"][..],
        &["group", "get", "nothing", "-v", "--trace-http"],
        &["group", "create", "eu", "--location", "aws-eu-west-1", "--dry-run", "--trace-http"],
        &["auth", "status", "--check", "--trace-http"],
        &["doctor"],
        &["auth", "login", "--headless", "--api-url", &format!("http://user:{token}@127.0.0.1")],
        &["group", "list", "--api-url", &format!("http://user:{token}@127.0.0.1")],
    ] {
        assert_silent(&served.run(arguments), &token);
    }
    let traced = served.run(&["group", "list", "--trace-http"]);
    assert!(traced.stderr.contains("authorization: [redacted]"), "{}", traced.stderr);
    assert_eq!(served.done(&["auth", "token"]).trim(), token);
}

/// Nobody knows the names of what a path that is not known here is given.
#[test]
fn what_is_called_a_secret_is_in_no_trace_no_dry_run_and_no_log() {
    let served = Served::new();
    let path = "/v1/organizations/acme/x?token=planted-secret&jwt=planted-secret&page_size=7&Access-Key=planted-secret";
    let fields = [
        r#"db_password="planted-secret""#,
        "apiToken=planted-secret",
        r#"clientSecret=["planted-secret"]"#,
        r#"private_key={"pem":"planted-secret"}"#,
        "next_page_token=shown",
        "token_type=shown",
        "keyboard=shown",
    ];
    let post: Vec<_> =
        ["api", "POST", path, "--trace-http"].into_iter().chain(fields.iter().flat_map(|f| ["-f", f])).collect();
    let dry = served.run(&[&post[..], &["--dry-run", "-o", "json"]].concat());
    let traced = served.run(&post);
    for ended in [&dry, &traced] {
        assert_silent(ended, "planted-secret");
    }
    assert_eq!(dry.json()[0]["body"]["next_page_token"], "shown", "{}", dry.stdout);
    let shown = ["page_size=7", "token=[redacted]", "\"token_type\":\"shown\"", "\"keyboard\":\"shown\""];
    assert!(shown.iter().all(|shown| traced.stderr.contains(shown)), "{}", traced.stderr);
    let log = format!("{:?}", served.cloud.requests().all());
    assert!(!log.contains("planted-secret") && log.contains("page_size=7") && log.contains("shown"), "{log}");
}

#[test]
fn an_encryption_key_is_in_no_trace_and_no_dry_run() {
    let served = Served::new();
    let key = served.write("key", KEY);
    let create = |more: &[&'static str]| {
        let arguments = ["db", "create", "vault", "--encryption-cipher", "aes256gcm", "--encryption-key-file", &key];
        served.run(&arguments.into_iter().chain(more.iter().copied()).collect::<Vec<_>>())
    };
    let dry = create(&["--dry-run", "-o", "json", "--trace-http"]);
    assert_eq!(dry.code, Some(0), "{}", dry.stderr);
    assert_silent(&dry, KEY);
    assert_eq!(dry.json()[0]["body"]["remote_encryption"]["encryption_key"], "[redacted]");
    assert_silent(&create(&["--trace-http"]), KEY);
}

#[test]
fn what_signs_the_url_of_a_dump_is_in_no_trace_no_dry_run_and_no_error() {
    let served = Served::new();
    let shown = "https://dumps.test.invalid/shop.sql";
    let signed = "https://user:planted-secret@dumps.test.invalid/shop.sql?X-Amz-Signature=planted-secret";
    let create = ["db", "create", "shop", "--from-dump-url", signed, "--trace-http", "-v"];
    let dry = served.run(&[&create[..], &["--dry-run", "-o", "json"]].concat());
    assert_silent(&dry, "planted-secret");
    assert_eq!(dry.json()[0]["body"]["seed"]["url"], shown);
    let refused = served.run(&create);
    assert!(refused.code == Some(6) && refused.stderr.contains(shown), "{refused:?}");
    assert_silent(&refused, "planted-secret");
    let seed = format!(r#"seed={{"type":"dump","url":"{signed}"}}"#);
    let post =
        ["api", "POST", "/v1/organizations/acme/databases", "-f", "name=shop", "-f", "group=default", "-f", &seed];
    for arguments in [
        &["db", "create", "shop", "--from-dump-url", "dumps.test.invalid/shop.sql?signature=planted-secret", "-v"][..],
        &[&post[..], &["--trace-http", "-v"]].concat(),
        &[&post[..], &["--dry-run"]].concat(),
    ] {
        assert_silent(&served.run(arguments), "planted-secret");
    }
    assert!(!format!("{:?}", served.cloud.requests().all()).contains("planted-secret"));
}

#[test]
fn an_encrypted_database_is_used_by_every_command_with_its_key_and_none_tells_it() {
    let served = Served::new();
    let key = served.write("key", &format!("{KEY}\n"));
    let key = ["--encryption-key-file", &*key, "--trace-http"];
    served.done(&["db", "create", "vault", "--encryption-cipher", "aes256gcm", "--encryption-key-file", key[1]]);
    served.done(&["db", "create", "plain"]);
    let (rows, dump) = (served.write("t.csv", "a\n1\n"), served.write("d.sql", "CREATE TABLE d (a);"));
    let out = |name: &str| crate::support::text(&served.folder.path().join(name));
    let (file, folder) = (out("vault.db"), out("all"));
    for arguments in [
        &["sql", "vault", "plain", "SELECT 1"][..],
        &["import", "csv", &rows, "--to", "vault"],
        &["import", "dump", &dump, "--to", "vault"],
        &["shell", "vault", "-c", "SELECT * FROM t"],
        &["export", "vault", "--out", &file, "--verify"],
        &["import", "sqlite", &file, "--to", "vault", "--mode", "append"],
        &["export", "--all", "--out", &folder, "--format", "csv", "--verify"],
        &["db", "branch", "vault", "copy"],
        &["sql", "copy", "SELECT * FROM t", "--read-only"],
        &["sql", "vault", "SELECT 1", "--dry-run", "-o", "json"],
        &["db", "branch", "plain", "other"],
    ] {
        let ended = served.run(&[arguments, &key].concat());
        assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.stderr);
        assert_silent(&ended, KEY);
    }
    let without = served.run(&["sql", "copy", "SELECT 1"]);
    assert!(without.code == Some(1) && without.stderr.contains("hint: --encryption-key-file"), "{}", without.stderr);
    for variable in ["TURSOCTL_ENCRYPTION_KEY", "TURSO_DB_REMOTE_ENCRYPTION_KEY"] {
        let by = |key: &str| {
            Ended::of(served.command(&["sql", "copy", "SELECT 1", "-v"]).env(variable, key).output().unwrap())
        };
        assert_eq!(by(KEY).code, Some(0), "{}", by(KEY).stderr);
        let refused = by("planted-secret");
        assert!(refused.code == Some(2) && refused.stderr.contains(variable), "{}", refused.stderr);
        assert_silent(&refused, "planted-secret");
    }
    assert!(!format!("{:?}", served.cloud.requests().all()).contains(KEY));
}

#[test]
fn a_database_that_an_import_creates_is_encrypted_if_it_is_to_be() {
    let served = Served::new();
    let key = served.write("key", KEY);
    let (rows, dump) = (served.write("t.csv", "a\n1\n"), served.write("d.sql", "CREATE TABLE d (a);"));
    let file = crate::support::text(&served.folder.path().join("t.db"));
    let content = "PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)";
    rusqlite::Connection::open(&file).unwrap().execute_batch(content).unwrap();
    let import = |kind: &str, file: &str, more: &[&str]| {
        let arguments = ["import", kind, file, "--to", &format!("{kind}-vault"), "--create", "--trace-http"];
        let ended = served.run(&[&arguments[..], more].concat());
        assert_silent(&ended, KEY);
        ended
    };
    let encrypted = ["--encryption-cipher", "aes256gcm", "--encryption-key-file", &*key];
    for (kind, file) in [("csv", &rows), ("dump", &dump)] {
        let dry = import(kind, file, &[&encrypted[..], &["--dry-run", "-o", "json"]].concat());
        assert_eq!(dry.json()[0]["body"]["remote_encryption"]["encryption_cipher"], "aes256gcm");
        let ended = import(kind, file, &encrypted);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let database = format!("{kind}-vault");
        let shown: serde_json::Value = serde_json::from_str(&served.done(&["db", "get", &database, "--json"])).unwrap();
        assert_eq!(shown["encryption_cipher"], "aes256gcm");
    }
    // The engine of this program cannot reserve what the cipher needs: what is seen is that the cipher came along.
    let sqlite = import("sqlite", &file, &encrypted);
    assert!(sqlite.code == Some(2) && sqlite.stderr.contains("28 for aes256gcm is needed"), "{}", sqlite.stderr);
    for (more, said) in
        [(&encrypted[2..], "needs --encryption-cipher"), (&encrypted[..2], "--encryption-cipher needs a key")]
    {
        let refused = import("csv", &rows, more);
        assert!(refused.code == Some(2) && refused.stderr.contains(said), "{}", refused.stderr);
    }
}

#[test]
fn a_broken_file_of_tokens_is_refused_without_showing_it() {
    let served = Served::new();
    let folder = served.config_folder();
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("credentials.toml");
    for (content, line) in [
        ("[tokens]\ndefault = \"planted-secret\nother = 1\n", 2),
        ("[tokens]\nplanted-secret\n", 2),
        ("planted-secret = \"x\"\n", 1),
    ] {
        fs::write(&file, content).unwrap();
        #[cfg(unix)]
        fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let output = served.command(&["group", "list"]).env_remove("TURSO_API_TOKEN").output().unwrap();
        let ended = Ended::of(output);
        assert_eq!(ended.code, Some(2));
        assert!(ended.stderr.contains(&format!("credentials.toml line {line}")), "{}", ended.stderr);
        assert_silent(&ended, "planted-secret");
    }
}

#[test]
fn a_token_file_that_is_none_is_refused_without_showing_it() {
    let served = Served::new();
    let file = served.write("token", "planted secret\nwith lines");
    let ended = served.run(&["group", "list", "--token-file", &file]);
    assert_eq!(ended.code, Some(2));
    assert_silent(&ended, "planted");
}

#[test]
fn a_file_that_holds_no_encryption_key_is_named_without_showing_it() {
    let served = sql::served(&["vault"]);
    let file = served.write("key", "planted secret");
    let key = ["--encryption-key-file", &*file];
    let create = ["db", "create", "other", "--encryption-cipher", "aes256gcm"];
    for command in [&create[..], &["sql", "vault", "SELECT 1"]] {
        let ended = served.run(&[command, &key].concat());
        assert_eq!(ended.code, Some(2));
        assert!(ended.stderr.starts_with(&format!("error: {file}: encryption key is not valid: ")), "{}", ended.stderr);
        assert_silent(&ended, "planted");
    }
}

#[test]
fn a_token_in_the_url_of_a_database_is_refused_without_showing_it() {
    let served = Served::new();
    let file = served.write("t.csv", "a\n1\n");
    for url in [
        "libsql://shop.turso.io?authToken=planted-secret",
        "http://127.0.0.1:1/db/shop/?authToken=planted-secret",
        "https://user:planted-secret@127.0.0.1:1",
        "http://planted-secret@127.0.0.1:1",
        "wss://127.0.0.1:1/#planted-secret",
    ] {
        for arguments in [
            &["sql", url, "SELECT 1"][..],
            &["sql", "shop", url, "SELECT 1", "--trace-http", "-o", "json"],
            &["sql", url, "SELECT 1", "--dry-run"],
            &["shell", url, "--command", "SELECT 1"],
            &["export", url, "--out", "x", "--trace-http"],
            &["export", "shop", url, "--out", "x"],
            &["export", url, "--out", "x", "--dry-run"],
            &["import", "csv", &file, "--to", url],
            &["import", "csv", &file, "--to", url, "--dry-run"],
        ] {
            let ended = served.run(arguments);
            assert_silent(&ended, "planted-secret");
            assert_eq!(ended.code, Some(2), "{arguments:?}: {}", ended.stderr);
            assert!(ended.stderr.contains("TURSOCTL_DATABASE_TOKEN"), "{}", ended.stderr);
        }
    }
    assert!(served.cloud.requests().all().is_empty());
}

#[test]
fn nothing_goes_to_turso_cloud_in_clear() {
    let served = Served::new();
    let file = served.write("t.csv", "a\n1\n");
    let rule = "must start with https://: nothing goes to Turso Cloud in clear";
    for url in ["http://shop-acme.turso.io", "WS://shop-acme.aws-eu-west-1.TURSO.io:80/", "http://shop.turso.io.:8080"]
    {
        for arguments in [
            &["sql", url, "SELECT 1"][..],
            &["sql", "shop", url, "SELECT 1"],
            &["sql", url, "SELECT 1", "--dry-run"],
            &["shell", url, "--command", "SELECT 1"],
            &["export", url, "--out", "x"],
            &["export", "shop", url, "--out", "x", "--format", "dump"],
            &["import", "csv", &file, "--to", url],
            &["import", "dump", "-", "--to", url, "--dry-run"],
        ] {
            // What it would be sent by all the same leads nowhere.
            let ended = Ended::of(served.command(arguments).env("http_proxy", "http://127.0.0.1:1").output().unwrap());
            assert_eq!(ended.code, Some(2), "{arguments:?}: {}", ended.stderr);
            assert!(ended.stderr.contains(rule), "{arguments:?}: {}", ended.stderr);
        }
    }
    for arguments in [
        &["auth", "login", "--no-browser", "--api-url", "http://api.turso.tech", "--dry-run"][..],
        &["group", "list", "--api-url", "http://api.turso.tech"],
        &["profile", "set", "region_url=http://region.turso.io"],
        &["profile", "set", "api_url=http://:planted-secret@api.turso.tech"],
    ] {
        let ended = served.run(arguments);
        assert_silent(&ended, "planted-secret");
        assert!(ended.code == Some(2) && ended.stderr.contains(rule), "{arguments:?}: {}", ended.stderr);
    }
    assert!(served.cloud.requests().all().is_empty());
}
