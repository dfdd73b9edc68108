use serde::{Deserialize, Serialize};
use turso_cloud_contract::billing::{
    BillingCustomer, CreateBillingPortal, GetBillingCustomer, GetOrganizationUsage, GetSubscription, Invoice,
    InvoiceFilter, InvoiceKind, ListInvoices, ListPlans, OrganizationUsage, Plan, Quotas, Subscription,
    UpdateBillingCustomer,
};

use super::{Scope, scope::organization_setter};
use crate::{Call, Error, ErrorKind};

/// Plans, the subscription, invoices and usage of an organization: [`Client::billing`](crate::Client::billing).
#[derive(Clone, Debug)]
pub struct Billing {
    scope: Scope,
}

/// What the plan of an organization includes, and how much of it is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Limits {
    /// The name of the plan.
    pub plan: String,
    /// Whether usage beyond it is billed rather than blocked.
    pub overages: bool,
    /// How much it includes.
    pub quotas: Quotas,
    /// How much is used.
    pub usage: OrganizationUsage,
}

impl Limits {
    /// Limits that block what is beyond them, for tests.
    #[must_use]
    pub fn new(plan: impl Into<String>, quotas: Quotas, usage: OrganizationUsage) -> Self {
        Self { plan: plan.into(), overages: false, quotas, usage }
    }

    /// Sets whether usage beyond the plan is billed rather than blocked.
    #[must_use]
    pub fn overages(mut self, billed: bool) -> Self {
        self.overages = billed;
        self
    }
}

impl Billing {
    pub(crate) fn new(scope: Scope) -> Self {
        Self { scope }
    }

    organization_setter!();

    /// Lists the plans an organization can have.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// let plans = turso.billing().plans().await?;
    /// assert!(plans.iter().any(|plan| plan.name == "starter"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn plans(&self) -> Call<Vec<Plan>> {
        let endpoint = self.scope.organization().map(|organization| ListPlans { organization });
        Call::one(self.scope.client(), endpoint, |answer| answer.plans)
    }

    /// Gets the subscription.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert_eq!(turso.billing().subscription().await?.plan, "pro");
    /// # Ok(())
    /// # }
    /// ```
    pub fn subscription(&self) -> Call<Subscription> {
        let endpoint = self.scope.organization().map(|organization| GetSubscription { organization });
        Call::one(self.scope.client(), endpoint, |answer| answer.subscription)
    }

    /// Lists the invoices of a kind.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::InvoiceKind;
    ///
    /// assert!(turso.billing().invoices(InvoiceKind::Issued).await?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn invoices(&self, kind: InvoiceKind) -> Call<Vec<Invoice>> {
        let endpoint = self
            .scope
            .organization()
            .map(|organization| ListInvoices { organization, query: InvoiceFilter::kind(kind) });
        Call::one(self.scope.client(), endpoint, |answer| answer.invoices)
    }

    /// Gets what was used in the current billing cycle.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert_eq!(turso.billing().usage().await?.usage.groups, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn usage(&self) -> Call<OrganizationUsage> {
        let endpoint = self.scope.organization().map(|organization| GetOrganizationUsage { organization });
        Call::one(self.scope.client(), endpoint, |answer| answer.organization)
    }

    /// Gets who is billed. The service does not document it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert_eq!(turso.billing().customer().await?.name, "Acme");
    /// # Ok(())
    /// # }
    /// ```
    pub fn customer(&self) -> Call<BillingCustomer> {
        let endpoint = self.scope.organization().map(|organization| GetBillingCustomer { organization });
        Call::one(self.scope.client(), endpoint, |answer| answer)
    }

    /// Changes who is billed. The service does not document it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::BillingCustomer;
    ///
    /// let customer = BillingCustomer::new("Acme", "billing@example.com");
    /// turso.billing().update_customer(customer.clone()).await?;
    /// assert_eq!(turso.billing().customer().await?, customer);
    /// # Ok(())
    /// # }
    /// ```
    pub fn update_customer(&self, customer: BillingCustomer) -> Call<()> {
        let endpoint =
            self.scope.organization().map(|organization| UpdateBillingCustomer { organization, body: customer });
        Call::one(self.scope.client(), endpoint, drop)
    }

    /// Opens a page where a person changes how the organization pays, and yields its URL. The service does not
    /// document it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert!(turso.billing().portal().await?.starts_with("http"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn portal(&self) -> Call<String> {
        let endpoint = self.scope.organization().map(|organization| CreateBillingPortal { organization });
        Call::one(self.scope.client(), endpoint, |answer| answer.portal.url)
    }

    /// What the plan includes and how much of it is used: three requests, one after the other.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// let limits = turso.billing().limits().await?;
    /// assert!(limits.usage.usage.groups <= limits.quotas.groups);
    /// # Ok(())
    /// # }
    /// ```
    pub fn limits(&self) -> Call<Limits> {
        let scope = self.scope.clone();
        Call::new(self.scope.client(), move |cx| async move {
            let organization = scope.organization()?;
            let subscription = cx.send(&GetSubscription { organization: organization.clone() }).await?.subscription;
            let plans = cx.send(&ListPlans { organization: organization.clone() }).await?.plans;
            let plan = plans.into_iter().find(|plan| plan.name == subscription.plan);
            let plan = plan.ok_or_else(|| {
                let detail =
                    format!("the plan {:?} of the subscription is not in the list of plans", subscription.plan);
                Error::new(ErrorKind::Decode).with_detail(detail)
            })?;
            let usage = cx.send(&GetOrganizationUsage { organization }).await?.organization;
            Ok(Limits { plan: plan.name, overages: subscription.overages, quotas: plan.quotas, usage })
        })
    }
}
