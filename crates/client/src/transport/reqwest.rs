use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

#[cfg(feature = "_tls")]
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{
    Uri,
    uri::{Authority, Scheme},
};
use url::Url;

use super::{Body, SendFuture, Transport, TransportError};
use crate::Error;

/// What of the client's settings concerns the connection.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Settings {
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) proxy: Option<Url>,
    #[cfg(feature = "_tls")]
    pub(crate) root_certificates: Vec<Bytes>,
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// HTTP through reqwest.
#[derive(Debug)]
pub(crate) struct ReqwestTransport {
    client: reqwest::Client,
    last_origin: Mutex<Option<Origin>>,
}

/// Where a request went. Nearly all of a client's go to the same place, whose name is costly to parse.
#[derive(Debug)]
struct Origin {
    scheme: Scheme,
    authority: Authority,
    url: Url,
}

impl ReqwestTransport {
    pub(crate) fn new(settings: &Settings) -> Result<Self, Error> {
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(settings.connect_timeout.unwrap_or(CONNECT_TIMEOUT));
        if let Some(proxy) = &settings.proxy {
            let proxy = reqwest::Proxy::all(proxy.clone())
                .map_err(|e| Error::config("the proxy cannot be used").with_source(e.without_url()))?;
            builder = builder.proxy(proxy);
        }
        #[cfg(feature = "_tls")]
        if !settings.root_certificates.is_empty() {
            builder = builder.tls_certs_merge(certificates(&settings.root_certificates)?);
        }
        builder
            .build()
            .map(|client| Self { client, last_origin: Mutex::default() })
            .map_err(|e| Error::config("the HTTP client cannot be set up").with_source(e.without_url()))
    }
}

impl Transport for ReqwestTransport {
    fn send(&self, request: http::Request<Body>) -> SendFuture<'_> {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let mut request = reqwest::Request::new(parts.method, self.url(&parts.uri)?);
            *request.version_mut() = parts.version;
            *request.headers_mut() = parts.headers;
            *request.body_mut() = Some(outgoing(body));
            let sent = self.client.execute(request).await;
            let response = sent.map_err(|e| if e.is_connect() { not_sent(e) } else { interrupted(e) })?;
            Ok(incoming(response))
        })
    }
}

impl ReqwestTransport {
    fn url(&self, uri: &Uri) -> Result<Url, TransportError> {
        let mut url = self.origin(uri)?;
        url.set_path(uri.path());
        url.set_query(uri.query());
        Ok(url)
    }

    fn origin(&self, uri: &Uri) -> Result<Url, TransportError> {
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return Err(TransportError::not_sent("a URL needs a scheme and a host"));
        };
        let mut last = self.last_origin.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some(known) if known.scheme == *scheme && known.authority == *authority => Ok(known.url.clone()),
            _ => {
                let url = Url::parse(&format!("{scheme}://{authority}")).map_err(TransportError::not_sent)?;
                *last = Some(Origin { scheme: scheme.clone(), authority: authority.clone(), url: url.clone() });
                Ok(url)
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

#[cfg(feature = "_tls")]
fn certificates(pems: &[Bytes]) -> Result<Vec<reqwest::Certificate>, Error> {
    let bundles = pems.iter().map(|pem| reqwest::Certificate::from_pem_bundle(pem));
    let certificates: Vec<_> = bundles
        .collect::<Result<Vec<_>, _>>()
        .map(|bundles| bundles.into_iter().flatten().collect())
        .map_err(|e| Error::config("a root certificate is not PEM").with_source(e.without_url()))?;
    if certificates.is_empty() {
        return Err(Error::config("a root certificate holds no PEM block"));
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
