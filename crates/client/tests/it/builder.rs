//! Settings: those that cannot work are refused, and those that work are seen on the wire.

use std::{
    error::Error as _,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{FutureExt as _, TryStreamExt as _};
use turso_cloud::{
    ApiToken, Client, ClientBuilder, Error, ErrorKind, Expiration, NewDatabase, NewToken, OrganizationSlug,
    RetryPolicy,
    contract::databases::DeleteDatabase,
    mock::{Failure, Mock},
    transport::{Body, SendFuture, Transport},
};
use turso_cloud_local::Cloud;

use crate::support::{
    bring_crypto_provider,
    operations::{DATABASE, Operation, TOKEN},
    script::{Script, Step},
    server::{Reply, Server, closed_origin},
};

fn builder() -> Result<ClientBuilder, turso_cloud::InvalidInput> {
    bring_crypto_provider();
    Ok(Client::builder(ApiToken::new(TOKEN)?))
}

fn plain() -> Result<ClientBuilder, turso_cloud::InvalidInput> {
    Ok(builder()?.base_url("http://127.0.0.1:8080"))
}

fn certificate(content: &str) -> String {
    format!("-----BEGIN CERTIFICATE-----\n{content}\n-----END CERTIFICATE-----\n")
}

fn refusal(builder: ClientBuilder) -> Option<(ErrorKind, String)> {
    builder.build().err().map(|error: Error| (error.kind(), error.to_string()))
}

#[test]
fn a_url_that_cannot_work_is_refused_with_the_rule_it_breaks() {
    for (url, rule) in [
        ("", "is not a URL"),
        ("api.turso.tech", "is not a URL"),
        ("ftp://api.turso.tech", "must start with https:// or http://"),
        ("libsql://orders-acme.turso.io", "must start with https:// or http://"),
        ("https://api.turso.tech/v2", "without a path"),
        ("https://api.turso.tech/v1/organizations", "without a path"),
        ("https://planted@api.turso.tech", "must not hold a user name or a password"),
        ("https://user:planted@api.turso.tech", "must not hold a user name or a password"),
        ("https://api.turso.tech?authToken=planted", "must not hold a query or a fragment"),
        ("https://api.turso.tech/#planted", "must not hold a query or a fragment"),
        ("http://api.turso.tech", "must start with https://: nothing goes to Turso Cloud in clear"),
    ] {
        let (kind, text) = refusal(builder().unwrap().base_url(url)).unwrap();
        assert_eq!(kind, ErrorKind::InvalidInput, "{url}");
        assert!(text.starts_with("invalid input: base URL ") && text.contains(rule), "{text}");
        assert!(!text.contains("planted"), "{text}");
    }
    let (kind, text) = refusal(builder().unwrap().region_url("region.turso.io")).unwrap();
    assert!(kind == ErrorKind::InvalidInput && text.contains("region URL"), "{text}");
    // Another service may stand behind a path.
    assert_eq!(refusal(builder().unwrap().region_url("https://region.turso.io/behind/a/path")), None);
}

#[test]
fn other_settings_that_cannot_work_are_refused_too() {
    use ErrorKind::{Config, InvalidInput};
    let script = Script::new([Step::status(200)]);
    for (builder, expected, words) in [
        (builder().unwrap().max_in_flight(0), Config, "max_in_flight is 0"),
        (builder().unwrap().timeout(Duration::ZERO), Config, "timeout is 0"),
        (builder().unwrap().deadline(Duration::ZERO), Config, "deadline is 0"),
        (builder().unwrap().organization("a/b"), InvalidInput, "organization \"a/b\" is not valid"),
        (builder().unwrap().organization(""), InvalidInput, "organization \"\" is not valid: must not be empty"),
        (builder().unwrap().user_agent("two\nlines"), InvalidInput, "user agent"),
        (builder().unwrap().user_agent("zoë/1"), InvalidInput, "only visible ASCII characters are allowed"),
        (builder().unwrap().proxy("proxy planted"), InvalidInput, "proxy is not valid: is not a URL"),
        (builder().unwrap().proxy("proxy.internal:3128"), InvalidInput, "proxy is not valid: must start with http"),
        (builder().unwrap().proxy("ftp://proxy.internal"), InvalidInput, "proxy is not valid: must start with http"),
        (builder().unwrap().root_certificates("not PEM"), Config, "a root certificate"),
        (builder().unwrap().root_certificates(""), Config, "a root certificate"),
        (builder().unwrap().root_certificates(certificate("not base64!")), Config, "a root certificate"),
        // At once, though nothing there is going to be encrypted.
        (plain().unwrap().root_certificates("not PEM"), Config, "a root certificate"),
        (plain().unwrap().root_certificates(certificate("not base64!")), Config, "a root certificate"),
        (plain().unwrap().proxy("ftp://proxy.internal"), InvalidInput, "proxy is not valid: must start with http"),
        (script.client().proxy("http://proxy.internal"), Config, "not for a transport of one's own"),
        (script.client().connect_timeout(Duration::from_secs(1)), Config, "not for a transport of one's own"),
        (script.client().root_certificates("any"), Config, "not for a transport of one's own"),
    ] {
        let (kind, text) = refusal(builder).unwrap_or_else(|| panic!("it was accepted: {words}"));
        assert_eq!(kind, expected, "{text}");
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn a_block_of_pem_that_holds_no_certificate_is_refused_as_the_certificate_it_is_not() {
    let none = || certificate("bm9uZQ==");
    for builder in [builder().unwrap().root_certificates(none()), plain().unwrap().root_certificates(none())] {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
        // The error itself does so only where `native-tls` is compiled in, which reads it before rustls does.
        let told = std::iter::successors(Some(&error as &dyn std::error::Error), |&cause| cause.source());
        assert!(told.map(ToString::to_string).any(|told| told.contains("certificate")), "{error:?}");
    }
}

#[test]
fn a_client_tells_where_it_works() {
    let client = builder().unwrap().organization("acme").base_url("https://api.test.invalid/v1/").build().unwrap();
    assert_eq!(client.organization().map(OrganizationSlug::as_str), Some("acme"));
    assert_eq!(client.base_url(), "https://api.test.invalid");
    let client = builder().unwrap().build().unwrap();
    assert_eq!((client.organization(), client.base_url()), (None, "https://api.turso.tech"));
}

#[tokio::test]
async fn a_trailing_version_and_slash_are_dropped_on_the_wire() {
    for suffix in ["", "/", "/v1", "/v1/"] {
        let server = Server::start([Reply::answer("200 OK", DATABASE)]);
        let client = server.client().base_url(format!("{}{suffix}", server.origin())).build().unwrap();
        client.databases().get("orders").await.unwrap();
        assert_eq!(server.requests(1)[0].line, "GET /v1/organizations/acme/databases/orders HTTP/1.1");
    }
}

#[tokio::test]
async fn a_request_carries_the_token_the_user_agent_and_what_it_accepts() {
    let server = Server::start([Reply::answer("200 OK", Operation::Once.answer())]);
    let client = server.client().user_agent("billing-service/2.1 (eu)").build().unwrap();
    client.databases().create(NewDatabase::new("orders", "default")).await.unwrap();
    let seen = server.requests(1).remove(0);
    assert_eq!(seen.line, "POST /v1/organizations/acme/databases HTTP/1.1");
    assert_eq!(seen.body, br#"{"name":"orders","group":"default"}"#);
    for (name, value) in [
        ("authorization", &*format!("Bearer {TOKEN}")),
        ("user-agent", "billing-service/2.1 (eu)"),
        ("accept", "application/json"),
        ("content-type", "application/json"),
        ("content-length", "35"),
        ("host", server.origin().strip_prefix("http://").unwrap()),
    ] {
        assert_eq!(seen.header(name), Some(value), "{name}");
        let times = seen.headers.iter().filter(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")));
        assert_eq!(times.count(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_request_without_a_body_says_nothing_of_one() {
    let server = Server::start([Reply::answer("200 OK", DATABASE)]);
    server.client().build().unwrap().databases().get("orders").await.unwrap();
    let seen = server.requests(1).remove(0);
    assert_eq!((seen.header("content-type"), seen.header("content-length")), (None, None));
    assert!(seen.header("user-agent").is_some_and(|name| name.starts_with("turso-cloud-rust/")));
}

#[tokio::test]
async fn the_options_of_a_database_token_travel_in_the_query() {
    let server = Server::start([Reply::answer("200 OK", r#"{"jwt":"a.b.c"}"#)]);
    let token = NewToken::read_only().expires(Expiration::days(9));
    server.client().build().unwrap().databases().create_token("orders", token).await.unwrap();
    let line =
        "POST /v1/organizations/acme/databases/orders/auth/tokens?expiration=1w2d&authorization=read-only HTTP/1.1";
    assert_eq!(server.requests(1)[0].line, line);
}

#[tokio::test]
async fn the_region_service_gets_no_token() {
    let server = Server::start([Reply::answer("200 OK", r#"{"server":"lhr","client":"fra"}"#)]);
    let client = server.client().base_url(closed_origin()).build().unwrap();
    assert_eq!(client.locations().closest_region().await.unwrap().client, "fra");
    let seen = server.requests(1).remove(0);
    assert_eq!((&*seen.line, seen.header("authorization")), ("GET / HTTP/1.1", None));
}

#[tokio::test]
async fn a_handle_may_work_on_another_organization() {
    let script = Script::new([Step::absent()]);
    let client = script.client().build().unwrap();
    client.databases().organization("other").find("orders").await.unwrap();
    client.groups().organization("other").find("default").await.unwrap();
    client.audit_logs().organization("other").page(turso_cloud::AuditLogPage::default()).await.unwrap_err();
    let databases = client.databases();
    databases.organization("third").find("orders").await.unwrap();
    databases.find("orders").await.unwrap();
    let paths: Vec<_> = script.sent().into_iter().map(|sent| sent.uri.path().to_owned()).collect();
    assert_eq!(
        paths,
        [
            "/v1/organizations/other/databases/orders",
            "/v1/organizations/other/groups/default",
            "/v1/organizations/other/audit-logs",
            "/v1/organizations/third/databases/orders",
            "/v1/organizations/acme/databases/orders",
        ]
    );
}

#[tokio::test]
async fn without_an_organization_only_what_needs_one_fails() {
    let script = Script::new([Step::answer(200, r#"{"exp":-1}"#)]);
    let client = builder().unwrap().transport(script.clone()).build().unwrap();
    for operation in Operation::ALL {
        let error = operation.run(&client).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Config, 0));
        assert!(error.to_string().contains("no organization: set one with"), "{error}");
    }
    assert!(client.groups().list().await.unwrap_err().is_config());
    assert!(client.audit_logs().page(turso_cloud::AuditLogPage::default()).await.unwrap_err().is_config());
    assert_eq!(script.count(), 0);
    client.api_tokens().validate().await.unwrap();
    assert_eq!(script.count(), 1);
}

#[tokio::test]
async fn a_proxy_is_used_for_every_request() {
    let proxy = Server::start([Reply::answer("200 OK", DATABASE)]);
    let client = proxy.client().base_url("http://api.test.invalid").proxy(proxy.origin()).build().unwrap();
    client.databases().get("orders").await.unwrap();
    let line = "GET http://api.test.invalid/v1/organizations/acme/databases/orders HTTP/1.1";
    assert_eq!(proxy.requests(1)[0].line, line);
}

/// The variables of the environment belong to a whole process, so that this test runs itself in another one.
#[tokio::test]
async fn a_proxy_of_the_environment_is_not_asked_for_this_machine() {
    const INSIDE: &str = "TURSO_CLOUD_TEST_PROXIED";
    if std::env::var_os(INSIDE).is_some() {
        return ask_behind_a_proxy().await;
    }
    let proxy = Server::start([Reply::answer("200 OK", DATABASE)]);
    let mut inside = std::process::Command::new(std::env::current_exe().unwrap());
    inside.args(["--exact", "builder::a_proxy_of_the_environment_is_not_asked_for_this_machine"]).env(INSIDE, "1");
    for variable in ["NO_PROXY", "no_proxy", "REQUEST_METHOD"] {
        inside.env_remove(variable);
    }
    for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        inside.env(variable, proxy.origin());
    }
    let output = inside.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    let lines: Vec<_> = proxy.requests(1).into_iter().map(|seen| seen.line).collect();
    assert_eq!(lines, ["GET http://api.test.invalid/v1/organizations/acme/databases/orders HTTP/1.1"]);
}

#[expect(clippy::unwrap_used, reason = "it is the rest of the test")]
async fn ask_behind_a_proxy() {
    let server = Server::start([Reply::answer("200 OK", DATABASE)]);
    let builder = || server.client().retry(RetryPolicy::none());
    builder().build().unwrap().databases().get("orders").await.unwrap();
    let elsewhere = || builder().base_url("http://api.test.invalid");
    elsewhere().build().unwrap().databases().get("orders").await.unwrap();
    let past_it = elsewhere().no_proxy().build().unwrap().databases().get("orders").await.unwrap_err();
    assert!(past_it.is_connect(), "{past_it}");
    // One that is asked for is used for this machine, too.
    let asked_for = builder().proxy(closed_origin()).build().unwrap().databases().get("orders").await.unwrap_err();
    assert!(asked_for.is_connect(), "{asked_for}");
    assert_eq!(server.requests(1)[0].line, "GET /v1/organizations/acme/databases/orders HTTP/1.1");
}

fn of_cloud(cloud: &Cloud, base_url: String) -> ClientBuilder {
    bring_crypto_provider();
    Client::builder(cloud.token()).organization(cloud.organization()).base_url(base_url).retry(RetryPolicy::none())
}

#[tokio::test]
async fn a_server_is_trusted_by_the_certificate_that_is_given_and_by_no_other() {
    let (cloud, other) = (Cloud::new().unwrap(), Cloud::new().unwrap());
    let server = cloud.serve("127.0.0.1:0").await.unwrap();
    let trusting = |given: &Cloud| {
        of_cloud(&cloud, server.https_url()).root_certificates(given.ca_certificate().unwrap()).build().unwrap()
    };
    trusting(&cloud).databases().list().await.unwrap();
    let error = trusting(&other).databases().list().await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_happened()), (ErrorKind::Connect, false), "{error}");
    // In the words of rustls wherever it is compiled in, also beside `native-tls`.
    let has_rustls = cfg!(any(feature = "rustls", feature = "rustls-no-provider"));
    let words = if has_rustls { "invalid peer certificate" } else { "certificate" };
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    assert!(causes.map(ToString::to_string).any(|cause| cause.contains(words)), "{error:?}");
}

#[tokio::test]
async fn a_client_of_plain_http_reaches_other_services_over_tls() {
    let cloud = Cloud::new().unwrap();
    let server = cloud.serve("127.0.0.1:0").await.unwrap();
    let region_url = server.region_url().replace("http://", "https://");
    let trusted = cloud.ca_certificate().unwrap();
    let client = of_cloud(&cloud, server.url()).region_url(region_url).root_certificates(trusted).build().unwrap();
    client.databases().list().await.unwrap();
    client.locations().closest_region().await.unwrap();
    client.databases().list().await.unwrap();
}

/// Notes its name for every request and passes it on.
#[derive(Debug)]
struct Layer {
    name: &'static str,
    seen: Arc<Mutex<Vec<&'static str>>>,
    inner: Box<dyn Transport>,
}

impl Transport for Layer {
    fn send(&self, request: http::Request<Body>) -> SendFuture<'_> {
        if let Ok(mut seen) = self.seen.lock() {
            seen.push(self.name);
        }
        self.inner.send(request)
    }
}

#[tokio::test]
async fn the_last_layer_is_the_first_to_get_a_request() {
    let script = Script::new([Step::answer(200, DATABASE)]);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let layer = |name| {
        let seen = seen.clone();
        move |inner| Box::new(Layer { name, seen, inner }) as Box<dyn Transport>
    };
    let client = script.client().layer(layer("first")).layer(layer("last")).build().unwrap();
    client.databases().get("orders").await.unwrap();
    assert_eq!(*seen.lock().unwrap(), ["last", "first"]);
    assert_eq!(script.count(), 1);
}

#[test]
fn without_a_runtime_a_call_is_an_error_and_no_panic() {
    let mock = Mock::new();
    let turso = mock.client().build().unwrap();
    let upload = turso.databases().create_from_file(NewDatabase::new("orders", "default"), "no-such-file");
    let outcomes = turso.databases().delete_many(["orders"]).into_future().now_or_never().unwrap();
    for refused in [
        turso.databases().get("orders").into_future().now_or_never().unwrap().map(drop),
        turso
            .databases()
            .create(NewDatabase::new("orders", "default"))
            .wait_ready()
            .into_future()
            .now_or_never()
            .unwrap()
            .map(drop),
        turso.databases().stream().try_next().now_or_never().unwrap().map(drop),
        upload.into_future().now_or_never().unwrap().map(drop),
        turso.databases().access("orders", Expiration::hours(1)).into_future().now_or_never().unwrap().map(drop),
        outcomes.into_iter().next().unwrap().result.map(drop),
    ] {
        let error = refused.unwrap_err();
        assert!(error.is_config() && error.to_string().contains("there is no Tokio runtime here"), "{error}");
    }
    assert_eq!(mock.request_count(), 0);
}

#[test]
fn without_a_runtime_a_pause_of_many_calls_is_an_error_and_no_panic() {
    let mock = Mock::new();
    let turso = mock.client().retry(RetryPolicy::none()).build().unwrap();
    mock.when::<DeleteDatabase>().fail_once(Failure::rate_limited(Duration::from_secs(60)));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let limited = runtime.block_on(turso.databases().delete("orders").into_future()).unwrap_err();
    assert!(limited.is_rate_limited(), "{limited}");
    let outcomes = turso.databases().delete_many(["orders"]).into_future().now_or_never().unwrap();
    assert!(outcomes[0].result.as_ref().unwrap_err().is_config());
}

#[tokio::test]
async fn what_is_said_last_of_the_proxy_holds() {
    let server = Server::start([Reply::answer("200 OK", Operation::Safe.answer())]);
    let past_it = server.client().proxy(closed_origin()).no_proxy().build().unwrap();
    Operation::Safe.run(&past_it).await.unwrap();
}

#[tokio::test]
async fn each_request_goes_to_the_host_it_is_for() {
    let platform = Server::start([Reply::answer("200 OK", Operation::Safe.answer())]);
    let region = Server::start([Reply::answer("200 OK", r#"{"server":"lhr","client":"lhr"}"#)]);
    let client = platform.client().region_url(region.origin()).build().unwrap();
    Operation::Safe.run(&client).await.unwrap();
    client.locations().closest_region().await.unwrap();
    assert!(platform.requests(1)[0].line.starts_with("GET /v1/organizations/acme/"));
    assert_eq!(region.requests(1)[0].line, "GET / HTTP/1.1");
}
