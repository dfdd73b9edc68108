mod plans;

use std::collections::BTreeSet;

use turso_cloud_contract::{
    Nothing, OrganizationId,
    billing::{
        BillingCustomer, BillingPortal, BillingPortalAnswer, CreateBillingPortal, DatabaseUsage, GetBillingCustomer,
        GetOrganizationUsage, GetSubscription, InvoicesAnswer, ListInvoices, ListPlans, OrganizationTotal,
        OrganizationUsage, OrganizationUsageAnswer, PlansAnswer, Subscription, SubscriptionAnswer,
        UpdateBillingCustomer,
    },
};

pub(super) use plans::{Feature, admit_database, admit_group, earliest_past, require, timeline};
pub(crate) use plans::{STARTER, included_rows, is_known, put_on};

use super::{Answers, databases};
use crate::{
    control::{Context, Handles, Refusal},
    store::{GroupRow, OrganizationRow, Role},
};

impl Handles<ListPlans> for Answers {
    fn handle(&self, request: ListPlans, cx: &mut Context<'_>) -> Result<PlansAnswer, Refusal> {
        cx.organization(&request.organization)?;
        Ok(PlansAnswer::new(plans::all().collect()))
    }
}

impl Handles<GetSubscription> for Answers {
    fn handle(&self, request: GetSubscription, cx: &mut Context<'_>) -> Result<SubscriptionAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let mut subscription = Subscription::new(organization.plan);
        subscription.overages = organization.overages;
        Ok(SubscriptionAnswer::new(subscription))
    }
}

impl Handles<ListInvoices> for Answers {
    /// A local cloud costs nothing.
    fn handle(&self, request: ListInvoices, cx: &mut Context<'_>) -> Result<InvoicesAnswer, Refusal> {
        cx.organization(&request.organization)?;
        Ok(InvoicesAnswer::default())
    }
}

impl Handles<GetOrganizationUsage> for Answers {
    fn handle(&self, request: GetOrganizationUsage, cx: &mut Context<'_>) -> Result<OrganizationUsageAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let groups = cx.store().groups_of(organization.id)?;
        let rows = cx.store().databases_of(organization.id)?;
        let mut total = OrganizationTotal::default();
        total.groups = count(groups.len());
        total.databases = count(rows.len());
        total.locations = count(groups.iter().flat_map(GroupRow::locations).collect::<BTreeSet<_>>().len());
        let used = rows.iter().map(|database| databases::used_this_month(cx, database));
        let used = used.collect::<Result<Vec<_>, _>>()?;
        let stored = used.iter().map(|DatabaseUsage { usage, .. }| usage.storage_bytes);
        total.storage_bytes = stored.fold(0, u64::saturating_add);
        let rows = cx.used(&organization);
        (total.rows_read, total.rows_written) = (rows.read, rows.written);
        let uuid = OrganizationId::try_from(organization.uuid)?;
        Ok(OrganizationUsageAnswer::new(OrganizationUsage::new(uuid, total, used)))
    }
}

impl Handles<GetBillingCustomer> for Answers {
    fn handle(&self, request: GetBillingCustomer, cx: &mut Context<'_>) -> Result<BillingCustomer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        match cx.store().find_billing_customer(&organization)? {
            Some(customer) => Ok(customer),
            None => owner(cx, organization),
        }
    }
}

impl Handles<UpdateBillingCustomer> for Answers {
    fn handle(&self, request: UpdateBillingCustomer, cx: &mut Context<'_>) -> Result<Nothing, Refusal> {
        let organization = cx.organization(&request.organization)?;
        cx.store().set_billing_customer(&organization, &request.body)?;
        Ok(Nothing)
    }
}

impl Handles<CreateBillingPortal> for Answers {
    fn handle(&self, request: CreateBillingPortal, cx: &mut Context<'_>) -> Result<BillingPortalAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let url = cx.url(&format!("/_billing/{}", organization.slug));
        Ok(BillingPortalAnswer::new(BillingPortal::new(url)))
    }
}

/// Until somebody else is saved, the owner is billed.
fn owner(cx: &Context<'_>, organization: OrganizationRow) -> Result<BillingCustomer, Refusal> {
    let members = cx.store().members_of(organization.id)?;
    let owner = members.into_iter().find(|member| member.role == Role::Owner);
    let email = owner.map(|owner| owner.user.email()).unwrap_or_default();
    Ok(BillingCustomer::new(organization.name, email))
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
