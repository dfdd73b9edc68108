//! Files of somebody else in and beside the directory of a cloud.

use std::{fs, path::Path};

use http::Method;
use turso_cloud_local::{Cloud, CloudBuilder, CloudError};

use crate::support::{call, contents, create_database, value};

fn at(directory: &Path) -> CloudBuilder {
    Cloud::builder().directory(directory)
}

/// Writes a file that nobody else may change, with the folders it is in.
fn write(directory: &Path, file: &str) {
    let path = directory.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("this is {file}")).unwrap();
}

#[test]
fn a_folder_of_somebody_else_is_refused_and_left_as_it_was() {
    for (file, named) in [
        ("states/prod.tfstate", "states/prod.tfstate"),
        ("states/prod/terraform.tfstate", "states/prod"),
        ("states/1/terraform.tfstate", "states/1"),
        ("states", "states"),
        ("state", "state"),
        ("state.draft", "state.draft"),
        ("snapshots/.hidden", "snapshots/.hidden"),
        ("snapshots/beach/1.jpg", "snapshots/beach"),
        ("databases/production.db", "databases/production.db"),
        ("databases/mine/notes.txt", "databases/mine"),
        ("databases/.attempt", "databases/.attempt"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        write(directory.path(), file);
        let before = contents(directory.path());
        let refused = at(directory.path()).build().unwrap_err();
        assert!(matches!(refused, CloudError::NoCloud { .. }), "{file}: {refused:?}");
        let said = refused.to_string();
        assert!(said.contains(&directory.path().display().to_string()), "{file}: {said}");
        assert!(said.contains(&format!("it has {named}, but")), "{file}: {said}");
        assert!(said.contains("choose another directory"), "{file}: {said}");
        assert!(contents(directory.path()) == before, "{file}: something was changed");
    }
}

#[tokio::test]
async fn a_folder_without_anything_a_cloud_would_touch_can_become_one() {
    let directory = tempfile::tempdir().unwrap();
    for file in [".gitignore", "notes.txt", "src/main.rs"] {
        write(directory.path(), file);
    }
    for folder in ["states", "snapshots", "databases"] {
        fs::create_dir(directory.path().join(folder)).unwrap();
    }
    let before = contents(directory.path());
    let cloud = at(directory.path()).build().unwrap();
    create_database(&cloud, "orders").await;
    cloud.reset().await.unwrap();
    drop(cloud);
    drop(at(directory.path()).build().unwrap());
    let after = contents(directory.path());
    assert!(
        before.iter().all(|(file, bytes)| after.get(file) == Some(bytes) || file == "databases"),
        "{:?}",
        after.keys()
    );
}

#[tokio::test]
async fn what_others_put_into_the_folder_of_a_cloud_survives_whatever_the_cloud_does() {
    let directory = tempfile::tempdir().unwrap();
    let open = || at(directory.path()).build().unwrap();
    let cloud = open();
    create_database(&cloud, "orders").await;
    value(&cloud, "orders", "CREATE TABLE t (a)").await;
    let foreign = [
        "control.db.bak",
        "states/prod.tfstate",
        "states/prod/terraform.tfstate",
        "states/07/notes.txt",
        "states/400/notes.txt",
        "snapshots/.hidden",
        "snapshots/.0123456789abcdeX/notes.txt",
        "snapshots/mine/notes.txt",
        "snapshots/photo.jpg",
        "databases/production.db",
        "databases/production.db-wal",
        "databases/550e8400-e29b-41d4-a716-446655440000.db",
        "databases/0eb771dd-6906-11ee-8553-eaa7715aeaf2.db.bak",
        "databases/mine/notes.txt",
        "databases/dumps/schema.prod.1.sql",
        "databases/uploads/notes.txt",
    ];
    let write_all = || foreign.iter().for_each(|file| write(directory.path(), file));
    let survive = |what: &str| {
        let found = contents(directory.path());
        for file in foreign {
            let expected = format!("this is {file}").into_bytes();
            assert_eq!(found.get(file), Some(&Some(expected)), "{file} after {what}");
        }
    };
    write_all();
    drop(cloud);
    let cloud = open();
    survive("opening it");
    cloud.snapshot("clean").await.unwrap();
    cloud.restore("clean").await.unwrap();
    survive("a restore");
    for name in ["mine", "photo.jpg"] {
        assert!(!cloud.delete_snapshot(name).await.unwrap(), "{name} is no snapshot");
    }
    for file in ["states/1/notes.txt", "states/1/databases/mine/notes.txt"] {
        write(directory.path(), file);
    }
    for _ in 0..2 {
        assert_eq!(call(&cloud, Method::POST, "/_local/reset", "").await.status, 200);
        survive("a reset");
    }
    cloud.clock().advance(std::time::Duration::from_secs(48 * 3600));
    create_database(&cloud, "events").await;
    drop(cloud);
    drop(open());
    survive("all of it");
    let found = contents(directory.path());
    assert!(found.contains_key("states/1/notes.txt") && found.contains_key("states/1/databases/mine/notes.txt"));
    assert!(!found.contains_key("states/1/control.db") && !found.contains_key("control.db"), "what is ours goes");
}

#[tokio::test]
async fn what_a_process_that_was_killed_has_left_half_done_goes() {
    let directory = tempfile::tempdir().unwrap();
    let cloud = at(directory.path()).build().unwrap();
    cloud.reset().await.unwrap();
    drop(cloud);
    for file in ["states/2/control.db", "snapshots/.0123456789abcdef/about.json", "databases/.attempt"] {
        write(directory.path(), file);
    }
    drop(at(directory.path()).build().unwrap());
    let found = contents(directory.path());
    for gone in ["states/2", "snapshots/.0123456789abcdef", "databases"] {
        assert!(!found.contains_key(gone), "{gone} is still there");
    }
}
