use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
    sync::{Arc, OnceLock},
    time::Duration,
};

use http::{Uri, uri::Scheme};
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::{Certificate, Client, ClientBuilder, Method, RequestBuilder, redirect};

use super::HranaError;

/// HTTP to databases, for all connections of a command.
///
/// There are two clients in it, because reading the certificates of the platform takes longer than many a statement: only
/// what is encrypted needs them. Each is set up when it is first used.
#[derive(Clone)]
pub(crate) struct Http(Arc<Clients>);

struct Clients {
    settings: Settings,
    /// As reqwest chooses them.
    proxies: Matcher,
    plain: OnceLock<Client>,
    encrypted: OnceLock<Client>,
}

#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) connect_timeout: Duration,
    /// How long nothing may arrive.
    pub(crate) read_timeout: Duration,
    /// Authorities to trust beside those of the platform.
    pub(crate) certificates: Vec<Certificate>,
    /// A name that is this machine's, whatever the resolver says.
    pub(crate) here: Option<String>,
}

impl Http {
    pub(crate) fn new(settings: Settings) -> Self {
        let (plain, encrypted) = Default::default();
        Self(Arc::new(Clients { settings, proxies: Matcher::from_system(), plain, encrypted }))
    }

    /// Sets up what requests to `url` need, and fails where that cannot be. Other origins are met later.
    pub(crate) fn set_up(&self, url: &str) -> reqwest::Result<()> {
        self.0.client(url).map(drop)
    }

    pub(super) fn request(&self, method: Method, url: &str) -> Result<RequestBuilder, HranaError> {
        let client = self.0.client(url).map_err(|error| HranaError::Connect(error.without_url()))?;
        Ok(client.request(method, url))
    }
}

impl Clients {
    fn client(&self, url: &str) -> reqwest::Result<&Client> {
        let is_encrypted = self.is_encrypted(url);
        let client = if is_encrypted { &self.encrypted } else { &self.plain };
        if let Some(client) = client.get() {
            return Ok(client);
        }
        let built = self.settings.build(is_encrypted)?;
        Ok(client.get_or_init(|| built))
    }

    /// Whether the connection for a request is encrypted, be it only as far as a proxy.
    fn is_encrypted(&self, url: &str) -> bool {
        let is_plain = |uri: &Uri| uri.scheme() == Some(&Scheme::HTTP);
        // What is no URL is told of when the request is built.
        let Ok(uri) = Uri::try_from(url) else { return true };
        !is_plain(&uri) || self.proxies.intercept(&uri).is_some_and(|proxy| !is_plain(proxy.uri()))
    }
}

impl Settings {
    fn build(&self, is_encrypted: bool) -> reqwest::Result<Client> {
        let certificates = self.certificates.clone();
        let trusting = if is_encrypted { ClientBuilder::tls_certs_merge } else { ClientBuilder::tls_certs_only };
        let mut builder = Client::builder()
            .user_agent(concat!("tursoctl/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .connect_timeout(self.connect_timeout)
            .read_timeout(self.read_timeout);
        if let Some(name) = &self.here {
            builder =
                builder.resolve_to_addrs(name, &[(Ipv4Addr::LOCALHOST, 0).into(), (Ipv6Addr::LOCALHOST, 0).into()]);
        }
        trusting(builder, certificates).build()
    }
}

/// Without the proxies: one may be named with its password.
impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}
