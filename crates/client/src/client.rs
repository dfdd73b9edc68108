use std::{fmt, sync::Arc};

use http::{HeaderMap, HeaderValue, Method, Uri};
use jiff::Timestamp;
use tokio::time::Instant;
use turso_cloud_contract::{Endpoint, OrganizationSlug};

#[cfg(feature = "mock")]
use crate::Error;
use crate::{
    Bulk, Call, ClientBuilder, Credentials, RawCall, RetryPolicy,
    access::AccessCache,
    call::CallOptions,
    handles::{
        ApiTokens, AuditLogs, Billing, CurrentUser, Databases, Groups, Invites, Jwks, Locations, Members,
        Organizations, Recovery, Scope,
    },
    retry::{Allowance, Jitter},
    throttle::Throttle,
    transport::Transport,
};

/// A client of the Turso Cloud Platform API. Cloning it is cheap; clones share connections, limits and settings.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use turso_cloud::{NewDatabase, NewToken, Expiration};
///
/// // Against Turso Cloud: `Client::builder(ApiToken::from_env("TURSO_API_TOKEN")?).organization("acme").build()?`.
/// let cloud = turso_cloud_local::Cloud::new()?;
/// let turso = cloud.client().build()?;
///
/// turso.databases().create(NewDatabase::new("orders", "default")).await?;
/// let token = turso.databases().create_token("orders", NewToken::read_only().expires(Expiration::days(7))).await?;
/// let url = turso.databases().get("orders").await?.url();
/// # assert!(url.starts_with("http") && !token.expose().is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) transport: Box<dyn Transport>,
    pub(crate) credentials: Credentials,
    pub(crate) organization: Option<OrganizationSlug>,
    /// Scheme and authority, without a slash at the end.
    pub(crate) base_url: String,
    /// The same, to look up the pauses of its host by.
    pub(crate) platform: Uri,
    /// Without a slash at the end.
    pub(crate) region_url: String,
    pub(crate) user_agent: HeaderValue,
    /// For requests that carry the token of the client.
    pub(crate) headers: HeaderMap,
    pub(crate) options: CallOptions,
    pub(crate) upload_retry: RetryPolicy,
    pub(crate) max_answer: usize,
    pub(crate) throttle: Throttle,
    pub(crate) allowance: Allowance,
    pub(crate) jitter: Jitter,
    pub(crate) access: AccessCache,
    pub(crate) wall_clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    #[cfg(feature = "blocking")]
    pub(crate) runtime: Option<crate::blocking::Runtime>,
}

impl Inner {
    /// The end of the pause that the Platform API asked for, where one is on.
    pub(crate) fn pause(&self) -> Option<Instant> {
        self.throttle.cooling(&self.platform)
    }
}

impl Client {
    /// Sets up a client that identifies itself by a token or by a provider of tokens.
    pub fn builder(credentials: impl Into<Credentials>) -> ClientBuilder {
        ClientBuilder::new(credentials.into())
    }

    /// The organization that handles work on unless told otherwise.
    #[must_use]
    pub fn organization(&self) -> Option<&OrganizationSlug> {
        self.0.organization.as_ref()
    }

    /// The origin of the Platform API, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.0.base_url
    }

    /// The organizations the caller belongs to.
    #[must_use]
    pub fn organizations(&self) -> Organizations {
        Organizations::new(self)
    }

    /// The groups of the organization.
    #[must_use]
    pub fn groups(&self) -> Groups {
        Groups::new(self.scope())
    }

    /// The databases of the organization, and their tokens.
    #[must_use]
    pub fn databases(&self) -> Databases {
        Databases::new(self.scope())
    }

    /// The audit log of the organization.
    #[must_use]
    pub fn audit_logs(&self) -> AuditLogs {
        AuditLogs::new(self.scope())
    }

    /// The locations groups can be in.
    #[must_use]
    pub fn locations(&self) -> Locations {
        Locations::new(self)
    }

    /// The tokens of the Platform API.
    #[must_use]
    pub fn api_tokens(&self) -> ApiTokens {
        ApiTokens::new(self)
    }

    /// The user the token belongs to.
    #[must_use]
    pub fn user(&self) -> CurrentUser {
        CurrentUser::new(self)
    }

    /// The members of the organization.
    #[must_use]
    pub fn members(&self) -> Members {
        Members::new(self.scope())
    }

    /// The open invites of the organization.
    #[must_use]
    pub fn invites(&self) -> Invites {
        Invites::new(self.scope())
    }

    /// Plans, the subscription, invoices and usage of the organization.
    #[must_use]
    pub fn billing(&self) -> Billing {
        Billing::new(self.scope())
    }

    /// The identity providers of the organization.
    #[must_use]
    pub fn jwks(&self) -> Jwks {
        Jwks::new(self.scope())
    }

    /// The deleted databases and groups of the organization that can be brought back.
    #[must_use]
    pub fn recovery(&self) -> Recovery {
        Recovery::new(self.scope())
    }

    /// Sends any request of the [`contract`](crate::contract), for what no handle offers.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::contract::groups::GetGroup;
    ///
    /// let answer = turso.call(GetGroup { organization: "acme".parse()?, group: "default".parse()? }).await?;
    /// assert_eq!(answer.group.name, "default");
    /// # Ok(())
    /// # }
    /// ```
    pub fn call<E: Endpoint>(&self, endpoint: E) -> Call<E::Answer> {
        Call::one(self, Ok(endpoint), |answer| answer)
    }

    /// Sends a request this version knows nothing of: `path` starts at the origin, `/v1/…`, and may hold a query.
    ///
    /// A `GET` is retried like any read; every other method is sent once.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::http::Method;
    ///
    /// let answer = turso.request(Method::GET, "/v1/organizations/acme/groups").await?;
    /// assert!(answer.status().is_success() && answer.body().starts_with(b"{\"groups\":"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn request(&self, method: Method, path: impl Into<String>) -> RawCall {
        RawCall::new(self, method, path.into())
    }

    /// Makes a call of one's own for many inputs, some at once; see [`Bulk`]. The calls are those of this client, whose pauses
    /// set the pace. What is set on a call holds unless it is set on the bulk, too.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # for name in ["ada", "grace"] {
    /// #     turso.databases().create(turso_cloud::NewDatabase::new(name, "default")).await?;
    /// # }
    /// use turso_cloud::DatabasePatch;
    ///
    /// let databases = turso.databases();
    /// let read_only = DatabasePatch::default().block_writes(true);
    /// let outcomes = turso
    ///     .many(["ada", "grace"], move |name| databases.update_configuration(*name, read_only.clone()))
    ///     .concurrency(4)
    ///     .await;
    /// assert!(outcomes.into_result()?.iter().all(|configuration| configuration.block_writes));
    /// # Ok(())
    /// # }
    /// ```
    pub fn many<I: Send + 'static, T: Send + 'static>(
        &self,
        inputs: impl IntoIterator<Item = I>,
        call: impl Fn(&I) -> Call<T> + Send + Sync + 'static,
    ) -> Bulk<I, T> {
        Bulk::new(self, inputs, call)
    }

    /// A call that yields a result without sending anything, for a double of one's own code that hands out calls, which the
    /// code itself makes with [`Call::map`]. An error is made of a [`Failure`](crate::mock::Failure).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use turso_cloud::{Call, Client, mock::{Failure, Mock}};
    ///
    /// trait Tenants {
    ///     fn count(&self) -> Call<usize>;
    /// }
    ///
    /// impl Tenants for Client {
    ///     fn count(&self) -> Call<usize> {
    ///         self.databases().list().map(|databases| databases.len())
    ///     }
    /// }
    ///
    /// struct NoTenants(Client);
    ///
    /// impl Tenants for NoTenants {
    ///     fn count(&self) -> Call<usize> {
    ///         self.0.ready(Err(Failure::refused(404, "no tenants").into()))
    ///     }
    /// }
    ///
    /// let turso = Mock::new().client().build()?;
    /// assert_eq!(turso.count().await?, 2);
    /// let tenants = NoTenants(turso);
    /// assert!(tenants.count().await.unwrap_err().is_not_found());
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "mock")]
    pub fn ready<T: Send + 'static>(&self, result: Result<T, Error>) -> Call<T> {
        Call::ready(self, result)
    }

    pub(crate) fn from_inner(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }

    fn scope(&self) -> Scope {
        Scope::new(self.clone())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.0.base_url)
            .field("organization", &self.0.organization)
            .field("credentials", &self.0.credentials)
            .field("transport", &self.0.transport)
            .finish_non_exhaustive()
    }
}
