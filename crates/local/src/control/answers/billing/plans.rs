//! The plans, and what they hold an organization to.

use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use turso_cloud_contract::billing::{Plan, Quotas, Timeline};

use crate::{
    control::{Context, Refusal},
    data::Rows,
    store::OrganizationRow,
};

/// The plan that costs nothing.
pub(crate) const STARTER: &str = "starter";

/// From the least to the greatest. Only the first is documented, as an example, that the first two have one group, and the
/// days; the rest tells a program that there are several plans.
const PLANS: [PlanSize; 4] = [
    PlanSize {
        name: STARTER,
        price: "0",
        read: 1000,
        written: 25,
        databases: Some(500),
        groups: 1,
        stored: 9,
        synced: 3,
        days: 1,
    },
    PlanSize {
        name: "developer",
        price: "4.99",
        read: 2500,
        written: 25,
        databases: None,
        groups: 1,
        stored: 9,
        synced: 10,
        days: 10,
    },
    PlanSize {
        name: "scaler",
        price: "24.92",
        read: 100_000,
        written: 100,
        databases: None,
        groups: 6,
        stored: 24,
        synced: 24,
        days: 30,
    },
    PlanSize {
        name: "pro",
        price: "416.58",
        read: 250_000,
        written: 250,
        databases: None,
        groups: 50,
        stored: 50,
        synced: 100,
        days: 90,
    },
];

/// A plan, with what it includes.
struct PlanSize {
    name: &'static str,
    /// Dollars a month.
    price: &'static str,
    /// Millions of rows.
    read: u64,
    /// Millions of rows.
    written: u64,
    databases: Option<u64>,
    groups: u64,
    /// Gigabytes.
    stored: u64,
    /// Gigabytes.
    synced: u64,
    /// How far back a database can be restored.
    days: i64,
}

/// Locations of every plan.
const LOCATIONS: u64 = 3;

const MILLION: u64 = 1_000_000;
const GIGABYTE: u64 = 1_000_000_000;

/// Whether there is a plan of this name.
pub(crate) fn is_known(plan: &str) -> bool {
    rank(plan).is_some()
}

/// How often a plan is paid: every month, and the one that costs nothing never.
pub(in crate::control::answers) fn timeline(plan: &str) -> String {
    if plan == STARTER { String::new() } else { Timeline::Monthly.to_string() }
}

pub(super) fn all() -> impl Iterator<Item = Plan> {
    PLANS.iter().map(|size| {
        let mut quotas = Quotas::default();
        quotas.rows_read = size.read * MILLION;
        quotas.rows_written = size.written * MILLION;
        quotas.databases = size.databases;
        quotas.locations = LOCATIONS;
        quotas.storage = size.stored * GIGABYTE;
        quotas.groups = size.groups;
        quotas.bytes_synced = size.synced * GIGABYTE;
        Plan::new(size.name, size.price, quotas)
    })
}

/// The rows an organization may read and write in a month; nothing where what is beyond its plan is billed.
pub(crate) fn included_rows(organization: &OrganizationRow) -> Option<Rows> {
    let size = size_of(organization).filter(|_| !organization.overages)?;
    Some(Rows { read: size.read * MILLION, written: size.written * MILLION })
}

/// Puts an organization on a plan, where it has no overages that the plan does not include.
pub(crate) fn put_on(organization: &mut OrganizationRow, plan: String) {
    organization.overages &= includes(&plan, Feature::Overages);
    organization.plan = plan;
}

/// The earliest time that a database of the organization can be restored to, however long its past is kept.
pub(in crate::control::answers) fn earliest_past(cx: &Context<'_>, organization: &OrganizationRow) -> Timestamp {
    let days = size_of(organization).map(|size| SignedDuration::from_hours(24 * size.days));
    days.and_then(|days| cx.now().checked_sub(days).ok()).unwrap_or(Timestamp::MIN)
}

/// Refuses one more group than the plan includes.
pub(in crate::control::answers) fn admit_group(
    cx: &Context<'_>,
    organization: &OrganizationRow,
) -> Result<(), Refusal> {
    let included = size_of(organization).map(|size| size.groups);
    admit(cx, organization, "groups", included, cx.store().count_groups(organization.id)?)
}

/// Refuses one more database than the plan includes.
pub(in crate::control::answers) fn admit_database(
    cx: &Context<'_>,
    organization: &OrganizationRow,
) -> Result<(), Refusal> {
    let Some(included) = size_of(organization).and_then(|size| size.databases) else { return Ok(()) };
    admit(cx, organization, "databases", Some(included), cx.store().count_databases(organization.id)?)
}

/// What not every plan includes.
#[derive(Clone, Copy, Debug)]
pub(in crate::control::answers) enum Feature {
    AllowLists,
    AuditLogs,
    Encryption,
    Invites,
    Overages,
    Recovery,
    Teams,
}

impl Feature {
    /// The least plan with it.
    const fn plan(self) -> &'static str {
        match self {
            Self::AllowLists | Self::Overages | Self::Recovery | Self::Teams => "developer",
            Self::AuditLogs | Self::Invites => "scaler",
            Self::Encryption => "pro",
        }
    }

    /// The status it is refused with, unless a quirk makes it another one.
    const fn status(self) -> StatusCode {
        match self {
            Self::Invites => StatusCode::BAD_REQUEST,
            Self::Teams => StatusCode::PAYMENT_REQUIRED,
            Self::AllowLists | Self::AuditLogs | Self::Encryption | Self::Overages | Self::Recovery => {
                StatusCode::FORBIDDEN
            }
        }
    }

    /// What an organization without it can't do.
    const fn action(self) -> &'static str {
        match self {
            Self::AllowLists => "restrict addresses",
            Self::AuditLogs => "read audit logs",
            Self::Encryption => "encrypt databases",
            Self::Invites => "invite users",
            Self::Overages => "use overages",
            Self::Recovery => "restore",
            Self::Teams => "create organizations",
        }
    }
}

/// Refuses what the plan does not include, in the words that were observed for invites.
pub(in crate::control::answers) fn require(
    cx: &Context<'_>,
    organization: &OrganizationRow,
    feature: Feature,
) -> Result<(), Refusal> {
    if includes(&organization.plan, feature) {
        return Ok(());
    }
    let OrganizationRow { slug, plan, .. } = organization;
    let sentence = format!("organization {slug} can't {} because plan {plan} doesn't support it", feature.action());
    let refusal = Refusal::new(cx.quirks().status_beyond_plan(feature.status()), sentence);
    Err(match feature {
        Feature::AuditLogs => refusal.code(format!("feature_not_available_for_{plan}_plan")),
        _ => refusal,
    })
}

fn includes(plan: &str, feature: Feature) -> bool {
    rank(plan) >= rank(feature.plan())
}

fn rank(plan: &str) -> Option<usize> {
    PLANS.iter().position(|size| size.name == plan)
}

fn size_of(organization: &OrganizationRow) -> Option<&'static PlanSize> {
    PLANS.iter().find(|size| size.name == organization.plan)
}

fn admit(
    cx: &Context<'_>,
    organization: &OrganizationRow,
    what: &str,
    included: Option<u64>,
    used: u64,
) -> Result<(), Refusal> {
    let Some(included) = included.filter(|included| used >= *included) else { return Ok(()) };
    let OrganizationRow { slug, plan, .. } = organization;
    let status = cx.quirks().status_beyond_plan(StatusCode::FORBIDDEN);
    Err(Refusal::new(status, format!("organization {slug} has all {included} {what} that plan {plan} includes")))
}
