use rusqlite::params;
use turso_cloud_contract::{JwksName, jwks::JwksProvider};

use super::{StoreError, Transaction, columns, rows::Named};

impl Transaction<'_> {
    /// Saves a provider, in the place of one of the same name.
    pub(crate) fn save_jwks(&self, organization: i64, name: &JwksName, url: &str) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO jwks (organization_id, name, url) VALUES (?1, ?2, ?3)
             ON CONFLICT (organization_id, name) DO UPDATE SET url = excluded.url",
            params![organization, name.as_str(), url],
        )?;
        Ok(())
    }

    /// Removes a provider, and tells whether there was one.
    pub(crate) fn delete_jwks(&self, organization: i64, name: &JwksName) -> Result<bool, StoreError> {
        let deleted = self.0.execute(
            "DELETE FROM jwks WHERE organization_id = ?1 AND name = ?2",
            params![organization, name.as_str()],
        )?;
        Ok(deleted > 0)
    }

    /// The providers of an organization, by name.
    pub(crate) fn jwks_of(&self, organization: i64) -> Result<Vec<JwksProvider>, StoreError> {
        self.all("SELECT * FROM jwks WHERE organization_id = ?1 ORDER BY name", [organization], jwks)
    }
}

fn jwks(row: &Named<'_>) -> rusqlite::Result<JwksProvider> {
    Ok(JwksProvider::new(columns::name(row, "name")?, row.get::<String>("url")?))
}
