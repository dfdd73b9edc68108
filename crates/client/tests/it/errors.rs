//! What an error tells of its cause: each thing once, and all of it.

use std::error::Error as StdError;

use turso_cloud::{DatabaseFile, ErrorKind, NewDatabase};

use crate::support::{
    files::{Files, database},
    upload_cloud::UploadCloud,
};

/// An error and its causes, as `anyhow` prints them.
fn told(error: &(dyn StdError + 'static)) -> String {
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {}", told(cause)))
}

#[tokio::test]
async fn what_the_system_says_of_a_file_is_the_cause_and_said_once() {
    let files = Files::new();
    let missing = files.path("missing.db");
    let turso = UploadCloud::new(4096).client().build().unwrap();
    let uploaded = turso.databases().upload_file("shop", &missing).await.unwrap_err();
    for error in [DatabaseFile::open(&missing).unwrap_err(), uploaded] {
        assert_eq!(error.kind(), ErrorKind::File);
        let sentence = format!("file: {} cannot be opened", missing.display());
        assert_eq!(error.to_string(), sentence);
        let cause = error.source().unwrap().downcast_ref::<std::io::Error>().unwrap();
        assert_eq!(cause.kind(), std::io::ErrorKind::NotFound);
        assert_eq!(told(&error), format!("{sentence}: {cause}"));
    }
}

#[tokio::test]
async fn what_is_wrong_with_an_input_or_a_file_is_told_to_programs_too() {
    let turso = UploadCloud::new(4096).client().build().unwrap();
    let error = turso.databases().get("a/b").await.unwrap_err();
    let refused = error.invalid_input().unwrap();
    assert_eq!((refused.field(), refused.value()), ("database name", Some("a/b")));
    assert!(error.to_string().contains(&refused.to_string()), "{error}");
    assert!(error.unfit_file().is_none() && error.source().is_none());

    let files = Files::new();
    let mut bytes = database(1);
    bytes[18..20].copy_from_slice(&[1, 1]);
    let path = files.write("old.db", bytes);
    let database = NewDatabase::new("shop", "default");
    let error = turso.databases().create_from_file(database, &path).await.unwrap_err();
    let unfit = error.unfit_file().unwrap();
    assert_eq!(unfit.sql(), Some("PRAGMA journal_mode=WAL;"));
    assert_eq!(error.to_string(), format!("invalid input: {unfit}"));
    assert!(error.invalid_input().is_none() && error.source().is_none());
}
