//! A cloud that is kept in a directory.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use http::Method;
use serde_json::json;
use turso_cloud_local::{Clock, Cloud, CloudBuilder, CloudError, Quirk, local_api::UsageToAdd};

use crate::support::{audit_log, call_as, contents, create_database, delete, get, mint_api_token, post, query, value};

#[tokio::test]
async fn a_cloud_is_the_same_when_its_directory_is_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let open = || Cloud::builder().directory(directory.path()).build().unwrap();
    let cloud = open();
    let (api_token, groups) = (cloud.token(), get(&cloud, "/v1/organizations/acme/groups").await.text);
    create_database(&cloud, "orders").await;
    let minted = post(&cloud, "/v1/organizations/acme/databases/orders/auth/tokens", "").await.json();
    let token = minted["jwt"].as_str().unwrap();
    assert_eq!(query(&cloud, "orders-acme", token, "CREATE TABLE t (a)").await.status, 200);
    drop(cloud);

    let cloud = open();
    assert_eq!(cloud.token(), api_token);
    assert_eq!(get(&cloud, "/v1/organizations/acme/groups").await.text, groups);
    assert_eq!(get(&cloud, "/v1/organizations/acme/databases/orders").await.status, 200);
    assert_eq!(audit_log(&cloud).await.len(), 2);
    let answer = query(&cloud, "orders-acme", token, "SELECT count(*) FROM t").await;
    assert_eq!(answer.json()["results"][0]["type"], "ok", "{}", answer.text);
}

/// The state of a cloud in this directory, as its file has it.
fn state(directory: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(directory.join("control.db")).unwrap()
}

#[tokio::test]
async fn a_directory_of_an_older_version_is_taken_over_with_all_that_is_in_it() {
    let (directory, clock) = (tempfile::tempdir().unwrap(), Clock::frozen_at("2026-02-28T23:59:59Z".parse().unwrap()));
    let open = || Cloud::builder().directory(directory.path()).clock(clock.clone()).build().unwrap();
    let cloud = open();
    create_database(&cloud, "orders").await;
    let listed = get(&cloud, "/v1/organizations/acme/databases").await.text;
    cloud.add_usage(&UsageToAdd::new("acme", "orders").rows_read(300).rows_written(20)).unwrap();
    let used = get(&cloud, "/v1/organizations/acme/usage").await.text;
    drop(cloud);
    // The first version knew no sessions, the second looked for databases by name alone, and up to the fourth only databases
    // had used anything.
    let older = "DROP TABLE sessions; DROP INDEX databases_by_organization; DROP TABLE organization_usage;
         DROP TRIGGER remember_removed_databases; DROP TABLE removed_databases;
         PRAGMA user_version = 1";
    state(directory.path()).execute_batch(older).unwrap();

    let cloud = open();
    assert_eq!(get(&cloud, "/v1/organizations/acme/databases").await.text, listed);
    assert_eq!(get(&cloud, "/v1/organizations/acme/usage").await.text, used);
    let ended = post(&cloud, "/v1/auth/invalidate", "").await;
    assert_eq!(ended.status, 200, "{}", ended.text);
    drop(cloud);
    let version = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
    assert_eq!(state(directory.path()).query_row("PRAGMA user_version", [], version).unwrap(), 6);
}

#[test]
fn a_directory_of_a_newer_version_is_refused_by_both_versions() {
    let directory = tempfile::tempdir().unwrap();
    drop(Cloud::builder().directory(directory.path()).build().unwrap());
    state(directory.path()).execute_batch("PRAGMA user_version = 99").unwrap();
    let refused = Cloud::builder().directory(directory.path()).build().unwrap_err();
    let reason = std::error::Error::source(&refused).unwrap().to_string();
    assert_eq!(reason, "it has format 99, which a newer version has written; this one knows formats up to 6");
    state(directory.path()).execute_batch("PRAGMA user_version = 6").unwrap();
    drop(Cloud::builder().directory(directory.path()).build().expect("nothing of it was changed"));
}

#[cfg(unix)]
#[tokio::test]
async fn a_directory_that_others_may_enter_shows_them_no_key_and_no_row() {
    use std::os::unix::fs::PermissionsExt as _;

    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let cloud = Cloud::builder().directory(directory.path()).build().unwrap();
    create_database(&cloud, "orders").await;
    value(&cloud, "orders", "CREATE TABLE t (x)").await;
    cloud.ca_certificate().unwrap();
    for secret in ["control.db", "control.db-wal", "ca-key.pem", "databases"] {
        let mode = fs::metadata(directory.path().join(secret)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{secret}: {mode:o}");
    }
}

#[tokio::test]
async fn what_was_deleted_stays_deleted() {
    let directory = tempfile::tempdir().unwrap();
    let open = || Cloud::builder().directory(directory.path()).build().unwrap();
    let cloud = open();
    delete(&cloud, "/v1/organizations/acme/groups/default").await;
    drop(cloud);
    assert_eq!(get(&open(), "/v1/organizations/acme/groups").await.json(), json!({"groups": []}));
}

#[tokio::test]
async fn a_token_of_a_deleted_group_is_good_for_nothing_though_nobody_revoked_it() {
    let directory = tempfile::tempdir().unwrap();
    let cloud = Cloud::builder().directory(directory.path()).build().unwrap();
    let token = mint_api_token(&cloud, "eu", r#"{"organization":"acme","group":"default","scopes":["read"]}"#).await;
    let group = "/v1/organizations/acme/groups/default";
    assert_eq!(call_as(&cloud, &token, Method::GET, group, "").await.status, 200);
    let marked = state(directory.path()).execute("UPDATE groups SET deleted_at = 1e17 WHERE name = 'default'", []);
    assert_eq!(marked.unwrap(), 2);
    let refused = call_as(&cloud, &token, Method::GET, group, "").await;
    assert_eq!(refused.refusal(), (401, "invalid api token".to_owned()));
}

#[tokio::test]
async fn what_is_named_to_the_builder_is_added_to_what_is_there() {
    let directory = tempfile::tempdir().unwrap();
    drop(Cloud::builder().directory(directory.path()).build().unwrap());
    let cloud = Cloud::builder()
        .directory(directory.path())
        .with_group("eu", "aws-eu-west-1")
        .with_organization("umbrella")
        .build()
        .unwrap();
    assert_eq!(cloud.organization().as_str(), "acme");
    assert_eq!(get(&cloud, "/v1/organizations/acme/groups/eu").await.status, 200);
    assert_eq!(get(&cloud, "/v1/organizations/umbrella").await.status, 200);
    drop(cloud);
    let cloud = Cloud::builder().directory(directory.path()).with_organization("umbrella").build().unwrap();
    assert_eq!(cloud.organization().as_str(), "umbrella");
}

#[tokio::test]
async fn a_seeded_cloud_goes_on_where_it_stopped() {
    let build = |directory: &Path| Cloud::builder().seed(7).directory(directory).build().unwrap();
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let cloud = build(one.path());
    let expected = [create_database(&cloud, "a").await.text, create_database(&cloud, "b").await.text];
    let first = create_database(&build(two.path()), "a").await.text;
    let second = create_database(&build(two.path()), "b").await.text;
    assert_eq!([first, second], expected);
}

#[test]
fn a_directory_belongs_to_one_cloud_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let cloud = Cloud::builder().directory(directory.path()).build().unwrap();
    let handle = cloud.clone();
    drop(cloud);
    let is_refused = || {
        let refused = Cloud::builder().directory(directory.path()).build().unwrap_err();
        assert!(
            matches!(&refused, CloudError::InUse { directory: named, .. } if named == directory.path()),
            "{refused:?}"
        );
    };
    is_refused();
    if cfg!(unix) {
        fs::remove_file(directory.path().join("control.lock")).unwrap();
        is_refused();
    }
    drop(handle);
    drop(Cloud::builder().directory(directory.path()).build().unwrap());
}

/// A cloud with a database that has a file, and the path of that.
async fn with_a_file(directory: &Path) -> (Cloud, PathBuf) {
    let cloud = Cloud::builder().directory(directory).build().unwrap();
    let created = create_database(&cloud, "orders").await.json();
    let minted = post(&cloud, "/v1/organizations/acme/databases/orders/auth/tokens", "").await.json();
    query(&cloud, "orders-acme", minted["jwt"].as_str().unwrap(), "CREATE TABLE t (a)").await;
    let file = directory.join(format!("databases/{}.db", created["database"]["DbId"].as_str().unwrap()));
    assert!(file.exists());
    (cloud, file)
}

#[tokio::test]
async fn files_of_a_database_that_is_gone_are_removed_though_a_process_ended_before_it_did() {
    let directory = tempfile::tempdir().unwrap();
    let (cloud, file) = with_a_file(directory.path()).await;
    cloud.clock().freeze();
    delete(&cloud, "/v1/organizations/acme/databases/orders").await;
    drop(cloud);
    let later = Clock::frozen_at("2999-01-01T00:00:00Z".parse().unwrap());
    assert!(file.exists());
    fs::write(file.with_file_name("notes.txt"), "").unwrap();
    for _ in 0..2 {
        drop(Cloud::builder().directory(directory.path()).clock(later.clone()).build().unwrap());
        let left = fs::read_dir(directory.path().join("databases")).unwrap().map(|entry| entry.unwrap().file_name());
        assert_eq!(left.collect::<Vec<_>>(), ["notes.txt"]);
    }
}

#[tokio::test]
async fn files_of_databases_that_an_older_state_does_not_know_are_put_aside() {
    let directory = tempfile::tempdir().unwrap();
    drop(Cloud::builder().directory(directory.path()).build().unwrap());
    let older = fs::read(directory.path().join("control.db")).unwrap();
    for batch in ["1", "2"] {
        let (cloud, file) = with_a_file(directory.path()).await;
        drop(cloud);
        let written = fs::read(&file).unwrap();
        fs::write(directory.path().join("control.db"), &older).unwrap();
        drop(Cloud::builder().directory(directory.path()).build().unwrap());
        assert!(!file.exists());
        let aside = file.with_file_name("lost").join(batch).join(file.file_name().unwrap());
        assert!(fs::read(aside).unwrap() == written);
    }
}

#[test]
fn a_state_that_is_no_database_is_an_error_and_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path().join("control.db");
    fs::write(&state, "not a database, and long enough to be looked at as one by the engine").unwrap();
    let refused = Cloud::builder().directory(directory.path()).build().unwrap_err();
    assert!(matches!(&refused, CloudError::NoState { file, .. } if *file == state), "{refused:?}");
    assert_eq!(fs::read(&state).unwrap().len(), 68);
}

/// An error with its causes, as programs show it.
fn said(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {}", said(source)))
}

#[test]
fn a_database_of_another_program_in_the_place_of_the_state_is_named_and_left_alone() {
    for version in [0, 1, 4, 99] {
        let directory = tempfile::tempdir().unwrap();
        let other = "CREATE TABLE users (name TEXT); INSERT INTO users VALUES ('ada'); CREATE TABLE groups (x);";
        state(directory.path()).execute_batch(&format!("{other} PRAGMA user_version = {version}")).unwrap();
        let before = contents(directory.path());
        let refused = Cloud::builder().directory(directory.path()).build().unwrap_err();
        let file = directory.path().join("control.db");
        let expected = "cannot be used as the state of a local cloud: it is a database of something else";
        assert_eq!(said(&refused), format!("{} {expected}", file.display()), "{version}");
        assert!(contents(directory.path()) == before, "{version}: something was changed");
    }
}

#[tokio::test]
async fn a_state_that_is_damaged_is_an_error_that_names_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let cloud = Cloud::builder().directory(directory.path()).build().unwrap();
    create_database(&cloud, "orders").await;
    drop(cloud);
    let file = directory.path().join("control.db");
    let whole = fs::read(&file).unwrap();
    let pages = whole.len() / 4096;
    let mut refused = 0;
    for page in 0..pages {
        let mut damaged = whole.clone();
        // The first page begins with what makes it a database.
        damaged[page * 4096 + 100..][..3996].fill(0xff);
        fs::write(&file, &damaged).unwrap();
        let _no_log_of_the_last = fs::remove_file(directory.path().join("control.db-wal"));
        // Not every page is read when a cloud begins.
        let Err(error) = Cloud::builder().directory(directory.path()).build() else { continue };
        let begin = format!("{} cannot be used as the state of a local cloud: ", file.display());
        assert!(said(&error).starts_with(&begin) && said(&error).lines().count() == 1, "{page}: {}", said(&error));
        refused += 1;
    }
    assert!(refused > 1, "{refused} of {pages}");
}

#[tokio::test]
async fn a_state_that_cannot_be_read_makes_no_database_unknown() {
    for (quirk, host) in [(Some(Quirk::NotFoundAfterCreate), "orders-acme"), (None, "aws-eu-west-1.orders-acme")] {
        let directory = tempfile::tempdir().unwrap();
        let builder = Cloud::builder().directory(directory.path());
        let cloud = quirk.into_iter().fold(builder, CloudBuilder::quirk).build().unwrap();
        create_database(&cloud, "orders").await;
        post(&cloud, "/v1/organizations/acme/groups/default/locations/aws-eu-west-1", "").await;
        let view = "SELECT sql FROM sqlite_schema WHERE name = 'databases_with_group'";
        let view: String = state(directory.path()).query_row(view, [], |row| row.get(0)).unwrap();
        state(directory.path()).execute_batch("DROP VIEW databases_with_group").unwrap();
        let failed = query(&cloud, host, "", "SELECT 1").await;
        assert_eq!(failed.refusal(), (500, "internal server error".to_owned()), "{host}");
        state(directory.path()).execute_batch(&view).unwrap();
        cloud.clock().advance(Duration::from_secs(3));
        assert_eq!(query(&cloud, host, "", "SELECT 1").await.status, 401, "{host}");
    }
}

#[test]
fn a_file_in_the_place_of_the_directory_is_an_error() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let refused = Cloud::builder().directory(file.path()).build().unwrap_err();
    assert!(matches!(refused, CloudError::File { action: "create", .. }), "{refused:?}");
}

/// Where no file can be made even by who may do everything, as on a disk that is mounted for reading.
#[cfg(target_os = "linux")]
#[test]
fn a_directory_whose_databases_cannot_be_written_is_an_error_that_names_them() {
    let directory = tempfile::tempdir().unwrap();
    drop(Cloud::builder().directory(directory.path()).build().unwrap());
    let databases = directory.path().join("databases");
    fs::remove_dir(&databases).unwrap();
    std::os::unix::fs::symlink("/proc", &databases).unwrap();
    let refused = Cloud::builder().directory(directory.path()).build().unwrap_err();
    assert_eq!(refused.to_string(), format!("could not write to {}", databases.display()));

    fs::remove_file(&databases).unwrap();
    drop(Cloud::builder().directory(directory.path()).build().unwrap());
    assert_eq!(fs::read_dir(databases).unwrap().count(), 0, "the attempt leaves nothing behind");
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_look_into_a_new_directory() {
    use std::os::unix::fs::PermissionsExt as _;
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("cloud");
    let _cloud = Cloud::builder().directory(&directory).build().unwrap();
    assert_eq!(fs::metadata(directory).unwrap().permissions().mode() & 0o777, 0o700);
}
