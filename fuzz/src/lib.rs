//! A cloud that targets send whole requests to.

use std::time::Duration;

use http::{Request, StatusCode, header};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use turso_cloud::transport::Body;
use turso_cloud_local::Cloud;

/// No input of a fuzzer is worth waiting for longer: what is still running then is interrupted.
const PATIENCE: Duration = Duration::from_secs(2);

/// A cloud in memory, and a runtime to ask it in.
pub struct Asked {
    runtime: Runtime,
    cloud: Cloud,
}

impl Asked {
    pub fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
        Self { runtime, cloud: Cloud::builder().seed(1).build().expect("a cloud") }
    }

    /// What the Platform API answers in the organization; nothing for what [`Asked::send`] has no answer to.
    pub fn api(&self, method: &str, path: &str, body: &str) -> Option<(StatusCode, Value)> {
        let token = self.cloud.token();
        let path = format!("/v1/organizations/acme/{path}");
        let (status, body) = self.send(method, &path, token.expose(), body.as_bytes().to_vec())?;
        Some((status, serde_json::from_slice(&body).unwrap_or_default()))
    }

    /// The answer to a request of the Platform API that must succeed.
    pub fn change(&self, method: &str, path: &str, body: &str) -> Value {
        let (status, answer) = self.api(method, path, body).expect("an answer in time");
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    /// A token of a database that may do everything.
    pub fn token(&self, database: &str) -> String {
        let minted = self.change("POST", &format!("databases/{database}/auth/tokens"), "");
        minted["jwt"].as_str().expect("a token").to_owned()
    }

    /// The status and the body of an answer; nothing when it took too long, and when there is no such request in HTTP.
    pub fn send(&self, method: &str, path: &str, token: &str, body: Vec<u8>) -> Option<(StatusCode, Vec<u8>)> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_LENGTH, body.len())
            .body(Body::from(body))
            .ok()?;
        let answered = async {
            let answer = self.cloud.handle(request).await;
            let status = answer.status();
            let body = answer.into_body().collect(usize::MAX).await.expect("a body that ends");
            (status, body.to_vec())
        };
        self.runtime.block_on(async { tokio::time::timeout(PATIENCE, answered).await }).ok()
    }

    /// Lets the time of the cloud pass, in which what was deleted is gone for good.
    pub fn forget_deleted(&self) {
        self.cloud.clock().advance(Duration::from_secs(6 * 86_400));
    }
}

impl Default for Asked {
    fn default() -> Self {
        Self::new()
    }
}
