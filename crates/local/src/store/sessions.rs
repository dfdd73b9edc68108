use jiff::Timestamp;
use rusqlite::params;

use super::{ApiTokenRow, StoreError, Transaction, UserRow, columns, rows::Named};

/// What a login began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SessionRow {
    /// Whatever its user may do, as a token. No list shows it.
    pub(crate) token: ApiTokenRow,
    pub(crate) expires_at: Timestamp,
}

impl Transaction<'_> {
    /// Begins a session. Those that have ended are forgotten.
    pub(crate) fn insert_session(&self, session: &SessionRow) -> Result<(), StoreError> {
        let SessionRow { token, expires_at } = session;
        let now = token.created_at.as_microsecond();
        self.0.execute("DELETE FROM sessions WHERE expires_at <= ?1", [now])?;
        self.0.execute(
            "INSERT INTO sessions (jti, user_id, name, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                token.jti.as_str(),
                token.user.id,
                token.name.as_str(),
                token.created_at.to_string(),
                expires_at.as_microsecond(),
            ],
        )?;
        Ok(())
    }

    /// The session with this id, if it goes on.
    pub(crate) fn find_session(&self, jti: &str, now: Timestamp) -> Result<Option<SessionRow>, StoreError> {
        let found = self.first(
            "SELECT sessions.*, users.username FROM sessions JOIN users ON users.id = sessions.user_id WHERE jti = ?1",
            [jti],
            session,
        )?;
        Ok(found.filter(|session| session.expires_at > now))
    }

    pub(crate) fn delete_sessions_of(&self, user: i64) -> Result<(), StoreError> {
        self.0.execute("DELETE FROM sessions WHERE user_id = ?1", [user])?;
        Ok(())
    }
}

fn session(row: &Named<'_>) -> rusqlite::Result<SessionRow> {
    let token = ApiTokenRow {
        jti: columns::name(row, "jti")?,
        name: columns::name(row, "name")?,
        user: UserRow { id: row.get("user_id")?, username: row.get("username")? },
        organization: None,
        group: None,
        created_at: columns::text(row, "created_at")?,
    };
    Ok(SessionRow { token, expires_at: columns::instant(row, "expires_at")?.unwrap_or_default() })
}
