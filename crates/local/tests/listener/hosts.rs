//! DNS rebinding: a web page whose name leads to this machine must not reach the cloud.

use turso_cloud_local::Cloud;

use crate::support::{Answer, Served, exchange};

async fn ask(served: &Served, target: &str, host: &str) -> Answer {
    let request = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    exchange(&served.at(), request).await
}

#[tokio::test]
async fn a_host_that_is_not_of_this_machine_is_refused_by_the_rule() {
    let served = Served::start().await;
    for host in ["evil.example", "evil.example:8080", "localhost.evil.example", "192.168.1.5:8080", "127.0.0.1.nip.io"]
    {
        let (status, sentence) = ask(&served, "/_region", host).await.refusal();
        assert_eq!(status, 421, "{host}");
        assert!(sentence.starts_with("Host is refused: on a loopback address it must be"), "{sentence}");
        assert_eq!(ask(&served, "/db/orders-acme/health", host).await.status, 421, "{host}");
    }
    assert_eq!(ask(&served, "http://evil.example/_region", "localhost").await.status, 421);
    for host in ["127.0.0.1", "127.3.4.5:99", "localhost:1", "[::1]:80", "LocalHost", "localhost.:80"] {
        assert_eq!(ask(&served, "/_region", host).await.status, 200, "{host}");
    }
}

#[tokio::test]
async fn a_host_that_was_allowed_is_served() {
    let served = Served::of(Cloud::builder().allow_host("cloud.test").build().unwrap()).await;
    assert_eq!(ask(&served, "/_region", "Cloud.Test:8080").await.status, 200);
    assert_eq!(ask(&served, "/_region", "other.test").await.status, 421);
}

#[test]
fn what_is_no_host_cannot_be_allowed() {
    for host in ["a b", "", "cloud.test:8080", "user@cloud.test", "http://cloud.test"] {
        let refused = Cloud::builder().allow_host(host).build().unwrap_err().to_string();
        assert_eq!(refused, format!("allowed host {host:?} is not valid: must be the name of a host, without a port"));
    }
}

#[tokio::test]
async fn a_server_for_other_machines_is_found_under_any_name() {
    let cloud = Cloud::new().unwrap();
    let server = cloud.serve("0.0.0.0:0").await.unwrap();
    let request = "GET /_region HTTP/1.1\r\nHost: cloud.example\r\nConnection: close\r\n\r\n".to_owned();
    let answer = exchange(&format!("127.0.0.1:{}", server.addr().port()), request).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// A page of the web may be under that name, and reads what its own name answers.
#[tokio::test]
async fn nobody_logs_in_under_a_name_that_is_not_of_this_machine() {
    let served = Served::of(Cloud::builder().allow_host("cloud.test").build().unwrap()).await;
    let everywhere = served.cloud.serve("0.0.0.0:0").await.unwrap();
    let everywhere = Served::with(served.cloud.clone(), everywhere).await;
    for login in ["/?redirect=false", "/signup?redirect=false", "/?redirect=true&port=4711&state=s"] {
        let answer = ask(&everywhere, login, "evil.example").await;
        let rule = "only programs that call the local cloud by a name of this machine can log in";
        assert_eq!(answer.refusal(), (403, rule.to_owned()), "{login}");
        assert_eq!(ask(&everywhere, &format!("http://evil.example{login}"), "localhost").await.status, 403, "{login}");
        for host in ["127.0.0.1", "localhost:8080", "cloud.test"] {
            for served in [&served, &everywhere] {
                let status = ask(served, login, host).await.status;
                assert!(matches!(status, 200 | 302), "{host} {login}: {status}");
            }
        }
    }
}
