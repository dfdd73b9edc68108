use std::{
    error::Error as StdError,
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, OnceLock},
};

use http::HeaderValue;
use turso_cloud_contract::ApiToken;

use crate::{Error, ErrorKind};

type ProvidedToken = Pin<Box<dyn Future<Output = Result<ApiToken, Box<dyn StdError + Send + Sync>>> + Send>>;

/// Where the client gets the token of each request from.
///
/// ```
/// use turso_cloud::{ApiToken, Client, Credentials};
///
/// // A token, or a function that is asked before every attempt and may do I/O of its own.
/// Client::builder(ApiToken::new("eyJ0.eyJqdGki.c2ln")?);
/// Client::builder(Credentials::provider(|| async { Ok(ApiToken::from_env("TURSO_API_TOKEN")?) }));
/// # Ok::<(), turso_cloud::InvalidInput>(())
/// ```
#[derive(Clone)]
pub struct Credentials(Source);

#[derive(Clone)]
enum Source {
    /// Its header is made once: it is a part of every request.
    Token(ApiToken, OnceLock<HeaderValue>),
    Provider(Arc<dyn Fn() -> ProvidedToken + Send + Sync>),
}

impl Credentials {
    /// Asks `provider` for the token before every attempt. It is up to the provider to keep a token as long as it
    /// is good, which is to include the time until the deadline of a call: it is asked before the attempt waits for its place
    /// among the requests in flight, so that a slow one holds up no other call.
    pub fn provider<P, F>(provider: P) -> Self
    where
        P: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = Result<ApiToken, Box<dyn StdError + Send + Sync>>> + Send + 'static,
    {
        Self(Source::Provider(Arc::new(move || Box::pin(provider()))))
    }

    /// The header of the next request.
    pub(crate) async fn authorization(&self) -> Result<HeaderValue, Error> {
        match &self.0 {
            Source::Token(token, header) => {
                if let Some(header) = header.get() {
                    return Ok(header.clone());
                }
                let made = bearer(token.expose())?;
                Ok(header.get_or_init(|| made).clone())
            }
            Source::Provider(provider) => {
                let token = provider().await.map_err(|source| {
                    Error::new(ErrorKind::Unauthenticated).with_detail("the token provider failed").with_source(source)
                })?;
                bearer(token.expose())
            }
        }
    }
}

/// `Bearer …`, marked so that no HTTP library prints it.
pub(crate) fn bearer(token: &str) -> Result<HeaderValue, Error> {
    let mut header = HeaderValue::try_from(format!("Bearer {token}"))
        .map_err(|_| Error::config("the token holds a character that cannot stand in a header"))?;
    header.set_sensitive(true);
    Ok(header)
}

/// The token of a header made by [`bearer`].
pub(crate) fn token_of(header: &HeaderValue) -> Option<&str> {
    header.to_str().ok()?.strip_prefix("Bearer ")
}

impl From<ApiToken> for Credentials {
    fn from(token: ApiToken) -> Self {
        Self(Source::Token(token, OnceLock::new()))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Source::Token(..) => "Credentials(token)",
            Source::Provider(_) => "Credentials(provider)",
        })
    }
}
