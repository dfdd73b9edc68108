//! What there is to do with a database beside making and deleting it.

use turso_cloud_contract::{
    DatabaseName, DatabaseToken, InstanceName, InvalidInput,
    billing::DatabaseUsage,
    database_tokens::{CreateDatabaseToken, NewToken, RotateDatabaseTokens},
    databases::{
        DatabaseConfiguration, DatabasePatch, DatabaseTransfer, GetDatabaseConfiguration, GetDatabaseStats,
        GetDatabaseUsage, GetInstance, Instance, ListDatabaseQueries, ListInstances, QueriesSince, QueryStat,
        TransferDatabase, UpdateDatabaseConfiguration, UsagePeriod, WaitForInstance, WakeUpDatabase,
    },
};

use super::{Databases, ended};
use crate::{Call, handles::scope::named};

impl Databases {
    /// Gets the configuration of a database.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// assert!(!turso.databases().configuration("orders").await?.block_writes);
    /// # Ok(())
    /// # }
    /// ```
    pub fn configuration(
        &self,
        name: impl TryInto<DatabaseName, Error: Into<InvalidInput>>,
    ) -> Call<DatabaseConfiguration> {
        let endpoint =
            self.path(name).map(|(organization, database)| GetDatabaseConfiguration { organization, database });
        Call::one(self.scope.client(), endpoint, |answer| answer)
    }

    /// Changes the configuration of a database, and yields the whole of it. What is not set stays as it is.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// use turso_cloud::DatabasePatch;
    ///
    /// let patch = DatabasePatch::default().block_writes(true).allowed_ips(["127.0.0.0/8"]);
    /// let configuration = turso.databases().update_configuration("orders", patch).await?;
    /// assert!(configuration.block_writes && !configuration.block_reads);
    /// # Ok(())
    /// # }
    /// ```
    pub fn update_configuration(
        &self,
        name: impl TryInto<DatabaseName, Error: Into<InvalidInput>>,
        patch: DatabasePatch,
    ) -> Call<DatabaseConfiguration> {
        let endpoint = self.path(name).map(|(organization, database)| UpdateDatabaseConfiguration {
            organization,
            database,
            body: patch,
        });
        Call::one(self.scope.client(), endpoint, |answer| answer)
    }

    /// Lists the instances of a database: one for each location of its group.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// assert_eq!(turso.databases().instances("orders").await?[0].region, "local");
    /// # Ok(())
    /// # }
    /// ```
    pub fn instances(&self, name: impl TryInto<DatabaseName, Error: Into<InvalidInput>>) -> Call<Vec<Instance>> {
        let endpoint = self.path(name).map(|(organization, database)| ListInstances { organization, database });
        Call::one(self.scope.client(), endpoint, |answer| answer.instances)
    }

    /// Gets what a database used, by default in this calendar month.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// use turso_cloud::UsagePeriod;
    ///
    /// assert_eq!(turso.databases().usage("orders", UsagePeriod::default()).await?.usage.rows_written, 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn usage(
        &self,
        name: impl TryInto<DatabaseName, Error: Into<InvalidInput>>,
        period: UsagePeriod,
    ) -> Call<DatabaseUsage> {
        let endpoint =
            self.path(name).map(|(organization, database)| GetDatabaseUsage { organization, database, query: period });
        Call::one(self.scope.client(), endpoint, |answer| answer.database)
    }

    /// Gets the queries that read and wrote most.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// assert!(turso.databases().stats("orders").await?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn stats(&self, name: impl TryInto<DatabaseName, Error: Into<InvalidInput>>) -> Call<Vec<QueryStat>> {
        let endpoint = self.path(name).map(|(organization, database)| GetDatabaseStats { organization, database });
        Call::one(self.scope.client(), endpoint, |answer| answer.top_queries)
    }

    /// Lists the queries that read and wrote most since a time. The service does not document it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// assert!(turso.databases().queries("orders", turso_cloud::jiff::Timestamp::UNIX_EPOCH).await?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn queries(
        &self,
        name: impl TryInto<DatabaseName, Error: Into<InvalidInput>>,
        since: jiff::Timestamp,
    ) -> Call<Vec<QueryStat>> {
        let endpoint = self.path(name).map(|(organization, database)| ListDatabaseQueries {
            organization,
            database,
            query: QueriesSince::new(since),
        });
        Call::one(self.scope.client(), endpoint, |answer| answer)
    }

    /// Moves a database to another organization. The service does not document it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// turso.databases().transfer("orders", "dev").await?;
    /// assert!(turso.databases().organization("dev").find("orders").await?.is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub fn transfer(
        &self,
        name: impl TryInto<DatabaseName, Error: Into<InvalidInput>>,
        to: impl Into<String>,
    ) -> Call<()> {
        let path = self.path(name);
        let ended = path.as_ref().ok().map(ended);
        let endpoint = path.map(|(organization, database)| TransferDatabase {
            organization,
            database,
            body: DatabaseTransfer::to(to),
        });
        Call::one(self.scope.client(), endpoint, drop).ending_access(ended)
    }

    /// Wakes an archived database up. The service does not document it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// turso.databases().wake_up("orders").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wake_up(&self, name: impl TryInto<DatabaseName, Error: Into<InvalidInput>>) -> Call<()> {
        let endpoint = self.path(name).map(|(organization, database)| WakeUpDatabase { organization, database });
        Call::one(self.scope.client(), endpoint, drop)
    }

    /// Gets one instance of a database.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// assert_eq!(turso.databases().instance("orders", "local").await?.name, "local");
    /// # Ok(())
    /// # }
    /// ```
    pub fn instance(
        &self,
        name: impl TryInto<DatabaseName, Error: Into<InvalidInput>>,
        instance: impl TryInto<InstanceName, Error: Into<InvalidInput>>,
    ) -> Call<Instance> {
        let endpoint = self.path(name).and_then(|(organization, database)| {
            Ok(GetInstance { organization, database, instance: named(instance)? })
        });
        Call::one(self.scope.client(), endpoint, |answer| answer.instance)
    }

    /// Waits until an instance of a database answers queries. The service does not document it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// turso.databases().wait_for_instance("orders", "local").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_for_instance(
        &self,
        name: impl TryInto<DatabaseName, Error: Into<InvalidInput>>,
        instance: impl TryInto<InstanceName, Error: Into<InvalidInput>>,
    ) -> Call<()> {
        let endpoint = self.path(name).and_then(|(organization, database)| {
            Ok(WaitForInstance { organization, database, instance: named(instance)? })
        });
        Call::one(self.scope.client(), endpoint, drop)
    }

    /// Mints a token for the SQL endpoint of one database. The service keeps no list of tokens: it cannot be revoked
    /// alone, so give it an end.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// use turso_cloud::{Expiration, NewToken};
    ///
    /// let token = turso.databases().create_token("orders", NewToken::read_only().expires(Expiration::days(7))).await?;
    /// assert_eq!(format!("{token:?}"), "DatabaseToken([redacted])");
    /// # Ok(())
    /// # }
    /// ```
    pub fn create_token(
        &self,
        name: impl TryInto<DatabaseName, Error: Into<InvalidInput>>,
        token: NewToken,
    ) -> Call<DatabaseToken> {
        let endpoint = self.path(name).map(|(organization, database)| CreateDatabaseToken {
            organization,
            database,
            query: token.options,
            body: token.permissions,
        });
        Call::one(self.scope.client(), endpoint, |answer| answer.jwt)
    }

    /// Makes every token of a database invalid.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// turso.databases().rotate_tokens("orders").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn rotate_tokens(&self, name: impl TryInto<DatabaseName, Error: Into<InvalidInput>>) -> Call<()> {
        let path = self.path(name);
        let ended = path.as_ref().ok().map(ended);
        let endpoint = path.map(|(organization, database)| RotateDatabaseTokens { organization, database });
        Call::one(self.scope.client(), endpoint, drop).ending_access(ended)
    }
}
