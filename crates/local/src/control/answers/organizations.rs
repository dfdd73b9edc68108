use turso_cloud_contract::{
    Nothing, OrganizationId, OrganizationSlug,
    audit_logs::AuditCode,
    organizations::{
        CreateOrganization, CreatedOrganizationAnswer, DeleteOrganization, GetOrganization, ListOrganizations,
        ListOrganizationsV2, Organization, OrganizationAnswer, OrganizationKind, OrganizationV2, OrganizationsAnswer,
        OrganizationsV2Answer, UpdateOrganization,
    },
};

use super::{
    Answers,
    billing::{self, Feature},
};
use crate::{
    control::{Context, Handles, Refusal, provision},
    store::OrganizationRow,
};

impl Handles<ListOrganizations> for Answers {
    fn handle(&self, _: ListOrganizations, cx: &mut Context<'_>) -> Result<OrganizationsAnswer, Refusal> {
        let organizations = cx.organizations()?.into_iter().map(|row| answer(cx, row));
        Ok(OrganizationsAnswer::new(organizations.collect()))
    }
}

impl Handles<ListOrganizationsV2> for Answers {
    fn handle(&self, _: ListOrganizationsV2, cx: &mut Context<'_>) -> Result<OrganizationsV2Answer, Refusal> {
        let organizations = cx.organizations()?.into_iter().map(with_id);
        Ok(OrganizationsV2Answer::new(organizations.collect::<Result<_, _>>()?))
    }
}

impl Handles<GetOrganization> for Answers {
    fn handle(&self, request: GetOrganization, cx: &mut Context<'_>) -> Result<OrganizationAnswer, Refusal> {
        Ok(OrganizationAnswer::new(alone(cx, cx.organization(&request.organization)?)?))
    }
}

impl Handles<CreateOrganization> for Answers {
    /// A token of one organization could not open the new one.
    fn handle(&self, request: CreateOrganization, cx: &mut Context<'_>) -> Result<CreatedOrganizationAnswer, Refusal> {
        if cx.caller()?.organization.is_some() {
            return Err(Refusal::forbidden("the token opens one organization and creates no other"));
        }
        let name = request.body.name.trim().to_owned();
        let slug = slug_of(&name)?;
        if cx.store().find_organization(&slug)?.is_some() {
            return Err(Refusal::conflict(format!("organization {slug} already exists")));
        }
        if request.query.dry_run {
            let org = OrganizationV2::new(None, name, slug, OrganizationKind::Team);
            return Ok(CreatedOrganizationAnswer::new(org));
        }
        require_payment(cx, request.body.stripe_id.as_deref())?;
        let kind = OrganizationKind::Team;
        let organization = provision::organization(cx.store(), cx.ids(), cx.user()?, name, slug, kind)?;
        cx.include(&organization);
        cx.audit(&organization, AuditCode::OrgCreate, [("organization", organization.slug.as_str())])?;
        Ok(CreatedOrganizationAnswer::new(with_id(organization)?))
    }
}

impl Handles<UpdateOrganization> for Answers {
    /// Nobody at a local cloud has a second factor, which the service wants of who asks others for one.
    fn handle(&self, request: UpdateOrganization, cx: &mut Context<'_>) -> Result<OrganizationAnswer, Refusal> {
        let mut organization = cx.organization(&request.organization)?;
        let patch = request.body;
        if patch.require_mfa == Some(true) {
            return Err(Refusal::forbidden("you must have MFA enabled to require it of others"));
        }
        if patch.overages == Some(true) {
            billing::require(cx, &organization, Feature::Overages)?;
        }
        let overages = patch.overages.unwrap_or(organization.overages);
        let changes_overages = overages != organization.overages;
        organization.overages = overages;
        organization.require_mfa = patch.require_mfa.unwrap_or(organization.require_mfa);
        organization.restore_enabled = patch.restore_enabled.unwrap_or(organization.restore_enabled);
        cx.store().update_organization(&organization)?;
        cx.include(&organization);
        if changes_overages {
            audit_overages(cx, &organization)?;
        }
        Ok(OrganizationAnswer::new(alone(cx, organization)?))
    }
}

pub(super) fn audit_overages(cx: &mut Context<'_>, organization: &OrganizationRow) -> Result<(), Refusal> {
    let overages = if organization.overages { "true" } else { "false" };
    cx.audit(organization, AuditCode::OrgSetOverages, [("overages", overages)])
}

impl Handles<DeleteOrganization> for Answers {
    /// Its own audit log goes with it; the personal one of its owner keeps the entry.
    fn handle(&self, request: DeleteOrganization, cx: &mut Context<'_>) -> Result<Nothing, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let slug = &organization.slug;
        if organization.kind == OrganizationKind::Personal {
            return Err(Refusal::bad_request(format!("organization {slug} is personal and cannot be deleted")));
        }
        if !cx.store().groups_of(organization.id)?.is_empty() {
            return Err(Refusal::bad_request(format!("organization {slug} still has groups and cannot be deleted")));
        }
        let databases = cx.store().delete_organization(&organization)?;
        cx.forget(&organization, databases);
        if let Some(personal) = cx.store().find_personal_organization(cx.user()?)? {
            cx.audit(&personal, AuditCode::OrgDelete, [("organization", slug.as_str())])?;
        }
        Ok(Nothing)
    }
}

/// Either somebody is named who pays, or whoever asks pays for a plan already.
fn require_payment(cx: &Context<'_>, stripe_id: Option<&str>) -> Result<(), Refusal> {
    if stripe_id.is_some_and(|id| !id.is_empty()) {
        return Ok(());
    }
    match cx.store().find_personal_organization(cx.user()?)? {
        Some(personal) => billing::require(cx, &personal, Feature::Teams),
        None => Ok(()),
    }
}

fn answer(cx: &Context<'_>, row: OrganizationRow) -> Organization {
    let used_up = cx.used_up(&row);
    let mut organization = Organization::new(row.name, row.slug, row.kind);
    organization.plan_timeline = billing::timeline(&row.plan);
    organization.plan_id = row.plan;
    organization.overages = row.overages;
    organization.blocked_reads = used_up.reads;
    organization.blocked_writes = used_up.writes;
    organization.require_mfa = row.require_mfa;
    organization
}

/// An organization that is the whole of an answer, which tells more than a list does.
fn alone(cx: &Context<'_>, row: OrganizationRow) -> Result<Organization, Refusal> {
    let (restore_enabled, id) = (row.restore_enabled, OrganizationId::try_from(&row.uuid)?);
    let mut organization = answer(cx, row);
    organization.restore_enabled = Some(restore_enabled);
    organization.id = Some(id);
    Ok(organization)
}

/// The name in lower case, with one dash for everything between its letters and digits.
fn slug_of(name: &str) -> Result<OrganizationSlug, Refusal> {
    let words = name.split(|character: char| !character.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut slug = words.collect::<Vec<_>>().join("-").to_ascii_lowercase();
    slug.truncate(provision::LONGEST_SLUG);
    if slug.is_empty() {
        return Err(Refusal::bad_request("organization name must have a letter from a to z or a digit"));
    }
    Ok(slug.trim_end_matches('-').try_into()?)
}

fn with_id(row: OrganizationRow) -> Result<OrganizationV2, Refusal> {
    let mut organization = OrganizationV2::new(Some(OrganizationId::try_from(row.uuid)?), row.name, row.slug, row.kind);
    organization.overages = row.overages;
    Ok(organization)
}
