//! What the Platform API's host has beside the API: the login of the official command line, and its latest release.

use std::{num::NonZeroU16, sync::Arc};

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::json;
use turso_cloud_contract::{ApiToken, InvalidInput};
use url::Url;

use super::{Control, Refusal, respond, sign};
use crate::{
    blocking::blocking,
    data::Peer,
    founder,
    ids::IdError,
    store::{ApiTokenRow, SessionRow},
};

/// By this header the official command line says which release it is.
const RELEASE: &str = "TursoCliVersion";

/// How long a session goes on.
const SESSION: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A page somebody asked for.
#[derive(Debug)]
pub(crate) enum Page {
    LatestRelease(Option<HeaderValue>),
    Login(Login, Visitor),
}

/// The mark of a request that names a host which is not of this machine. A web page may be under that name, and reads what
/// its own name answers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ForeignHost;

/// Where somebody who wants to log in comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visitor {
    peer: Peer,
    names_foreign_host: bool,
}

impl Page {
    /// The page a request is for, if it is for one.
    pub(super) fn of(request: &Request<Body>) -> Option<Self> {
        if request.method() != Method::GET {
            return None;
        }
        match request.uri().path() {
            "/releases/latest" => Some(Self::LatestRelease(request.headers().get(RELEASE).cloned())),
            "/" | "/signup" => {
                let login = serde_urlencoded::from_str(request.uri().query()?).ok()?;
                let peer = request.extensions().get().copied().unwrap_or_default();
                let names_foreign_host = request.extensions().get::<ForeignHost>().is_some();
                Some(Self::Login(login, Visitor { peer, names_foreign_host }))
            }
            _ => None,
        }
    }

    /// What pages are called where operations have names.
    pub(super) const NAMES: [&str; 2] = ["LatestRelease", "Login"];

    pub(super) fn name(&self) -> &'static str {
        let [latest_release, login] = Self::NAMES;
        match self {
            Self::LatestRelease(_) => latest_release,
            Self::Login(..) => login,
        }
    }
}

/// The query of the page that logs somebody in.
#[derive(Debug, Deserialize)]
pub(crate) struct Login {
    /// Whether the session is handed to a program that listens on this machine, rather than shown.
    redirect: bool,
    /// Where the program listens.
    port: Option<String>,
    /// What the program wants to hear again.
    #[serde(default)]
    state: String,
}

impl Login {
    fn port_to_redirect_to(&self) -> Result<Option<NonZeroU16>, Refusal> {
        if !self.redirect {
            return Ok(None);
        }
        let port = self.port.as_deref();
        let port = port.ok_or_else(|| Refusal::bad_request("port is missing: where does the program listen?"))?;
        let number = port.parse().map_err(|_| InvalidInput::new("port", port, "must be from 1 to 65535"))?;
        Ok(Some(number))
    }
}

impl Control {
    pub(super) async fn show(self: &Arc<Self>, page: Page) -> Response<Bytes> {
        match page {
            Page::LatestRelease(release) => latest_release(release.as_ref()),
            Page::Login(login, visitor) => self.log_in(login, visitor).await.unwrap_or_else(Refusal::into_response),
        }
    }

    /// Begins a session of the cloud's user. Nobody is asked for a password, and so nobody beyond this machine gets one.
    async fn log_in(self: &Arc<Self>, login: Login, visitor: Visitor) -> Result<Response<Bytes>, Refusal> {
        if !visitor.peer.is_here() {
            return Err(Refusal::forbidden("only programs of the machine the local cloud runs on can log in"));
        }
        if visitor.names_foreign_host {
            return Err(Refusal::forbidden(
                "only programs that call the local cloud by a name of this machine can log in",
            ));
        }
        // Before there is a session that nobody gets.
        let port = login.port_to_redirect_to()?;
        let control = Arc::clone(self);
        let token = blocking(move || control.begin_session()).await?;
        match port {
            Some(port) => handed_over(port, &login.state, &token),
            None => Ok(shown(&token)),
        }
    }

    fn begin_session(&self) -> Result<ApiToken, Refusal> {
        self.store.transact(|transaction| {
            let user = transaction.find_user(founder::USER)?.ok_or_else(|| Refusal::internal(NobodyThere))?;
            let key = transaction.platform_key()?.ok_or_else(|| Refusal::internal(NobodyThere))?;
            let created_at = self.clock.now();
            let token = ApiTokenRow {
                jti: self.ids.token_id(transaction)?,
                name: "session".try_into().map_err(IdError::Shape)?,
                user,
                organization: None,
                group: None,
                created_at,
            };
            let text = sign(&token, &key)?;
            let expires_at = created_at.checked_add(SESSION).map_err(Refusal::internal)?;
            transaction.insert_session(&SessionRow { token, expires_at })?;
            Ok(text)
        })
    }
}

/// A release that is the latest one has nothing to update itself to.
fn latest_release(release: Option<&HeaderValue>) -> Response<Bytes> {
    let release = release.and_then(|release| release.to_str().ok()).unwrap_or("dev");
    respond(Ok(json!({ "latest": release }).to_string().into_bytes()))
}

/// Sends the browser on to the program. It goes to this machine only.
fn handed_over(port: NonZeroU16, state: &str, token: &ApiToken) -> Result<Response<Bytes>, Refusal> {
    let mut url = Url::parse(&format!("http://localhost:{port}/")).map_err(Refusal::internal)?;
    url.query_pairs_mut().append_pair("jwt", token.expose()).append_pair("state", state);
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::FOUND;
    let location = HeaderValue::try_from(url.as_str()).map_err(Refusal::internal)?;
    response.headers_mut().insert(header::LOCATION, location);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// No page of another origin reads or frames it.
fn shown(token: &ApiToken) -> Response<Bytes> {
    let page = format!(
        "<!doctype html>\n<title>Local Turso Cloud</title>\n<p>You are logged in to the local Turso Cloud. For the \
         official command line:</p>\n<pre>turso config set token \"{}\"</pre>\n",
        token.expose()
    );
    let mut response = Response::new(Bytes::from(page));
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A cloud that was set up has a user and a key.
#[derive(Debug, thiserror::Error)]
#[error("the user or the key of the cloud is missing")]
struct NobodyThere;

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::Cloud;

    #[tokio::test]
    async fn a_login_is_only_for_this_machine() {
        let cloud = Cloud::new().unwrap();
        for (peer, status) in [(Ipv4Addr::new(192, 0, 2, 1), 403), (Ipv4Addr::new(127, 0, 0, 9), 200)] {
            let mut request = Request::get("/?redirect=false").body(Body::empty()).unwrap();
            request.extensions_mut().insert(Peer(peer.into()));
            assert_eq!(cloud.answer(request).await.status(), status, "{peer}");
        }
    }
}
