use turso_cloud_contract::{
    DatabaseId, GroupId, InvalidInput,
    databases::{DatabaseV3, DatabaseV3Filter, ListDatabasesV3},
    recovery::{
        DeletedGroup, DeletedGroupPage, ListDeletedGroups, RestoreDatabase, RestoreGroup, RestoredGroup, RestoredName,
    },
};

use super::{
    Scope,
    scope::{named, organization_setter},
};
use crate::{Call, Error, Listing, call::check_part};

/// Deleted databases and groups that can be brought back, for five days: [`Client::recovery`](crate::Client::recovery).
///
/// The service knows them by ids, and organizations too: each call first asks for the id of the organization.
#[derive(Clone, Debug)]
pub struct Recovery {
    scope: Scope,
}

impl Recovery {
    pub(crate) fn new(scope: Scope) -> Self {
        Self { scope }
    }

    organization_setter!();

    /// Streams the deleted databases.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// use futures_util::TryStreamExt;
    ///
    /// turso.databases().delete("orders").await?;
    /// let mut deleted = turso.recovery().databases();
    /// assert_eq!(deleted.try_next().await?.map(|database| database.name.to_string()).as_deref(), Some("orders"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn databases(&self) -> Listing<DatabaseV3> {
        self.deleted(None)
    }

    /// Streams the deleted databases with a text in their names; see [`databases`](Self::databases).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// use futures_util::TryStreamExt;
    ///
    /// turso.databases().delete("orders").await?;
    /// assert!(turso.recovery().databases_matching("ord").try_next().await?.is_some());
    /// assert!(turso.recovery().databases_matching("shop").try_next().await?.is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub fn databases_matching(&self, text: impl Into<String>) -> Listing<DatabaseV3> {
        self.deleted(Some(text.into()))
    }

    fn deleted(&self, search: Option<String>) -> Listing<DatabaseV3> {
        let scope = self.scope.clone();
        Listing::new(self.scope.client(), move |limit, cursor| {
            let mut query = DatabaseV3Filter::deleted().page(limit, cursor);
            query.search.clone_from(&search);
            let scope = scope.clone();
            Call::new(&scope.client().clone(), move |cx| async move {
                check_part::<ListDatabasesV3>(&query)?;
                let organization = scope.organization_id(&cx).await?;
                let answer = cx.send(&ListDatabasesV3 { organization, query }).await?;
                Ok((answer.databases, answer.pagination.next))
            })
        })
    }

    /// Brings a database back, and its group where that was deleted with it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// let id = turso.databases().get("orders").await?.id;
    /// turso.databases().delete("orders").await?;
    /// turso.recovery().restore_database(id).await?;
    /// assert!(turso.databases().find("orders").await?.is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub fn restore_database(&self, database: impl TryInto<DatabaseId, Error: Into<InvalidInput>>) -> Call<DatabaseV3> {
        self.restore(named(database), RestoredName::default())
    }

    /// Brings a database back under another name than it had; see [`restore_database`](Self::restore_database).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// let id = turso.databases().get("orders").await?.id;
    /// turso.databases().delete("orders").await?;
    /// turso.recovery().restore_database_as(id, "orders-again").await?;
    /// assert!(turso.databases().find("orders-again").await?.is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub fn restore_database_as(
        &self,
        database: impl TryInto<DatabaseId, Error: Into<InvalidInput>>,
        name: impl Into<String>,
    ) -> Call<DatabaseV3> {
        self.restore(named(database), RestoredName::new(name))
    }

    fn restore(&self, database: Result<DatabaseId, Error>, body: RestoredName) -> Call<DatabaseV3> {
        let scope = self.scope.clone();
        Call::new(self.scope.client(), move |cx| async move {
            let database = database?;
            check_part::<RestoreDatabase>(&body)?;
            let organization = scope.organization_id(&cx).await?;
            cx.send(&RestoreDatabase { organization, database, body }).await.map(|answer| answer.database)
        })
    }

    /// Streams the deleted groups.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// use futures_util::TryStreamExt;
    ///
    /// turso.groups().delete("default").await?;
    /// let mut deleted = turso.recovery().groups();
    /// assert_eq!(deleted.try_next().await?.map(|group| group.cascade_databases), Some(1));
    /// # Ok(())
    /// # }
    /// ```
    pub fn groups(&self) -> Listing<DeletedGroup> {
        let scope = self.scope.clone();
        Listing::new(self.scope.client(), move |limit, cursor| {
            let scope = scope.clone();
            Call::new(&scope.client().clone(), move |cx| async move {
                let query = DeletedGroupPage::new(limit, cursor);
                check_part::<ListDeletedGroups>(&query)?;
                let organization = scope.organization_id(&cx).await?;
                let answer = cx.send(&ListDeletedGroups { organization, query }).await?;
                Ok((answer.groups, answer.pagination.next))
            })
        })
    }

    /// Brings a group back with its databases. It is back even where some of them are not; the answer says why.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// let id = turso.groups().delete("default").await?.uuid;
    /// let restored = turso.recovery().restore_group(id).await?;
    /// assert!(restored.failures.is_empty());
    /// assert!(turso.databases().find("orders").await?.is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub fn restore_group(&self, group: impl TryInto<GroupId, Error: Into<InvalidInput>>) -> Call<RestoredGroup> {
        let (scope, group) = (self.scope.clone(), named(group));
        Call::new(self.scope.client(), move |cx| async move {
            let group = group?;
            let organization = scope.organization_id(&cx).await?;
            cx.send(&RestoreGroup { organization, group }).await
        })
    }
}
