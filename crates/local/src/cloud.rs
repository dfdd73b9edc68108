mod settings;

use std::{fmt, num::NonZeroU32, path::PathBuf, sync::Arc};

use axum::body::Body as HttpBody;
use futures_util::TryStreamExt as _;
use http::{Method, Request, Response};
use parking_lot::RwLock;
use tokio::{
    net::ToSocketAddrs,
    sync::{Mutex, OwnedMutexGuard},
};
use turso_cloud::transport::{Body, TransportError};
use turso_cloud_contract::{ApiToken, OrganizationSlug};

pub(crate) use settings::{Served, Settings, Stop};

use crate::{
    Clock, CloudBuilder, CloudError, Faults, Requests, Server,
    authority::Authority,
    blueprint::Blueprint,
    control::{Addresses, Control, locate},
    cross_origin,
    founder::Foundation,
    home::Home,
    local_api::{self, UsageToAdd},
    rate_limit::RateLimit,
    traffic,
};

/// A local Turso Cloud. Every clone is a handle to the same one; it ends with the last of them.
///
/// It lives inside the process and needs no port: requests go to [`Cloud::handle`]. [`Cloud::serve`] opens a port for
/// drivers and other programs. Both need a Tokio runtime around them.
///
/// ```
/// use turso_cloud_local::Cloud;
///
/// let cloud = Cloud::new()?;
/// assert_eq!(cloud.organization().as_str(), "acme");
/// # Ok::<(), turso_cloud_local::CloudError>(())
/// ```
#[derive(Clone)]
#[must_use = "a cloud ends with its last handle"]
pub struct Cloud(Arc<Inner>);

/// The fields are dropped in this order: the state before the place it is in.
pub(crate) struct Inner {
    live: RwLock<Arc<Control>>,
    blueprint: Blueprint,
    foundation: Foundation,
    authority: Arc<Authority>,
    settings: Settings,
    /// Held while one state takes the place of another, or is copied.
    turn: Arc<Mutex<()>>,
    home: Home,
}

impl Cloud {
    /// A cloud in memory, with the user `dev`, their personal organization `dev` and the team organization `acme`,
    /// each of them with a group `default` in the location `local`.
    ///
    /// # Errors
    ///
    /// [`CloudError::State`] if the system has no random numbers to give.
    pub fn new() -> Result<Self, CloudError> {
        Self::builder().build()
    }

    /// Begins a cloud that is to be different.
    pub fn builder() -> CloudBuilder {
        CloudBuilder::default()
    }

    /// A token of the Platform API that opens every organization of the user `dev`.
    #[must_use]
    pub fn token(&self) -> ApiToken {
        self.0.foundation.token.clone()
    }

    /// The team organization: the one that was named first to the builder, or else `acme`.
    #[must_use]
    pub fn organization(&self) -> OrganizationSlug {
        self.0.foundation.organization.clone()
    }

    /// The clock that timestamps are written and tokens expire by.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.blueprint.clock
    }

    /// The faults that requests fail with on purpose.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.0.settings.faults
    }

    /// The requests of the last while.
    #[must_use]
    pub fn requests(&self) -> &Requests {
        &self.0.settings.requests
    }

    /// Limits how many requests a token may send to the Platform API in a second; 0 takes the limit away. Further ones are
    /// answered with 429 and `Retry-After`. A second is one of real time, whatever the clock of the cloud shows.
    pub fn set_rate_limit(&self, requests_per_second: u32) {
        self.0.settings.rate_limit.set(NonZeroU32::new(requests_per_second));
    }

    /// Waits until somebody asks the cloud to stop, by `POST /_local/stop`, and not at all once somebody has. Stopping it is
    /// up to whoever serves it.
    pub async fn stop_requested(&self) {
        self.0.settings.stop.asked().await;
    }

    /// The token that opens `/_local/` on a server that other machines can reach. On a loopback address, and in the
    /// process, none is asked for.
    #[must_use]
    pub fn local_token(&self) -> ApiToken {
        self.0.settings.local_token.clone()
    }

    /// Archives a group with its databases, as Turso Cloud does with one that nobody has used for a while: its
    /// databases answer no SQL until the group is unarchived or they are woken up.
    ///
    /// ```
    /// let cloud = turso_cloud_local::Cloud::new()?;
    /// cloud.archive_group("acme", "default")?;
    /// assert!(cloud.archive_group("acme", "none").is_err());
    /// # Ok::<(), turso_cloud_local::CloudError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`CloudError::Input`] if there is no such organization or group; [`CloudError::State`] if the state cannot be
    /// read or written.
    pub fn archive_group(&self, organization: &str, group: &str) -> Result<(), CloudError> {
        self.control().archive_group(organization, group)
    }

    /// Counts rows as read and written by a database, as if its statements had done so now: what is beyond the plan of
    /// the organization is refused from then on, until the month ends or overages are switched on.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use turso_cloud::NewDatabase;
    /// use turso_cloud_local::local_api::UsageToAdd;
    ///
    /// let cloud = turso_cloud_local::Cloud::builder().with_plan("starter").build()?;
    /// let turso = cloud.client().build()?;
    /// turso.databases().create(NewDatabase::new("orders", "default")).await?;
    ///
    /// cloud.add_usage(&UsageToAdd::new("acme", "orders").rows_written(25_000_000))?;
    /// assert!(turso.organizations().get("acme").await?.blocked_writes);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`CloudError::Input`] if there is no such organization or database; [`CloudError::State`] if the state cannot be
    /// read.
    pub fn add_usage(&self, usage: &UsageToAdd) -> Result<(), CloudError> {
        self.control().add_usage(usage)
    }

    /// Answers a request, as a server would that is the Platform API and the hosts of all databases in one.
    ///
    /// A request is for a database if it has, looked for in this order, a path below `/db/<database>-<organization>/`, the
    /// header `x-namespace: <database>-<organization>`, the host `<database>-<organization>.localhost`, or a URL with the
    /// address of its own that the database has on a port. Everything else is the Platform API, with the region service
    /// below `/_region` and the local cloud's own paths below `/_local`.
    /// Dropping the future does not undo an operation that has begun, but a dump is loaded no further.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use turso_cloud_local::{
    ///     Cloud,
    ///     turso_cloud::{http::Request, transport::Body},
    /// };
    ///
    /// let cloud = Cloud::new()?;
    /// let answer = cloud.handle(Request::get("/_region").body(Body::empty())?).await;
    /// assert_eq!(answer.status(), 200);
    /// assert!(answer.into_body().collect(1024).await?.starts_with(b"{"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn handle(&self, request: Request<Body>) -> Response<Body> {
        let request = request.map(|body| match body.as_bytes() {
            Some(bytes) => HttpBody::from(bytes.clone()),
            None => HttpBody::from_stream(body),
        });
        let is_head = request.method() == Method::HEAD;
        let answer = self.answer(request).await;
        if is_head {
            return answer.map(|_| Body::empty());
        }
        answer.map(|body| Body::stream(body.into_data_stream().map_err(TransportError::interrupted)))
    }

    /// As [`Cloud::handle`], for a server.
    pub(crate) async fn answer(&self, request: Request<HttpBody>) -> Response<HttpBody> {
        match locate(&request) {
            None if local_api::is_meant(&request) => local_api::answer(self, request).await,
            located => {
                self.control().archive_what_is_idle().await;
                match located {
                    // Refusals and what faults send are for web pages, too.
                    Some((host, path)) => cross_origin::readable(traffic::sql(self, host, &path, request).await),
                    None => traffic::platform(self, request).await,
                }
            }
        }
    }

    /// The certificate that clients have to trust to reach a server of this cloud over TLS, as PEM. It is made when it is
    /// first needed, and kept with the cloud.
    ///
    /// It is good for `localhost`, names below it, and loopback addresses, and for nothing else.
    ///
    /// ```
    /// let cloud = turso_cloud_local::Cloud::new()?;
    /// assert!(cloud.ca_certificate()?.starts_with("-----BEGIN CERTIFICATE-----"));
    /// # Ok::<(), turso_cloud_local::CloudError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`CloudError::Certificates`] if the certificate cannot be made, [`CloudError::File`] if that in the directory of the cloud
    /// cannot be used.
    pub fn ca_certificate(&self) -> Result<String, CloudError> {
        self.0.authority.certificate()
    }

    /// The file of [`Cloud::ca_certificate`] in the directory of the cloud; nothing for a cloud in memory.
    ///
    /// # Errors
    ///
    /// As [`Cloud::ca_certificate`].
    pub fn ca_certificate_file(&self) -> Result<Option<PathBuf>, CloudError> {
        self.0.authority.certificate_file()
    }

    /// Serves the cloud over HTTP/1.1, plain and with TLS on the same port, until the server is shut down or dropped.
    /// Port 0 stands for any free port.
    ///
    /// On 127.0.0.1, and where Linux allows it, every database has a loopback address of its own on that port; see
    /// [`Hostnames`](crate::Hostnames). On a loopback address, requests that name another host than one of this machine are
    /// refused, so that no web page reaches the cloud under a name of its own.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), turso_cloud_local::CloudError> {
    /// let cloud = turso_cloud_local::Cloud::new()?;
    /// let server = cloud.serve("127.0.0.1:0").await?;
    /// assert!(server.url().starts_with("http://127.0.0.1:"));
    /// server.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`CloudError::Listen`] if no socket can be opened there, for instance because the port is taken;
    /// [`CloudError::NoAddresses`] if databases are to have addresses of their own and this machine, or the address to
    /// listen on, does not allow it: choose another form with [`CloudBuilder::hostnames`].
    pub async fn serve(&self, address: impl ToSocketAddrs) -> Result<Server, CloudError> {
        Server::start(self.clone(), address).await
    }

    pub(crate) fn from_inner(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// The state that is in use now.
    pub(crate) fn control(&self) -> Arc<Control> {
        Arc::clone(&self.0.live.read())
    }

    /// Puts another state in the place of the one in use, which is handed out.
    pub(crate) fn replace(&self, control: Arc<Control>) -> Arc<Control> {
        std::mem::replace(&mut *self.0.live.write(), control)
    }

    /// Waits for the turn to change from one state to another. It belongs to the thread that does so rather than to the
    /// future that waits for it, which may be dropped.
    pub(crate) async fn change_of_state(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.0.turn).lock_owned().await
    }

    pub(crate) fn addresses(&self) -> &Addresses {
        &self.0.blueprint.addresses
    }

    pub(crate) fn blueprint(&self) -> &Blueprint {
        &self.0.blueprint
    }

    pub(crate) fn foundation(&self) -> &Foundation {
        &self.0.foundation
    }

    pub(crate) fn home(&self) -> &Home {
        &self.0.home
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn rate_limit(&self) -> &RateLimit {
        &self.0.settings.rate_limit
    }

    pub(crate) fn authority(&self) -> &Arc<Authority> {
        &self.0.authority
    }

    pub(crate) fn served(&self) -> &Served {
        &self.0.settings.served
    }
}

impl Inner {
    pub(crate) fn new(
        control: Arc<Control>,
        blueprint: Blueprint,
        home: Home,
        foundation: Foundation,
        settings: Settings,
    ) -> Self {
        let authority = Arc::new(Authority::new(home.path()));
        Self { live: RwLock::new(control), blueprint, foundation, authority, settings, turn: Arc::default(), home }
    }
}

impl fmt::Debug for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cloud")
            .field("organization", &self.0.foundation.organization)
            .field("is_kept", &self.control().is_kept())
            .field("data", &self.control().data)
            .finish_non_exhaustive()
    }
}
