use std::{future::Future, time::Duration};

use bytes::Bytes;
use http::Method;
use tokio::time::{Instant, sleep};
use turso_cloud_contract::{
    DatabaseName, DatabaseToken, Expiration, OrganizationSlug, Repeatability,
    database_tokens::{CreateDatabaseToken, NewToken},
    databases::{CreatedDatabase, Database, GetDatabase},
};

use crate::{
    Call, Ensured, Error, ErrorKind,
    call::{Context, uri},
    credentials::bearer,
    exchange::{Authorization, Prepared},
    payload::Payload,
};

const PROBE: &[u8] = br#"{"requests":[{"type":"execute","stmt":{"sql":"SELECT 1"}},{"type":"close"}]}"#;
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

impl Call<CreatedDatabase> {
    /// Waits, within the deadline of the call, until the SQL endpoint of the new database answers `SELECT 1`. Turso
    /// Cloud has been seen to answer 404 there for some seconds, in the same words as for a database that does not
    /// exist.
    ///
    /// Where it does not get ready, the call fails with [`ErrorKind::Timeout`] although the database was created.
    pub fn wait_ready(self) -> Self {
        ready(self, |created| (&created.name, true))
    }
}

impl Call<Ensured<Database>> {
    /// Waits for the SQL endpoint as after `create`, also where the database was there already: somebody else may have
    /// created it just now.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::NewDatabase;
    ///
    /// let orders = turso.databases().ensure(NewDatabase::new("orders", "default")).wait_ready().await?;
    /// assert_eq!(orders.name, "orders");
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_ready(self) -> Self {
        ready(self, |ensured| (&ensured.name, ensured.is_created()))
    }
}

/// Waits for a database, of which `look` tells the name and whether the call has created it.
fn ready<T: Send + 'static>(call: Call<T>, look: fn(&T) -> (&DatabaseName, bool)) -> Call<T> {
    let scope = call.scope();
    call.then(move |cx, found| async move {
        let found = found?;
        let organization = scope.map_or_else(|| Err(Error::config("no organization")), |scope| scope.organization())?;
        let (name, is_created) = look(&found);
        match wait(&cx, &organization, name, is_created).await {
            Ok(()) => Ok(found),
            Err(error) => Err(error.having_maybe_happened(is_created)),
        }
    })
}

async fn wait(
    cx: &Context,
    organization: &OrganizationSlug,
    name: &DatabaseName,
    is_created: bool,
) -> Result<(), Error> {
    let late =
        || format!("database {name} {} but does not answer yet", if is_created { "was created" } else { "is there" });
    let probe = patiently(cx, late, || prepare(cx, organization, name)).await?;
    patiently(cx, late, || async { cx.send_raw(&probe).await.map(drop) }).await
}

/// Does something again and again while it fails as it does with a database that is about to appear. `late` says what
/// has not happened by the deadline.
pub(crate) async fn patiently<T, F: Future<Output = Result<T, Error>>>(
    cx: &Context,
    late: impl Fn() -> String,
    attempt: impl Fn() -> F,
) -> Result<T, Error> {
    let mut wait = FIRST_WAIT;
    loop {
        let error = match attempt().await {
            Err(error) if may_pass(&error) => error,
            finished => return finished,
        };
        if Instant::now() + wait >= cx.deadline() {
            return Err(Error::new(ErrorKind::Timeout).with_detail(late()).with_source(error));
        }
        sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// What a database that is about to appear answers: it is not there, or does not know its own tokens yet.
fn may_pass(error: &Error) -> bool {
    error.is_not_found() || error.is_unauthenticated() || error.is_retryable()
}

/// The address of the database and a token for it, made into a question.
async fn prepare(cx: &Context, organization: &OrganizationSlug, name: &DatabaseName) -> Result<Prepared, Error> {
    let (organization, database) = (organization.clone(), name.clone());
    let get = GetDatabase { organization: organization.clone(), database: database.clone() };
    let url = cx.send(&get).await?.database.url();
    let NewToken { options: query, permissions: body, .. } = NewToken::read_only().expires(Expiration::minutes(5));
    let mint = CreateDatabaseToken { organization, database, query, body };
    let token = cx.send(&mint).await?.jwt;
    select_one(&url, &token)
}

/// Asks a database whether it answers.
pub(crate) fn select_one(url: &str, token: &DatabaseToken) -> Result<Prepared, Error> {
    Ok(Prepared {
        operation: "ProbeDatabase",
        template: "/v2/pipeline".into(),
        method: Method::POST,
        uri: uri(url.trim_end_matches('/'), "/v2/pipeline")?,
        payload: Payload::Json(Bytes::from_static(PROBE)),
        repeatability: Repeatability::Safe,
        authorization: Authorization::Header(bearer(token.expose())?),
    })
}
