use rusqlite::params;
use turso_cloud_contract::billing::BillingCustomer;

use super::{OrganizationRow, StoreError, Transaction, columns};

impl Transaction<'_> {
    /// Who is billed; nothing until it is first saved.
    pub(crate) fn find_billing_customer(
        &self,
        organization: &OrganizationRow,
    ) -> Result<Option<BillingCustomer>, StoreError> {
        let saved = "SELECT billing_customer FROM organizations WHERE id = ?1 AND billing_customer IS NOT NULL";
        self.first(saved, [organization.id], |row| columns::json(row, "billing_customer"))
    }

    pub(crate) fn set_billing_customer(
        &self,
        organization: &OrganizationRow,
        customer: &BillingCustomer,
    ) -> Result<(), StoreError> {
        let json = serde_json::to_string(customer).map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))?;
        self.0
            .execute("UPDATE organizations SET billing_customer = ?2 WHERE id = ?1", params![organization.id, json])?;
        Ok(())
    }
}
