use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, params};

use super::{StoreError, Transaction, UserRow};

/// A platform token with the user it belongs to. The token itself is not kept: it is signed anew from its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiTokenRow {
    /// Its id, the `jti` of its claims.
    pub(crate) jti: String,
    pub(crate) user: UserRow,
    /// The only organization it opens; all of the user's where there is none.
    pub(crate) organization_id: Option<i64>,
}

impl Transaction<'_> {
    pub(crate) fn insert_api_token(&self, token: &ApiTokenRow, name: &str, now: Timestamp) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO api_tokens (jti, user_id, organization_id, name, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![token.jti, token.user.id, token.organization_id, name, now.to_string()],
        )?;
        Ok(())
    }

    pub(crate) fn find_api_token(&self, jti: &str) -> Result<Option<ApiTokenRow>, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT jti, organization_id, user_id, username FROM api_tokens
             JOIN users ON users.id = user_id WHERE jti = ?1",
        )?;
        Ok(statement.query_row([jti], api_token).optional()?)
    }

    pub(crate) fn find_api_token_named(&self, user: i64, name: &str) -> Result<Option<ApiTokenRow>, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT jti, organization_id, user_id, username FROM api_tokens
             JOIN users ON users.id = user_id WHERE user_id = ?1 AND name = ?2",
        )?;
        Ok(statement.query_row(params![user, name], api_token).optional()?)
    }
}

fn api_token(row: &Row<'_>) -> rusqlite::Result<ApiTokenRow> {
    Ok(ApiTokenRow {
        jti: row.get("jti")?,
        user: UserRow { id: row.get("user_id")?, username: row.get("username")? },
        organization_id: row.get("organization_id")?,
    })
}
