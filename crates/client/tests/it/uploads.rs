//! Uploads: every byte arrives once and in order, whatever happens on the way.

mod dumps;
mod failures;
mod hostile;
mod preflight;
mod progress;
mod retry;
mod wire;

use std::fs::File;

use turso_cloud::{Cipher, Encryption, EncryptionKey, NewDatabase};

use crate::support::{
    files::{Files, bytes_of},
    upload_cloud::UploadCloud,
};

const KEY: &str = "cGxhbnRlZC1rZXktMTIzNDU2Nzg5MC1hYmNkZWZnaCE=";

fn new_shop() -> NewDatabase {
    NewDatabase::new("shop", "default")
}

#[expect(clippy::unwrap_used, reason = "the key is one")]
fn encryption() -> Encryption {
    Encryption::new(Cipher::Aes256Gcm, EncryptionKey::from_base64(KEY).unwrap())
}

#[tokio::test]
async fn the_pieces_are_the_file_cut_at_the_chunk_size() {
    for (pages, chunk, count) in [(3, 4096, 3), (3, 5000, 3), (2, 8192, 1), (2, 8191, 2), (2, 100_000, 1)] {
        let files = Files::new();
        let (path, cloud) = (files.database(pages), UploadCloud::new(chunk));
        let turso = cloud.client().build().unwrap();
        turso.databases().upload_file("shop", &path).await.unwrap();

        let chunks = cloud.seen_at("/chunk/");
        assert_eq!(chunks.len(), count);
        for (index, seen) in chunks.iter().enumerate() {
            assert_eq!(seen.line(), format!("PUT /v2/upload/u-1/chunk/{index}"));
            assert_eq!(seen.header("content-length"), Some(&*seen.body.len().to_string()));
            assert_eq!(seen.header("content-type"), Some("application/octet-stream"));
            assert!(seen.body.len() as u64 == chunk || index + 1 == count);
        }
        let arrived: Vec<u8> = chunks.into_iter().flat_map(|seen| seen.body).collect();
        assert!(arrived == bytes_of(&path), "{pages} pages in pieces of {chunk}");
    }
}

#[tokio::test]
async fn a_database_is_created_from_a_file_as_the_official_client_does_it() {
    let files = Files::new();
    let cloud = UploadCloud::new(8192);
    let turso = cloud.client().build().unwrap();
    let created = turso.databases().create_from_file(new_shop(), files.database(4)).await.unwrap();
    assert_eq!(created.name, "shop");

    let platform = "/v1/organizations/acme/databases";
    let token = format!("POST {platform}/shop/auth/tokens");
    let expected = [
        format!("POST {platform}"),
        format!("GET {platform}/shop"),
        token.clone(),
        "PUT /v2/upload/start".to_owned(),
        token.clone(),
        "PUT /v2/upload/u-1/chunk/0".to_owned(),
        token.clone(),
        "PUT /v2/upload/u-1/chunk/1".to_owned(),
        token,
        "PUT /v2/upload/u-1/finalize".to_owned(),
    ];
    assert_eq!(cloud.lines(), expected);
    let seen = cloud.seen();
    let body: serde_json::Value = serde_json::from_slice(&seen[0].body).unwrap();
    assert_eq!(body["seed"], serde_json::json!({"type": "database_upload"}));
    assert_eq!(seen[2].uri.query(), Some("expiration=5m&authorization=full-access"));
    assert_eq!(seen[3].body, br#"{"db_size_bytes":16384}"#);
    assert!(seen[9].body.is_empty());
}

#[tokio::test]
async fn every_piece_has_a_token_of_its_own_and_it_goes_to_the_host_of_the_database_alone() {
    let files = Files::new();
    let cloud = UploadCloud::new(4096);
    let turso = cloud.client().build().unwrap();
    turso.databases().upload_file("shop", files.database(3)).await.unwrap();
    for (number, seen) in cloud.seen_at("/v2/").iter().enumerate() {
        assert_eq!(seen.header("authorization"), Some(&*format!("Bearer database-token-{}", number + 1)));
        assert_eq!(seen.uri.to_string(), format!("https://shop-acme.turso.io{}", seen.uri.path()));
    }
    for seen in cloud.seen_at("/v1/") {
        assert_eq!(seen.uri.host(), Some("api.turso.tech"));
        assert!(!seen.header("authorization").unwrap().contains("database-token"));
    }
}

#[tokio::test]
async fn a_large_file_goes_through_memory_in_small_pieces() {
    let size = 512 << 20;
    let files = Files::new();
    let path = files.database(1);
    File::options().write(true).open(&path).unwrap().set_len(size).unwrap();
    let cloud = UploadCloud::new(64 << 20).forgetting_bodies();
    let turso = cloud.client().build().unwrap();
    turso.databases().upload_file("shop", &path).await.unwrap();

    let chunks = cloud.seen_at("/chunk/");
    assert_eq!(chunks.iter().map(|seen| seen.length).collect::<Vec<_>>(), [64 << 20; 8]);
    assert!(chunks.iter().all(|seen| seen.largest_piece <= 256 * 1024));
}

#[tokio::test]
async fn the_documented_upload_sends_the_file_in_one_request() {
    let files = Files::new();
    let (path, cloud) = (files.database(3), UploadCloud::new(4096));
    let turso = cloud.client().build().unwrap();
    turso.databases().upload_file("shop", &path).whole().await.unwrap();
    assert!(cloud.seen_at("/v2/upload").is_empty());
    let seen = cloud.seen_at("/v1/upload").remove(0);
    assert_eq!(seen.line(), "POST /v1/upload");
    assert_eq!(seen.header("content-length"), Some("12288"));
    assert!(seen.body == bytes_of(&path));
}

#[tokio::test]
async fn the_key_of_an_encrypted_file_goes_with_its_bytes() {
    let files = Files::new();
    let mut bytes = crate::support::files::database(2);
    bytes[20] = 28;
    let path = files.write("shop.db", bytes);
    let cloud = UploadCloud::new(4096);
    let turso = cloud.client().build().unwrap();
    turso.databases().upload_file("shop", &path).encryption(encryption()).await.unwrap();
    turso.databases().create_from_file(new_shop().encryption(encryption()), &path).whole().await.unwrap();
    let carriers: Vec<_> = cloud.seen_at("/chunk/").into_iter().chain(cloud.seen_at("/v1/upload")).collect();
    assert_eq!(carriers.len(), 3);
    for seen in carriers {
        assert_eq!(seen.header("x-turso-encryption-key"), Some(KEY));
        assert_eq!(seen.header("x-turso-encryption-cipher"), Some("aes256gcm"));
    }
}
