use turso_cloud_contract::{
    InvalidInput, OrganizationSlug,
    organizations::{
        CreateOrganization, DeleteOrganization, DryRun, GetOrganization, ListOrganizations, ListOrganizationsV2,
        NewOrganization, Organization, OrganizationPatch, OrganizationV2, UpdateOrganization,
    },
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
    pub fn get(&self, slug: impl TryInto<OrganizationSlug, Error: Into<InvalidInput>>) -> Call<Organization> {
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
    pub fn find(&self, slug: impl TryInto<OrganizationSlug, Error: Into<InvalidInput>>) -> Call<Option<Organization>> {
        self.get(slug).or_none()
    }

    /// Lists them with their ids, which the recovery of deleted databases asks for. The service does not document it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// let organizations = turso.organizations().list_with_ids().await?;
    /// assert!(organizations.iter().all(|organization| organization.id.is_some()));
    /// # Ok(())
    /// # }
    /// ```
    pub fn list_with_ids(&self) -> Call<Vec<OrganizationV2>> {
        Call::one(&self.client, Ok(ListOrganizationsV2 {}), |answer| answer.organizations)
    }

    /// Changes one.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::OrganizationPatch;
    ///
    /// let acme = turso.organizations().update("acme", OrganizationPatch::default().overages(true)).await?;
    /// assert!(acme.overages);
    /// # Ok(())
    /// # }
    /// ```
    pub fn update(
        &self,
        slug: impl TryInto<OrganizationSlug, Error: Into<InvalidInput>>,
        patch: OrganizationPatch,
    ) -> Call<Organization> {
        let endpoint = named(slug).map(|organization| UpdateOrganization { organization, body: patch });
        Call::one(&self.client, endpoint, |answer| answer.organization)
    }

    /// Creates a team organization. The service does not document it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::NewOrganization;
    ///
    /// let created = turso.organizations().create(NewOrganization::new("Umbrella")).await?;
    /// assert_eq!(created.slug, "umbrella");
    /// # Ok(())
    /// # }
    /// ```
    pub fn create(&self, organization: NewOrganization) -> Call<OrganizationV2> {
        let endpoint = CreateOrganization { query: DryRun::new(false), body: organization };
        Call::one(&self.client, Ok(endpoint), |answer| answer.org)
    }

    /// Checks whether a team organization could be created, and creates none. The service does not document it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::NewOrganization;
    ///
    /// turso.organizations().check_create(NewOrganization::new("Umbrella")).await?;
    /// assert_eq!(turso.organizations().find("umbrella").await?, None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn check_create(&self, organization: NewOrganization) -> Call<OrganizationV2> {
        let endpoint = CreateOrganization { query: DryRun::new(true), body: organization };
        Call::one(&self.client, Ok(endpoint), |answer| answer.org)
    }

    /// Deletes one; fails with [`NotFound`](crate::ErrorKind::NotFound) where there is none. The service does not document
    /// it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.organizations().create(turso_cloud::NewOrganization::new("Umbrella")).await?;
    /// turso.organizations().delete("umbrella").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete(&self, slug: impl TryInto<OrganizationSlug, Error: Into<InvalidInput>>) -> Call<()> {
        Call::one(&self.client, named(slug).map(|organization| DeleteOrganization { organization }), drop)
    }

    /// Deletes one; whether there was one to delete. The service does not document it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert!(!turso.organizations().delete_if_exists("umbrella").await?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete_if_exists(&self, slug: impl TryInto<OrganizationSlug, Error: Into<InvalidInput>>) -> Call<bool> {
        self.delete(slug).or_absent()
    }
}
