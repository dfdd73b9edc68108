//! The two files of the configuration.

use std::{fs, process::Stdio};

use crate::support::{Ended, Served, bare};

#[test]
fn a_login_is_kept_for_its_owner_only() {
    let served = Served::new();
    let token = served.write("token", &served.token());
    let login = ["auth", "login", "--profile", "work", "--token-file", &token, "--org", "acme"];
    served.done(&login);
    served.done(&["profile", "use", "work"]);

    // Without any variable but the one that says where the configuration is.
    let run = |arguments: &[&str]| {
        Ended::of(bare(arguments).env("TURSOCTL_CONFIG_DIR", served.config_folder()).output().unwrap())
    };
    let status = run(&["auth", "status", "-o", "json"]).json();
    assert_eq!(status["profile"], "work");
    assert_eq!(status["organization"], "acme");
    assert_eq!(status["token_from"], "profile work");
    let list = ["db", "list", "--api-url", &served.url()];
    assert_eq!(run(&list).code, Some(0));

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |name: &str| fs::metadata(served.config_folder().join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("credentials.toml"), mode("config.toml"), mode("")), (0o600, 0o600, 0o700));

        let credentials = served.config_folder().join("credentials.toml");
        fs::set_permissions(&credentials, fs::Permissions::from_mode(0o644)).unwrap();
        let refused = run(&list);
        assert_eq!(refused.code, Some(2));
        assert!(refused.stderr.contains("can be read by others") && refused.stderr.contains("hint: chmod 600"));
        fs::set_permissions(&credentials, fs::Permissions::from_mode(0o600)).unwrap();
    }

    assert_eq!(run(&["auth", "logout"]).code, Some(0));
    assert_eq!(run(&list).code, Some(4));
}

#[test]
fn what_to_run_next_is_for_the_profile_that_was_named() {
    let served = Served::new();
    let token = served.write("token", &served.token());
    let run = |arguments: &[&str]| {
        let mut command = served.command(&[arguments, &["--profile", "work"]].concat());
        Ended::of(command.env_remove("TURSO_API_TOKEN").env_remove("TURSO_ORG").output().unwrap())
    };
    let choose = "tursoctl profile set organization=SLUG --profile work";
    let login = run(&["auth", "login", "--token-file", &token, "--api-url", &served.url()]);
    assert!(login.stderr.ends_with(&format!("choose an organization: {choose}\n")), "{}", login.stderr);
    let listed = run(&["db", "list"]);
    assert!(listed.stderr.ends_with(&format!("hint: {choose}, or give --org SLUG\n")), "{}", listed.stderr);
    assert_eq!(run(&["auth", "logout"]).code, Some(0));
    let status = run(&["auth", "status"]);
    assert!(status.stderr.contains("hint: tursoctl auth login --profile work, or set "), "{}", status.stderr);
}

/// Of several organizations none is chosen: the token is all there is to keep.
#[test]
fn a_login_makes_a_profile_that_can_be_used_listed_and_deleted() {
    let served = Served::new();
    let token = served.write("token", &served.token());
    let run = |arguments: &[&str]| {
        let mut command = served.command(arguments);
        Ended::of(command.env_remove("TURSO_API_TOKEN").env_remove("TURSO_ORG").output().unwrap())
    };
    let login = run(&["auth", "login", "--profile", "work", "--token-file", &token]);
    assert!(login.code == Some(0) && login.stderr.contains("choose an organization"), "{}", login.stderr);
    assert_eq!(run(&["auth", "status", "--profile", "work", "-o", "json"]).json()["token_from"], "profile work");
    assert_eq!(run(&["profile", "list", "-o", "name"]).stdout, "profile/work\n");
    assert_eq!(run(&["profile", "delete", "work", "--yes"]).code, Some(0));
    let kept = fs::read_to_string(served.config_folder().join("credentials.toml")).unwrap();
    assert!(!kept.contains(&served.token()), "{kept}");
}

#[test]
fn a_token_the_service_refuses_is_not_kept() {
    let served = Served::new();
    let token = served.write("token", "eyJh.eyJqdGkiOiJ4In0.c2ln");
    assert_eq!(served.run(&["auth", "login", "--token-file", &token]).code, Some(4));
    assert!(!served.config_folder().join("credentials.toml").exists());
}

#[test]
fn a_login_reads_the_token_from_the_standard_input_once() {
    let served = Served::new();
    let file = served.write("token", &format!("{}\nand more\n", served.token()));
    let stdin = fs::File::open(file).unwrap();
    let output = served.command(&["auth", "login", "--token-stdin"]).stdin(stdin).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let kept = fs::read_to_string(served.config_folder().join("credentials.toml")).unwrap();
    assert!(kept.contains(&served.token()));
}

#[test]
fn a_profile_named_by_a_flag_comes_before_the_environment() {
    let served = Served::new();
    served.done(&["profile", "set", "--profile", "work", "organization=team"]);
    served.done(&["profile", "use", "work"]);
    let explained = |arguments: &[&str]| served.run(arguments).json();
    let by_default = explained(&["profile", "explain", "organization", "-o", "json"]);
    assert_eq!(
        (by_default["value"].as_str(), by_default["from"].as_str()),
        (Some("acme"), Some("environment variable TURSO_ORG"))
    );
    let named = explained(&["profile", "explain", "organization", "--profile", "work", "-o", "json"]);
    assert_eq!((named["value"].as_str(), named["from"].as_str()), (Some("team"), Some("profile work")));
    let given = explained(&["profile", "explain", "organization", "--profile", "work", "--org", "other", "-o", "json"]);
    assert_eq!((given["value"].as_str(), given["from"].as_str()), (Some("other"), Some("flag")));
}

#[test]
fn many_writers_at_once_lose_nothing() {
    let served = Served::new();
    let names: Vec<String> = (0..24).map(|number| format!("profile-{number}")).collect();
    let children: Vec<_> = names
        .iter()
        .map(|name| {
            served
                .command(&["profile", "set", "--profile", name, "organization=acme"])
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for child in children {
        let ended = Ended::of(child.wait_with_output().unwrap());
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }
    let mut listed: Vec<String> = served.done(&["profile", "list", "-o", "name"]).lines().map(str::to_owned).collect();
    listed.sort();
    let mut expected: Vec<String> = names.iter().map(|name| format!("profile/{name}")).collect();
    expected.sort();
    assert_eq!(listed, expected);
    let left: Vec<_> = fs::read_dir(served.config_folder()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "no draft is left behind: {left:?}");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let served = Served::new();
    let file = served.write("file", "");
    let folder = format!("{file}/config");
    let output = bare(&["profile", "set", "output=json"]).env("TURSOCTL_CONFIG_DIR", &folder).output().unwrap();
    let ended = Ended::of(output);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains(&folder) && ended.stderr.contains("TURSOCTL_CONFIG_DIR"), "{}", ended.stderr);
}

#[test]
fn the_official_settings_are_taken_over_and_left_as_they_are() {
    let served = Served::new();
    let official =
        format!(r#"{{"token":"{}","organization":"","username":"dev","baseurl":"{}"}}"#, served.token(), served.url());
    served.write("settings.json", &official);
    let import = |arguments: &[&str]| {
        let mut command = bare(arguments);
        command.env("TURSOCTL_CONFIG_DIR", served.config_folder()).env("TURSO_CONFIG_FOLDER", served.folder.path());
        Ended::of(command.output().unwrap())
    };
    assert_eq!(import(&["auth", "import", "--from", "turso"]).code, Some(8), "nobody was asked");
    assert!(!served.config_folder().join("credentials.toml").exists());
    assert_eq!(import(&["auth", "import", "--from", "turso", "--yes"]).code, Some(0));
    let status = import(&["auth", "status", "--check", "-o", "json"]).json();
    assert_eq!((status["organization"].as_str(), status["username"].as_str()), (Some("dev"), Some("dev")));
    assert_eq!(fs::read_to_string(served.folder.path().join("settings.json")).unwrap(), official);

    let odd = official.replace(&served.url(), "ftp://example.com");
    served.write("settings.json", &odd);
    assert_eq!(
        import(&["auth", "import", "--from", "turso", "--yes"]).code,
        Some(2),
        "nothing that breaks a rule is kept"
    );
    assert_eq!(import(&["auth", "status"]).code, Some(0));

    served.write("settings.json", r#"{"token":"#);
    let broken = import(&["auth", "import", "--from", "turso", "--yes"]);
    assert_eq!(broken.code, Some(2), "{}", broken.stderr);
}

#[test]
fn the_default_profile_need_not_be_made() {
    let served = Served::new();
    served.done(&["db", "list", "--profile", "default"]);
    served.done(&["profile", "set", "--profile", "work", "organization=acme"]);
    served.done(&["profile", "use", "work"]);
    served.done(&["profile", "use", "default"]);
    assert_eq!(served.run(&["auth", "status", "-o", "json"]).json()["profile"], "default");
}

#[test]
fn a_token_that_is_none_is_in_the_way_of_its_own_profile_only() {
    let served = Served::new();
    for profile in ["good", "empty", "bad"] {
        served.done(&["profile", "set", "--profile", profile, "organization=acme"]);
    }
    let file = served.config_folder().join("credentials.toml");
    let content =
        format!("[tokens]\nbad = \"planted secret\"\nempty = \"\"\ngood = \"{}\"\nnumber = 7\n", served.token());
    fs::write(&file, content).unwrap();
    #[cfg(unix)]
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = served.command(arguments);
        Ended::of(command.env_remove("TURSO_API_TOKEN").output().unwrap())
    };
    assert_eq!(run(&["db", "list", "--profile", "good"]).code, Some(0));
    for (profile, rule) in [("bad", "only visible ASCII characters are allowed"), ("empty", "it is empty")] {
        let refused = run(&["db", "list", "--profile", profile, "-o", "json"]);
        let message = format!("profile {profile} in {}: API token is not valid: {rule}", file.display());
        assert_eq!((refused.code, &refused.error()["message"]), (Some(2), &message.into()));
        assert!(!refused.stderr.contains("planted"), "{}", refused.stderr);
        assert_eq!(run(&["auth", "logout", "--profile", profile]).code, Some(0));
        assert_eq!(run(&["db", "list", "--profile", profile]).code, Some(4));
    }
    assert_eq!(run(&["profile", "delete", "bad", "--yes"]).code, Some(0));
    assert_eq!(run(&["db", "list", "--profile", "good"]).code, Some(0));
    // What nobody asked for stays.
    assert!(fs::read_to_string(&file).unwrap().contains("number = 7"));
}

#[test]
fn a_setting_that_is_none_is_in_the_way_of_its_own_profile_only() {
    let served = Served::new();
    let file = served.config_folder().join("config.toml");
    fs::create_dir_all(served.config_folder()).unwrap();
    let content = "\
        profile = \"duration\"\n[profiles]\nnone = \"planted\"\n\
        [profiles.good]\norganization = \"acme\"\n\
        [profiles.type]\nretries = 3\n\
        [profiles.table]\ncacert = { planted = true }\n\
        [profiles.format]\noutput = \"xml\"\n\
        [profiles.url]\napi_url = \"example.com\"\n\
        [profiles.duration]\ntimeout = \"soon\"\norganization = \"acme\"\n\
        [profiles.unknown]\ntoken = \"planted\"\n";
    fs::write(&file, content).unwrap();
    served.done(&["db", "list", "--profile", "good"]);
    let path = file.display();
    let refused = [
        ("type", format!("retries 3 (profile type in {path}) is not valid: must be text, in quotes")),
        ("table", format!("cacert table (profile table in {path}) is not valid: must be text, in quotes")),
        (
            "format",
            format!(
                "output \"xml\" (profile format in {path}) is not valid: must be one of table, wide, json, jsonl, \
                 yaml, csv, name"
            ),
        ),
        (
            "url",
            format!(
                "api_url \"example.com\" (profile url in {path}) is not valid: must start with https:// or http://"
            ),
        ),
        (
            "duration",
            format!(
                "timeout \"soon\" (profile duration in {path}) is not valid: must be a time such as 30s or 1m30s, more than \
                 nothing"
            ),
        ),
        (
            "unknown",
            format!(
                "profile unknown in {path}: there is no setting \"token\": it is one of organization, api_url, region_url, \
                 output, timeout, retries, cacert"
            ),
        ),
        ("none", format!("profile none in {path} is not valid: must be a table of settings, and its type is string")),
    ];
    for (profile, message) in &refused {
        let ended = served.run(&["db", "list", "--profile", profile, "-o", "json"]);
        assert_eq!((ended.code, &ended.error()["message"]), (Some(2), &message.as_str().into()));
        assert!(!ended.stderr.contains("planted"), "{}", ended.stderr);
    }
    assert_eq!(served.run(&["db", "list"]).code, Some(2), "the profile in use is one of them");

    // They are seen and mended by the commands for profiles, while one of them is in use.
    let listed: Vec<serde_json::Value> = served
        .done(&["profile", "list", "-o", "jsonl"])
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(listed.len(), 1 + refused.len());
    for (profile, message) in &refused {
        let seen = listed.iter().find(|seen| seen["name"] == *profile).unwrap();
        assert_eq!(seen["problem"], message.as_str());
        assert!(!seen.to_string().contains("planted"), "{seen}");
    }
    served.done(&["profile", "set", "timeout=30s"]);
    served.done(&["profile", "set", "--profile", "unknown", "token=", "organization=acme"]);
    served.done(&["profile", "delete", "none", "--yes"]);
    for mended in ["duration", "unknown", "good"] {
        served.done(&["db", "list", "--profile", mended]);
    }
    // What nobody asked for stays.
    let written = fs::read_to_string(&file).unwrap();
    assert!(written.contains("retries = 3") && !written.contains("soon"), "{written}");
}
