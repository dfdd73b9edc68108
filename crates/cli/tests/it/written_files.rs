//! Where files go that are written for somebody: links and pipes stay what they are.

use std::{
    fs,
    os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink},
    path::Path,
    thread,
};

use crate::{
    between::between,
    sql::served,
    support::{Ended, Served, make_pipe, text},
};

const EXPORT: [&str; 6] = ["export", "shop", "--format", "dump", "--out", "-"];

fn shop() -> Served {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE t (a); INSERT INTO t VALUES ('here')"]);
    served
}

fn export<'a>(to: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&EXPORT[..5], &[to], more].concat()
}

fn is_link_to(link: &Path, to: &Path) -> bool {
    fs::read_link(link).is_ok_and(|found| found == to)
}

#[test]
fn settings_are_written_behind_the_link_they_are_read_by() {
    let served = Served::new();
    let (config, dotfile) = (served.config_folder().join("config.toml"), served.folder.path().join("dotfile.toml"));
    fs::create_dir_all(served.config_folder()).unwrap();
    fs::write(&dotfile, "[profiles.default]\ntimeout = \"7s\"\n").unwrap();
    symlink(&dotfile, &config).unwrap();
    served.done(&["profile", "set", "retries=2"]);
    assert!(is_link_to(&config, &dotfile));
    let written = fs::read_to_string(&dotfile).unwrap();
    assert!(written.contains("7s") && written.contains("retries"), "{written}");
    fs::remove_file(&config).unwrap();
    symlink("/dev/null", &config).unwrap();
    let refused = served.run(&["profile", "set", "retries=2"]);
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(is_link_to(&config, Path::new("/dev/null")));
}

#[test]
fn an_export_goes_behind_links_and_replaces_nothing_unasked() {
    let served = shop();
    let file = |name: &str| served.folder.path().join(name);
    let (first, second, end) = (file("first"), file("second"), file("end.sql"));
    symlink(Path::new("second"), &first).unwrap();
    symlink(&end, &second).unwrap();
    let out = text(&first);
    served.done(&export(&out, &[]));
    assert!(fs::read_to_string(&end).unwrap().contains("here"));
    fs::write(&end, "kept").unwrap();
    assert_eq!(served.run(&export(&out, &[])).code, Some(6));
    assert_eq!(fs::read_to_string(&end).unwrap(), "kept");
    served.done(&export(&out, &["--overwrite"]));
    assert!(fs::read_to_string(&end).unwrap().contains("here"));
    assert!(is_link_to(&first, Path::new("second")) && is_link_to(&second, &end));
}

#[test]
fn a_file_that_appears_meanwhile_is_replaced_only_if_it_may_be() {
    let served = shop();
    let token = served.access("shop").1;
    let file = served.folder.path().join("appeared");
    let appears = {
        let file = file.clone();
        move |path: &str| {
            if path.ends_with("/dump") || path.contains("/v3/cursor") || path.ends_with("/audit-logs") {
                fs::write(&file, "mine").unwrap();
            }
            None
        }
    };
    let url = between(&served, appears);
    let cloud = url.split("/db/").next().unwrap().to_owned();
    let out = text(&file);
    let audit = ["audit", "export", "--out", &out, "--api-url", &cloud];
    let whole = ["export", &url, "--out", &out, "--format", "dump"];
    let table = ["export", &url, "--out", &out, "--format", "csv", "--table", "t"];
    for arguments in [&whole[..], &table, &audit] {
        let run = |more: &[&str]| {
            let _ = fs::remove_file(&file);
            let mut command = served.command(&[arguments, more].concat());
            Ended::of(command.env("TURSO_AUTH_TOKEN", &token).output().unwrap())
        };
        let refused = run(&[]);
        let said = format!("{out} exists");
        assert!(refused.code == Some(6) && refused.stderr.contains(&said), "{arguments:?} {}", refused.stderr);
        assert!(refused.stderr.contains("hint: --overwrite replaces it"), "{}", refused.stderr);
        assert_eq!(fs::read_to_string(&file).unwrap(), "mine", "{arguments:?}");
        assert_eq!(run(&["--overwrite"]).code, Some(0), "{arguments:?}");
        assert_ne!(fs::read_to_string(&file).unwrap(), "mine", "{arguments:?}");
    }
    let left = fs::read_dir(served.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(left.filter(|name| name.to_string_lossy().starts_with("appeared.")).count() == 0);
}

#[test]
fn an_export_goes_into_a_pipe_and_a_full_device_says_that_it_is() {
    let served = shop();
    let pipe = served.folder.path().join("pipe");
    make_pipe(&pipe);
    let reader = thread::spawn({
        let pipe = pipe.clone();
        move || fs::read_to_string(pipe).unwrap()
    });
    served.done(&export(&text(&pipe), &["--verify"]));
    assert!(reader.join().unwrap().contains("here"));
    assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
    let full = served.folder.path().join("full");
    symlink("/dev/full", &full).unwrap();
    let refused = served.run(&export(&text(&full), &["--overwrite"]));
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(is_link_to(&full, Path::new("/dev/full")));
}

#[test]
fn every_file_that_is_asked_for_is_written_in_one_way() {
    let served = shop();
    let audit = |to: &str, more: &[&str]| served.run(&[&["audit", "export", "--out", to], more].concat());
    let new = served.folder.path().join("deep/down/log.jsonl");
    let ended = audit(&text(&new), &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let written = fs::read_to_string(&new).unwrap();
    assert!(written.lines().count() > 1, "{written}");
    assert_eq!(fs::metadata(&new).unwrap().permissions().mode() & 0o777, 0o600);
    let piped = audit("-", &[]);
    assert_eq!((piped.code, &piped.stdout), (Some(0), &written), "{}", piped.stderr);
    let there = served.write("there.jsonl", "kept");
    for dry in [&[][..], &["--dry-run"]] {
        let refused = audit(&there, dry);
        assert!(refused.code == Some(6) && refused.stderr.contains("--overwrite"), "{}", refused.stderr);
    }
    assert_eq!(fs::read_to_string(&there).unwrap(), "kept");
    assert_eq!(audit(&there, &["--overwrite"]).code, Some(0));
    assert_eq!(fs::read_to_string(&there).unwrap(), written);
    let folder = audit(&text(served.folder.path()), &["--overwrite"]);
    assert!(folder.code == Some(2) && folder.stderr.contains("is a folder"), "{}", folder.stderr);
    let closed = audit(&format!("{there}/log.jsonl"), &[]);
    assert!(closed.code == Some(1) && closed.stderr.contains("cannot write"), "{}", closed.stderr);
}
