use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
    sync::{Arc, OnceLock},
    time::Duration,
};

use http::{Uri, uri::Scheme};
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::{Certificate, Client, ClientBuilder, Method, RequestBuilder, redirect};
use turso_cloud::contract::is_this_machine;

use super::HranaError;

/// HTTP to databases, for all connections of a command.
///
/// There are several clients in it, because reading the certificates of the platform takes longer than many a statement:
/// only what is encrypted needs them. The proxies of the environment know nothing of a server on this machine, which is
/// asked past them. Each is set up when it is first used.
#[derive(Clone)]
pub(crate) struct Http(Arc<Clients>);

struct Clients {
    settings: Settings,
    /// As reqwest chooses them.
    proxies: Matcher,
    by_route: [OnceLock<Client>; 4],
}

/// Which of the clients a request takes.
#[derive(Clone, Copy)]
struct Route {
    /// Whether the connection is encrypted, be it only as far as a proxy.
    is_encrypted: bool,
    /// Whether it goes past all proxies.
    is_direct: bool,
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
        Self(Arc::new(Clients { settings, proxies: Matcher::from_system(), by_route: Default::default() }))
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
        let route = self.route(url);
        let client = &self.by_route[usize::from(route.is_encrypted) * 2 + usize::from(route.is_direct)];
        if let Some(client) = client.get() {
            return Ok(client);
        }
        let built = self.settings.build(route)?;
        Ok(client.get_or_init(|| built))
    }

    fn route(&self, url: &str) -> Route {
        let is_plain = |uri: &Uri| uri.scheme() == Some(&Scheme::HTTP);
        // What is no URL is told of when the request is built.
        let Ok(uri) = Uri::try_from(url) else { return Route { is_encrypted: true, is_direct: false } };
        let is_direct = uri.host().is_some_and(is_this_machine);
        let is_proxy_encrypted = || self.proxies.intercept(&uri).is_some_and(|proxy| !is_plain(proxy.uri()));
        Route { is_encrypted: !is_plain(&uri) || (!is_direct && is_proxy_encrypted()), is_direct }
    }
}

impl Settings {
    fn build(&self, Route { is_encrypted, is_direct }: Route) -> reqwest::Result<Client> {
        let certificates = self.certificates.clone();
        let trusting = if is_encrypted { ClientBuilder::tls_certs_merge } else { ClientBuilder::tls_certs_only };
        let mut builder = Client::builder()
            .user_agent(concat!("tursoctl/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .connect_timeout(self.connect_timeout)
            .read_timeout(self.read_timeout);
        if is_direct {
            builder = builder.no_proxy();
        }
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
