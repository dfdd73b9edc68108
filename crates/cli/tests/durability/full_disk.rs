//! A disk on which nothing can be written any more. Here no file may grow beyond some size, which every Unix can do.

use tokio::process::Command;
use turso_cloud::NewDatabase;

use crate::{
    shop::{batch, batches_of},
    tursoctl::{Process, start_command},
};

/// Blocks of 512 bytes: 3 MiB, less than the logs of databases and control plane have before they are emptied.
const MOST_BLOCKS: u32 = 6 * 1024;

/// More than fit on the disk.
const MOST_CHANGES: u64 = 1_000;

/// The signal of a file that is too large would end the process; without it, writing fails as it does on a full disk.
fn with_small_disk(data: &std::path::Path) -> Command {
    let start = start_command(data);
    let start = start.as_std();
    let mut limited = Command::new("sh");
    limited.arg("-c").arg(format!(r#"trap "" XFSZ; ulimit -f {MOST_BLOCKS}; exec "$0" "$@""#));
    limited.arg(start.get_program()).args(start.get_args());
    limited
}

#[tokio::test]
async fn a_full_disk_is_told_and_takes_back_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let process = Process::start(&data, with_small_disk(&data)).await;
    let databases = process.cloud.turso.databases();
    databases.create(NewDatabase::new("shop", "default")).await.unwrap();

    let mut batches = 0;
    let refused = loop {
        let written = process.cloud.run("shop", &batch(batches + 1)).await.unwrap();
        if !written.is_ok() {
            break written;
        }
        batches += 1;
        assert!(batches < MOST_CHANGES, "the disk does not get full");
    };
    assert!(refused.has_error("SQLITE_IOERR") || refused.has_error("SQLITE_FULL"), "{refused:?}");
    assert!(batches > 0);
    assert_eq!(batches_of(&process.cloud, "shop").await.unwrap(), batches);

    let mut created = 0;
    let error = loop {
        match databases.create(NewDatabase::new(format!("more-{created}"), "default")).await {
            Ok(_) => created += 1,
            Err(error) => break error,
        }
        assert!(created < MOST_CHANGES, "the disk does not get full");
    };
    assert_eq!(error.status().map(|status| status.as_u16()), Some(500), "{error}");
    assert!(error.message().is_some_and(|message| message.contains("cannot write to its disk")), "{error}");
    assert_eq!(databases.list().await.unwrap().len() as u64, created + 1);
    process.kill().await;

    let process = Process::start(&data, start_command(&data)).await;
    assert_eq!(process.cloud.turso.databases().list().await.unwrap().len() as u64, created + 1);
    assert_eq!(batches_of(&process.cloud, "shop").await.unwrap(), batches);
    let checked = process.cloud.run("shop", &["PRAGMA integrity_check".to_owned()]).await.unwrap();
    assert_eq!(checked.row(), ["ok"]);
    assert!(process.cloud.run("shop", &batch(batches + 1)).await.unwrap().is_ok());
    process.cloud.turso.databases().create(NewDatabase::new("one-more", "default")).await.unwrap();
}
