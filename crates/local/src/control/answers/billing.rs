use std::collections::BTreeSet;

use turso_cloud_contract::{
    Nothing, OrganizationId,
    billing::{
        BillingCustomer, BillingPortal, BillingPortalAnswer, CreateBillingPortal, DatabaseUsage, GetBillingCustomer,
        GetOrganizationUsage, GetSubscription, InvoicesAnswer, ListInvoices, ListPlans, OrganizationTotal,
        OrganizationUsage, OrganizationUsageAnswer, Plan, PlansAnswer, Quotas, Subscription, SubscriptionAnswer,
        UpdateBillingCustomer,
    },
    databases::DatabaseFilter,
};

use super::{Answers, databases};
use crate::{
    control::{Context, Handles, Refusal},
    store::{GroupRow, OrganizationRow, Role},
};

/// The plan that costs nothing.
pub(super) const STARTER: &str = "starter";

/// Names, monthly prices in dollars, and what is included in millions of rows, databases, groups, and gigabytes. Only
/// the first is documented, as an example; the others tell a program that there are several.
const PLANS: [(&str, &str, PlanSize); 4] = [
    (STARTER, "0", PlanSize { read: 1000, written: 25, databases: Some(500), groups: 1, stored: 9, synced: 3 }),
    ("developer", "4.99", PlanSize { read: 2500, written: 25, databases: None, groups: 3, stored: 9, synced: 10 }),
    ("scaler", "24.92", PlanSize { read: 100_000, written: 100, databases: None, groups: 6, stored: 24, synced: 24 }),
    ("pro", "416.58", PlanSize { read: 250_000, written: 250, databases: None, groups: 50, stored: 50, synced: 100 }),
];

struct PlanSize {
    read: u64,
    written: u64,
    databases: Option<u64>,
    groups: u64,
    stored: u64,
    synced: u64,
}

/// Locations of every plan.
const LOCATIONS: u64 = 3;

const MILLION: u64 = 1_000_000;
const GIGABYTE: u64 = 1_000_000_000;

impl Handles<ListPlans> for Answers {
    fn handle(&self, request: ListPlans, cx: &mut Context<'_>) -> Result<PlansAnswer, Refusal> {
        cx.organization(&request.organization)?;
        Ok(PlansAnswer { plans: PLANS.iter().map(|(name, price, size)| plan(name, price, size)).collect() })
    }
}

impl Handles<GetSubscription> for Answers {
    fn handle(&self, request: GetSubscription, cx: &mut Context<'_>) -> Result<SubscriptionAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let mut subscription = Subscription::new(organization.plan);
        subscription.overages = organization.overages;
        Ok(SubscriptionAnswer { subscription })
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
        let rows = cx.store().databases_of(organization.id, &DatabaseFilter::default(), 0, None)?;
        let mut total = OrganizationTotal::default();
        total.groups = count(groups.len());
        total.databases = count(rows.len());
        total.locations = count(groups.iter().flat_map(GroupRow::locations).collect::<BTreeSet<_>>().len());
        let used = rows.iter().map(|database| databases::used_this_month(cx, database));
        let used = used.collect::<Result<Vec<_>, _>>()?;
        for DatabaseUsage { usage, .. } in &used {
            total.rows_read += usage.rows_read;
            total.rows_written += usage.rows_written;
            total.storage_bytes += usage.storage_bytes;
        }
        let uuid = OrganizationId::try_from(organization.uuid)?;
        Ok(OrganizationUsageAnswer { organization: OrganizationUsage::new(uuid, total, used) })
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
        Ok(BillingPortalAnswer { portal: BillingPortal { url } })
    }
}

/// Whether there is a plan of this name.
pub(crate) fn is_known(plan: &str) -> bool {
    PLANS.iter().any(|(known, ..)| *known == plan)
}

fn plan(name: &str, price: &str, size: &PlanSize) -> Plan {
    let mut quotas = Quotas::default();
    quotas.rows_read = size.read * MILLION;
    quotas.rows_written = size.written * MILLION;
    quotas.databases = size.databases;
    quotas.locations = LOCATIONS;
    quotas.storage = size.stored * GIGABYTE;
    quotas.groups = size.groups;
    quotas.bytes_synced = size.synced * GIGABYTE;
    Plan::new(name, price, quotas)
}

/// Until somebody else is saved, the owner is billed.
fn owner(cx: &Context<'_>, organization: OrganizationRow) -> Result<BillingCustomer, Refusal> {
    let members = cx.store().members_of(organization.id)?;
    let owner = members.into_iter().find(|member| member.role == Role::Owner);
    let email = owner.map(|owner| owner.user.email()).unwrap_or_default();
    Ok(BillingCustomer { name: organization.name, email, ..BillingCustomer::default() })
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
