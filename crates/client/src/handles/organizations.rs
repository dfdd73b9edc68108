use turso_cloud_contract::{
    InvalidInput, OrganizationSlug,
    organizations::{GetOrganization, ListOrganizations, Organization},
};

use super::scope::named;
use crate::{Call, Client};

/// The organizations the caller belongs to: [`Client::organizations`].
#[derive(Clone, Debug)]
pub struct Organizations {
    client: Client,
}

impl Organizations {
    pub(crate) fn new(client: &Client) -> Self {
        Self { client: client.clone() }
    }

    /// Lists them, the personal one included.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// let organizations = turso.organizations().list().await?;
    /// assert!(organizations.iter().any(|organization| organization.slug == "acme"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self) -> Call<Vec<Organization>> {
        Call::one(&self.client, Ok(ListOrganizations {}), |answer| answer.organizations)
    }

    /// Gets one; fails with [`NotFound`](crate::ErrorKind::NotFound) where there is none.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// let acme = turso.organizations().get("acme").await?;
    /// assert_eq!(acme.kind, turso_cloud::OrganizationKind::Team);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get<N>(&self, slug: N) -> Call<Organization>
    where
        N: TryInto<OrganizationSlug>,
        N::Error: Into<InvalidInput>,
    {
        let endpoint = named(slug).map(|organization| GetOrganization { organization });
        Call::one(&self.client, endpoint, |answer| answer.organization)
    }

    /// Gets one, or nothing where there is none.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert_eq!(turso.organizations().find("nobody").await?, None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn find<N>(&self, slug: N) -> Call<Option<Organization>>
    where
        N: TryInto<OrganizationSlug>,
        N::Error: Into<InvalidInput>,
    {
        self.get(slug).or_none()
    }
}
