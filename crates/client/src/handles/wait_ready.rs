use std::{future::Future, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Method};
use tokio::time::{Instant, sleep};
use turso_cloud_contract::{
    DatabaseName, DatabaseToken, InvalidInput, Repeatability,
    database_tokens::{CreateDatabaseToken, NewToken},
    databases::{CreatedDatabase, Database, GetDatabase},
};

use super::{Databases, Ensured};
use crate::{
    Bulk, Call, Error, ErrorKind, RetryPolicy,
    call::{CallScope, Context, uri},
    credentials::bearer,
    exchange::{Answer, Authorization, Prepared},
    payload::Payload,
};

const PROBE: &[u8] = br#"{"requests":[{"type":"execute","stmt":{"sql":"SELECT 1"}},{"type":"close"}]}"#;
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(2);
const NOT_OF_A_HANDLE: &str =
    "the organization to wait in is not known: `wait_ready` is for calls of `Client::databases`";
/// How long a token is good for that is minted to ask the host of a database.
pub(crate) const TOKEN_LIFE: Duration = Duration::from_secs(5 * 60);

impl Call<CreatedDatabase> {
    /// Waits, within the deadline of the call, until the SQL endpoint of the new database answers `SELECT 1`. Turso
    /// Cloud has been seen to answer 404 there for some seconds, in the same words as for a database that does not
    /// exist. An encrypted database is ready when it asks for its key, too. A host that does not take the token (401) is asked
    /// again as well: nothing is documented of how soon a new host knows its tokens.
    ///
    /// Where it does not get ready, the call fails with [`ErrorKind::Timeout`] although the database was created, and the
    /// source of that error is the last answer. It fails at once where the service asks for a pause that ends after the deadline.
    ///
    /// What sends nothing, as [`Client::ready`](crate::Client::ready) makes it, yields its result unchanged. A call that no handle
    /// has made, as [`Client::call`](crate::Client::call) does, fails with [`ErrorKind::Config`] before anything is sent: it does
    /// not tell the organization.
    pub fn wait_ready(self) -> Self {
        self.once_ready(|created| (created.name.clone(), true))
    }
}

impl Call<Ensured<Database>> {
    /// Waits, within the deadline of the call, until the SQL endpoint of the database answers `SELECT 1`, also where it was
    /// there before: somebody else may have created it a moment ago.
    ///
    /// Where it does not get ready, the call fails with [`ErrorKind::Timeout`] although the database is there.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::NewDatabase;
    ///
    /// let orders = turso.databases().ensure(NewDatabase::new("orders", "default")).wait_ready().await?;
    /// assert!(orders.is_created());
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_ready(self) -> Self {
        self.once_ready(|ensured| (ensured.as_ref().name.clone(), ensured.is_created()))
    }
}

impl<I: Send + 'static> Bulk<I, CreatedDatabase> {
    /// Waits for each database, within the deadline of its call, until its SQL endpoint answers; see [`Call::wait_ready`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::NewDatabase;
    ///
    /// let tenants = ["ada", "grace"].map(|name| NewDatabase::new(name, "default"));
    /// let created = turso.databases().create_many(tenants).wait_ready().await.into_result()?;
    /// assert_eq!(created.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_ready(self) -> Self {
        self.each(Call::<CreatedDatabase>::wait_ready)
    }
}

impl<I: Send + 'static> Bulk<I, Ensured<Database>> {
    /// Waits for each database, within the deadline of its call, until its SQL endpoint answers, also where it was there
    /// before; see [`Call::wait_ready`].
    pub fn wait_ready(self) -> Self {
        self.each(Call::<Ensured<Database>>::wait_ready)
    }
}

impl Databases {
    /// Waits, within the deadline of the call, until the SQL endpoint of a database that was created a moment ago, perhaps
    /// by somebody else, answers `SELECT 1`; see [`Call::wait_ready`] for one that this call creates.
    ///
    /// Fails with [`NotFound`](ErrorKind::NotFound) at once where the API knows no such database, and with
    /// [`Timeout`](ErrorKind::Timeout) where it does not get ready.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// turso.databases().wait_ready("orders").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_ready(&self, name: impl TryInto<DatabaseName, Error: Into<InvalidInput>>) -> Call<()> {
        let path = self.path(name);
        Call::new(self.scope.client(), move |cx| async move {
            let (organization, database) = path?;
            let get = GetDatabase { organization, database };
            let database = found(&cx, &get).await?;
            wait_for(&cx, &get, &database, || format!("database {} does not answer yet", get.database)).await
        })
    }
}

impl<T: Send + 'static> Call<T> {
    /// The same call with a wait for the database it yields. `which` tells its name, and whether it was created just now.
    fn once_ready(self, which: impl FnOnce(&T) -> (DatabaseName, bool) + Send + 'static) -> Self {
        let scope = match self.scope() {
            #[cfg(feature = "mock")]
            CallScope::Nowhere => return self,
            CallScope::Organization(scope) => scope.clone(),
            CallScope::Unknown => return self.instead(Error::config(NOT_OF_A_HANDLE)),
        };
        self.then(move |cx, result| async move {
            let result = result?;
            let (database, is_new) = which(&result);
            let organization = scope.organization()?;
            match wait(&cx, &GetDatabase { organization, database }, is_new).await {
                Ok(()) => Ok(result),
                Err(error) => Err(error.having_maybe_happened(is_new)),
            }
        })
    }
}

async fn wait(cx: &Context, get: &GetDatabase, is_new: bool) -> Result<(), Error> {
    let state = if is_new { "was created" } else { "is there" };
    let late = || format!("database {} {state} but does not answer yet", get.database);
    let database = patiently(cx, late, || found(cx, get)).await?;
    wait_for(cx, get, &database, late).await
}

async fn wait_for(
    cx: &Context,
    get: &GetDatabase,
    database: &Database,
    late: impl Fn() -> String,
) -> Result<(), Error> {
    let url = database.url();
    send_patiently(
        cx,
        late,
        || prepare(cx, get, &url),
        |answer| match answer {
            // It asks for its key, which is an answer.
            Err(error) if error.is_rejected() && database.encryption_cipher.is_some() => Ok(()),
            answer => answer.map(drop),
        },
    )
    .await
}

async fn found(cx: &Context, get: &GetDatabase) -> Result<Database, Error> {
    Ok(cx.send(get).await?.database)
}

/// Asks the Platform API for something again and again while it fails as it does with a database that is about to appear.
/// `late` says what has not happened by the deadline.
pub(crate) async fn patiently<T, F: Future<Output = Result<T, Error>>>(
    cx: &Context,
    late: impl Fn() -> String,
    attempt: impl Fn() -> F,
) -> Result<T, Error> {
    repeat(cx, late, may_pass, attempt).await
}

/// Does something again and again while it fails with what may pass.
async fn repeat<T, F: Future<Output = Result<T, Error>>>(
    cx: &Context,
    late: impl Fn() -> String,
    may_pass: impl Fn(&Error) -> bool,
    attempt: impl Fn() -> F,
) -> Result<T, Error> {
    let mut wait = FIRST_WAIT;
    loop {
        let error = match attempt().await {
            Err(error) if may_pass(&error) => error,
            finished => return finished,
        };
        // No call waits for longer than that.
        let pause = error.retry_after().unwrap_or_default().min(RetryPolicy::LONGEST_PAUSE);
        if error.is_rate_limited() && !cx.has_time_for(pause) {
            return Err(error.and_detail(&late()));
        }
        if Instant::now() + wait >= cx.deadline() {
            return Err(Error::new(ErrorKind::Timeout).with_detail(late()).due_to(error));
        }
        sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// Sends a request of a token that is good for [`TOKEN_LIFE`] again and again while the answer that `read` makes of it is
/// one of a database that is about to appear. Once the token has ended, the request is prepared anew.
pub(crate) async fn send_patiently<T, F: Future<Output = Result<Prepared, Error>>>(
    cx: &Context,
    late: impl Fn() -> String,
    prepare: impl Fn() -> F,
    read: impl Fn(Result<Answer, Error>) -> Result<T, Error>,
) -> Result<T, Error> {
    loop {
        let token_ends = Instant::now() + TOKEN_LIFE;
        let request = patiently(cx, &late, &prepare).await?;
        let sent = repeat(cx, &late, may_pass_at_host, || async {
            match cx.send_raw(&request).await {
                Err(error) if error.is_unauthenticated() && Instant::now() >= token_ends => Ok(None),
                answer => read(answer).map(Some),
            }
        });
        if let Some(answer) = sent.await? {
            return Ok(answer);
        }
    }
}

/// What is answered for a database that is about to appear: it is not there.
fn may_pass(error: &Error) -> bool {
    error.is_not_found() || error.is_retryable()
}

/// What its own host answers, which may not know its tokens yet, either.
fn may_pass_at_host(error: &Error) -> bool {
    may_pass(error) || error.is_unauthenticated()
}

/// A token for the database at a URL, made into a question.
async fn prepare(cx: &Context, get: &GetDatabase, url: &str) -> Result<Prepared, Error> {
    let (organization, database) = (get.organization.clone(), get.database.clone());
    let NewToken { options: query, permissions: body, .. } = NewToken::read_only().expires(TOKEN_LIFE);
    let mint = CreateDatabaseToken { organization, database, query, body };
    let token = cx.send(&mint).await?.jwt;
    select_one(url, &token)
}

/// Asks a database whether it answers.
pub(crate) fn select_one(url: &str, token: &DatabaseToken) -> Result<Prepared, Error> {
    Ok(Prepared {
        operation: "ProbeDatabase",
        template: "/v2/pipeline".into(),
        method: Method::POST,
        uri: uri(url.trim_end_matches('/'), "/v2/pipeline")?,
        headers: HeaderMap::new(),
        payload: Payload::Json(Bytes::from_static(PROBE)),
        repeatability: Repeatability::Safe,
        authorization: Authorization::Header(bearer(token.expose())?),
    })
}
