use std::{fmt, path::PathBuf, sync::Arc};

use axum::body::Body;
use http::{Request, Response};
use tokio::net::ToSocketAddrs;
use turso_cloud_contract::{ApiToken, OrganizationSlug};

use crate::{
    Clock, CloudBuilder, CloudError, Faults, Server,
    authority::Authority,
    control::{Control, Hostnames, locate, sign},
    data::Rows,
    founder::TOKEN,
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
pub struct Cloud(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) control: Arc<Control>,
    pub(crate) token: ApiToken,
    pub(crate) organization: OrganizationSlug,
    pub(crate) authority: Authority,
    pub(crate) served: Served,
}

/// How the cloud is to be served.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    /// Whatever suits the socket when nothing was said.
    pub(crate) hostnames: Option<Hostnames>,
    /// Hosts that requests may name beside those of this machine.
    pub(crate) hosts: Vec<String>,
    /// Connections at once.
    pub(crate) connections: usize,
}

impl Cloud {
    /// A cloud in memory, with the user `dev`, their personal organization `dev` and the team organization `acme`,
    /// each of them with a group `default` in the location `local`.
    pub fn new() -> Result<Self, CloudError> {
        Self::builder().build()
    }

    /// Begins a cloud that is to be different.
    pub fn builder() -> CloudBuilder {
        CloudBuilder::default()
    }

    /// A token of the Platform API that opens every organization of the user.
    #[must_use]
    pub fn token(&self) -> ApiToken {
        self.0.token.clone()
    }

    /// The token of a user the builder made, which opens every organization they are a member of. Nothing for an
    /// unknown user, and nothing once the token is revoked.
    ///
    /// ```
    /// use turso_cloud_local::Cloud;
    ///
    /// let cloud = Cloud::builder().with_user("bob").build()?;
    /// assert!(cloud.token_of("bob").is_some());
    /// assert_eq!(cloud.token_of("nobody"), None);
    /// # Ok::<(), turso_cloud_local::CloudError>(())
    /// ```
    #[must_use]
    pub fn token_of(&self, username: &str) -> Option<ApiToken> {
        let found = self.0.control.store.transact(|transaction| {
            let Some(user) = transaction.find_user(username)? else { return Ok(None) };
            let Some(token) = transaction.find_api_token_named(user.id, TOKEN)? else { return Ok(None) };
            let Some(key) = transaction.platform_key()? else { return Ok(None) };
            Ok::<_, CloudError>(Some(sign(&token, &key)?))
        });
        found.ok().flatten()
    }

    /// The team organization: the one that was named first to the builder, or else `acme`.
    #[must_use]
    pub fn organization(&self) -> OrganizationSlug {
        self.0.organization.clone()
    }

    /// The clock that timestamps are written and tokens expire by.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.control.clock
    }

    /// The faults that operations fail with on purpose.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.0.control.faults
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
    pub fn archive_group(&self, organization: &str, group: &str) -> Result<(), CloudError> {
        self.0.control.archive_group(organization, group)
    }

    /// Counts rows as read and written by a database, as if its statements had done so now: what is beyond the plan of
    /// the organization is refused from then on, until the month ends or overages are switched on.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use turso_cloud::NewDatabase;
    ///
    /// let cloud = turso_cloud_local::Cloud::builder().with_plan("starter").build()?;
    /// let turso = cloud.client().build()?;
    /// turso.databases().create(NewDatabase::new("orders", "default")).await?;
    ///
    /// cloud.add_usage("acme", "orders", 0, 25_000_000)?;
    /// assert!(turso.organizations().get("acme").await?.blocked_writes);
    /// # Ok(())
    /// # }
    /// ```
    pub fn add_usage(&self, organization: &str, database: &str, read: u64, written: u64) -> Result<(), CloudError> {
        self.0.control.add_usage(organization, database, Rows { read, written })
    }

    /// Answers a request, as a server would that is the Platform API and the hosts of all databases in one.
    ///
    /// A database is meant by a path below `/db/<database>-<organization>/`, by the header
    /// `x-namespace: <database>-<organization>` or by the host `<database>-<organization>.localhost`, in this order;
    /// everything else is the Platform API, with the region service below `/_region`.
    /// Dropping the future does not undo an operation that has begun.
    pub async fn handle(&self, request: Request<Body>) -> Response<Body> {
        match locate(&request) {
            Some((host, path)) => {
                let label = self.0.control.label_of(host).await;
                self.0.control.data.handle(&label, &path, request).await
            }
            None => self.0.control.handle(request).await,
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
    pub fn ca_certificate(&self) -> Result<String, CloudError> {
        self.0.authority.certificate()
    }

    /// The file of [`Cloud::ca_certificate`] in the directory of the cloud; nothing for a cloud in memory.
    pub fn ca_certificate_file(&self) -> Result<Option<PathBuf>, CloudError> {
        self.0.authority.certificate_file()
    }

    /// Serves the cloud over HTTP/1.1, plain and with TLS on the same port, until the server is shut down or dropped.
    /// Port 0 stands for any free port.
    ///
    /// On 127.0.0.1, and where Linux allows it, every database has a loopback address of its own on that port; see
    /// [`Hostnames`]. On a loopback address, requests that name another host than one of this machine are refused, so
    /// that no web page reaches the cloud under a name of its own.
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
    pub async fn serve(&self, address: impl ToSocketAddrs) -> Result<Server, CloudError> {
        Server::start(self.clone(), address).await
    }

    pub(crate) fn from_inner(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    pub(crate) fn control(&self) -> &Control {
        &self.0.control
    }

    pub(crate) fn authority(&self) -> &Authority {
        &self.0.authority
    }

    pub(crate) fn served(&self) -> &Served {
        &self.0.served
    }
}

impl fmt::Debug for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cloud")
            .field("organization", &self.0.organization)
            .field("is_kept", &self.0.control.is_kept())
            .field("data", &self.0.control.data)
            .finish_non_exhaustive()
    }
}
