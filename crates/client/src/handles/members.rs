use turso_cloud_contract::{
    InvalidInput, OrganizationSlug, Username,
    members::{AddMember, GetMember, ListMembers, Member, MemberPatch, NewMember, RemoveMember, Role, UpdateMember},
};

use super::{
    Ensured, Scope,
    ensured::{absent_as_none, ensure, mismatch},
    scope::{named, organization_setter},
};
use crate::{Call, Error, call::checked};

/// The members of an organization: [`Client::members`](crate::Client::members).
#[derive(Clone, Debug)]
pub struct Members {
    scope: Scope,
}

impl Members {
    pub(crate) fn new(scope: Scope) -> Self {
        Self { scope }
    }

    organization_setter!();

    /// Lists them. Only owners and admins may.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// let members = turso.members().list().await?;
    /// assert_eq!(members[0].role, turso_cloud::Role::Owner);
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self) -> Call<Vec<Member>> {
        let endpoint = self.scope.organization().map(|organization| ListMembers { organization });
        Call::one(self.scope.client(), endpoint, |answer| answer.members)
    }

    /// Gets one; fails with [`NotFound`](crate::ErrorKind::NotFound) where there is none.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert_eq!(turso.members().get("dev").await?.username, "dev");
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(&self, username: impl TryInto<Username, Error: Into<InvalidInput>>) -> Call<Member> {
        let endpoint = self.path(username).map(|(organization, username)| GetMember { organization, username });
        Call::one(self.scope.client(), endpoint, |answer| answer.member)
    }

    /// Gets one, or nothing where there is none.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert_eq!(turso.members().find("nobody").await?, None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn find(&self, username: impl TryInto<Username, Error: Into<InvalidInput>>) -> Call<Option<Member>> {
        self.get(username).or_none()
    }

    /// Adds a user, who must have signed up; fails with [`AlreadyExists`](crate::ErrorKind::AlreadyExists) where they
    /// are a member. Use [`invites`](crate::Client::invites) for others.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::NewMember;
    ///
    /// assert!(turso.members().add(NewMember::new("dev")).await.unwrap_err().is_already_exists());
    /// # Ok(())
    /// # }
    /// ```
    pub fn add(&self, member: NewMember) -> Call<()> {
        let endpoint = self.scope.organization().map(|organization| AddMember { organization, body: member });
        Call::one(self.scope.client(), endpoint, drop)
    }

    /// Adds a user unless they are a member already. One with another role is an error.
    ///
    /// It is safe to repeat: where the answer to the addition is lost, it looks before it adds again, after a pause as before
    /// every other retry.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::builder().with_user("bob").build()?.client().build()?;
    /// use turso_cloud::{NewMember, Role};
    ///
    /// assert!(turso.members().ensure(NewMember::new("bob")).await?.is_created());
    /// assert!(!turso.members().ensure(NewMember::new("bob")).await?.is_created());
    /// assert!(turso.members().ensure(NewMember::new("bob").role(Role::Admin)).await.unwrap_err().is_already_exists());
    /// # Ok(())
    /// # }
    /// ```
    pub fn ensure(&self, member: NewMember) -> Call<Ensured<Member>> {
        let members = self.clone();
        Call::new(self.scope.client(), move |cx| async move {
            let organization = members.scope.organization();
            let add = checked(organization.map(|organization| AddMember { organization, body: member }))?;
            let get = GetMember { organization: add.organization.clone(), username: named(&*add.body.username)? };
            let ensured = ensure(
                &cx,
                || async { absent_as_none(cx.send(&get).await).map(|found| found.map(|answer| answer.member)) },
                || async {
                    cx.send(&add).await?;
                    let made = cx.send(&get).await.map(|answer| answer.member);
                    made.map_err(|error| error.having_maybe_happened(true))
                },
            );
            let ensured = ensured.await?;
            if ensured.as_ref().role == add.body.role {
                Ok(ensured)
            } else {
                let what = format!("member {}", add.body.username);
                Err(mismatch(&what, "role", add.body.role.as_str(), ensured.as_ref().role.as_str()))
            }
        })
    }

    /// Changes what a member may do.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::Role;
    ///
    /// assert!(turso.members().update_role("nobody", Role::Admin).await.unwrap_err().is_not_found());
    /// # Ok(())
    /// # }
    /// ```
    pub fn update_role(&self, username: impl TryInto<Username, Error: Into<InvalidInput>>, role: Role) -> Call<Member> {
        let body = MemberPatch::role(role);
        let endpoint =
            self.path(username).map(|(organization, username)| UpdateMember { organization, username, body });
        Call::one(self.scope.client(), endpoint, |answer| answer.member)
    }

    /// Removes a member; fails with [`NotFound`](crate::ErrorKind::NotFound) where there is none.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert!(turso.members().delete("nobody").await.unwrap_err().is_not_found());
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete(&self, username: impl TryInto<Username, Error: Into<InvalidInput>>) -> Call<()> {
        let endpoint = self.path(username).map(|(organization, username)| RemoveMember { organization, username });
        Call::one(self.scope.client(), endpoint, drop)
    }

    /// Removes a member; whether there was one to remove.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert!(!turso.members().delete_if_exists("nobody").await?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete_if_exists(&self, username: impl TryInto<Username, Error: Into<InvalidInput>>) -> Call<bool> {
        self.delete(username).or_absent()
    }

    fn path(
        &self,
        username: impl TryInto<Username, Error: Into<InvalidInput>>,
    ) -> Result<(OrganizationSlug, Username), Error> {
        Ok((self.scope.organization()?, named(username)?))
    }
}
