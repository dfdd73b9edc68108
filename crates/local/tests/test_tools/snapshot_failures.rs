//! What is in the way of a snapshot, and of putting a cloud back to one.

use futures_util::TryStreamExt as _;
use turso_cloud_local::{Cloud, CloudError};

use crate::{
    snapshots::{HOUR, with_a_row},
    support::{client, create, databases},
};

#[tokio::test]
async fn a_failure_leaves_state_and_clock_as_they_are() {
    let directory = tempfile::tempdir().unwrap();
    let cloud = Cloud::builder().seed(7).directory(directory.path()).build().unwrap();
    with_a_row(&cloud).await;
    cloud.snapshot("clean").await.unwrap();
    create(&cloud, "events").await;
    cloud.clock().advance(HOUR);
    let now = cloud.clock().now();
    // The last step writes a file here.
    let obstacle = directory.path().join("state.draft");
    std::fs::create_dir(&obstacle).unwrap();
    for failed in [cloud.restore("clean").await, cloud.reset().await] {
        assert!(matches!(failed, Err(CloudError::File { action: "write", .. })), "{failed:?}");
        assert_eq!((databases(&cloud).await.len(), cloud.clock().now()), (2, now));
    }
    std::fs::remove_dir(&obstacle).unwrap();
    cloud.restore("clean").await.unwrap();
    assert_eq!(databases(&cloud).await, ["orders"]);
}

/// The clock of the snapshot is beyond the time to bring the database back. Requests go on while it is tried to restore.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_leaves_what_can_be_brought_back() {
    let directory = tempfile::tempdir().unwrap();
    let cloud = Cloud::builder().seed(7).directory(directory.path()).build().unwrap();
    let then = cloud.clock().now();
    cloud.clock().advance(200 * HOUR);
    cloud.snapshot("later").await.unwrap();
    cloud.clock().set(then);
    create(&cloud, "orders").await;
    client(&cloud).databases().delete("orders").await.unwrap();
    std::fs::create_dir(directory.path().join("state.draft")).unwrap();
    let requests = tokio::spawn({
        let cloud = cloud.clone();
        async move {
            loop {
                databases(&cloud).await;
            }
        }
    });
    for _ in 0..32 {
        let failed = cloud.restore("later").await;
        assert!(matches!(failed, Err(CloudError::File { action: "write", .. })), "{failed:?}");
    }
    requests.abort();
    let deleted = client(&cloud).recovery().databases().try_next().await.unwrap();
    assert_eq!(deleted.map(|database| database.name.to_string()).as_deref(), Some("orders"));
}

/// A link that leads nowhere is seen by no one but the rename.
#[cfg(unix)]
#[tokio::test]
async fn a_snapshot_that_cannot_get_its_name_leaves_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    let cloud = Cloud::builder().directory(directory.path()).build().unwrap();
    cloud.snapshot("first").await.unwrap();
    let snapshots = directory.path().join("snapshots");
    let obstacle = snapshots.join("clean");
    std::os::unix::fs::symlink("nowhere", &obstacle).unwrap();
    let failed = cloud.snapshot("clean").await.unwrap_err();
    assert_eq!(failed.to_string(), format!("could not create {}", obstacle.display()));
    assert_eq!(std::fs::read_dir(snapshots).unwrap().count(), 2);

    std::fs::remove_file(&obstacle).unwrap();
    cloud.snapshot("clean").await.unwrap();
    cloud.restore("clean").await.unwrap();
}

#[tokio::test]
async fn a_snapshot_that_cannot_be_taken_away_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let cloud = Cloud::builder().directory(directory.path()).build().unwrap();
    cloud.snapshot("clean").await.unwrap();
    let (snapshots, aside) = (directory.path().join("snapshots"), directory.path().join("aside"));
    std::fs::rename(&snapshots, &aside).unwrap();
    std::fs::write(&snapshots, "").unwrap();
    let failed = cloud.delete_snapshot("clean").await.unwrap_err();
    assert_eq!(failed.to_string(), format!("could not remove {}", snapshots.join("clean").display()));

    std::fs::remove_file(&snapshots).unwrap();
    std::fs::rename(aside, snapshots).unwrap();
    assert!(cloud.delete_snapshot("clean").await.unwrap());
}
