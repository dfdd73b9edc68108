//! Web pages, as which drivers for browsers run: what a browser lets them send to a database, and read of its answers.

use http::{Method, Request, Response, StatusCode, header, request::Builder};
use turso_cloud::transport::Body;
use turso_cloud_local::Cloud;

use crate::support::{api, mint};

const PATH: &str = "/db/app-acme/v2/pipeline";

async fn cloud() -> Cloud {
    let cloud = Cloud::new().unwrap();
    api(&cloud, "databases", r#"{"name":"app","group":"default"}"#).await;
    cloud
}

/// A request of a page.
fn from_page(method: Method, path: &str) -> Builder {
    Request::builder().method(method).uri(path).header(header::ORIGIN, "http://localhost:5173")
}

/// What a browser asks before it sends what a driver does.
async fn preflight(cloud: &Cloud, path: &str, method: &str) -> Response<Body> {
    let request = from_page(Method::OPTIONS, path)
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, method)
        .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "authorization,content-type,x-turso-encryption-key");
    cloud.handle(request.body(Body::default()).unwrap()).await
}

/// Whether a browser lets a page of another origin read the answer.
fn is_readable(answer: &Response<Body>) -> bool {
    answer.headers().get(header::ACCESS_CONTROL_ALLOW_ORIGIN).is_some_and(|origin| origin == "*")
}

#[tokio::test]
async fn a_browser_may_send_whatever_drivers_send_to_a_database() {
    let cloud = cloud().await;
    for (path, method) in [("/", "POST"), ("/v2/pipeline", "POST"), ("/v3/cursor", "POST"), ("/v2/upload/start", "PUT")]
    {
        let answer = preflight(&cloud, &format!("/db/app-acme{path}"), method).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert!(is_readable(&answer), "{path}");
        assert_eq!(answer.headers()[header::ACCESS_CONTROL_ALLOW_METHODS], "*");
        // `*` stands for every header but this one (Fetch, 3.3.6).
        assert_eq!(answer.headers()[header::ACCESS_CONTROL_ALLOW_HEADERS], "*, authorization");
        assert_eq!(answer.into_body().collect(100).await.unwrap(), "");
    }
}

#[tokio::test]
async fn a_page_reads_answers_and_refusals_of_a_database() {
    let cloud = cloud().await;
    let token = format!("Bearer {}", mint(&cloud, "").await);
    let refused = cloud.handle(from_page(Method::POST, PATH).body(Body::from("{}")).unwrap()).await;
    assert_eq!((refused.status(), is_readable(&refused)), (StatusCode::UNAUTHORIZED, true));
    let request = from_page(Method::POST, PATH).header(header::AUTHORIZATION, &token);
    let answered = cloud.handle(request.body(Body::from(r#"{"requests":[{"type":"close"}]}"#)).unwrap()).await;
    assert_eq!((answered.status(), is_readable(&answered)), (StatusCode::OK, true));
    let unknown = cloud.handle(from_page(Method::GET, "/db/nope/v2").body(Body::default()).unwrap()).await;
    assert_eq!((unknown.status(), is_readable(&unknown)), (StatusCode::NOT_FOUND, true));
}

#[tokio::test]
async fn a_preflight_meets_no_fault_and_a_page_sees_the_one_its_request_meets() {
    let cloud = cloud().await;
    let fault = cloud.faults().on_sql().reply(503);
    assert_eq!(preflight(&cloud, PATH, "POST").await.status(), StatusCode::OK);
    assert_eq!(fault.count(), 0);
    let struck = cloud.handle(from_page(Method::POST, PATH).body(Body::from("{}")).unwrap()).await;
    assert_eq!((struck.status(), is_readable(&struck), fault.count()), (StatusCode::SERVICE_UNAVAILABLE, true, 1));
}

#[tokio::test]
async fn no_page_sends_to_the_platform_api_or_reads_its_answers() {
    let cloud = cloud().await;
    for path in ["/v1/organizations", "/_local/status"] {
        let answer = preflight(&cloud, path, "GET").await;
        assert_ne!(answer.status(), StatusCode::OK, "{path}");
        assert!(!answer.headers().contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN), "{path}");
    }
}
