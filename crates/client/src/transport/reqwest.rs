use std::{
    fmt,
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

#[cfg(any(feature = "rustls", feature = "rustls-no-provider", feature = "native-tls"))]
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{
    Uri,
    uri::{Authority, Scheme},
};
use hyper_util::client::proxy::matcher::Matcher;
use turso_cloud_contract::is_this_machine;
use url::Url;

use super::{Body, SendFuture, Transport, TransportError};
use crate::Error;

/// What of the client's settings concerns the connection.
#[derive(Default, PartialEq)]
pub(crate) struct Settings {
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) proxies: Proxies,
    #[cfg(any(feature = "rustls", feature = "rustls-no-provider", feature = "native-tls"))]
    pub(crate) root_certificates: Vec<Bytes>,
}

/// What stands between this machine and a server.
#[derive(Default, PartialEq)]
pub(crate) enum Proxies {
    /// Those of the environment, which know nothing of a server on this machine.
    #[default]
    Environment,
    None,
    One(Url),
}

/// Which of the clients a request takes.
#[derive(Clone, Copy, Debug)]
struct Route {
    /// Whether the connection is encrypted, be it only as far as a proxy.
    is_encrypted: bool,
    /// Whether it goes past all proxies.
    is_direct: bool,
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// HTTP through reqwest.
///
/// There are several clients in it, because reading the certificates of the platform takes longer than a call: it is put
/// off until a connection needs them, which on plain HTTP none does. Each is set up when it is first used.
pub(crate) struct ReqwestTransport {
    settings: Settings,
    /// As reqwest chooses them.
    matcher: Matcher,
    clients: [OnceLock<reqwest::Client>; 4],
    last_origin: Mutex<Option<Origin>>,
}

/// Where a request went. Nearly all of a client's go to the same place, whose name is costly to parse.
#[derive(Debug)]
struct Origin {
    scheme: Scheme,
    authority: Authority,
    url: Url,
    route: Route,
}

impl ReqwestTransport {
    /// Sets up what requests to `origin` need, and fails where that cannot be. Other origins are met later.
    pub(crate) fn new(settings: Settings, origin: &Uri) -> Result<Self, Error> {
        let matcher = match &settings.proxies {
            Proxies::One(proxy) => Matcher::builder().all(proxy.as_str()).build(),
            Proxies::Environment | Proxies::None => Matcher::from_system(),
        };
        let (clients, last_origin) = Default::default();
        let transport = Self { settings, matcher, clients, last_origin };
        transport.client(transport.route(origin))?;
        Ok(transport)
    }

    fn route(&self, uri: &Uri) -> Route {
        let is_https = |uri: &Uri| uri.scheme() == Some(&Scheme::HTTPS);
        let is_direct = match self.settings.proxies {
            Proxies::Environment => uri.host().is_some_and(is_this_machine),
            Proxies::None => true,
            Proxies::One(_) => false,
        };
        let is_proxy_encrypted = || self.matcher.intercept(uri).is_some_and(|proxy| is_https(proxy.uri()));
        Route { is_encrypted: is_https(uri) || (!is_direct && is_proxy_encrypted()), is_direct }
    }

    fn client(&self, route: Route) -> Result<&reqwest::Client, Error> {
        let client = &self.clients[usize::from(route.is_encrypted) * 2 + usize::from(route.is_direct)];
        if let Some(client) = client.get() {
            return Ok(client);
        }
        let built = self.settings.build(route)?;
        Ok(client.get_or_init(|| built))
    }
}

impl Settings {
    fn build(&self, Route { is_encrypted, is_direct }: Route) -> Result<reqwest::Client, Error> {
        #[cfg(not(any(feature = "rustls", feature = "rustls-no-provider", feature = "native-tls")))]
        if is_encrypted {
            return Err(Error::config(
                "a connection is to be encrypted and the client was built without TLS: enable the feature `rustls`, \
                 `rustls-no-provider` or `native-tls`",
            ));
        }
        #[cfg(all(feature = "rustls-no-provider", not(feature = "rustls")))]
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            return Err(Error::config(
                "rustls has no crypto provider: install one before the client is built, or enable the feature `rustls`",
            ));
        }
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(self.connect_timeout.unwrap_or(CONNECT_TIMEOUT));
        if is_direct {
            builder = builder.no_proxy();
        } else if let Proxies::One(proxy) = &self.proxies {
            let proxy = reqwest::Proxy::all(proxy.clone())
                .map_err(|e| Error::config("the proxy cannot be used").with_source(e.without_url()))?;
            builder = builder.proxy(proxy);
        }
        if !is_encrypted {
            // What reqwest sends again is what HTTP/2 takes back unread, which is not spoken without TLS: it need not keep
            // a copy of each request.
            builder = builder.retry(reqwest::retry::never().max_retries_per_request(0));
        }
        #[cfg(any(feature = "rustls", feature = "rustls-no-provider", feature = "native-tls"))]
        {
            // Those that are given are looked at in any case, so that a wrong one is told at once.
            let given = certificates(&self.root_certificates)?;
            builder = if is_encrypted { builder.tls_certs_merge(given) } else { builder.tls_certs_only(given) };
            builder = tls_backend(builder);
        }
        builder.build().map_err(|e| Error::config("the HTTP client cannot be set up").with_source(e.without_url()))
    }
}

/// Without its settings: a proxy may be named with its password.
impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransport").finish_non_exhaustive()
    }
}

impl Transport for ReqwestTransport {
    fn send(&self, request: http::Request<Body>) -> SendFuture<'_> {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let (url, route) = self.target(&parts.uri)?;
            let client = self.client(route).map_err(TransportError::not_sent)?;
            let mut request = reqwest::Request::new(parts.method, url);
            *request.version_mut() = parts.version;
            *request.headers_mut() = parts.headers;
            *request.body_mut() = Some(outgoing(body));
            let sent = client.execute(request).await;
            let response = sent.map_err(|e| if e.is_connect() { not_sent(e) } else { interrupted(e) })?;
            Ok(incoming(response))
        })
    }
}

impl ReqwestTransport {
    /// The URL of a request, and how it gets there.
    fn target(&self, uri: &Uri) -> Result<(Url, Route), TransportError> {
        let (mut url, route) = self.origin(uri)?;
        url.set_path(uri.path());
        url.set_query(uri.query());
        Ok((url, route))
    }

    fn origin(&self, uri: &Uri) -> Result<(Url, Route), TransportError> {
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return Err(TransportError::not_sent("a URL needs a scheme and a host"));
        };
        let mut last = self.last_origin.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            // To the letter: comparing names in any case takes longer than all the rest of this.
            Some(known) if known.scheme == *scheme && known.authority.as_str() == authority.as_str() => {
                Ok((known.url.clone(), known.route))
            }
            _ => {
                let url = Url::parse(&format!("{scheme}://{authority}")).map_err(TransportError::not_sent)?;
                let (scheme, authority, route) = (scheme.clone(), authority.clone(), self.route(uri));
                *last = Some(Origin { scheme, authority, url: url.clone(), route });
                Ok((url, route))
            }
        }
    }
}

fn outgoing(body: Body) -> reqwest::Body {
    match body.as_bytes() {
        Some(bytes) => bytes.clone().into(),
        None => reqwest::Body::wrap_stream(body),
    }
}

fn incoming(mut response: reqwest::Response) -> http::Response<Body> {
    let status = response.status();
    let headers = std::mem::take(response.headers_mut());
    let mut incoming =
        http::Response::new(Body::stream(response.bytes_stream().map(|piece| piece.map_err(interrupted))));
    *incoming.status_mut() = status;
    *incoming.headers_mut() = headers;
    incoming
}

/// Whatever else is compiled in: reqwest itself prefers `native-tls`, whoever enables it.
#[cfg(any(feature = "rustls", feature = "rustls-no-provider"))]
fn tls_backend(builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    builder.tls_backend_rustls()
}

#[cfg(all(feature = "native-tls", not(any(feature = "rustls", feature = "rustls-no-provider"))))]
fn tls_backend(builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    builder.tls_backend_native()
}

#[cfg(any(feature = "rustls", feature = "rustls-no-provider", feature = "native-tls"))]
fn certificates(pems: &[Bytes]) -> Result<Vec<reqwest::Certificate>, Error> {
    let mut certificates = Vec::new();
    for pem in pems {
        let bundle = reqwest::Certificate::from_pem_bundle(pem)
            .map_err(|e| Error::config("a root certificate cannot be read").with_source(e.without_url()))?;
        if bundle.is_empty() {
            return Err(Error::config("a root certificate holds no PEM block"));
        }
        certificates.extend(bundle);
    }
    Ok(certificates)
}

/// URLs may hold what a caller wants kept out of logs; the error carries its own context.
fn not_sent(error: reqwest::Error) -> TransportError {
    TransportError::not_sent(error.without_url())
}

fn interrupted(error: reqwest::Error) -> TransportError {
    TransportError::interrupted(error.without_url())
}
