//! How requests reach a server: the seam between this client and HTTP.
//!
//! The default implementation speaks HTTP through reqwest (feature `reqwest`). A local cloud in the same process
//! and the [`mock`](crate::mock) are others; a program can bring its own.
//!
//! Such as a client of reqwest that is set up as [`ClientBuilder`](crate::ClientBuilder) does not offer: with a certificate
//! of its own (`identity`), names it resolves itself, other pools or other headers.
//!
//! ```
//! use futures_util::TryStreamExt as _;
//! use turso_cloud::{Client, transport::{Body, SendFuture, Transport, TransportError}};
//!
//! #[derive(Debug)]
//! struct Own(reqwest::Client);
//!
//! impl Transport for Own {
//!     fn send(&self, request: http::Request<Body>) -> SendFuture<'_> {
//!         Box::pin(async move {
//!             let request = request.map(|body| match body.as_bytes() {
//!                 Some(bytes) => bytes.clone().into(),
//!                 None => reqwest::Body::wrap_stream(body),
//!             });
//!             let request = request.try_into().map_err(TransportError::not_sent)?;
//!             let sent = self.0.execute(request).await.map_err(reqwest::Error::without_url);
//!             let mut response = sent.map_err(|error| match error.is_connect() {
//!                 true => TransportError::not_sent(error),
//!                 false => TransportError::interrupted(error),
//!             })?;
//!             let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
//!             let pieces = response.bytes_stream().map_err(|error| TransportError::interrupted(error.without_url()));
//!             let mut answer = http::Response::new(Body::stream(pieces));
//!             *answer.status_mut() = status;
//!             *answer.headers_mut() = headers;
//!             Ok(answer)
//!         })
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let cloud = turso_cloud_local::Cloud::new()?;
//! # let server = cloud.serve("127.0.0.1:0").await?;
//! # let (token, url) = (cloud.token(), server.url());
//! let http = reqwest::Client::builder()
//!     .redirect(reqwest::redirect::Policy::none())
//!     .pool_max_idle_per_host(2)
//!     .build()?;
//! let turso = Client::builder(token).base_url(url).organization("acme").transport(Own(http)).build()?;
//! assert!(turso.databases().list().await?.is_empty());
//! # server.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod body;
mod error;
#[cfg(feature = "reqwest")]
mod reqwest;

use std::{fmt, future::Future, pin::Pin, sync::Arc};

pub use body::Body;
pub use error::TransportError;
#[cfg(feature = "reqwest")]
pub(crate) use reqwest::{Proxies, ReqwestTransport, Settings};

/// The future of one exchange.
pub type SendFuture<'a> = Pin<Box<dyn Future<Output = Result<http::Response<Body>, TransportError>> + Send + 'a>>;

/// Sends one request and yields its response, whatever its status.
///
/// An implementation neither retries nor follows redirects nor sets a timeout: the client does the first and the
/// last, and never sends a token where a redirect points to.
pub trait Transport: fmt::Debug + Send + Sync + 'static {
    /// Sends a request. Its URI is absolute. Dropping the future ends the exchange.
    fn send(&self, request: http::Request<Body>) -> SendFuture<'_>;
}

impl<T: Transport + ?Sized> Transport for Box<T> {
    fn send(&self, request: http::Request<Body>) -> SendFuture<'_> {
        (**self).send(request)
    }
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send(&self, request: http::Request<Body>) -> SendFuture<'_> {
        (**self).send(request)
    }
}
