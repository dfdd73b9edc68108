//! Answers nobody should be able to do harm with.

use turso_cloud::ErrorKind;

use super::new_shop;
use crate::support::{files::Files, upload_cloud::UploadCloud};

#[tokio::test]
async fn pieces_nobody_could_send_are_refused() {
    for (started, words) in [
        (r#"{"chunk_size":0,"upload_id":"u"}"#, "chunk_size \"0\""),
        (r#"{"chunk_size":18446744073709551615,"upload_id":"u"}"#, "must be from 1 to 5368709120 bytes"),
        (r#"{"chunk_size":-1,"upload_id":"u"}"#, "field `chunk_size`"),
        (r#"{"chunk_size":1,"upload_id":"u"}"#, "into more than 100000 pieces"),
        (r#"{"chunk_size":"many","upload_id":"u"}"#, "field `chunk_size`"),
        (r#"{"chunk_size":4096,"upload_id":".."}"#, "upload id"),
        (r#"{"chunk_size":4096,"upload_id":""}"#, "upload id"),
        (r#"{"chunk_size":4096}"#, "upload_id"),
        ("", "empty"),
    ] {
        let files = Files::new();
        let cloud = UploadCloud::new(1).starting_with(started);
        let turso = cloud.client().build().unwrap();
        let error = turso.databases().create_from_file(new_shop(), files.database(25)).await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Decode, Some("StartUpload")), "{started}: {error}");
        assert!(error.to_string().contains(words), "{started}: {error}");
        assert!(cloud.seen_at("/chunk/").is_empty());
        assert_eq!(cloud.deletions(), 1);
    }
}

#[tokio::test]
async fn an_upload_id_cannot_lead_elsewhere() {
    let files = Files::new();
    let cloud = UploadCloud::new(1).starting_with(r#"{"chunk_size":4096,"upload_id":"../../v1/x?y#z"}"#);
    let turso = cloud.client().build().unwrap();
    turso.databases().upload_file("shop", files.database(1)).await.unwrap();
    let paths: Vec<_> = cloud.seen_at("/chunk/0").iter().map(|seen| seen.uri.path().to_owned()).collect();
    assert_eq!(paths.len(), 1);
    assert_eq!(paths[0].matches('/').count(), "/v2/upload/id/chunk/0".matches('/').count(), "{paths:?}");
}

#[tokio::test]
async fn a_token_does_not_follow_a_host_that_hides_another() {
    for hostname in ["shop.turso.io@evil.example", "user:word@evil.example", "evil.example/?x=", "evil.example/#"] {
        let files = Files::new();
        let cloud = UploadCloud::new(4096).at(hostname);
        let turso = cloud.client().build().unwrap();
        let error = turso.databases().upload_file("shop", files.database(1)).await.unwrap_err();
        assert!(error.is_decode() && error.to_string().contains("names no usable host"), "{hostname}: {error}");
        assert!(cloud.seen().iter().all(|seen| seen.uri.host() == Some("api.turso.tech")));
    }
}
