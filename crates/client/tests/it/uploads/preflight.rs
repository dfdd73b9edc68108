//! A file the service would refuse is refused before anything is sent, in words that say what to do.

use std::fs::{self, File};

use turso_cloud::{Cipher, Encryption, EncryptionKey};

use super::{encryption, new_shop};
use crate::support::{
    files::{Files, database},
    upload_cloud::UploadCloud,
};

/// Bytes of a header, each with its place.
type Changes = &'static [(usize, u8)];

/// Uploads a file; nothing may be sent, and the error names the file and holds all the words.
#[expect(clippy::unwrap_used, reason = "a client that cannot be set up fails its test")]
async fn assert_refused(path: &std::path::Path, encryption: Option<Encryption>, words: &[&str]) {
    let cloud = UploadCloud::new(4096);
    let turso = cloud.client().build().unwrap();
    let mut new = new_shop();
    new.remote_encryption = encryption;
    let error = turso.databases().create_from_file(new, path).await.unwrap_err();
    let text = error.to_string();
    assert!(error.is_invalid_input(), "{text}");
    for word in words.iter().chain(&["shop.db"]) {
        assert!(text.contains(word), "{word:?} is not in: {text}");
    }
    assert!(cloud.seen().is_empty());
}

#[tokio::test]
async fn every_rule_for_the_header_names_what_is_found_what_is_needed_and_the_repair() {
    let cases: [(Changes, &[&str]); 9] = [
        (&[(0, b'X')], &["a SQLite database is needed", "uploaded as a dump"]),
        (&[(16, 2), (17, 0)], &["page size is 512", "4096", "PRAGMA page_size=4096"]),
        (&[(16, 0), (17, 1)], &["page size is 65536", "4096"]),
        (&[(18, 1)], &["WAL mode (versions 1 and 2)", "PRAGMA journal_mode=WAL"]),
        (&[(19, 1)], &["WAL mode (versions 2 and 1)", "PRAGMA journal_mode=WAL"]),
        (&[(55, 3)], &["auto_vacuum is on", "PRAGMA auto_vacuum=NONE; VACUUM;"]),
        (&[(59, 2)], &["UTF-16le", "UTF-8 is needed"]),
        (&[(59, 3)], &["UTF-16be", "UTF-8 is needed"]),
        (&[(56, 1)], &["unknown", "UTF-8 is needed"]),
    ];
    for (changes, words) in cases {
        let files = Files::new();
        let mut bytes = database(2);
        for (at, byte) in changes {
            bytes[*at] = *byte;
        }
        assert_refused(&files.write("shop.db", bytes), None, words).await;
    }
}

#[tokio::test]
async fn an_encrypted_file_has_to_leave_the_room_its_cipher_needs() {
    for (cipher, needed) in [
        (Cipher::Aes256Gcm, 28),
        (Cipher::Aes128Gcm, 28),
        (Cipher::ChaCha20Poly1305, 28),
        (Cipher::Aegis128L, 32),
        (Cipher::Aegis128X2, 32),
        (Cipher::Aegis128X4, 32),
        (Cipher::Aegis256, 48),
        (Cipher::Aegis256X2, 48),
        (Cipher::Aegis256X4, 48),
    ] {
        let files = Files::new();
        let key = if cipher.key_length() == Some(16) { "MDEyMzQ1Njc4OWFiY2RlZg==" } else { super::KEY };
        let key = EncryptionKey::from_base64(key).unwrap();
        let encryption = Encryption::new(cipher.clone(), key);
        let words = ["reserves 0 bytes", &*format!("{needed} for {}", cipher.as_str()), "reserve_bytes"];
        assert_refused(&files.database(1), Some(encryption.clone()), &words).await;

        let mut bytes = database(1);
        bytes[20] = needed;
        let path = files.write("shop.db", bytes);
        let turso = UploadCloud::new(4096).client().build().unwrap();
        turso.databases().create_from_file(new_shop().encryption(encryption), path).await.unwrap();
    }
}

#[tokio::test]
async fn a_file_of_a_size_no_database_has_is_refused() {
    let files = Files::new();
    assert_refused(&files.write("shop.db", ""), None, &["only 0 bytes"]).await;
    assert_refused(&files.write("shop.db", "SQLite format 3\0"), None, &["only 16 bytes"]).await;
    let cut = &database(2)[..5000];
    assert_refused(&files.write("shop.db", cut), None, &["5000 bytes", "a multiple of 4096", "cut off"]).await;

    let path = files.database(1);
    File::options().write(true).open(&path).unwrap().set_len((20 << 30) + 4096).unwrap();
    assert_refused(&path, None, &["21474840576 bytes", "at most 20 GiB"]).await;
}

#[tokio::test]
async fn a_log_that_is_not_in_the_file_yet_is_refused() {
    let files = Files::new();
    let path = files.database(1);
    files.write("shop.db-wal", "frames");
    assert_refused(&path, None, &["shop.db-wal holds 6 bytes", "PRAGMA wal_checkpoint(TRUNCATE)"]).await;

    files.write("shop.db-wal", "");
    let turso = UploadCloud::new(4096).client().build().unwrap();
    turso.databases().create_from_file(new_shop(), &path).await.unwrap();
}

#[tokio::test]
async fn a_transaction_that_never_ended_is_refused() {
    let files = Files::new();
    let path = files.database(1);
    files.write("shop.db-journal", "\u{d9}pages");
    assert_refused(&path, None, &["shop.db-journal holds a transaction that never ended"]).await;

    for ended in ["", "\0\0\0\0pages"] {
        files.write("shop.db-journal", ended);
        let turso = UploadCloud::new(4096).client().build().unwrap();
        turso.databases().create_from_file(new_shop(), &path).await.unwrap();
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_log_is_looked_for_beside_the_file_a_link_leads_to() {
    let (files, links) = (Files::new(), Files::new());
    let path = files.database(1);
    files.write("shop.db-wal", "frames");
    let link = links.path("link-to-shop.db");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert_refused(&link, None, &["wal_checkpoint"]).await;
}

#[tokio::test]
async fn a_file_that_is_none_is_an_error_that_names_it() {
    let files = Files::new();
    let turso = UploadCloud::new(4096).client().build().unwrap();
    fs::create_dir(files.path("folder")).unwrap();
    for name in ["missing.db", "folder"] {
        let error = turso.databases().upload_file("shop", files.path(name)).await.unwrap_err();
        assert!(error.is_file() && error.to_string().contains(name), "{error}");
    }
}

#[tokio::test]
async fn contradictions_are_refused_before_anything_is_sent() {
    let files = Files::new();
    let path = files.database(2);
    let cloud = UploadCloud::new(4096);
    let turso = cloud.client().build().unwrap();
    let seeded = new_shop().seed(turso_cloud::Seed::database("other"));
    let error = turso.databases().create_from_file(seeded, &path).await.unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("seed"), "{error}");
    let error = turso.databases().upload_file("..", &path).encryption(encryption()).await.unwrap_err();
    assert!(error.is_invalid_input(), "{error}");
    assert!(cloud.seen().is_empty());
}

#[tokio::test]
async fn a_database_without_any_table_fits() {
    let files = Files::new();
    let mut bytes = database(1);
    bytes[56..60].fill(0);
    let cloud = UploadCloud::new(4096);
    let turso = cloud.client().build().unwrap();
    turso.databases().create_from_file(new_shop(), files.write("shop.db", bytes)).await.unwrap();
}
