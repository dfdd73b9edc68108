use super::{StoreError, Transaction};

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UserRow {
    pub(crate) id: i64,
    pub(crate) username: String,
}

impl UserRow {
    /// Their address, which follows from their name: nobody signs up at a local cloud.
    pub(crate) fn email(&self) -> String {
        format!("{}@example.com", self.username)
    }
}

impl Transaction<'_> {
    pub(crate) fn find_user(&self, username: &str) -> Result<Option<UserRow>, StoreError> {
        self.first("SELECT * FROM users WHERE username = ?1", [username], |row| {
            Ok(UserRow { id: row.get("id")?, username: row.get("username")? })
        })
    }

    pub(crate) fn insert_user(&self, username: &str) -> Result<UserRow, StoreError> {
        self.0.execute("INSERT INTO users (username) VALUES (?1)", [username])?;
        Ok(UserRow { id: self.0.last_insert_rowid(), username: username.to_owned() })
    }
}
