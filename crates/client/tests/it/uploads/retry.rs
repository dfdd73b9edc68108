//! How patient an upload is: as the client was told to be, or else for longer than other calls.

use std::time::Duration;

use turso_cloud::RetryPolicy;

use crate::support::{
    files::Files,
    upload_cloud::{Trouble, UploadCloud},
};

#[tokio::test(start_paused = true)]
async fn an_upload_is_retried_as_its_client_was_told_unless_it_is_told_otherwise() {
    let files = Files::new();
    let path = files.database(1);
    let policy = |retries| RetryPolicy::default().max_retries(retries).backoff(Duration::ZERO, Duration::ZERO);
    for (of_client, of_upload, attempts) in [
        (None, None, 16),
        (Some(policy(1)), None, 2),
        (Some(RetryPolicy::none()), None, 1),
        (Some(policy(1)), Some(policy(3)), 4),
        (None, Some(policy(3)), 4),
    ] {
        let busy = || Trouble::Refused(503, r#"{"error":"busy"}"#.to_owned());
        let cloud = (0..16).fold(UploadCloud::new(4096), |cloud, _| cloud.trouble("/chunk/0", busy()));
        let client = of_client.into_iter().fold(cloud.client(), turso_cloud::ClientBuilder::retry);
        let databases = client.build().unwrap().databases();
        let upload = of_upload.into_iter().fold(databases.upload_file("shop", &path), turso_cloud::Upload::retry);
        assert_eq!(upload.await.unwrap_err().attempts(), attempts, "{of_client:?} {of_upload:?}");
    }
}
