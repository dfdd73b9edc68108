use turso_cloud_contract::organizations::{
    GetOrganization, ListOrganizations, Organization, OrganizationAnswer, OrganizationsAnswer,
};

use super::Answers;
use crate::{
    control::{Context, Handles, Refusal},
    store::OrganizationRow,
};

impl Handles<ListOrganizations> for Answers {
    fn handle(&self, _: ListOrganizations, cx: &mut Context<'_>) -> Result<OrganizationsAnswer, Refusal> {
        Ok(OrganizationsAnswer { organizations: cx.organizations()?.into_iter().map(Organization::from).collect() })
    }
}

impl Handles<GetOrganization> for Answers {
    fn handle(&self, request: GetOrganization, cx: &mut Context<'_>) -> Result<OrganizationAnswer, Refusal> {
        Ok(OrganizationAnswer { organization: cx.organization(&request.organization)?.into() })
    }
}

impl From<OrganizationRow> for Organization {
    fn from(row: OrganizationRow) -> Self {
        let mut organization = Self::new(row.name, row.slug, row.kind);
        organization.plan_id = row.plan;
        organization
    }
}
