mod branch;
mod manage;
mod many;
mod uploads;

use turso_cloud_contract::{
    DatabaseName, InvalidInput, OrganizationSlug,
    databases::{
        CreateDatabase, CreateDatabaseV3, CreatedDatabase, Database, DatabaseFilter, DeleteDatabase, GetDatabase,
        ListDatabases, NewDatabase, NewDatabaseV3,
    },
};

pub use branch::Branch;

use super::{
    Ensured, Scope,
    ensured::{absent_as_none, ensure, mismatch},
    scope::{named, organization_setter},
};
use crate::{
    Call, Error, Listing,
    access::Ended,
    call::{check_part, checked},
    listing::Circle,
};

/// The databases of an organization, and their tokens: [`Client::databases`](crate::Client::databases).
#[derive(Clone, Debug)]
pub struct Databases {
    pub(super) scope: Scope,
}

impl Databases {
    pub(crate) fn new(scope: Scope) -> Self {
        Self { scope }
    }

    organization_setter!();

    /// Lists them, in no promised order.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::NewDatabase;
    ///
    /// turso.databases().create(NewDatabase::new("orders", "default")).await?;
    /// assert_eq!(turso.databases().list().await?.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self) -> Call<Vec<Database>> {
        self.list_matching(DatabaseFilter::default())
    }

    /// Lists those of one group, or the branches of one database. A page of the filter is where the listing begins and how
    /// much of it is asked for at once: it is read to its end. [`Client::call`](crate::Client::call) with
    /// [`ListDatabases`] reads a single page.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::DatabaseFilter;
    ///
    /// assert!(turso.databases().list_matching(DatabaseFilter::default().group("default")).await?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn list_matching(&self, filter: DatabaseFilter) -> Call<Vec<Database>> {
        let organization = self.scope.organization();
        Call::new(self.scope.client(), move |cx| async move {
            let mut list = checked(organization.map(|organization| ListDatabases { organization, query: filter }))?;
            let mut circle = Circle::default();
            let mut databases = Vec::new();
            loop {
                let answer = cx.send(&list).await?;
                // Nearly always it is the first and the last page: nothing is copied.
                if databases.is_empty() {
                    databases = answer.databases;
                } else {
                    databases.extend(answer.databases);
                }
                list.query.cursor = circle.follow(answer.pagination.and_then(|pagination| pagination.next))?;
                if list.query.cursor.is_none() {
                    return Ok(databases);
                }
            }
        })
    }

    /// Streams them, a page of a thousand at a time, for organizations with more than fit into one answer.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// let mut databases = turso.databases().stream();
    /// while let Some(database) = databases.next().await {
    ///     assert_eq!(database?.name, "orders");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn stream(&self) -> Listing<Database> {
        self.stream_matching(DatabaseFilter::default())
    }

    /// Streams those of one group, or the branches of one database; see [`stream`](Self::stream). A page of the filter is
    /// where the stream begins and the size of its pages.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// use futures_util::TryStreamExt;
    /// use turso_cloud::DatabaseFilter;
    ///
    /// let listing = turso.databases().stream_matching(DatabaseFilter::default().group("default"));
    /// assert_eq!(listing.try_collect::<Vec<_>>().await?.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn stream_matching(&self, filter: DatabaseFilter) -> Listing<Database> {
        let scope = self.scope.clone();
        let (limit, cursor) = (filter.limit, filter.cursor.clone());
        let listing = Listing::new(self.scope.client(), move |limit, cursor| {
            let query = filter.clone().page(limit, cursor);
            let endpoint = scope.organization().map(|organization| ListDatabases { organization, query });
            Call::one(scope.client(), endpoint, |answer| {
                (answer.databases, answer.pagination.and_then(|pagination| pagination.next))
            })
        });
        listing.behind(limit, cursor)
    }

    /// Gets one; fails with [`NotFound`](crate::ErrorKind::NotFound) where there is none.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// let orders = turso.databases().get("orders").await?;
    /// assert_eq!(orders.group, "default");
    /// assert!(orders.url().starts_with("http"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(&self, name: impl TryInto<DatabaseName, Error: Into<InvalidInput>>) -> Call<Database> {
        let endpoint = self.path(name).map(|(organization, database)| GetDatabase { organization, database });
        Call::one(self.scope.client(), endpoint, |answer| answer.database)
    }

    /// Gets one, or nothing where there is none.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert_eq!(turso.databases().find("orders").await?, None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn find(&self, name: impl TryInto<DatabaseName, Error: Into<InvalidInput>>) -> Call<Option<Database>> {
        self.get(name).or_none()
    }

    /// Creates one; fails with [`AlreadyExists`](crate::ErrorKind::AlreadyExists) where the name is taken, and with
    /// [`Rejected`](crate::ErrorKind::Rejected) where there is no such group: groups are never made in passing.
    ///
    /// Right after it, the SQL endpoint may answer 404 for some seconds:
    /// [`wait_ready`](Call::wait_ready) waits for it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::{ByteSize, NewDatabase};
    ///
    /// let orders = NewDatabase::new("orders", "default").size_limit(ByteSize::gib(1));
    /// let created = turso.databases().create(orders).wait_ready().await?;
    /// assert_eq!(created.name, "orders");
    /// # Ok(())
    /// # }
    /// ```
    pub fn create(&self, database: NewDatabase) -> Call<CreatedDatabase> {
        let endpoint = self.scope.organization().map(|organization| CreateDatabase { organization, body: database });
        Call::one(self.scope.client(), endpoint, |answer| answer.database).within(&self.scope)
    }

    /// Creates one in a group that is known by its id, by version 3 of the API: asks for the id of the organization first.
    /// The service does not document it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::NewDatabaseV3;
    ///
    /// let group = turso.groups().get("default").await?.uuid;
    /// turso.databases().create_by_group_id(NewDatabaseV3::new("orders", group)).wait_ready().await?;
    /// assert_eq!(turso.databases().get("orders").await?.group, "default");
    /// # Ok(())
    /// # }
    /// ```
    pub fn create_by_group_id(&self, database: NewDatabaseV3) -> Call<CreatedDatabase> {
        let scope = self.scope.clone();
        let call = Call::new(self.scope.client(), move |cx| async move {
            check_part::<CreateDatabaseV3>(&database)?;
            let organization = scope.organization_id(&cx).await?;
            cx.send(&CreateDatabaseV3 { organization, body: database }).await.map(|answer| answer.database)
        });
        call.within(&self.scope)
    }

    /// Creates a database as a copy of another one: as it is now and in the same group, unless the [`Branch`] is told
    /// otherwise.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// turso.databases().branch("orders", "orders-preview").await?;
    /// let parent = turso.databases().get("orders-preview").await?.parent;
    /// assert_eq!(parent.map(|parent| parent.name.to_string()).as_deref(), Some("orders"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn branch(
        &self,
        from: impl TryInto<DatabaseName, Error: Into<InvalidInput>>,
        name: impl Into<String>,
    ) -> Branch {
        let original = from.try_into().map_err(Into::into);
        let options = self.scope.client().inner().options;
        let (scope, name) = (self.scope.clone(), name.into());
        Branch { scope, original, name, at: None, group: None, key: None, options }
    }

    /// Creates the database unless it exists. One of that name in another group is an error.
    ///
    /// It is safe to repeat: where the answer to the creation is lost, it looks before it creates again, after a pause as
    /// before every other retry.
    /// [`wait_ready`](Self::wait_ready) waits until the database answers, as it does after [`create`](Self::create).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::NewDatabase;
    ///
    /// assert!(turso.databases().ensure(NewDatabase::new("orders", "default")).await?.is_created());
    /// assert!(!turso.databases().ensure(NewDatabase::new("orders", "default")).await?.is_created());
    /// # Ok(())
    /// # }
    /// ```
    pub fn ensure(&self, database: NewDatabase) -> Call<Ensured<Database>> {
        let databases = self.clone();
        let call = Call::new(self.scope.client(), move |cx| async move {
            let organization = databases.scope.organization();
            let create = checked(organization.map(|organization| CreateDatabase { organization, body: database }))?;
            let get = GetDatabase { organization: create.organization.clone(), database: named(&*create.body.name)? };
            let ensured = ensure(
                &cx,
                || async { absent_as_none(cx.send(&get).await).map(|found| found.map(|answer| answer.database)) },
                || async {
                    cx.send(&create).await?;
                    let made = cx.send(&get).await.map(|answer| answer.database);
                    made.map_err(|error| error.having_maybe_happened(true))
                },
            );
            let ensured = ensured.await?;
            if ensured.as_ref().group == *create.body.group {
                Ok(ensured)
            } else {
                let what = format!("database {}", create.body.name);
                Err(mismatch(&what, "group", &create.body.group, ensured.as_ref().group.as_str()))
            }
        });
        call.within(&self.scope)
    }

    /// Deletes one; fails with [`NotFound`](crate::ErrorKind::NotFound) where there is none.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// turso.databases().delete("orders").await?;
    /// assert!(turso.databases().delete("orders").await.unwrap_err().is_not_found());
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete(&self, name: impl TryInto<DatabaseName, Error: Into<InvalidInput>>) -> Call<()> {
        let path = self.path(name);
        let ended = path.as_ref().ok().map(ended);
        let endpoint = path.map(|(organization, database)| DeleteDatabase { organization, database });
        Call::one(self.scope.client(), endpoint, drop).ending_access(ended)
    }

    /// Deletes one; whether there was one to delete.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert!(!turso.databases().delete_if_exists("orders").await?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete_if_exists(&self, name: impl TryInto<DatabaseName, Error: Into<InvalidInput>>) -> Call<bool> {
        self.delete(name).or_absent()
    }

    pub(super) fn path(
        &self,
        name: impl TryInto<DatabaseName, Error: Into<InvalidInput>>,
    ) -> Result<(OrganizationSlug, DatabaseName), Error> {
        Ok((self.scope.organization()?, named(name)?))
    }
}

fn ended((organization, database): &(OrganizationSlug, DatabaseName)) -> Ended {
    Ended { organization: organization.clone(), database: Some(database.clone()) }
}
