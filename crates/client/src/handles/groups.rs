mod manage;

use turso_cloud_contract::{
    GroupName, InvalidInput,
    groups::{CreateGroup, DeleteGroup, GetGroup, Group, ListGroups, NewGroup},
};

use super::{
    Ensured, Scope,
    ensured::{absent_as_none, ensure, mismatch},
    scope::{named, organization_setter},
};
use crate::{Call, Error, access::Ended, call::checked};

/// The groups of an organization: [`Client::groups`](crate::Client::groups).
#[derive(Clone, Debug)]
pub struct Groups {
    scope: Scope,
}

impl Groups {
    pub(crate) fn new(scope: Scope) -> Self {
        Self { scope }
    }

    organization_setter!();

    /// Lists them.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// let groups = turso.groups().list().await?;
    /// assert_eq!(groups[0].name, "default");
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self) -> Call<Vec<Group>> {
        let endpoint = self.scope.organization().map(|organization| ListGroups { organization });
        Call::one(self.scope.client(), endpoint, |answer| answer.groups)
    }

    /// Gets one; fails with [`NotFound`](crate::ErrorKind::NotFound) where there is none.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert_eq!(turso.groups().get("default").await?.primary, "local");
    /// assert!(turso.groups().get("nothing").await.unwrap_err().is_not_found());
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(&self, name: impl TryInto<GroupName, Error: Into<InvalidInput>>) -> Call<Group> {
        let endpoint = self.path(name).map(|(organization, group)| GetGroup { organization, group });
        Call::one(self.scope.client(), endpoint, |answer| answer.group)
    }

    /// Gets one, or nothing where there is none.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert_eq!(turso.groups().find("nothing").await?, None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn find(&self, name: impl TryInto<GroupName, Error: Into<InvalidInput>>) -> Call<Option<Group>> {
        self.get(name).or_none()
    }

    /// Creates one; fails with [`AlreadyExists`](crate::ErrorKind::AlreadyExists) where the name is taken.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::NewGroup;
    ///
    /// let group = turso.groups().create(NewGroup::new("europe", "aws-eu-west-1")).await?;
    /// assert_eq!(group.locations, ["aws-eu-west-1"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn create(&self, group: NewGroup) -> Call<Group> {
        let endpoint = self.scope.organization().map(|organization| CreateGroup { organization, body: group });
        Call::one(self.scope.client(), endpoint, |answer| answer.group)
    }

    /// Creates the group unless it exists. One of that name in another primary location is an error.
    ///
    /// It is safe to repeat: where the answer to the creation is lost, it looks before it creates again, after a pause as
    /// before every other retry.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::NewGroup;
    ///
    /// assert!(turso.groups().ensure(NewGroup::new("europe", "aws-eu-west-1")).await?.is_created());
    /// assert!(!turso.groups().ensure(NewGroup::new("europe", "aws-eu-west-1")).await?.is_created());
    /// assert!(turso.groups().ensure(NewGroup::new("europe", "aws-us-east-1")).await.unwrap_err().is_already_exists());
    /// # Ok(())
    /// # }
    /// ```
    pub fn ensure(&self, group: NewGroup) -> Call<Ensured<Group>> {
        let groups = self.clone();
        Call::new(self.scope.client(), move |cx| async move {
            let organization = groups.scope.organization();
            let create = checked(organization.map(|organization| CreateGroup { organization, body: group }))?;
            let get = GetGroup { organization: create.organization.clone(), group: named(&*create.body.name)? };
            let ensured = ensure(
                &cx,
                || async { absent_as_none(cx.send(&get).await).map(|found| found.map(|answer| answer.group)) },
                || async { cx.send(&create).await.map(|answer| answer.group) },
            );
            let ensured = ensured.await?;
            if ensured.as_ref().primary == *create.body.location {
                Ok(ensured)
            } else {
                let what = format!("group {}", create.body.name);
                Err(mismatch(&what, "primary location", &create.body.location, ensured.as_ref().primary.as_str()))
            }
        })
    }

    /// Deletes one **with all its databases** and yields what it was; fails with
    /// [`NotFound`](crate::ErrorKind::NotFound) where there is none.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert_eq!(turso.groups().delete("default").await?.name, "default");
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete(&self, name: impl TryInto<GroupName, Error: Into<InvalidInput>>) -> Call<Group> {
        let endpoint = self.path(name).map(|(organization, group)| DeleteGroup { organization, group });
        Call::one(self.scope.client(), endpoint, |answer| answer.group).ending_access(self.ended())
    }

    /// Deletes one **with all its databases**; whether there was one to delete.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert!(turso.groups().delete_if_exists("default").await?);
    /// assert!(!turso.groups().delete_if_exists("default").await?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete_if_exists(&self, name: impl TryInto<GroupName, Error: Into<InvalidInput>>) -> Call<bool> {
        self.delete(name).or_absent()
    }

    /// What ends with the tokens of a group. Which databases are in it is not known here, so it is the access to all of the
    /// organization.
    fn ended(&self) -> Option<Ended> {
        let organization = self.scope.organization().ok()?;
        Some(Ended { organization, database: None })
    }

    fn path(
        &self,
        name: impl TryInto<GroupName, Error: Into<InvalidInput>>,
    ) -> Result<(turso_cloud_contract::OrganizationSlug, GroupName), Error> {
        Ok((self.scope.organization()?, named(name)?))
    }
}
