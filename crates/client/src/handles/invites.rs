use turso_cloud_contract::{
    EmailAddress, InvalidInput,
    invites::{CreateInvite, CreatedInvite, DeleteInvite, Invite, ListInvites, NewInvite},
};

use super::{
    Scope,
    listed::one_of,
    scope::{named, organization_setter},
};
use crate::Call;

/// The open invites of an organization: [`Client::invites`](crate::Client::invites).
#[derive(Clone, Debug)]
pub struct Invites {
    scope: Scope,
}

impl Invites {
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
    /// assert!(turso.invites().list().await?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self) -> Call<Vec<Invite>> {
        let endpoint = self.scope.organization().map(|organization| ListInvites { organization });
        Call::one(self.scope.client(), endpoint, |answer| answer.invites)
    }

    /// Gets the open invite to an address out of the list; fails with [`NotFound`](crate::ErrorKind::NotFound) where there
    /// is none.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::NewInvite;
    ///
    /// turso.invites().create(NewInvite::email("eve@example.com")).await?;
    /// assert_eq!(turso.invites().get("eve@example.com").await?.email, "eve@example.com");
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(&self, email: impl TryInto<EmailAddress, Error: Into<InvalidInput>>) -> Call<Invite> {
        let email = named::<EmailAddress>(email);
        one_of(self.scope.client(), self.list(), email, "invite to", |invite, email| invite.email == *email)
    }

    /// Gets the open invite to an address out of the list, or nothing where there is none.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert_eq!(turso.invites().find("eve@example.com").await?, None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn find(&self, email: impl TryInto<EmailAddress, Error: Into<InvalidInput>>) -> Call<Option<Invite>> {
        self.get(email).or_none()
    }

    /// Invites somebody, by address or by username. An open invite to the same address is replaced.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::{NewInvite, Role};
    ///
    /// let invite = turso.invites().create(NewInvite::email("eve@example.com").role(Role::Viewer)).await?;
    /// assert_eq!(invite.role, Role::Viewer);
    /// # Ok(())
    /// # }
    /// ```
    pub fn create(&self, invite: NewInvite) -> Call<CreatedInvite> {
        let endpoint = self.scope.organization().map(|organization| CreateInvite { organization, body: invite });
        Call::one(self.scope.client(), endpoint, |answer| answer.invited)
    }

    /// Takes an invite back; fails with [`NotFound`](crate::ErrorKind::NotFound) where there is none.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.invites().create(turso_cloud::NewInvite::email("eve@example.com")).await?;
    /// turso.invites().delete("eve@example.com").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete(&self, email: impl TryInto<EmailAddress, Error: Into<InvalidInput>>) -> Call<()> {
        let endpoint =
            self.scope.organization().and_then(|organization| Ok(DeleteInvite { organization, email: named(email)? }));
        Call::one(self.scope.client(), endpoint, drop)
    }

    /// Takes an invite back; whether there was one.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert!(!turso.invites().delete_if_exists("eve@example.com").await?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete_if_exists(&self, email: impl TryInto<EmailAddress, Error: Into<InvalidInput>>) -> Call<bool> {
        self.delete(email).or_absent()
    }
}
