use turso_cloud_contract::{InvalidInput, OrganizationId, OrganizationSlug, organizations::ListOrganizationsV2};

use crate::{Client, Error, ErrorKind, call::Context};

/// The organization a handle works on: its own, or else the client's.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    client: Client,
    own: Option<Result<OrganizationSlug, InvalidInput>>,
}

impl Scope {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, own: None }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn of(&self, slug: impl TryInto<OrganizationSlug, Error: Into<InvalidInput>>) -> Self {
        Self { client: self.client.clone(), own: Some(slug.try_into().map_err(Into::into)) }
    }

    pub(crate) fn organization(&self) -> Result<OrganizationSlug, Error> {
        match &self.own {
            Some(own) => Ok(own.clone()?),
            None => self.client.inner().organization.clone().ok_or_else(|| {
                Error::config("no organization: set one with `Client::builder(..).organization(..)` or on the handle")
            }),
        }
    }

    /// What version 3 of the API knows the organization by: the service is asked for it.
    pub(crate) async fn organization_id(&self, cx: &Context) -> Result<OrganizationId, Error> {
        let slug = self.organization()?;
        let organizations = cx.send(&ListOrganizationsV2 {}).await?.organizations;
        let found = organizations.into_iter().find(|organization| organization.slug == slug);
        found.and_then(|organization| organization.id).ok_or_else(|| {
            Error::new(ErrorKind::NotFound).with_detail(format!("the service tells no id of organization {slug}"))
        })
    }
}

/// `organization(..)`, on every handle that works on one.
macro_rules! organization_setter {
    () => {
        /// The same for another organization than the client's.
        #[must_use]
        pub fn organization(
            &self,
            slug: impl TryInto<turso_cloud_contract::OrganizationSlug, Error: Into<turso_cloud_contract::InvalidInput>>,
        ) -> Self {
            Self::new(self.scope.of(slug))
        }
    };
}
pub(crate) use organization_setter;

/// A name as text or as what it is; a bad one surfaces when the call is made.
pub(crate) fn named<N>(name: impl TryInto<N, Error: Into<InvalidInput>>) -> Result<N, Error> {
    name.try_into().map_err(|refused| refused.into().into())
}
