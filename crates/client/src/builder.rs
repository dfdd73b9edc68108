use std::{fmt, time::Duration};

use http::{HeaderName, HeaderValue, Uri};
use jiff::Timestamp;
use turso_cloud_contract::{InvalidInput, OrganizationSlug};
#[cfg(feature = "reqwest")]
use url::Url;

#[cfg(feature = "reqwest")]
use crate::transport::{Proxies, ReqwestTransport, Settings};
use crate::{
    Client, Credentials, Error, RetryPolicy,
    access::AccessCache,
    call::{CallOptions, uri},
    client::Inner,
    headers::OwnHeaders,
    origin,
    retry::{Allowance, Jitter},
    throttle::Throttle,
    transport::Transport,
    uploads::patient,
};

const BASE_URL: &str = "https://api.turso.tech";
const REGION_URL: &str = "https://region.turso.io";
const USER_AGENT: &str = concat!("turso-cloud-rust/", env!("CARGO_PKG_VERSION"));

type Layer = Box<dyn FnOnce(Box<dyn Transport>) -> Box<dyn Transport> + Send>;

/// Sets up a [`Client`]. Nothing is checked before [`build`](Self::build).
///
/// ```
/// use std::time::Duration;
/// use turso_cloud::{ApiToken, Client, RetryPolicy};
///
/// let turso = Client::builder(ApiToken::new("eyJ0.eyJqdGki.c2ln")?)
///     .organization("acme")
///     .timeout(Duration::from_secs(10))
///     .deadline(Duration::from_secs(60))
///     .retry(RetryPolicy::default().max_retries(5))
///     .user_agent("billing-service/2.1")
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub struct ClientBuilder {
    credentials: Credentials,
    organization: Option<Result<OrganizationSlug, InvalidInput>>,
    base_url: String,
    region_url: String,
    user_agent: Option<String>,
    headers: OwnHeaders,
    options: CallOptions,
    upload_retry: RetryPolicy,
    max_answer: usize,
    max_in_flight: usize,
    jitter_seed: Option<u64>,
    wall_clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    transport: Option<Box<dyn Transport>>,
    layers: Vec<Layer>,
    #[cfg(feature = "reqwest")]
    proxy: Option<String>,
    #[cfg(feature = "reqwest")]
    settings: Settings,
}

impl ClientBuilder {
    pub(crate) fn new(credentials: Credentials) -> Self {
        Self {
            credentials,
            organization: None,
            base_url: BASE_URL.to_owned(),
            region_url: REGION_URL.to_owned(),
            user_agent: None,
            headers: OwnHeaders::new(),
            options: CallOptions {
                timeout: Duration::from_secs(30),
                deadline: Duration::from_secs(120),
                retry: RetryPolicy::default(),
            },
            upload_retry: patient(),
            max_answer: 256 * 1024 * 1024,
            max_in_flight: 64,
            jitter_seed: None,
            wall_clock: Box::new(Timestamp::now),
            transport: None,
            layers: Vec::new(),
            #[cfg(feature = "reqwest")]
            proxy: None,
            #[cfg(feature = "reqwest")]
            settings: Settings::default(),
        }
    }

    /// Sets the organization that handles work on unless told otherwise.
    pub fn organization(mut self, slug: impl TryInto<OrganizationSlug, Error: Into<InvalidInput>>) -> Self {
        self.organization = Some(slug.try_into().map_err(Into::into));
        self
    }

    /// Sets the origin of the Platform API; `https://api.turso.tech` by default. A trailing `/v1` is dropped.
    /// Plain `http` is for local clouds and gateways: for hosts of Turso Cloud itself it is refused, as a token would go out
    /// in clear.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// Sets the URL of the region service; `https://region.turso.io` by default.
    pub fn region_url(mut self, url: impl Into<String>) -> Self {
        self.region_url = url.into();
        self
    }

    /// Sets how this client calls itself. The service writes entries of its audit log by it.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = Some(user_agent.into());
        self
    }

    /// Sends a header with every request to the Platform API, such as the key of a gateway or the id of a trace, in place of one
    /// set before. [`RawCall::header`](crate::RawCall::header) sets another one for its request.
    ///
    /// It goes where the API token goes and no further: neither to the hosts of databases, which the API names and uploads go
    /// to, nor to the region service. A [`layer`](Self::layer) gets those requests, too. Its value is taken for a secret and
    /// never shown.
    ///
    /// What cannot be sent fails the [`build`](Self::build), and so does what the client sets itself: `Authorization`, `Accept`,
    /// `User-Agent` and what says how long a body is or is about the connection, such as `Content-Length` and `Connection`.
    ///
    /// ```
    /// use turso_cloud::{ApiToken, Client};
    ///
    /// let token = ApiToken::new("eyJ0.eyJqdGki.c2ln")?;
    /// let gateway = Client::builder(token).base_url("https://gateway.example.com").header("x-gateway-key", "k-2718");
    /// let turso = gateway.build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        self.headers.set_for_all(name, value);
        self
    }

    /// Bounds each attempt, from the connection to the last byte of the answer; 30 s by default. A request that carries a part
    /// of an upload has [another bound](crate::Upload::timeout).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = timeout;
        self
    }

    /// Bounds each call, with all its attempts and the waits between them; 2 minutes by default. It bounds no upload as a
    /// whole: see [`Upload`](crate::Upload).
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.options.deadline = deadline;
        self
    }

    /// Sets how failed requests are retried, those of uploads included. Unless it is set, uploads are
    /// [more patient](crate::Upload::retry) than other calls.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.options.retry = policy;
        self.upload_retry = policy;
        self
    }

    /// Sets how many requests may be under way at once; 64 by default. Others wait for their turn.
    pub fn max_in_flight(mut self, requests: usize) -> Self {
        self.max_in_flight = requests;
        self
    }

    /// Sets how many bytes an answer may have; 256 MiB by default.
    pub fn max_answer_bytes(mut self, bytes: usize) -> Self {
        self.max_answer = bytes;
        self
    }

    /// Makes the random part of the waits between attempts repeatable, for tests.
    pub fn jitter_seed(mut self, seed: u64) -> Self {
        self.jitter_seed = Some(seed);
        self
    }

    /// Sets the clock that dates in answers are measured against, for tests. Timeouts and waits follow the clock of
    /// the tokio runtime, which a test can pause.
    pub fn wall_clock(mut self, now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.wall_clock = Box::new(now);
        self
    }

    /// Sends requests by other means than HTTP through reqwest.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Box::new(transport));
        self
    }

    /// Puts a transport of one's own around the one in use, to see or change what passes. The last one added is the
    /// first to get a request. Which operation a request is for, [`EndpointInfo::find`](crate::contract::EndpointInfo::find) tells
    /// of its method and path.
    ///
    /// ```
    /// use turso_cloud::http::Request;
    /// use turso_cloud::{ApiToken, Client, transport::{Body, SendFuture, Transport}};
    ///
    /// #[derive(Debug)]
    /// struct Told(Box<dyn Transport>);
    ///
    /// impl Transport for Told {
    ///     fn send(&self, request: Request<Body>) -> SendFuture<'_> {
    ///         eprintln!("{} {}", request.method(), request.uri());
    ///         self.0.send(request)
    ///     }
    /// }
    ///
    /// let token = ApiToken::new("eyJ0.eyJqdGki.c2ln")?;
    /// let turso = Client::builder(token).layer(|transport| Box::new(Told(transport))).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn layer(mut self, wrap: impl FnOnce(Box<dyn Transport>) -> Box<dyn Transport> + Send + 'static) -> Self {
        self.layers.push(Box::new(wrap));
        self
    }

    /// Bounds the time to connect; 10 s by default.
    #[cfg(feature = "reqwest")]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.connect_timeout = Some(timeout);
        self
    }

    /// Sends all requests through a proxy, to which `http` or `https` is spoken: one of SOCKS is refused. Without it the
    /// environment decides (`HTTPS_PROXY`, `NO_PROXY` and so on), but for requests to this machine (loopback addresses,
    /// `localhost` and names below it), which go past its proxies.
    #[cfg(feature = "reqwest")]
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(url.into());
        self
    }

    /// Sends no request through a proxy, whatever the environment says.
    #[cfg(feature = "reqwest")]
    pub fn no_proxy(mut self) -> Self {
        self.proxy = None;
        self.settings.proxies = Proxies::None;
        self
    }

    /// Trusts the certificates of a PEM file too, beside those of the platform: there is no way to trust fewer. Each call adds
    /// to those before.
    #[cfg(any(feature = "rustls", feature = "rustls-no-provider", feature = "native-tls"))]
    pub fn root_certificates(mut self, pem: impl Into<bytes::Bytes>) -> Self {
        self.settings.root_certificates.push(pem.into());
        self
    }

    /// Builds the client. No request is sent.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind) or [`ErrorKind::InvalidInput`](crate::ErrorKind) on a setting that cannot
    /// work.
    pub fn build(self) -> Result<Client, Error> {
        Ok(Client::from_inner(self.build_inner()?))
    }

    pub(crate) fn build_inner(mut self) -> Result<Inner, Error> {
        let no_request_could_be_answered = [
            ("max_in_flight", self.max_in_flight == 0),
            ("timeout", self.options.timeout.is_zero()),
            ("deadline", self.options.deadline.is_zero()),
        ];
        if let Some((setting, _)) = no_request_could_be_answered.into_iter().find(|(_, is_zero)| *is_zero) {
            return Err(Error::config(format!("{setting} is 0: no request could ever be answered")));
        }
        let base_url = origin::platform(&self.base_url)?;
        let platform = uri(&base_url, "")?;
        let transport = self.build_transport(&platform)?;
        let transport = self.layers.drain(..).fold(transport, |inner, wrap| wrap(inner));
        let user_agent = self.user_agent.as_deref().unwrap_or(USER_AGENT);
        Ok(Inner {
            transport,
            organization: self.organization.transpose()?,
            base_url,
            platform,
            region_url: origin::service("region URL", &self.region_url)?,
            user_agent: HeaderValue::from_str(user_agent).ok().filter(|value| value.to_str().is_ok()).ok_or_else(
                || InvalidInput::new("user agent", user_agent, "only visible ASCII characters are allowed"),
            )?,
            headers: self.headers.into_map()?,
            credentials: self.credentials,
            options: self.options,
            upload_retry: self.upload_retry,
            max_answer: self.max_answer,
            throttle: Throttle::new(self.max_in_flight),
            allowance: Allowance::new(),
            jitter: Jitter::new(self.jitter_seed),
            access: AccessCache::default(),
            wall_clock: self.wall_clock,
            #[cfg(feature = "blocking")]
            runtime: None,
        })
    }

    #[cfg(feature = "reqwest")]
    fn build_transport(&mut self, platform: &Uri) -> Result<Box<dyn Transport>, Error> {
        if let Some(proxy) = self.proxy.take() {
            // Neither the value nor the parser's error is shown: proxies are named with their password.
            let parsed = Url::parse(&proxy).map_err(|_| InvalidInput::without_value("proxy", "is not a URL"))?;
            // By a scheme it does not know, reqwest sends everything past the proxy without a word.
            if !matches!(parsed.scheme(), "http" | "https") {
                return Err(InvalidInput::without_value("proxy", "must start with http:// or https://").into());
            }
            self.settings.proxies = Proxies::One(parsed);
        }
        match self.transport.take() {
            None => Ok(Box::new(ReqwestTransport::new(std::mem::take(&mut self.settings), platform)?)),
            Some(transport) if self.settings == Settings::default() => Ok(transport),
            Some(_) => {
                let settings = "connect_timeout, proxy, no_proxy and root_certificates";
                Err(Error::config(format!("{settings} are not for a transport of one's own")))
            }
        }
    }

    #[cfg(not(feature = "reqwest"))]
    fn build_transport(&mut self, _: &Uri) -> Result<Box<dyn Transport>, Error> {
        let missing = || Error::config("no transport: enable the feature `reqwest` or set one");
        self.transport.take().ok_or_else(missing)
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("credentials", &self.credentials)
            .field("organization", &self.organization)
            .field("options", &self.options)
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}
