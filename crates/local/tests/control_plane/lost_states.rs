//! Clouds that have lost a part of themselves.

use std::{fs, path::Path};

use tempfile::TempDir;
use turso_cloud_local::{Cloud, CloudError};

use crate::support::{contents, create_database, get, value};

fn open(directory: &Path) -> Result<Cloud, CloudError> {
    Cloud::builder().directory(directory).build()
}

/// What a cloud with a database that is in use has left behind when it was killed.
async fn killed(resets: usize, is_database_used: bool) -> TempDir {
    let (directory, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let cloud = open(directory.path()).unwrap();
    for _ in 0..resets {
        cloud.reset().await.unwrap();
    }
    create_database(&cloud, "orders").await;
    if is_database_used {
        value(&cloud, "orders", "CREATE TABLE t (a)").await;
    }
    for (name, bytes) in contents(directory.path()) {
        let path = copy.path().join(name);
        match bytes {
            None => fs::create_dir(path).unwrap(),
            Some(bytes) => fs::write(path, bytes).unwrap(),
        }
    }
    copy
}

fn empty(file: &Path) {
    assert!(fs::metadata(file).unwrap().len() > 0);
    fs::write(file, "").unwrap();
}

/// A cloud of which something is missing is refused, and left as it is.
fn is_refused(directory: &Path, found: &str, missing: &str) {
    // What an engine has in shared memory is of no use to the next one.
    let kept = || contents(directory).into_iter().filter(|(name, _)| name != "control.db-shm").collect::<Vec<_>>();
    let before = kept();
    for _ in 0..2 {
        let refused = open(directory).unwrap_err();
        let said = refused.to_string();
        assert!(matches!(refused, CloudError::NoCloud { .. }), "{missing}: {said}");
        assert!(said.contains(&format!("it has {found}")) && said.contains(&format!("{missing} is missing")), "{said}");
    }
    assert!(kept() == before, "{missing}: something was changed");
}

#[tokio::test]
async fn a_cloud_without_its_state_is_not_begun_anew() {
    let whole = killed(0, true).await;
    assert!(whole.path().join("control.db-wal").exists());
    let cloud = open(whole.path()).unwrap();
    assert_eq!(get(&cloud, "/v1/organizations/acme/databases/orders").await.status, 200);

    let damages: [fn(&Path); 5] = [
        |file| fs::remove_file(file).unwrap(),
        |file| {
            fs::remove_file(file).unwrap();
            fs::remove_file(file.with_extension("db-wal")).unwrap();
        },
        empty,
        |file| {
            empty(file);
            fs::remove_file(file.with_extension("db-wal")).unwrap();
        },
        // As one that was copied without its log.
        |file| {
            fs::remove_file(file).unwrap();
            fs::remove_file(file.with_extension("db-wal")).unwrap();
            let made = rusqlite::Connection::open(file).unwrap();
            made.pragma_update(None, "journal_mode", "wal").unwrap();
        },
    ];
    for damage in damages {
        let directory = killed(0, true).await;
        damage(&directory.path().join("control.db"));
        is_refused(directory.path(), "databases/", "control.db");
    }
}

#[tokio::test]
async fn a_state_of_which_only_the_log_is_left_is_not_begun_anew() {
    let directory = killed(0, false).await;
    empty(&directory.path().join("control.db"));
    is_refused(directory.path(), "control.db-wal", "control.db");
}

#[tokio::test]
async fn a_cloud_that_was_put_back_is_not_begun_anew_without_the_state_it_was_put_back_to() {
    let directory = killed(2, true).await;
    drop(open(directory.path()).unwrap());

    let directory = killed(2, true).await;
    for other in ["99", "1", "3"] {
        fs::write(directory.path().join("state"), other).unwrap();
        is_refused(directory.path(), "state,", &format!("states/{other}/control.db"));
    }
    fs::write(directory.path().join("state"), "0").unwrap();
    is_refused(directory.path(), "states/2", "control.db");
    fs::remove_file(directory.path().join("state")).unwrap();
    is_refused(directory.path(), "states/2", "control.db");

    let directory = killed(2, true).await;
    empty(&directory.path().join("states/2/control.db"));
    is_refused(directory.path(), "state,", "states/2/control.db");
    fs::remove_dir_all(directory.path().join("states")).unwrap();
    is_refused(directory.path(), "state,", "states/2/control.db");
}

#[tokio::test]
async fn a_cloud_that_does_not_know_which_state_it_was_put_back_to_is_an_error_that_names_the_file() {
    let directory = killed(1, true).await;
    let pointer = directory.path().join("state");
    fs::write(&pointer, "").unwrap();
    let before = contents(directory.path());
    let refused = open(directory.path()).unwrap_err();
    assert_eq!(refused.to_string(), format!("could not read {}", pointer.display()));
    assert!(contents(directory.path()) == before, "something was changed");
}

#[test]
fn a_cloud_that_was_killed_when_it_began_begins_again() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("databases")).unwrap();
    for file in ["control.lock", "control.db", "databases/.attempt"] {
        fs::write(directory.path().join(file), "").unwrap();
    }
    drop(open(directory.path()).unwrap());
}

#[tokio::test]
async fn a_seed_that_failed_half_way_leaves_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    let seeded = |second: &str| {
        let seed = format!(
            "[[organization]]\nslug = \"acme\"\n\
             [[organization.database]]\nname = \"first\"\nsql = \"CREATE TABLE t (a); INSERT INTO t VALUES (5);\"\n\
             [[organization.database]]\nname = \"second\"\nsql = \"{second}\""
        );
        Cloud::builder().directory(directory.path()).seed_toml(&seed).unwrap().build()
    };
    assert!(matches!(seeded("CREATE TABEL t (a)"), Err(CloudError::Seed { .. })));
    let files = || {
        let names = contents(&directory.path().join("databases")).into_keys();
        names.filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "db")).count()
    };
    assert_eq!(files(), 0, "the first was filled");
    let cloud = seeded("CREATE TABLE t (a)").unwrap();
    assert_eq!(value(&cloud, "first", "SELECT a FROM t").await, "5");
    assert_eq!(files(), 2);
}
