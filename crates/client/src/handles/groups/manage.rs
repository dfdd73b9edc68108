//! What there is to do with a group beside making and deleting it.

use turso_cloud_contract::{
    DatabaseToken, GroupName, InvalidInput, LocationCode,
    database_tokens::{CreateGroupToken, NewToken, RotateGroupTokens},
    groups::{
        AddGroupLocation, GetGroupConfiguration, Group, GroupConfiguration, GroupPatch, GroupTransfer, NewGroupName,
        RemoveGroupLocation, RenameGroup, TransferGroup, UnarchiveGroup, UpdateGroup, UpdateGroupConfiguration,
        WaitForGroupLocation,
    },
};

use super::Groups;
use crate::{Call, handles::scope::named};

impl Groups {
    /// Gets the configuration of a group.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert!(!turso.groups().configuration("default").await?.delete_protection);
    /// # Ok(())
    /// # }
    /// ```
    pub fn configuration(&self, name: impl TryInto<GroupName, Error: Into<InvalidInput>>) -> Call<GroupConfiguration> {
        let endpoint = self.path(name).map(|(organization, group)| GetGroupConfiguration { organization, group });
        Call::one(self.scope.client(), endpoint, |answer| answer)
    }

    /// Changes the configuration of a group.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::GroupPatch;
    ///
    /// turso.groups().update_configuration("default", GroupPatch::default().delete_protection(true)).await?;
    /// assert!(turso.groups().delete("default").await.unwrap_err().is_forbidden());
    /// # Ok(())
    /// # }
    /// ```
    pub fn update_configuration(
        &self,
        name: impl TryInto<GroupName, Error: Into<InvalidInput>>,
        patch: GroupPatch,
    ) -> Call<GroupConfiguration> {
        let endpoint =
            self.path(name).map(|(organization, group)| UpdateGroupConfiguration { organization, group, body: patch });
        Call::one(self.scope.client(), endpoint, |answer| answer)
    }

    /// Moves a group with its databases to another organization. Their hostnames change with it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.groups().create(turso_cloud::NewGroup::new("europe", "aws-eu-west-1")).await?;
    /// turso.groups().transfer("europe", "dev").await?;
    /// assert_eq!(turso.groups().organization("dev").get("europe").await?.name, "europe");
    /// # Ok(())
    /// # }
    /// ```
    pub fn transfer(
        &self,
        name: impl TryInto<GroupName, Error: Into<InvalidInput>>,
        to: impl Into<String>,
    ) -> Call<Group> {
        let endpoint = self.path(name).map(|(organization, group)| TransferGroup {
            organization,
            group,
            body: GroupTransfer::to(to),
        });
        Call::one(self.scope.client(), endpoint, |answer| answer.group).ending_access(self.ended())
    }

    /// Gives a group another name. The service does not document it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// turso.groups().rename("default", "main").await?;
    /// assert!(turso.groups().find("main").await?.is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub fn rename(&self, name: impl TryInto<GroupName, Error: Into<InvalidInput>>, to: impl Into<String>) -> Call<()> {
        let endpoint = self.path(name).map(|(organization, group)| RenameGroup {
            organization,
            group,
            body: NewGroupName::new(to),
        });
        Call::one(self.scope.client(), endpoint, drop)
    }

    /// Wakes an archived group up. The service archives groups of the free plan after ten days without use.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert!(!turso.groups().unarchive("default").await?.archived);
    /// # Ok(())
    /// # }
    /// ```
    pub fn unarchive(&self, name: impl TryInto<GroupName, Error: Into<InvalidInput>>) -> Call<Group> {
        let endpoint = self.path(name).map(|(organization, group)| UnarchiveGroup { organization, group });
        Call::one(self.scope.client(), endpoint, |answer| answer.group)
    }

    /// Moves the databases of a group to the newest version of the server.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// turso.groups().update_version("default").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn update_version(&self, name: impl TryInto<GroupName, Error: Into<InvalidInput>>) -> Call<()> {
        let endpoint = self.path(name).map(|(organization, group)| UpdateGroup { organization, group });
        Call::one(self.scope.client(), endpoint, drop)
    }

    /// Adds a location to a group.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// let group = turso.groups().add_location("default", "aws-eu-west-1").await?;
    /// assert_eq!(group.locations, ["local", "aws-eu-west-1"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn add_location(
        &self,
        name: impl TryInto<GroupName, Error: Into<InvalidInput>>,
        location: impl TryInto<LocationCode, Error: Into<InvalidInput>>,
    ) -> Call<Group> {
        let endpoint = self
            .path(name)
            .and_then(|(organization, group)| Ok(AddGroupLocation { organization, group, location: named(location)? }));
        Call::one(self.scope.client(), endpoint, |answer| answer.group)
    }

    /// Removes a location from a group; not the primary one.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.groups().add_location("default", "aws-eu-west-1").await?;
    /// let group = turso.groups().remove_location("default", "aws-eu-west-1").await?;
    /// assert_eq!(group.locations, ["local"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn remove_location(
        &self,
        name: impl TryInto<GroupName, Error: Into<InvalidInput>>,
        location: impl TryInto<LocationCode, Error: Into<InvalidInput>>,
    ) -> Call<Group> {
        let endpoint = self.path(name).and_then(|(organization, group)| {
            Ok(RemoveGroupLocation { organization, group, location: named(location)? })
        });
        Call::one(self.scope.client(), endpoint, |answer| answer.group)
    }

    /// Waits until a location of a group is ready. The service does not document it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// turso.groups().wait_for_location("default", "local").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_for_location(
        &self,
        name: impl TryInto<GroupName, Error: Into<InvalidInput>>,
        location: impl TryInto<LocationCode, Error: Into<InvalidInput>>,
    ) -> Call<()> {
        let endpoint = self.path(name).and_then(|(organization, group)| {
            Ok(WaitForGroupLocation { organization, group, location: named(location)? })
        });
        Call::one(self.scope.client(), endpoint, drop)
    }

    /// Mints a token for every database of a group, those to come included.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::{Expiration, NewToken};
    ///
    /// let token = turso.groups().create_token("default", NewToken::full_access().expires(Expiration::hours(1))).await?;
    /// assert_eq!(format!("{token:?}"), "DatabaseToken([redacted])");
    /// # Ok(())
    /// # }
    /// ```
    pub fn create_token(
        &self,
        name: impl TryInto<GroupName, Error: Into<InvalidInput>>,
        token: NewToken,
    ) -> Call<DatabaseToken> {
        let endpoint = self.path(name).map(|(organization, group)| CreateGroupToken {
            organization,
            group,
            query: token.options,
            body: token.permissions,
        });
        Call::one(self.scope.client(), endpoint, |answer| answer.jwt)
    }

    /// Makes every token of every database of a group invalid.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// turso.groups().rotate_tokens("default").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn rotate_tokens(&self, name: impl TryInto<GroupName, Error: Into<InvalidInput>>) -> Call<()> {
        let endpoint = self.path(name).map(|(organization, group)| RotateGroupTokens { organization, group });
        Call::one(self.scope.client(), endpoint, drop).ending_access(self.ended())
    }
}
