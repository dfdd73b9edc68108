//! How requests reach a server: the seam between this client and HTTP.
//!
//! The default implementation speaks HTTP through reqwest (feature `reqwest`). A local cloud in the same process
//! and the [`mock`](crate::mock) are others; a program can bring its own.

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
