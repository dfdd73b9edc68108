//! Plans, the subscription, invoices and usage of an organization.

mod usage;

use serde::{Deserialize, Serialize};

pub use usage::{
    DatabaseUsage, GetOrganizationUsage, InstanceUsage, OrganizationTotal, OrganizationUsage, OrganizationUsageAnswer,
    Usage,
};

use crate::{
    InvalidInput, Nothing, OrganizationSlug, Presence, RequestPart,
    answer::answer,
    endpoint::endpoint,
    lenient::{empty, none_unless_as_seen, null_as_default, null_as_empty},
    open_enum::open_enum,
};

endpoint!(
    /// Lists the plans an organization can have.
    ListPlans: GET "/v1/organizations/" {organization: OrganizationSlug} "/plans", Safe => PlansAnswer
);

endpoint!(
    /// Gets the subscription of an organization.
    GetSubscription: GET "/v1/organizations/" {organization: OrganizationSlug} "/subscription",
        Safe => SubscriptionAnswer
);

endpoint!(
    /// Lists the invoices of an organization.
    ListInvoices: GET "/v1/organizations/" {organization: OrganizationSlug} "/invoices",
        Safe, query InvoiceFilter => InvoicesAnswer
);

endpoint!(
    /// Gets who is billed. The service does not document it.
    GetBillingCustomer: GET "/v1/organizations/" {organization: OrganizationSlug} "/billing/customer",
        Safe => BillingCustomer
);

endpoint!(
    /// Changes who is billed. The service does not document it.
    UpdateBillingCustomer: PUT "/v1/organizations/" {organization: OrganizationSlug} "/billing/customer",
        Idempotent, body BillingCustomer => Nothing
);

endpoint!(
    /// Opens a page where a person changes how an organization pays. The service does not document it.
    CreateBillingPortal: POST "/v1/organizations/" {organization: OrganizationSlug} "/billing/portal",
        Idempotent => BillingPortalAnswer
);

open_enum!(
    /// How often a plan is paid.
    Timeline {
        /// Every month.
        Monthly = "monthly",
        /// Every year.
        Yearly = "yearly",
    }
);

open_enum!(
    /// Which invoices to list.
    InvoiceKind {
        /// All of them.
        All = "all",
        /// The next one.
        Upcoming = "upcoming",
        /// Those that were sent.
        Issued = "issued",
    }
);

/// Which invoices [`ListInvoices`] answers with. The service does not say what it takes by default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InvoiceFilter {
    /// Only those of this kind.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<InvoiceKind>,
}

impl InvoiceFilter {
    /// Only those of this kind.
    #[must_use]
    pub fn kind(kind: InvoiceKind) -> Self {
        Self { kind: Some(kind) }
    }
}

impl RequestPart for InvoiceFilter {
    const PRESENCE: Presence = Presence::Optional;

    fn check(&self) -> Result<(), InvalidInput> {
        match &self.kind {
            Some(InvoiceKind::Unknown(kind)) => {
                Err(InvalidInput::new("type", kind.as_str(), "must be all, upcoming or issued"))
            }
            _ => Ok(()),
        }
    }
}

/// A plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Plan {
    /// Its name, for instance `starter`.
    pub name: String,
    /// What it costs a month, in dollars, as a decimal number.
    #[serde(default, deserialize_with = "null_as_default")]
    pub price: String,
    /// What it costs, by how often it is paid.
    #[serde(default, deserialize_with = "null_as_default")]
    pub prices: Vec<Price>,
    /// How much it includes.
    #[serde(default, deserialize_with = "null_as_default")]
    pub quotas: Quotas,
}

impl Plan {
    /// A plan with one price a month, for tests and local clouds.
    #[must_use]
    pub fn new(name: impl Into<String>, price: impl Into<String>, quotas: Quotas) -> Self {
        let price = price.into();
        let prices = vec![Price { value: price.clone(), timeline: Timeline::Monthly }];
        Self { name: name.into(), price, prices, quotas }
    }
}

/// What a plan costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Price {
    /// Dollars, as a decimal number.
    #[serde(default, deserialize_with = "null_as_default")]
    pub value: String,
    /// How often.
    #[serde(default = "empty", deserialize_with = "null_as_empty")]
    pub timeline: Timeline,
}

/// How much a plan includes in a month.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Quotas {
    /// Rows read.
    #[serde(default, deserialize_with = "null_as_default")]
    pub rows_read: u64,
    /// Rows written.
    #[serde(default, deserialize_with = "null_as_default")]
    pub rows_written: u64,
    /// Databases; nothing where they are not counted.
    #[serde(default)]
    pub databases: Option<u64>,
    /// Locations.
    #[serde(default, deserialize_with = "null_as_default")]
    pub locations: u64,
    /// Bytes stored.
    #[serde(default, deserialize_with = "null_as_default")]
    pub storage: u64,
    /// Groups.
    #[serde(default, deserialize_with = "null_as_default")]
    pub groups: u64,
    /// Bytes synced.
    #[serde(default, deserialize_with = "null_as_default")]
    pub bytes_synced: u64,
}

/// The subscription of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Subscription {
    /// Its name.
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    /// The plan.
    pub plan: String,
    /// Whether usage beyond the plan is billed rather than blocked.
    #[serde(default, deserialize_with = "null_as_default")]
    pub overages: bool,
    /// How often it is paid; unknown and empty where nobody says so.
    #[serde(default = "empty", deserialize_with = "null_as_empty")]
    pub timeline: Timeline,
    /// The day the current billing cycle began, where the service tells it. It has been seen and is not documented.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "none_unless_as_seen")]
    pub current_billing_period_start: Option<String>,
}

impl Subscription {
    /// A subscription of a plan that is paid every month, for tests and local clouds.
    #[must_use]
    pub fn new(plan: impl Into<String>) -> Self {
        let plan = plan.into();
        Self {
            name: plan.clone(),
            plan,
            overages: false,
            timeline: Timeline::Monthly,
            current_billing_period_start: None,
        }
    }
}

/// An invoice. Fields are empty where they do not apply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Invoice {
    /// Its number.
    #[serde(default, deserialize_with = "null_as_default")]
    pub invoice_number: String,
    /// How much, in dollars, as a decimal number.
    #[serde(default, deserialize_with = "null_as_default")]
    pub amount_due: String,
    /// When it is due.
    #[serde(default, deserialize_with = "null_as_default")]
    pub due_date: String,
    /// When it was paid.
    #[serde(default, deserialize_with = "null_as_default")]
    pub paid_at: String,
    /// When a payment last failed.
    #[serde(default, deserialize_with = "null_as_default")]
    pub payment_failed_at: String,
    /// Where it can be downloaded.
    #[serde(default, deserialize_with = "null_as_default")]
    pub invoice_pdf: String,
    /// What has become of it, for instance `paid`, where the service tells it. The service does not document it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "none_unless_as_seen")]
    pub status: Option<String>,
    /// A page of its own, where the service tells it. The service does not document it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "none_unless_as_seen")]
    pub hosted_invoice_url: Option<String>,
}

impl Invoice {
    /// An invoice, for tests and local clouds.
    #[must_use]
    pub fn new(invoice_number: impl Into<String>, amount_due: impl Into<String>, due_date: impl Into<String>) -> Self {
        Self {
            invoice_number: invoice_number.into(),
            amount_due: amount_due.into(),
            due_date: due_date.into(),
            paid_at: String::new(),
            payment_failed_at: String::new(),
            invoice_pdf: String::new(),
            status: None,
            hosted_invoice_url: None,
        }
    }
}

/// Who is billed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct BillingCustomer {
    /// Their name.
    #[serde(deserialize_with = "null_as_default")]
    pub name: String,
    /// Their address for invoices.
    #[serde(deserialize_with = "null_as_default")]
    pub email: String,
    /// Their tax number.
    #[serde(deserialize_with = "null_as_default")]
    pub tax_id: TaxId,
    /// Where they are.
    #[serde(deserialize_with = "null_as_default")]
    pub billing_address: BillingAddress,
}

impl BillingCustomer {
    /// A customer with an address for invoices, and no more.
    #[must_use]
    pub fn new(name: impl Into<String>, email: impl Into<String>) -> Self {
        Self { name: name.into(), email: email.into(), ..Self::default() }
    }
}

impl RequestPart for BillingCustomer {}

/// A tax number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TaxId {
    /// The number.
    #[serde(deserialize_with = "null_as_default")]
    pub value: String,
    /// The country it is of.
    #[serde(deserialize_with = "null_as_default")]
    pub country: String,
}

impl TaxId {
    /// The number a customer has in a country.
    #[must_use]
    pub fn new(value: impl Into<String>, country: impl Into<String>) -> Self {
        Self { value: value.into(), country: country.into() }
    }
}

/// Where a customer is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, expecting = "an object")]
#[non_exhaustive]
pub struct BillingAddress {
    /// Street and number.
    #[serde(deserialize_with = "null_as_default")]
    pub line1: String,
    /// What else helps to find it.
    #[serde(deserialize_with = "null_as_default")]
    pub line2: String,
    /// City.
    #[serde(deserialize_with = "null_as_default")]
    pub city: String,
    /// State or region.
    #[serde(deserialize_with = "null_as_default")]
    pub state: String,
    /// Postal code.
    #[serde(deserialize_with = "null_as_default")]
    pub postal_code: String,
    /// Country.
    #[serde(deserialize_with = "null_as_default")]
    pub country: String,
}

answer!(
    /// The answer of [`ListPlans`].
    #[derive(Default)]
    PlansAnswer {
        /// The plans.
        #[serde(deserialize_with = "null_as_default")]
        plans: Vec<Plan>,
    }
);

answer!(
    /// The answer of [`GetSubscription`].
    SubscriptionAnswer {
        /// The subscription.
        subscription: Subscription,
    }
);

answer!(
    /// The answer of [`ListInvoices`].
    #[derive(Default)]
    InvoicesAnswer {
        /// The invoices.
        #[serde(deserialize_with = "null_as_default")]
        invoices: Vec<Invoice>,
    }
);

answer!(
    /// The answer of [`CreateBillingPortal`].
    BillingPortalAnswer {
        /// The page.
        portal: BillingPortal,
    }
);

answer!(
    /// A page for a person.
    BillingPortal {
        /// Where it is.
        url: String,
    }
);
