//! The end of a login by browser: a page on a port of this machine, to which the service sends the browser with the token.

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, Result};
use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{StatusCode, Uri, header};
use parking_lot::Mutex;
use tokio::{
    net::TcpListener,
    sync::{Notify, oneshot},
    task::JoinSet,
    time::timeout,
};
use turso_cloud::ApiToken;
use url::form_urlencoded;

use crate::{
    exit::{Failure, Kind},
    random::random,
};

/// Whoever has not logged in by then has gone for good.
const PATIENCE: Duration = Duration::from_secs(10 * 60);
/// The browser is about to ask for its last page when it has handed the token over.
const LAST_PAGE: Duration = Duration::from_secs(2);
/// Nobody guesses so many random bytes.
const STATE_BYTES: usize = 32;

/// A port that waits for a token.
#[derive(Debug)]
pub(super) struct Callback {
    port: u16,
    shared: Arc<Shared>,
    token: oneshot::Receiver<ApiToken>,
    /// Ends with this.
    _servers: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    /// Tells the login that was asked for here from one that some page has made up.
    state: String,
    token: Mutex<Option<oneshot::Sender<ApiToken>>>,
    is_told: Notify,
}

impl Callback {
    pub(super) async fn listen() -> Result<Self> {
        let unavailable = "no port of this machine can be listened on";
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context(unavailable)?;
        let port = listener.local_addr().context(unavailable)?.port();
        let (sender, token) = oneshot::channel();
        let state = BASE64_URL_SAFE_NO_PAD.encode(random::<STATE_BYTES>()?);
        let shared = Arc::new(Shared { state, token: Mutex::new(Some(sender)), is_told: Notify::new() });
        let pages = Router::new().route("/", get(arrive)).route("/done", get(done)).with_state(Arc::clone(&shared));
        let mut servers = JoinSet::new();
        // The service says `localhost`, which may be either. Another program may have the port there, or there is no IPv6.
        let other = TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await.ok();
        for listener in [Some(listener), other].into_iter().flatten() {
            let pages = pages.clone();
            servers.spawn(async move {
                // It never ends by itself.
                let _ = axum::serve(listener, pages).await;
            });
        }
        Ok(Self { port, shared, token, _servers: servers })
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// What the service has to send back.
    pub(super) fn state(&self) -> &str {
        &self.shared.state
    }

    /// Waits for the token.
    pub(super) async fn token(&mut self) -> Result<ApiToken> {
        match timeout(PATIENCE, &mut self.token).await {
            Ok(token) => token.context("the page that takes the token has ended"),
            Err(_) => Err(Failure::new(Kind::Failed, "nobody has logged in within 10 minutes")
                .hint("tursoctl auth login --headless, for a browser on another machine")
                .into()),
        }
    }

    /// Lets the browser have its last page.
    pub(super) async fn end(self) {
        // A browser that does not ask for it has shown an error, or nothing.
        let _ = timeout(LAST_PAGE, self.shared.is_told.notified()).await;
    }
}

/// Takes the token, and leads the browser away from an address that it would remember.
async fn arrive(State(shared): State<Arc<Shared>>, uri: Uri) -> Response {
    let parameter = |name: &str| {
        let mut pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        pairs.find(|(other, _)| other == name).map(|(_, value)| value.into_owned())
    };
    if parameter("state").as_deref() != Some(&shared.state) {
        return page(StatusCode::BAD_REQUEST, "This is not the login that was asked for in the terminal.");
    }
    let Some(Ok(token)) = parameter("jwt").map(ApiToken::new) else {
        return page(StatusCode::BAD_REQUEST, "The service has sent no token.");
    };
    let sender = shared.token.lock().take();
    // A second one is as good as the first.
    let _ = sender.map(|sender| sender.send(token));
    let mut response = page(StatusCode::SEE_OTHER, "");
    response.headers_mut().insert(header::LOCATION, header::HeaderValue::from_static("/done"));
    response
}

async fn done(State(shared): State<Arc<Shared>>) -> Response {
    shared.is_told.notify_one();
    page(StatusCode::OK, "The token has arrived. Go back to the terminal; this window can be closed.")
}

fn page(status: StatusCode, text: &'static str) -> Response {
    let html = format!("<!doctype html>\n<title>tursoctl</title>\n<p>{text}</p>\n");
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::CONNECTION, "close"),
    ];
    (status, headers, html).into_response()
}
