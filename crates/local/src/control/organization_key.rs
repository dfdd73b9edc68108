use std::fmt;

use turso_cloud_contract::{OrganizationId, OrganizationSlug};

/// How a request names an organization: by its slug, or since version 3 by its id.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OrganizationKey<'a> {
    Slug(&'a OrganizationSlug),
    Id(&'a OrganizationId),
}

impl<'a> From<&'a OrganizationSlug> for OrganizationKey<'a> {
    fn from(slug: &'a OrganizationSlug) -> Self {
        Self::Slug(slug)
    }
}

impl<'a> From<&'a OrganizationId> for OrganizationKey<'a> {
    fn from(id: &'a OrganizationId) -> Self {
        Self::Id(id)
    }
}

impl fmt::Display for OrganizationKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Slug(slug) => fmt::Display::fmt(slug, f),
            Self::Id(id) => fmt::Display::fmt(id, f),
        }
    }
}
