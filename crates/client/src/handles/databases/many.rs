//! The same call for many databases, and access to one for many callers.

use jiff::SignedDuration;
use turso_cloud_contract::{
    DatabaseName, DatabaseToken, Expiration, InvalidInput,
    database_tokens::{CreateDatabaseToken, NewToken},
    databases::{CreatedDatabase, Database, GetDatabase, NewDatabase},
};

use super::{Databases, Ensured, ended};
use crate::{Bulk, Call, DatabaseAccess, access::Key, call::checked};

impl Databases {
    /// Creates many, some at once; see [`Bulk`]. [`ensure_many`](Self::ensure_many) may be repeated, and
    /// [`wait_ready`](Bulk::wait_ready) waits for each.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::NewDatabase;
    ///
    /// let tenants = (0..20).map(|number| NewDatabase::new(format!("tenant-{number}"), "default"));
    /// let mut events = turso.databases().create_many(tenants).concurrency(4).events();
    /// let mut done = 0;
    /// while let Some(outcome) = events.next().await {
    ///     outcome.result?;
    ///     done += 1;
    /// }
    /// assert_eq!(done, 20);
    /// # Ok(())
    /// # }
    /// ```
    pub fn create_many(&self, databases: impl IntoIterator<Item = NewDatabase>) -> Bulk<NewDatabase, CreatedDatabase> {
        let handle = self.clone();
        Bulk::new(self.scope.client(), databases, move |database| handle.create(database.clone()))
    }

    /// Creates those of many that do not exist, some at once, as [`ensure`](Self::ensure) does: safe to repeat until all are
    /// there.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::NewDatabase;
    ///
    /// turso.databases().create(NewDatabase::new("ada", "default")).await?;
    /// let tenants = ["ada", "grace"].map(|name| NewDatabase::new(name, "default"));
    /// let ensured = turso.databases().ensure_many(tenants).wait_ready().await.into_result()?;
    /// assert!(!ensured[0].is_created() && ensured[1].is_created());
    /// # Ok(())
    /// # }
    /// ```
    pub fn ensure_many(
        &self,
        databases: impl IntoIterator<Item = NewDatabase>,
    ) -> Bulk<NewDatabase, Ensured<Database>> {
        let handle = self.clone();
        Bulk::new(self.scope.client(), databases, move |database| handle.ensure(database.clone()))
    }

    /// Deletes many, some at once; the result of each says whether there was one to delete.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// let outcomes = turso.databases().delete_many(["orders", "nothing"]).await;
    /// assert!(matches!(outcomes[0].result, Ok(true)));
    /// assert!(matches!(outcomes[1].result, Ok(false)));
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete_many<N: AsRef<str>>(&self, names: impl IntoIterator<Item = N>) -> Bulk<String, bool> {
        let handle = self.clone();
        let names = names.into_iter().map(|name| name.as_ref().to_owned());
        Bulk::new(self.scope.client(), names, move |name: &String| handle.delete_if_exists(name))
    }

    /// Mints a token for each of many, some at once.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// use turso_cloud::NewToken;
    ///
    /// let outcomes = turso.databases().tokens_for_many(["orders", "nothing"], NewToken::read_only()).await;
    /// assert!(outcomes[0].result.is_ok());
    /// assert!(outcomes[1].result.as_ref().unwrap_err().is_not_found());
    /// # Ok(())
    /// # }
    /// ```
    pub fn tokens_for_many<N: AsRef<str>>(
        &self,
        names: impl IntoIterator<Item = N>,
        token: NewToken,
    ) -> Bulk<String, DatabaseToken> {
        let handle = self.clone();
        let names = names.into_iter().map(|name| name.as_ref().to_owned());
        Bulk::new(self.scope.client(), names, move |name: &String| handle.create_token(name, token.clone()))
    }

    /// The URL of a database and a token that reads and writes, kept by this client: many callers share one token, and
    /// another is minted once three quarters of its life are over.
    ///
    /// This client forgets it when it rotates the tokens of the database or of a group, and when it deletes or transfers
    /// one of them; [`forget_access`](Self::forget_access) does so where somebody else did.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// use turso_cloud::Expiration;
    ///
    /// let access = turso.databases().access("orders", Expiration::hours(1)).await?;
    /// assert_eq!(turso.databases().access("orders", Expiration::hours(1)).await?, access);
    /// // `access.url` and `access.token.expose()` are for any libSQL driver.
    /// # Ok(())
    /// # }
    /// ```
    pub fn access(
        &self,
        name: impl TryInto<DatabaseName, Error: Into<InvalidInput>>,
        lifetime: impl Into<Expiration>,
    ) -> Call<DatabaseAccess> {
        let (path, lifetime) = (self.path(name), lifetime.into());
        Call::new(self.scope.client(), move |cx| async move {
            let NewToken { options: query, permissions: body, .. } = NewToken::full_access().expires(lifetime);
            let create =
                path.map(|(organization, database)| CreateDatabaseToken { organization, database, query, body });
            let create = checked(create)?;
            let (organization, database) = (create.organization.clone(), create.database.clone());
            let now = (cx.client().wall_clock)();
            let key =
                Key { organization: organization.clone(), database: database.clone(), seconds: lifetime.as_secs() };
            let mint = || async {
                let url = cx.send(&GetDatabase { organization, database }).await?.database.url();
                let token = cx.send(&create).await?.jwt;
                let life =
                    lifetime.as_secs().and_then(|seconds| i64::try_from(seconds).ok()).map(SignedDuration::from_secs);
                let expires_at = life.and_then(|life| now.checked_add(life).ok());
                Ok(DatabaseAccess { url, token, expires_at })
            };
            cx.client().access.get(key, now, cx.deadline(), mint).await
        })
    }

    /// Forgets the token [`access`](Self::access) keeps for a database, so that the next call mints another.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// use turso_cloud::Expiration;
    ///
    /// turso.databases().access("orders", Expiration::hours(1)).await?;
    /// turso.databases().forget_access("orders");
    /// assert!(turso.databases().access("orders", Expiration::hours(1)).await?.expires_at.is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub fn forget_access(&self, name: impl TryInto<DatabaseName, Error: Into<InvalidInput>>) {
        if let Ok(path) = self.path(name) {
            self.scope.client().inner().access.forget(&ended(&path));
        }
    }
}
