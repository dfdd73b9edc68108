use rusqlite::{params, types::Type};
use turso_cloud_contract::billing::BillingCustomer;

use super::{OrganizationRow, StoreError, Transaction};

impl Transaction<'_> {
    /// Who is billed; nothing until it is first saved.
    pub(crate) fn find_billing_customer(
        &self,
        organization: &OrganizationRow,
    ) -> Result<Option<BillingCustomer>, StoreError> {
        let mut statement = self.0.prepare_cached("SELECT billing_customer FROM organizations WHERE id = ?1")?;
        let customer = statement.query_row([organization.id], |row| {
            let json: Option<String> = row.get(0)?;
            json.map(|json| serde_json::from_str(&json))
                .transpose()
                .map_err(|e| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(e)))
        })?;
        Ok(customer)
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
