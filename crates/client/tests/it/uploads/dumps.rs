//! Dumps in SQL.

use turso_cloud::{ErrorKind, NewDatabase, UploadEvent};

use super::new_shop;
use crate::support::{
    files::{Files, database},
    upload_cloud::{Trouble, UploadCloud},
};

const DUMP: &str = "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE t(x);\r\n--\r\nCOMMIT;\n";

#[tokio::test(start_paused = true)]
async fn a_dump_is_a_form_with_the_one_part_file() {
    let files = Files::new();
    let path = files.write("shop.sql", DUMP);
    let cloud = UploadCloud::new(1).trouble("/dumps", Trouble::Refused(503, String::new()));
    let turso = cloud.client().build().unwrap();
    let url = turso.databases().upload_dump(&path).await.unwrap();
    assert_eq!(url, "https://api.turso.tech/dumps/d-1");

    let seen = cloud.seen();
    // It is sent again as it was.
    assert_eq!(seen.len(), 2);
    assert!(seen[0].body == seen[1].body);
    assert_eq!(seen[1].uri.to_string(), "https://api.turso.tech/v1/organizations/acme/databases/dumps");
    assert_eq!(seen[1].line(), "POST /v1/organizations/acme/databases/dumps");
    let content_type = seen[1].header("content-type").unwrap();
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
    // RFC 2046: at most 70 characters, none of them in need of quotes.
    assert!(boundary.len() <= 70 && boundary.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
    let expected = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"dump.sql\"\r\n\
         Content-Type: application/sql\r\n\r\n{DUMP}\r\n--{boundary}--\r\n"
    );
    assert_eq!(String::from_utf8_lossy(&seen[1].body), expected);
    assert_eq!(seen[1].header("content-length"), Some(&*expected.len().to_string()));
}

#[tokio::test]
async fn a_database_is_created_from_a_dump() {
    let files = Files::new();
    let path = files.write("shop.sql", DUMP.replace('\n', "\r\n"));
    let cloud = UploadCloud::new(1);
    let turso = cloud.client().build().unwrap();
    turso.databases().create_from_dump(new_shop(), &path).await.unwrap();
    let created: serde_json::Value = serde_json::from_slice(&cloud.seen()[1].body).unwrap();
    let seed = serde_json::json!({"type": "dump", "url": "https://api.turso.tech/dumps/d-1"});
    assert_eq!(created["seed"], seed);
}

#[tokio::test(start_paused = true)]
async fn a_database_from_a_dump_is_waited_for() {
    let files = Files::new();
    let path = files.write("shop.sql", DUMP);
    let no = || Trouble::Refused(404, r#"{"error":"no database"}"#.to_owned());
    let cloud = UploadCloud::new(1).trouble("/v2/pipeline", no()).trouble("/v2/pipeline", no());
    let turso = cloud.client().build().unwrap();
    turso.databases().create_from_dump(new_shop(), &path).wait_ready().await.unwrap();
    assert_eq!(cloud.seen_at("/v2/pipeline").iter().map(|seen| seen.status).collect::<Vec<_>>(), [404, 404, 200]);
}

#[test]
fn a_dump_is_sent_without_a_runtime_and_its_progress_counts_the_file_alone() {
    let files = Files::new();
    let path = files.write("shop.sql", DUMP);
    let turso = UploadCloud::new(1).client().build_blocking().unwrap();
    let events = turso.databases().upload_dump(&path).events().send().unwrap();
    let events: Vec<_> = events.map(Result::unwrap).collect();
    assert!(matches!(events.last(), Some(UploadEvent::Finished(url)) if url.ends_with("d-1")));
    let total = DUMP.len() as u64;
    assert!(
        events
            .iter()
            .any(|event| matches!(event, UploadEvent::Progress(p) if p.bytes_sent == total && p.bytes_total == total))
    );
}

#[tokio::test]
async fn what_is_no_dump_is_refused_before_anything_is_sent() {
    let files = Files::new();
    for (bytes, words) in [
        (database(1), "it is a database"),
        (b"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n\0".to_vec(), "a byte of 0"),
        (b"".to_vec(), "line 1 is \"\""),
        (b"CREATE TABLE t(x);".to_vec(), "line 1 is \"CREATE TABLE t(x);\""),
        (b"PRAGMA foreign_keys=OFF;\nCREATE".to_vec(), "line 2 is \"CREATE\""),
    ] {
        let path = files.write("shop.sql", bytes);
        let cloud = UploadCloud::new(1);
        let turso = cloud.client().build().unwrap();
        let error = turso.databases().upload_dump(&path).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains(words) && error.to_string().contains("shop.sql"), "{error}");
        assert!(cloud.seen().is_empty());
    }
}

#[tokio::test]
async fn a_database_that_cannot_be_created_costs_no_upload_of_its_dump() {
    let files = Files::new();
    let path = files.write("shop.sql", DUMP);
    let cloud = UploadCloud::new(1);
    let turso = cloud.client().build().unwrap();
    let error = turso.databases().create_from_dump(NewDatabase::new("My Shop", "default"), &path).await.unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("database name"), "{error}");
    assert!(cloud.seen().is_empty());
}

#[tokio::test]
async fn an_answer_without_a_url_is_an_error() {
    let files = Files::new();
    let cloud = UploadCloud::new(1).trouble("/dumps", Trouble::Refused(200, r#"{"url":"x"}"#.to_owned()));
    let turso = cloud.client().build().unwrap();
    let error = turso.databases().upload_dump(files.write("shop.sql", DUMP)).await.unwrap_err();
    assert!(error.is_decode() && error.to_string().contains("dump_url"), "{error}");
}

#[tokio::test]
async fn a_dump_that_is_too_large_is_refused_before_anything_is_sent() {
    let files = Files::new();
    let path = files.write("shop.sql", [DUMP.as_bytes(), &[b'\n'; 4096]].concat());
    // Larger than what is looked at and without a byte on disk behind it.
    std::fs::File::options().write(true).open(&path).unwrap().set_len((8 << 30) + 1).unwrap();
    let cloud = UploadCloud::new(1);
    let turso = cloud.client().build().unwrap();
    let error = turso.databases().upload_dump(&path).await.unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("at most 8 GiB"), "{error}");
    assert!(cloud.seen().is_empty());
}
