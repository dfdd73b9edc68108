use super::{StoreError, Transaction, columns};
use crate::data::SigningSeed;

impl Transaction<'_> {
    /// How many ids were drawn from a seed before this one. It is a part of the transaction: work that is undone
    /// gives its numbers back.
    pub(crate) fn next_id_number(&self) -> Result<u64, StoreError> {
        self.one(
            "INSERT INTO meta (name, value) VALUES ('ids_drawn', 1)
             ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value - 1",
            [],
        )
    }

    /// The key that platform tokens are signed with; nothing in a state that is still empty.
    pub(crate) fn platform_key(&self) -> Result<Option<SigningSeed>, StoreError> {
        let key = "SELECT value FROM meta WHERE name = 'platform_key'";
        self.first(key, [], |row| columns::signing_seed(row, "value"))
    }

    pub(crate) fn insert_platform_key(&self, key: &SigningSeed) -> Result<(), StoreError> {
        self.0.execute("INSERT INTO meta (name, value) VALUES ('platform_key', ?1)", [key.expose()])?;
        Ok(())
    }
}
